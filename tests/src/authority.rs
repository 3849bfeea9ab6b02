//! A time-stamping authority beside the host, at a port of its own, with a clock that can be set and goes on by a second with
//! each token, so that their order shows; it can be away for a while.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use axum::{Router, extract::State, http::header, routing::post};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use qadam_evidence::development::{self, Pki};
use ring::rand::SystemRandom;

/// The authority, and a file with its root.
#[derive(Debug)]
pub struct Authority {
    address: SocketAddr,
    shared: Arc<Shared>,
    folder: tempfile::TempDir,
    runtime: Option<tokio::runtime::Runtime>,
}

struct Shared {
    authority: development::Authority,
    ahead: AtomicI64,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Authority {
    /// Starts one.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it starts a server")]
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pki = Pki::generate(qadam::wall_clock(), &SystemRandom::new()).unwrap();
        std::fs::write(folder.path().join("roots.pem"), &pki.ca_pem).unwrap();
        let authority = development::Authority::from_pem(&pki.tsa_key_pem, &pki.tsa_chain_pem).unwrap();
        let shared = Arc::new(Shared { authority, ahead: AtomicI64::new(0) });
        let mut authority = Self { address: SocketAddr::from(([127, 0, 0, 1], 0)), shared, folder, runtime: None };
        authority.restart();
        authority
    }

    /// Where it listens; any path will do.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// File of its root certificate.
    #[must_use]
    pub fn roots(&self) -> PathBuf {
        self.folder.path().join("roots.pem")
    }

    /// Its clock is so many seconds ahead from now on.
    pub fn ahead(&self, seconds: i64) {
        self.shared.ahead.store(seconds, Ordering::SeqCst);
    }

    /// It is gone: connections are refused.
    pub fn stop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    /// It is back, at the same port.
    pub fn restart(&mut self) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let address = self.address;
        let listener = loop {
            match runtime.block_on(tokio::net::TcpListener::bind(address)) {
                Ok(listener) => break listener,
                // The connections of before are being closed.
                Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => std::thread::yield_now(),
                Err(error) => panic!("{address}: {error}"),
            }
        };
        self.address = listener.local_addr().unwrap();
        let router = Router::new().route("/{path}", post(stamp)).with_state(Arc::clone(&self.shared));
        let limits = qadam_monitor::ApiLimits::default();
        runtime.spawn(async move {
            qadam_monitor::serve::serve(listener, router, &limits, std::future::pending()).await;
        });
        self.runtime = Some(runtime);
    }
}

async fn stamp(State(shared): State<Arc<Shared>>, query: Bytes) -> ([(header::HeaderName, &'static str); 1], Vec<u8>) {
    let now: Timestamp = qadam::wall_clock() + SignedDuration::from_secs(shared.ahead.fetch_add(1, Ordering::SeqCst));
    let reply = shared.authority.respond(&query, now, &SystemRandom::new());
    ([(header::CONTENT_TYPE, "application/timestamp-reply")], reply)
}
