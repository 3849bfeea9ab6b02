//! The push against real sockets: every outcome has its code, and says nothing that it should not.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

mod outcomes;
mod peer;
mod secure;
mod settings;

use std::sync::Arc;

use jiff::Timestamp;
use qadam_clients::{Push, PushSettings};
use qadam_delivery::{
    Answer, Attempted, Code, Destination as _, Disclosed, Parts, Sending,
    receipt::{Says, Stated},
};
use qadam_domain::{EventId, MessageId};
use qadam_evidence::manifest;

/// A word that stands in every document and in every path, and in no detail.
const SECRET: &str = "geheim";

fn now() -> Timestamp {
    "2026-11-02T05:00:00Z".parse().unwrap()
}

fn id(index: u16) -> EventId {
    EventId { epoch: 1, seq: 9, index }
}

fn sending() -> Sending {
    let disclosed = |index| Disclosed { index, id: id(index), salt: [0; 16], document: SECRET.into() };
    Sending {
        message: MessageId { epoch: 1, seq: 10 },
        destination: "monitoring".parse().unwrap(),
        provider: "permits".parse().unwrap(),
        number: 7,
        manifest: "manifest".into(),
        digest: manifest::digest_of(b"manifest").0,
        signature: "signature".into(),
        stamped: false,
        development: true,
        parts: Parts::Events((0..2).map(disclosed).collect()),
        attempt: 3,
        round: 0,
    }
}

fn stated(says: Says) -> Stated {
    let message = MessageId { epoch: 1, seq: 10 };
    Stated { message, manifest: manifest::digest_of(b"manifest"), received_at: now(), receiver: "peer".into(), says }
}

fn receipt() -> Vec<u8> {
    stated(Says::Events((0..2).map(|index| (id(index), Answer::Accepted)).collect())).to_bytes()
}

fn settings(url: &str) -> PushSettings {
    toml::from_str(&format!("url = '{url}'\ntimeout = 'PT20S'")).unwrap()
}

fn push(settings: &PushSettings) -> Push {
    Push::new(settings, Arc::new(now)).unwrap()
}

/// One attempt. Whatever it comes to, nothing of the message, of the path or of the token is told.
async fn attempt(push: &Push) -> Attempted {
    let attempted = push.send(&sending()).await;
    if let Err(failure) = &attempted.result {
        assert!(!failure.detail.contains(SECRET), "{failure:?}");
    }
    assert!(!format!("{push:?}").contains(SECRET));
    attempted
}

/// The code of an attempt that failed, and its detail.
async fn failure(push: &Push) -> (Code, String) {
    let failure = attempt(push).await.result.unwrap_err();
    (failure.code, failure.detail)
}
