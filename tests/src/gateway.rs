//! The reference gateway with its receiver, on a port that a host is told before anybody listens there.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use jiff::Timestamp;
use qadam_receiver::{GatewayOptions, Options, Receiver};

/// Of a destination that a test lets fail: attempts follow each other soon.
pub const SHORT_PAUSES: &str = "retry = { first = \"PT0.05S\", most = \"PT0.2S\" }";

/// The gateway and its receiver. Dropped, both end.
#[derive(Debug)]
pub struct Gateway {
    folder: tempfile::TempDir,
    address: SocketAddr,
    runtime: tokio::runtime::Runtime,
    receiver: Option<Arc<Receiver>>,
}

impl Gateway {
    /// A gateway that does not listen yet.
    #[must_use]
    pub fn reserved() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        Self { folder: tempfile::tempdir().unwrap(), address, runtime, receiver: None }
    }

    /// The settings of a destination behind it, as an inline table.
    #[must_use]
    pub fn settings(&self) -> String {
        let address = self.address;
        format!(
            "{{ url = \"http://{address}/shep\", service-id = \"IIS_CON_EVENTS\", sender = \"qadam\", poll = \"PT0.1S\" }}"
        )
    }

    /// It listens, and its receiver can take nothing: where that writes, there is nothing.
    pub fn start_without_space(&mut self) {
        let options = Options {
            data: self.data(),
            name: "iiscon".to_owned(),
            trust: Vec::new(),
            signer: None,
            clock: qadam::wall_clock as fn() -> Timestamp,
        };
        let receiver = Arc::new(Receiver::open(options).unwrap());
        std::fs::rename(self.data().join("new"), self.away()).unwrap();
        let router = qadam_receiver::Gateway::new(Arc::clone(&receiver), GatewayOptions::default()).router();
        let listener = self.runtime.block_on(tokio::net::TcpListener::bind(self.address)).unwrap();
        self.runtime.spawn(async move { axum::serve(listener, router).await.unwrap() });
        self.receiver = Some(receiver);
    }

    /// The receiver can take messages.
    pub fn give_space(&self) {
        std::fs::rename(self.away(), self.data().join("new")).unwrap();
    }

    /// The events in the order in which they took effect, and how often each came again.
    #[must_use]
    pub fn effects(&self) -> Vec<(String, u32)> {
        let effects = self.receiver.as_ref().map(|receiver| receiver.effects(0, 10_000).unwrap().0);
        effects.into_iter().flatten().map(|effect| (effect.event.to_string(), effect.again)).collect()
    }

    fn away(&self) -> PathBuf {
        self.folder.path().join("away")
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}
