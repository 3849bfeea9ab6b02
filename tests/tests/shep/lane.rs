//! A lane whose messages are really sealed.

use jiff::Timestamp;
use qadam_delivery::{Disclosed, Parts, Sending};
use qadam_domain::{EventId, MessageId};
use qadam_evidence::{
    Key, Manifest,
    development::{Authority, Pki},
    manifest::{self, Digest, Format},
    seal,
    timestamp::{Query, TimestampTrust},
};
use ring::rand::SystemRandom;

pub(crate) fn now() -> Timestamp {
    "2026-11-02T05:00:00Z".parse().unwrap()
}

/// One who seals messages for a lane.
pub(crate) struct Lane {
    pub(crate) pki: Pki,
    key: Key,
    number: u64,
    previous: Option<Digest>,
}

impl Lane {
    pub(crate) fn new() -> Self {
        let pki = Pki::generate(now(), &SystemRandom::new()).unwrap();
        let key = Key::from_pem(&pki.seal_key_pem, &pki.seal_chain_pem).unwrap();
        Self { pki, key, number: 0, previous: None }
    }

    /// The next message, with so many events.
    pub(crate) fn message(&mut self, events: u16) -> Sending {
        self.number += 1;
        let id = |index: u16| EventId { epoch: 1, seq: self.number * 100 + u64::from(index), index: 0 };
        let document = |id: EventId| {
            format!(
                r#"{{"format":"qadam-event/1","id":"{id}","provider":"permits","number":"N-{}","who":"Ғали"}}"#,
                id.seq
            )
        };
        let disclosed = |index| Disclosed { index, id: id(index), salt: [7; 16], document: document(id(index)).into() };
        let events: Vec<Disclosed> = (0..events).map(disclosed).collect();
        let manifest = Manifest {
            format: Format::V1,
            destination: "monitoring".into(),
            provider: "permits".parse().unwrap(),
            number: self.number,
            previous: self.previous,
            lineage: Vec::new(),
            sealed_at: now(),
            certified: false,
            events: events.iter().map(|event| manifest::event_digest(&event.salt, &event.document)).collect(),
        };
        let bytes = manifest.to_bytes();
        let digest = manifest::digest_of(&bytes);
        self.previous = Some(digest);
        Sending {
            message: MessageId { epoch: 1, seq: 10_000 + self.number },
            destination: "monitoring".parse().unwrap(),
            provider: "permits".parse().unwrap(),
            number: self.number,
            digest: digest.0,
            signature: seal::seal(&bytes, &self.key, now()).unwrap().into(),
            manifest: bytes.into(),
            stamped: false,
            development: true,
            parts: Parts::Events(events),
            attempt: 1,
            round: 0,
        }
    }

    /// The supplement that brings a message's time-stamp.
    pub(crate) fn stamp(&self, message: &Sending) -> Sending {
        let random = SystemRandom::new();
        let authority = Authority::from_pem(&self.pki.tsa_key_pem, &self.pki.tsa_chain_pem).unwrap();
        let query = Query::new(&seal::signature_value(&message.signature).unwrap(), None, &random).unwrap();
        let roots = qadam_evidence::Certificate::parse_pem(&self.pki.ca_pem).unwrap();
        let trust = TimestampTrust::in_roots(roots);
        let token = query.token(&authority.respond(query.der(), now(), &random), &trust, now()).unwrap();
        let signature = seal::with_token(&message.signature, &token.der).unwrap().into();
        Sending { signature, stamped: true, parts: Parts::Stamp, ..message.clone() }
    }
}

/// The same message once more.
pub(crate) fn again(sending: &Sending) -> Sending {
    Sending { attempt: sending.attempt + 1, ..sending.clone() }
}
