//! Authorities over real HTTP and HTTPS: asked in order, what they do wrong is named, one that fails is left alone for a while.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that fails may panic")]

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
    routing::post,
};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use qadam_clients::{Authorities, AuthorityConfig, Bounds, Fetch, FetchError, TlsRoots, timestamp::Stamped};
use qadam_evidence::{
    development::{Authority, Pki},
    timestamp::{Query, TimestampTrust, Token},
};
use qadam_tests::openssl::{self, Profile, openssl};
use ring::rand::SystemRandom;

const WITHIN: Duration = Duration::from_secs(2);

/// A server with authorities of every temper.
struct Server {
    address: String,
    asked: Arc<AtomicUsize>,
    down: Arc<AtomicBool>,
    trust: TimestampTrust,
    _runtime: tokio::runtime::Runtime,
}

#[derive(Clone)]
struct Shared {
    authority: Arc<Authority>,
    asked: Arc<AtomicUsize>,
    down: Arc<AtomicBool>,
}

fn now() -> Timestamp {
    "2026-11-02T05:00:00Z".parse().unwrap()
}

impl Server {
    fn start() -> Self {
        let pki = Pki::generate(now(), &SystemRandom::new()).unwrap();
        let authority = Authority::from_pem(&pki.tsa_key_pem, &pki.tsa_chain_pem).unwrap();
        let shared = Shared { authority: Arc::new(authority), asked: Arc::default(), down: Arc::default() };
        let (asked, down) = (Arc::clone(&shared.asked), Arc::clone(&shared.down));
        let endless = || async {
            let piece = || Ok::<_, std::io::Error>(Bytes::from_static(&[0; 4096]));
            Body::from_stream(futures_util::stream::repeat_with(piece))
        };
        let router = Router::new()
            .route("/tsa", post(stamp))
            .route("/silent", post(|| async { std::future::pending::<StatusCode>().await }))
            .route("/endless", post(endless))
            .route("/moved", post(|| async { (StatusCode::FOUND, [(header::LOCATION, "http://elsewhere.example/")]) }))
            .route("/page", post(|| async { "<html>It works!</html>" }))
            .with_state(shared);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        runtime.spawn(async move { axum_serve(listener, router).await });
        let trust = TimestampTrust::from_pem(&pki.ca_pem, "").unwrap();
        Self { address, asked, down, trust, _runtime: runtime }
    }

    fn authorities(&self, paths: &[&str]) -> Authorities {
        let url = |path: &&str| {
            if path.contains(':') { (*path).to_owned() } else { format!("http://{}/{path}", self.address) }
        };
        Authorities::new(paths.iter().map(|path| AuthorityConfig { url: url(path), within: WITHIN }).collect()).unwrap()
    }

    fn stamp(&self, authorities: &Authorities, now: Timestamp) -> Result<Stamped<Token>, qadam_clients::StampError> {
        let query = Query::new(b"value", None, &SystemRandom::new()).unwrap();
        // The authority believes in one moment.
        let check = |response: &[u8]| query.token(response, &self.trust, self::now());
        qadam_tests::block_on(authorities.stamp(&query, now, check))
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn axum_serve(listener: tokio::net::TcpListener, router: Router) {
    let limits = qadam_monitor::ApiLimits::default();
    qadam_monitor::serve::serve(listener, router, &limits, std::future::pending()).await;
}

async fn stamp(State(shared): State<Shared>, headers: HeaderMap, query: Bytes) -> impl IntoResponse {
    shared.asked.fetch_add(1, Ordering::SeqCst);
    if shared.down.load(Ordering::SeqCst) || headers[header::CONTENT_TYPE] != "application/timestamp-query" {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    shared.authority.respond(&query, now(), &SystemRandom::new()).into_response()
}

#[test]
fn authorities_are_asked_in_order_until_one_gives_a_token_that_holds() {
    let server = Server::start();
    let authorities = server.authorities(&["moved", "page", "tsa", "silent"]);
    let stamped = server.stamp(&authorities, now()).unwrap();
    assert_eq!((stamped.token.at, stamped.authority), (now(), server.address.clone()));
    let failing = authorities.failing();
    let reasons: Vec<&str> = failing.iter().map(|failing| failing.reason.as_str()).collect();
    assert_eq!(reasons.len(), 2);
    assert!(reasons[0].contains("status 302; it moved to http://elsewhere.example/"), "{reasons:?}");
    assert!(reasons[1].contains("no response of a time-stamping authority"), "{reasons:?}");
}

#[test]
fn what_an_authority_does_wrong_is_named_and_kept() {
    let server = Server::start();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = format!("http://user:secret@{nobody}/key=secret");
    let authorities = server.authorities(&["silent", "endless", &nobody, "none"]);
    let error = server.stamp(&authorities, now()).unwrap_err();
    let reasons: Vec<&str> = error.0.iter().map(|failing| failing.reason.as_str()).collect();
    assert!(reasons[0].contains("did not answer within 2s"), "{reasons:?}");
    assert!(reasons[1].contains("more than 65536 bytes"), "{reasons:?}");
    assert!(reasons[2].contains("cannot be reached"), "{reasons:?}");
    assert!(reasons[3].contains("status 404"), "{reasons:?}");
    assert!(!error.to_string().contains("secret"), "{error}");
    // Asked again at once, all are left alone, and say why.
    let again = server.stamp(&authorities, now()).unwrap_err();
    assert_eq!(again, error);
    assert_eq!(error.again_at(), Some(now() + SignedDuration::from_secs(2)));

    let none = server.stamp(&server.authorities(&[]), now()).unwrap_err();
    assert!(none.to_string().contains("none is configured"));
    for wrong in ["ftp://host/", "tsa.example", "http://", "mailto:a@b"] {
        let config = AuthorityConfig { url: wrong.to_owned(), within: WITHIN };
        assert_eq!(Authorities::new(vec![config]).unwrap_err(), FetchError::Url, "{wrong}");
    }
}

#[test]
fn one_that_fails_is_left_alone_for_a_growing_pause_and_found_again_after_an_outage() {
    let server = Server::start();
    let authorities = server.authorities(&["tsa"]);
    server.down.store(true, Ordering::SeqCst);
    let mut at = now();
    let mut pauses = Vec::new();
    for times in 1..=10 {
        let error = server.stamp(&authorities, at).unwrap_err();
        assert_eq!((error.0[0].times, error.0[0].since), (times, now()));
        let again = error.again_at().unwrap();
        let asked = server.asked();
        assert_eq!(server.stamp(&authorities, again - SignedDuration::from_millis(1)).unwrap_err(), error);
        assert_eq!(server.asked(), asked, "it is left alone until {again}");
        pauses.push(again.duration_since(at).as_secs());
        at = again;
    }
    assert_eq!(pauses, [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    server.down.store(false, Ordering::SeqCst);
    let much_later = now() + SignedDuration::from_hours(72);
    server.stamp(&authorities, much_later).unwrap();
    assert_eq!(authorities.failing(), []);
    server.down.store(true, Ordering::SeqCst);
    let error = server.stamp(&authorities, much_later).unwrap_err();
    assert_eq!((error.0[0].times, error.0[0].since), (1, much_later));
}

#[test]
fn an_answer_is_as_long_as_its_bound_and_no_byte_longer() {
    let server = Server::start();
    let url = format!("http://{}/page", server.address);
    let fetched = |bytes| {
        let fetch = Fetch::new(&TlsRoots::Web).unwrap();
        let bounds = Bounds { within: WITHIN, bytes };
        qadam_tests::block_on(async { fetch.post(&url, "text/plain", Bytes::new(), bounds).await })
    };
    let page = fetched(22).unwrap();
    assert_eq!(page.len(), 22);
    assert_eq!(fetched(21), Err(FetchError::TooLong { host: server.address.clone(), limit: 21 }));
}

/// `openssl s_server`, which shows a file of its folder.
struct Tls(Child, u16);

impl Tls {
    fn start(folder: &std::path::Path) -> Self {
        let mut command = Command::new("openssl");
        command.current_dir(folder).args([
            "s_server",
            "-accept",
            "127.0.0.1:0",
            "-cert",
            "crt.pem",
            "-key",
            "key.pem",
            "-WWW",
        ]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).stdin(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for line in lines {
            let line = line.unwrap();
            if let Some(address) = line.strip_prefix("ACCEPT ") {
                return Self(child, address.rsplit(':').next().unwrap().parse().unwrap());
            }
        }
        panic!("openssl s_server does not listen: {:?}", child.wait());
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn https_takes_only_servers_that_the_configured_roots_prove() {
    let (pki, folder) = (openssl::Pki::new(), tempfile::tempdir().unwrap());
    let profile = Profile {
        subject: "/CN=localhost".to_owned(),
        extensions: "subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n".to_owned(),
        ..Profile::head()
    };
    let holder = pki.issue_by(&pki.root, &profile);
    std::fs::write(folder.path().join("crt.pem"), holder.pem()).unwrap();
    std::fs::write(folder.path().join("key.pem"), holder.key_pem()).unwrap();
    std::fs::write(folder.path().join("list.crl"), b"a list").unwrap();
    openssl(folder.path(), &["x509", "-in", "crt.pem", "-noout"]);
    let server = Tls::start(folder.path());
    let get = |roots: TlsRoots, host: &str| {
        let fetch = Fetch::new(&roots).unwrap();
        let url = format!("https://{host}:{}/list.crl", server.1);
        qadam_tests::block_on(async move { fetch.get(&url, Bounds { within: WITHIN * 5, bytes: 100 }).await })
    };
    let roots = || TlsRoots::Only(vec![pki.root.der()]);
    assert_eq!(get(roots(), "localhost").unwrap(), b"a list"[..]);
    for (roots, host, named) in [
        (TlsRoots::Web, "localhost", "UnknownIssuer"),
        (TlsRoots::Only(vec![openssl::Pki::new().root.der()]), "localhost", "certificate"),
        (roots(), "127.0.0.1", "not valid for name"),
    ] {
        let error = get(roots, host).unwrap_err();
        let FetchError::Unreachable { reason, .. } = &error else { panic!("{error}") };
        assert!(reason.contains(named), "{reason}");
    }
    let error = Fetch::new(&TlsRoots::Only(vec![pki.root.der(), b"none".to_vec()])).unwrap_err();
    assert!(error.to_string().contains("root 2 for TLS is no certificate"), "{error}");
}
