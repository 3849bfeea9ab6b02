//! A destination of messages: the reference receiver behind a real port, which can be told to refuse.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Router, body::Bytes, extract::State, http::StatusCode, response::IntoResponse as _, routing::post};
use qadam_delivery::{
    Answer, Envelope, Parts,
    receipt::{MEDIA_TYPE, Says},
};
use qadam_receiver::{Effect, Options, Receiver};

/// What it refuses besides what the reference receiver does.
#[derive(Clone, Debug, Default)]
pub struct Refuses {
    /// Events of these requests.
    pub requests: BTreeSet<String>,
    /// Messages as a whole that hold events of these requests.
    pub messages: BTreeSet<String>,
}

/// A running destination.
pub struct Peer {
    address: SocketAddr,
    shared: Arc<Shared>,
    runtime: Option<tokio::runtime::Runtime>,
}

struct Shared {
    receiver: Arc<Receiver>,
    refuses: Mutex<Refuses>,
    calls: AtomicUsize,
}

impl Peer {
    /// Starts one on a folder, at a port of its own.
    #[must_use]
    pub fn start(folder: &Path) -> Self {
        Self::at(folder, "127.0.0.1:0".parse().unwrap())
    }

    /// Starts one at an address.
    #[must_use]
    pub fn at(folder: &Path, address: SocketAddr) -> Self {
        let options = Options {
            data: folder.to_owned(),
            name: "peer".into(),
            trust: Vec::new(),
            signer: None,
            clock: qadam::wall_clock,
        };
        let receiver = Arc::new(Receiver::open(options).unwrap());
        let shared = Arc::new(Shared { receiver, refuses: Mutex::default(), calls: AtomicUsize::new(0) });
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind(address)).unwrap();
        let address = listener.local_addr().unwrap();
        let limit = axum::extract::DefaultBodyLimit::max(64 << 20);
        let router = Router::new().route("/messages", post(take)).layer(limit).with_state(Arc::clone(&shared));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { address, shared, runtime: Some(runtime) }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where messages are pushed to.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/messages", self.address)
    }

    /// Changes what it refuses.
    pub fn refuse(&self, refuses: Refuses) {
        *self.shared.refuses.lock().unwrap() = refuses;
    }

    /// How often it was called.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.shared.calls.load(Ordering::SeqCst)
    }

    /// The reference receiver in it.
    #[must_use]
    pub fn receiver(&self) -> &Receiver {
        &self.shared.receiver
    }

    /// Events in the order in which they took effect.
    #[must_use]
    pub fn effects(&self) -> Vec<Effect> {
        let (mut all, mut after) = (Vec::new(), Some(0));
        while let Some(from) = after {
            let (more, next) = self.shared.receiver.effects(from, 1000).unwrap();
            all.extend(more);
            after = next;
        }
        all
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(std::time::Duration::from_secs(10));
        }
    }
}

async fn take(State(shared): State<Arc<Shared>>, body: Bytes) -> axum::response::Response {
    let answered = tokio::task::spawn_blocking(move || {
        shared.calls.fetch_add(1, Ordering::SeqCst);
        let mut envelope = Envelope::parse(&body).unwrap();
        let refuses = shared.refuses.lock().unwrap().clone();
        let Parts::Events(events) = envelope.parts.clone() else { return shared.receiver.take(&envelope).unwrap() };
        let request = |document: &[u8]| {
            let document: serde_json::Value = serde_json::from_slice(document).unwrap();
            document["request"].as_str().or(document["number"].as_str()).unwrap_or_default().to_owned()
        };
        let requests: Vec<String> = events.iter().map(|event| request(&event.document)).collect();
        let wanted = events.iter().zip(&requests).filter(|(_, request)| !refuses.requests.contains(*request));
        envelope.parts = Parts::Events(wanted.map(|(event, _)| event.clone()).collect());
        let whole = requests.iter().any(|request| refuses.messages.contains(request));
        if whole {
            envelope.parts = Parts::Events(Vec::new());
        }
        let mut stated = shared.receiver.take(&envelope).unwrap();
        if whole {
            stated.says = Says::Refused { code: "E-WHOLE".into(), reason: "the peer was told to refuse it".into() };
        } else if let Says::Events(answers) = &mut stated.says {
            for (event, _) in events.iter().zip(&requests).filter(|(_, request)| refuses.requests.contains(*request)) {
                answers.push((event.id, Answer::refused("E-REQUEST", "the peer was told to refuse it")));
            }
        }
        stated
    });
    let stated = answered.await.unwrap();
    let refused = matches!(stated.says, Says::Refused { .. });
    let status = if refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    (status, [("content-type", MEDIA_TYPE)], stated.to_bytes()).into_response()
}
