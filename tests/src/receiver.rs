//! A receiver of notices: a real HTTP server that keeps what it is sent.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use bytes::Bytes;
use serde_json::Value;

/// A running receiver.
#[derive(Debug)]
pub struct Receiver {
    url: String,
    shared: Arc<Shared>,
    _runtime: tokio::runtime::Runtime,
}

#[derive(Debug, Default)]
struct Shared {
    taken: Mutex<Vec<(String, Value)>>,
    refuse: AtomicBool,
}

impl Receiver {
    /// Starts one at a port of its own.
    #[must_use]
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let shared = Arc::new(Shared::default());
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = Router::new().route("/hook", post(take)).with_state(Arc::clone(&shared));
        let limits = qadam_monitor::ApiLimits::default();
        runtime.spawn(async move {
            qadam_monitor::serve::serve(listener, router, &limits, std::future::pending()).await;
        });
        Self { url, shared, _runtime: runtime }
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether it answers 500 from now on.
    pub fn refuse(&self, refuse: bool) {
        self.shared.refuse.store(refuse, Ordering::SeqCst);
    }

    /// What it has taken.
    #[must_use]
    pub fn taken(&self) -> Vec<Value> {
        self.shared.taken.lock().unwrap().iter().map(|(_, notice)| notice.clone()).collect()
    }

    /// The `Authorization` of each.
    #[must_use]
    pub fn tokens(&self) -> Vec<String> {
        self.shared.taken.lock().unwrap().iter().map(|(token, _)| token.clone()).collect()
    }
}

async fn take(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    if shared.refuse.load(Ordering::SeqCst) {
        return StatusCode::INTERNAL_SERVER_ERROR;
    }
    let token = headers.get("authorization").map(|token| token.to_str().unwrap().to_owned()).unwrap_or_default();
    shared.taken.lock().unwrap().push((token, serde_json::from_slice(&body).unwrap()));
    StatusCode::NO_CONTENT
}
