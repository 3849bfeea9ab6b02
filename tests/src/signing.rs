//! A host that asks for signatures: an authority made by `openssl`, its lists of revoked certificates as files, and the permits
//! adapter.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    http::{StatusCode, header},
    routing::post,
};
use bytes::Bytes;
use data_encoding::BASE64;
use jiff::SignedDuration;
use serde_json::Value;

use crate::{
    openssl::{BIN, Holder, List, Pki, Profile, Status},
    program::{Program, Setup},
};

/// The host, and its authority.
#[derive(Debug)]
pub struct SigningHost {
    /// The authority.
    pub pki: Pki,
    /// The host.
    pub host: Program,
    files: tempfile::TempDir,
}

impl SigningHost {
    /// A host whose provider `permits` has these rules, as TOML under `[providers.permits]`. It has lists that are in force.
    #[must_use]
    pub fn start(binary: &str, rules: &str) -> Self {
        Self::with_lists(binary, rules, SignedDuration::ZERO)
    }

    /// The same, with lists of so long ago; they count for a day.
    #[must_use]
    pub fn with_lists(binary: &str, rules: &str, ago: SignedDuration) -> Self {
        let (pki, files) = (Pki::new(), tempfile::tempdir().unwrap());
        let path = |name: &str| files.path().join(name).display().to_string();
        std::fs::write(path("roots.pem"), pki.root.pem()).unwrap();
        std::fs::write(path("between.pem"), pki.authority.pem()).unwrap();
        write_lists(&pki, &files, &[], ago);
        let config = format!(
            "[trust]\nroots = '{}'\nintermediates = '{}'\ncrls = ['{}', '{}']\n[seal]\nage = 'PT0.1S'\n\
             [providers.permits]\nbin = '{BIN}'\n{rules}\n",
            path("roots.pem"),
            path("between.pem"),
            path("root.crl"),
            path("authority.crl"),
        );
        let host = Program::start(binary, Setup { config, permits: true, ..Setup::default() });
        Self { pki, host, files }
    }

    /// A host that has a list of the root alone; of the certificates of people an OCSP responder tells, when it is there.
    #[must_use]
    pub fn with_responder(binary: &str, rules: &str) -> (Self, Responder) {
        let (pki, files) = (Pki::new(), tempfile::tempdir().unwrap());
        let path = |name: &str| files.path().join(name).display().to_string();
        std::fs::write(path("roots.pem"), pki.root.pem()).unwrap();
        std::fs::write(path("between.pem"), pki.authority.pem()).unwrap();
        write_lists(&pki, &files, &[], SignedDuration::ZERO);
        let responder = Responder::new(pki.issue(&Profile::responder()), pki.authority.clone());
        let config = format!(
            "[trust]\nroots = '{}'\nintermediates = '{}'\ncrls = ['{}']\nocsp = '{}'\n[seal]\nage = 'PT0.1S'\n\
             [providers.permits]\nbin = '{BIN}'\n{rules}\n",
            path("roots.pem"),
            path("between.pem"),
            path("root.crl"),
            responder.url,
        );
        let host = Program::start(binary, Setup { config, permits: true, ..Setup::default() });
        (Self { pki, host, files }, responder)
    }

    /// New lists, on which these serial numbers are.
    pub fn revoke(&self, serials: &[&str]) {
        write_lists(&self.pki, &self.files, serials, SignedDuration::ZERO);
    }

    /// Sends a record with a detached signature, and gives what became of it.
    #[must_use]
    pub fn send(&self, record: &str, signature: &[u8]) -> Value {
        let signature = BASE64.encode(signature);
        self.post(record.as_bytes(), &[("content-type", "application/xml"), ("qadam-signature", &signature)])
    }

    /// Sends a record that is wrapped in its signature.
    #[must_use]
    pub fn send_wrapped(&self, cms: &[u8]) -> Value {
        self.post(
            cms,
            &[("content-type", "application/pkcs7-mime; smime-type=signed-data; content=\"application/xml\"")],
        )
    }

    /// Sends a record without a signature.
    #[must_use]
    pub fn send_unsigned(&self, record: &str) -> Value {
        self.post(record.as_bytes(), &[("content-type", "application/xml")])
    }

    fn post(&self, body: &[u8], headers: &[(&str, &str)]) -> Value {
        let headers = [headers, &[("prefer", "wait=60")]].concat();
        let key = self.host.operator();
        let answer = self.host.call(&key, "POST", "/v1/providers/permits/records", &headers, body);
        assert_eq!(answer.status, 202, "{:?}", answer.body);
        let id = answer.json()["records"][0]["id"].as_str().unwrap().to_owned();
        self.host.get(&format!("/v1/records/{id}"))
    }
}

/// An OCSP responder: `openssl ocsp` behind a real port. It answers 503 until it is told what it knows.
#[derive(Debug)]
pub struct Responder {
    url: String,
    known: Arc<Mutex<Option<(String, bool)>>>,
    _runtime: tokio::runtime::Runtime,
}

impl Responder {
    fn new(holder: Holder, authority: Holder) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let known: Arc<Mutex<Option<(String, bool)>>> = Arc::default();
        let told = Arc::clone(&known);
        let answer = move |request: Bytes| {
            let (told, holder, authority) = (Arc::clone(&told), holder.clone(), authority.clone());
            async move {
                let known = told.lock().unwrap().clone();
                let (serial, revoked) = known.ok_or(StatusCode::SERVICE_UNAVAILABLE)?;
                let at = qadam::wall_clock() - SignedDuration::from_hours(1);
                let known = if revoked { Status::Revoked(&serial, at) } else { Status::Good(&serial) };
                let body = holder.ocsp(&authority, &request, &[known], &[]);
                Ok::<_, StatusCode>(([(header::CONTENT_TYPE, "application/ocsp-response")], body))
            }
        };
        let router = Router::new().fallback(post(answer));
        let limits = qadam_monitor::ApiLimits::default();
        runtime.spawn(async move {
            qadam_monitor::serve::serve(listener, router, &limits, std::future::pending()).await;
        });
        Self { url, known, _runtime: runtime }
    }

    /// From now on it knows this certificate, as revoked an hour ago or as good.
    pub fn knows(&self, serial: &str, revoked: bool) {
        *self.known.lock().unwrap() = Some((serial.to_owned(), revoked));
    }
}

fn write_lists(pki: &Pki, files: &tempfile::TempDir, serials: &[&str], ago: SignedDuration) {
    let at = qadam::wall_clock() - ago - SignedDuration::from_secs(1);
    for (issuer, name, revoked) in [(&pki.root, "root", &[][..]), (&pki.authority, "authority", serials)] {
        let list =
            revoked.iter().fold(List::at(at), |list, serial| list.revoking(serial, at - SignedDuration::from_hours(1)));
        let (new, place) = (files.path().join("new"), files.path().join(format!("{name}.crl")));
        std::fs::write(&new, issuer.crl(&list)).unwrap();
        std::fs::rename(new, place).unwrap();
    }
}

/// The verdict of a step of a record's signature.
#[must_use]
pub fn step<'a>(record: &'a Value, step: &str) -> &'a str {
    let steps = record["signature"]["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
    steps.iter().find(|one| one["step"] == step).and_then(|one| one["verdict"].as_str()).unwrap_or("none")
}
