//! The receiver on real folders, with really sealed messages.

mod opening;
mod restoring;
mod taking;

use std::{path::Path, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use qadam_delivery::{Disclosed, Envelope, Parts, receipt::Answer, receipt::Says};
use qadam_domain::{EventId, MessageId};
use qadam_evidence::{
    Certificate, Key, Manifest,
    development::{Authority, Pki},
    manifest::{self, Digest, Format},
    seal,
    timestamp::{Query, TimestampTrust},
};
use ring::rand::SystemRandom;

use crate::{Options, Receiver};

pub(super) fn now() -> Timestamp {
    "2026-11-02T05:00:00Z".parse().unwrap()
}

/// One who seals messages for a lane.
pub(super) struct Sender {
    pki: Pki,
    key: Key,
    number: u64,
    previous: Option<Digest>,
    next_event: u64,
}

impl Sender {
    pub(super) fn new() -> Self {
        let pki = Pki::generate(now(), &SystemRandom::new()).unwrap();
        let key = Key::from_pem(&pki.seal_key_pem, &pki.seal_chain_pem).unwrap();
        Self { pki, key, number: 0, previous: None, next_event: 1 }
    }

    pub(super) fn roots(&self) -> Vec<Certificate> {
        Certificate::parse_pem(&self.pki.ca_pem).unwrap()
    }

    /// The next message of the lane, with new events.
    pub(super) fn message(&mut self, events: u64) -> Envelope {
        let ids = (self.next_event..).take(usize::try_from(events).unwrap());
        let ids: Vec<_> = ids.map(|seq| EventId { epoch: 1, seq, index: 0 }).collect();
        self.next_event += events;
        self.message_of(&ids)
    }

    /// The next message of the lane, with these events.
    pub(super) fn message_of(&mut self, ids: &[EventId]) -> Envelope {
        self.number += 1;
        let events: Vec<Disclosed> = ids.iter().zip(0..).map(|(id, index)| disclosed(*id, index)).collect();
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
        self.previous = Some(manifest::digest_of(&bytes));
        Envelope {
            message: MessageId { epoch: 1, seq: 1000 + self.number },
            destination: "monitoring".parse().unwrap(),
            provider: manifest.provider,
            number: self.number,
            signature: seal::seal(&bytes, &self.key, now()).unwrap().into(),
            manifest: bytes.into(),
            development: true,
            parts: Parts::Events(events),
        }
    }

    /// The supplement that brings a message's time-stamp.
    pub(super) fn stamp(&self, message: &Envelope) -> Envelope {
        let random = SystemRandom::new();
        let authority = Authority::from_pem(&self.pki.tsa_key_pem, &self.pki.tsa_chain_pem).unwrap();
        let query = Query::new(&seal::signature_value(&message.signature).unwrap(), None, &random).unwrap();
        let trust = TimestampTrust::in_roots(self.roots());
        let token = query.token(&authority.respond(query.der(), now(), &random), &trust, now()).unwrap();
        let signature = seal::with_token(&message.signature, &token.der).unwrap().into();
        Envelope { signature, parts: Parts::Stamp, ..message.clone() }
    }
}

fn disclosed(id: EventId, index: u16) -> Disclosed {
    let document = format!(r#"{{"format":"qadam-event/1","id":"{id}","provider":"permits","number":"N-{}"}}"#, id.seq);
    Disclosed { index, id, salt: [7; 16], document: document.into() }
}

pub(super) fn options(folder: &Path) -> Options {
    Options {
        data: folder.join("data"),
        name: "receiver".into(),
        trust: Vec::new(),
        signer: None,
        clock: || now() + SignedDuration::from_secs(1),
    }
}

pub(super) fn open(folder: &Path) -> Receiver {
    Receiver::open(options(folder)).unwrap()
}

/// A message with some of its events.
pub(super) fn part(message: &Envelope, places: std::ops::Range<usize>) -> Envelope {
    Envelope { parts: Parts::Events(message.events()[places].to_vec()), ..message.clone() }
}

/// What a receiver answers for the events of a message.
pub(super) fn answers(receiver: &Receiver, message: &Envelope) -> Vec<Answer> {
    match receiver.take(message).unwrap().says {
        Says::Events(answers) => {
            let ids: Vec<_> = message.events().iter().map(|event| event.id).collect();
            assert_eq!(answers.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ids);
            answers.into_iter().map(|(_, answer)| answer).collect()
        }
        other => panic!("{other:?}"),
    }
}

/// The code with which a message is refused as a whole.
pub(super) fn refused(receiver: &Receiver, message: &Envelope) -> String {
    match receiver.take(message).unwrap().says {
        Says::Refused { code, .. } => code,
        other => panic!("{other:?}"),
    }
}

/// Ids in the order in which they took effect, and how often they came again.
pub(super) fn effects(receiver: &Receiver) -> Vec<(EventId, u32)> {
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let (items, next) = receiver.effects(after, 3).unwrap();
        all.extend(items.into_iter().map(|effect| (effect.event, effect.again)));
        match next {
            Some(next) => after = next,
            None => return all,
        }
    }
}

pub(super) fn ids(messages: &[&Envelope]) -> Vec<EventId> {
    messages.iter().flat_map(|message| message.events()).map(|event| event.id).collect()
}

pub(super) fn signer(sender: &Sender) -> Arc<Key> {
    Arc::new(Key::from_pem(&sender.pki.seal_key_pem, &sender.pki.seal_chain_pem).unwrap())
}
