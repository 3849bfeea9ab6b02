//! The reference gateway on a port, before a receiver on a folder; and clients for it.

use std::{path::Path, sync::Arc};

use axum::Router;
use jiff::tz::TimeZone;
use qadam_clients::{Shep, ShepSettings};
use qadam_delivery::{Answer, Attempted, Destination as _, Sending};
use qadam_domain::EventId;
use qadam_receiver::{Gateway, GatewayOptions, Options, Receiver};
use serde_json::{Value, json};

use crate::lane::now;

/// Serves a router at a port of its own; gives the URL of its `/shep`.
pub(crate) async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/shep", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

pub(crate) fn receiver(folder: &Path) -> Options {
    Options { data: folder.join("data"), name: "receiver".into(), trust: Vec::new(), signer: None, clock: now }
}

/// A gateway and its receiver.
pub(crate) struct Behind {
    pub(crate) receiver: Arc<Receiver>,
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) url: String,
}

impl Behind {
    pub(crate) async fn start(options: Options, gateway: GatewayOptions) -> Self {
        let receiver = Arc::new(Receiver::open(options).unwrap());
        Self::before(receiver, gateway).await
    }

    pub(crate) async fn before(receiver: Arc<Receiver>, options: GatewayOptions) -> Self {
        let gateway = Gateway::new(Arc::clone(&receiver), options);
        let url = serve(gateway.router()).await;
        Self { receiver, gateway, url }
    }

    /// Events in the order in which they took effect, and how often they came again.
    pub(crate) fn effects(&self) -> Vec<(EventId, u32)> {
        let (effects, _) = self.receiver.effects(0, 1000).unwrap();
        effects.into_iter().map(|effect| (effect.event, effect.again)).collect()
    }
}

pub(crate) fn settings(url: &str, more: Value) -> ShepSettings {
    let mut settings =
        json!({"url": url, "service-id": "IIS_CON_EVENTS", "sender": "qadam", "poll": "PT0.1S", "timeout": "PT20S"});
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(settings).unwrap()
}

pub(crate) fn client(url: &str, more: Value) -> Shep {
    Shep::new(&settings(url, more), Arc::new(now), TimeZone::get("Asia/Almaty").unwrap()).unwrap()
}

/// The answers of an attempt that was delivered.
pub(crate) async fn delivered(client: &Shep, sending: &Sending) -> Vec<Answer> {
    let attempted = client.send(sending).await;
    assert!(attempted.reply.is_some(), "{attempted:?}");
    attempted.result.unwrap().answers
}

/// An attempt that failed, of which nothing tells more than it may.
pub(crate) async fn failed(client: &Shep, sending: &Sending) -> Attempted {
    let attempted = client.send(sending).await;
    assert!(attempted.result.is_err(), "{attempted:?}");
    let told = format!("{:?} {:?} {client:?}", attempted.result, attempted.statuses);
    for secret in [crate::script::PASSWORD, "Ғали", "/shep"] {
        assert!(!told.contains(secret), "{secret}: {told}");
    }
    attempted
}
