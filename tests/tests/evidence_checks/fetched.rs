//! Lists and answers over HTTP: checked before they are kept, kept over a restart, fetched again ahead of their end. Nothing that an
//! address serves, or fails to serve, makes a certificate good.

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, extract::State, routing::any};
use bytes::Bytes;
use jiff::Timestamp;
use qadam_clients::{Fetch, ListConfig, ResponderConfig, Revocation, RevocationConfig, TlsRoots};
use qadam_evidence::{
    Verdict,
    revocation::{Naming, Need, Rules},
};
use qadam_tests::{
    block_on,
    openssl::{Holder, List, Pki, Profile, Status},
};

use crate::scene::{Case, DAY, HOUR, certificate, world};

/// What a server answers to what it is asked; `None`: 503.
type Serve = Arc<Mutex<Box<dyn FnMut(&[u8]) -> Option<Vec<u8>> + Send>>>;

/// A real HTTP server.
struct Server {
    url: String,
    serve: Serve,
    asked: Arc<Mutex<usize>>,
    _runtime: tokio::runtime::Runtime,
}

impl Server {
    fn start(serve: impl FnMut(&[u8]) -> Option<Vec<u8>> + Send + 'static) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let serve: Serve = Arc::new(Mutex::new(Box::new(serve)));
        let asked = Arc::new(Mutex::new(0));
        let answer = |State((serve, asked)): State<(Serve, Arc<Mutex<usize>>)>, body: Bytes| async move {
            *asked.lock().unwrap() += 1;
            let answer = serve.lock().unwrap()(&body);
            answer.ok_or(axum::http::StatusCode::SERVICE_UNAVAILABLE)
        };
        let router = Router::new().fallback(any(answer)).with_state((Arc::clone(&serve), Arc::clone(&asked)));
        let limits = qadam_monitor::ApiLimits::default();
        runtime.spawn(async move {
            qadam_monitor::serve::serve(listener, router, &limits, std::future::pending()).await;
        });
        Self { url, serve, asked, _runtime: runtime }
    }

    fn of(document: Vec<u8>) -> Self {
        Self::start(move |_| Some(document.clone()))
    }

    fn now_serves(&self, document: Option<Vec<u8>>) {
        *self.serve.lock().unwrap() = Box::new(move |_| document.clone());
    }

    fn asked(&self) -> usize {
        *self.asked.lock().unwrap()
    }
}

fn config(lists: &[&Server], responders: &[&Server], folder: Option<&Path>) -> RevocationConfig {
    let within = Duration::from_secs(20);
    let pki = &world().pki;
    RevocationConfig {
        lists: lists.iter().map(|one| ListConfig { url: one.url.clone(), every: DAY, within }).collect(),
        responders: responders
            .iter()
            .map(|one| ResponderConfig { url: one.url.clone(), within, naming: Naming::Sha1, nonce: true })
            .collect(),
        authorities: vec![certificate(&pki.root), certificate(&pki.authority)],
        rules: Rules::default(),
        folder: folder.map(Path::to_owned),
        answers_at_most: HOUR,
    }
}

fn open(config: RevocationConfig) -> Revocation {
    Revocation::open(Fetch::new(&TlsRoots::Only(Vec::new())).unwrap(), config).unwrap()
}

fn lists(start: Timestamp) -> [Server; 2] {
    let pki = &world().pki;
    [&pki.root, &pki.authority].map(|issuer| Server::of(issuer.crl(&List::at(start))))
}

/// A responder of the authority, which openssl stands behind.
fn responder(known: Vec<(String, Option<Timestamp>)>) -> Server {
    let responder = world().pki.issue(&Profile::responder());
    Server::start(move |request| Some(answer(&responder, request, &known)))
}

fn answer(responder: &Holder, request: &[u8], known: &[(String, Option<Timestamp>)]) -> Vec<u8> {
    let known: Vec<_> = known
        .iter()
        .map(|(serial, revoked)| revoked.map_or(Status::Good(serial), |at| Status::Revoked(serial, at)))
        .collect();
    responder.ocsp(&world().pki.authority, request, &known, &[])
}

/// After all that was issued, and before the answers of the test's responders are out of force.
fn now() -> Timestamp {
    world().start.max(qadam::wall_clock()) + HOUR / 12
}

fn need() -> Need {
    Need { certificate: certificate(&world().head), issuer: certificate(&world().pki.authority) }
}

fn verdict(evidence: qadam_evidence::revocation::Evidence, at: Timestamp) -> Verdict {
    let mut case = Case::right().received(at);
    case.evidence = evidence;
    case.run().checks.verdict()
}

#[test]
fn lists_are_fetched_ahead_of_their_end_and_outlive_a_restart() {
    let start = world().start;
    let folder = tempfile::tempdir().unwrap();
    let servers = lists(start);
    let both = [&servers[0], &servers[1]];
    let revocation = open(config(&both, &[], Some(folder.path())));
    assert_eq!(verdict(revocation.lists(), start + HOUR), Verdict::Indeterminate, "nothing was fetched");
    block_on(revocation.refresh(start));
    assert_eq!(verdict(revocation.lists(), start + HOUR), Verdict::Valid);
    // A tenth of its life before its end.
    assert_eq!(revocation.due(), Some(start + DAY - DAY / 10));
    block_on(revocation.refresh(start + HOUR));
    assert_eq!((servers[0].asked(), servers[1].asked()), (1, 1), "not due");
    block_on(revocation.refresh(start + DAY - HOUR));
    assert_eq!((servers[0].asked(), servers[1].asked()), (2, 2));
    drop(revocation);
    drop(servers);
    // Nobody answers any more: what was kept counts until its end, and no longer.
    let again = lists(start);
    for server in &again {
        server.now_serves(None);
    }
    let mut config = config(&both_of(&again), &[], Some(folder.path()));
    for (list, file) in config.lists.iter_mut().zip(kept(folder.path())) {
        std::fs::rename(&file, folder.path().join(name_of(&list.url))).unwrap();
        list.within = Duration::from_secs(5);
    }
    let revocation = open(config);
    assert_eq!(verdict(revocation.lists(), start + HOUR), Verdict::Valid);
    block_on(revocation.refresh(start + DAY * 2));
    assert_eq!(verdict(revocation.lists(), start + DAY * 2), Verdict::Indeterminate);
    assert_eq!(revocation.failing().len(), 2);
    assert!(revocation.failing()[0].reason.contains("503"), "{}", revocation.failing()[0]);
}

fn both_of(servers: &[Server; 2]) -> [&Server; 2] {
    [&servers[0], &servers[1]]
}

/// The kept files. They are named after their addresses, which are others after a restart of the test's servers.
fn kept(folder: &Path) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn name_of(url: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, url.as_bytes());
    let digest: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("list-{digest}.crl")
}

#[test]
fn nothing_wrong_takes_the_place_of_a_list_that_is_right() {
    let start = world().start;
    let servers = lists(start);
    let revocation = open(config(&both_of(&servers), &[], None));
    block_on(revocation.refresh(start));
    let pki = &world().pki;
    let foreign = Pki::new().authority.crl(&List::at(start + HOUR));
    let older = pki.authority.crl(&List { next_update: start + DAY * 9, ..List::at(start - HOUR) });
    let stale = pki.authority.crl(&List { next_update: start + HOUR, ..List::at(start) });
    for (step, (document, reason)) in [
        (None, "503"),
        (Some(Vec::new()), "not a certificate"),
        (Some(b"<html>not here</html>".to_vec()), "revocation list"),
        (Some(foreign), "not signed by a configured authority"),
        (Some(older), "older than the one at hand"),
        (Some(stale), "stale"),
    ]
    .into_iter()
    .enumerate()
    {
        servers[1].now_serves(document);
        let now = start + DAY - HOUR * 2 + HOUR / 5 * i32::try_from(step).unwrap();
        block_on(revocation.refresh(now));
        let failing = revocation.failing();
        assert!(failing.iter().any(|one| one.reason.contains(reason)), "{reason}: {failing:?}");
        assert_eq!(verdict(revocation.lists(), now), Verdict::Valid);
    }
    // The one that follows it does.
    let revoking = List::at(start + DAY - HOUR).revoking(&world().head.serial, start + HOUR);
    servers[1].now_serves(Some(pki.authority.crl(&revoking)));
    block_on(revocation.refresh(start + DAY - HOUR / 2));
    assert!(revocation.failing().is_empty());
    assert_eq!(verdict(revocation.lists(), start + DAY - HOUR / 2), Verdict::Invalid);
}

#[test]
fn what_the_lists_do_not_tell_a_responder_is_asked_once_and_its_answer_kept() {
    let start = world().start;
    let folder = tempfile::tempdir().unwrap();
    let root = Server::of(world().pki.root.crl(&List::at(start)));
    let responder = responder(vec![(world().head.serial.clone(), None)]);
    let revocation = open(config(&[&root], &[&responder], Some(folder.path())));
    let now = now();
    block_on(revocation.refresh(now));
    let needs = {
        let mut case = Case::right().received(now);
        case.evidence = revocation.lists();
        case.run().needs
    };
    assert_eq!(needs, [need()]);
    // A burst of records of one signer.
    let evidence = block_on(async {
        let burst = (0..20).map(|_| revocation.evidence(&needs, now));
        futures_util::future::join_all(burst).await
    });
    assert_eq!(responder.asked(), 1);
    for one in evidence {
        assert_eq!(verdict(one, now), Verdict::Valid);
    }
    // Kept over a restart, without its nonce.
    let again = open(config(&[&root], &[&responder], Some(folder.path())));
    assert_eq!(verdict(block_on(again.evidence(&needs, now)), now), Verdict::Valid);
    assert_eq!(responder.asked(), 1);
    assert_eq!(again.answers(&needs, now).len(), 1, "at hand without asking");
    // Asked for again by itself, as it was asked about lately; and when nobody did, forgotten.
    let later = again.due().unwrap();
    assert!(later <= now + HOUR, "{later}");
    block_on(again.refresh(now + HOUR));
    assert_eq!(responder.asked(), 2);
    block_on(again.refresh(now + DAY * 3));
    assert_eq!(responder.asked(), 2);
    assert!(!kept(folder.path()).iter().any(|path| path.extension().is_some_and(|extension| extension == "ocsp")));
}

#[test]
fn a_responder_that_fails_is_left_alone_and_the_next_is_asked() {
    let now = now();
    let down = Server::start(|_| None);
    let lying = Server::of(vec![0x30, 3, 0x0a, 1, 3]);
    let good = responder(vec![(world().head.serial.clone(), None)]);
    let root = Server::of(world().pki.root.crl(&List::at(world().start)));
    let revocation = open(config(&[&root], &[&down, &lying, &good], None));
    block_on(revocation.refresh(now));
    assert_eq!(verdict(block_on(revocation.evidence(&[need()], now)), now), Verdict::Valid);
    assert_eq!((down.asked(), lying.asked(), good.asked()), (1, 1, 1));
    // Another certificate a second later: the first responder is not asked again, the others are.
    let other = Need { certificate: certificate(&world().pki.issue(&Profile::head())), ..need() };
    let soon = now + jiff::SignedDuration::from_secs(1);
    let evidence = block_on(revocation.evidence(std::slice::from_ref(&other), soon));
    assert!(evidence.ocsp.is_empty(), "the responder does not know it");
    assert_eq!((down.asked(), lying.asked(), good.asked()), (1, 2, 2));
    // That is no failure of the responder, but this certificate is not asked about at once again.
    block_on(revocation.evidence(&[other], soon));
    assert_eq!(good.asked(), 2);
    let failing = revocation.failing();
    assert_eq!(failing.len(), 2, "{failing:?}");
    assert!(failing[1].reason.contains("does not know the certificate"), "{}", failing[1]);
}

#[test]
fn when_nobody_answers_nothing_is_taken_for_good() {
    let now = now();
    let root = Server::of(world().pki.root.crl(&List::at(world().start)));
    let down = Server::start(|_| None);
    let revocation = open(config(&[&root], &[&down], None));
    block_on(revocation.refresh(now));
    let evidence = block_on(revocation.evidence(&[need()], now));
    assert!(evidence.ocsp.is_empty());
    assert_eq!(verdict(evidence, now), Verdict::Indeterminate);
    // And when somebody answers again, it is told.
    let responder = world().pki.issue(&Profile::responder());
    let revoked = vec![(world().head.serial.clone(), Some(now - HOUR / 60))];
    *down.serve.lock().unwrap() = Box::new(move |request| Some(answer(&responder, request, &revoked)));
    let later = now + HOUR / 2;
    assert_eq!(verdict(block_on(revocation.evidence(&[need()], later)), later), Verdict::Invalid);
    assert!(revocation.failing().is_empty());
}
