//! One lane's open message: what will be in it, and where the lane has come.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use qadam_domain::{DestinationId, EventRef, ProviderId};
use qadam_evidence::manifest::{Digest, Epoch, Manifest, digest_of, event_digest};
use qadam_store::{SealedEvent, SealedFact};

/// An event of the open message.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) at: EventRef,
    pub(super) salt: [u8; 16],
    pub(super) document: Arc<[u8]>,
}

/// A lane. The default is one of which nothing was sealed.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// Number and manifest's digest of the last message.
    last: Option<(u64, [u8; 32])>,
    /// Everything up to here is sealed or in the open message.
    taken: Option<EventRef>,
    open: Vec<Pending>,
    bytes: usize,
    since: Option<Timestamp>,
}

impl Lane {
    pub(super) fn at(lane: &qadam_store::Lane) -> Self {
        let begun = lane.number > 0;
        Self {
            last: begun.then_some((lane.number, lane.digest)),
            taken: begun.then_some(lane.sealed),
            ..Self::default()
        }
    }

    /// Whether this was not taken before: after a restart some things are seen again.
    pub(super) fn wants(&self, at: EventRef) -> bool {
        self.taken.is_none_or(|taken| at > taken)
    }

    pub(super) fn add(&mut self, pending: Pending, recorded_at: Timestamp) {
        self.taken = Some(pending.at);
        self.bytes += pending.document.len();
        self.since.get_or_insert(recorded_at);
        self.open.push(pending);
    }

    pub(super) fn is_full(&self, events: usize, bytes: usize) -> bool {
        self.open.len() >= events.max(1) || self.bytes >= bytes
    }

    /// How long until the open message is to be closed; none where there is none. A clock that went back makes it due: nobody
    /// waits for a time that may be far.
    pub(super) fn due(&self, now: Timestamp, age: SignedDuration) -> Option<Duration> {
        let waited = now.duration_since(self.since?);
        Some(if waited.is_negative() { Duration::ZERO } else { Duration::try_from(age - waited).unwrap_or_default() })
    }

    fn number(&self) -> u64 {
        self.last.map_or(1, |(number, _)| number + 1)
    }

    /// The open message, closed, as the store keeps it.
    pub(super) fn close<E>(
        &self,
        label: Label<'_>,
        sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
    ) -> Result<Closed, E> {
        let manifest = Manifest {
            format: qadam_evidence::manifest::Format::V1,
            destination: label.destination.to_string(),
            provider: label.provider.clone(),
            number: self.number(),
            previous: self.last.map(|(_, digest)| Digest(digest)),
            lineage: label.lineage.to_vec(),
            sealed_at: label.at,
            certified: label.certified,
            events: self.open.iter().map(|event| event_digest(&event.salt, &event.document)).collect(),
        }
        .to_bytes();
        let events =
            self.open.iter().map(|event| SealedEvent { salt: event.salt, document: event.document.to_vec() }).collect();
        let fact = SealedFact {
            destination: label.destination.clone(),
            provider: label.provider.clone(),
            number: self.number(),
            events: self.open.iter().map(|event| event.at).collect(),
            digest: digest_of(&manifest).0,
            signature: sign(&manifest)?,
            manifest,
            certified: label.certified,
            development: label.development,
            at: label.at,
        };
        Ok((fact, events))
    }

    /// The message was kept; the next one begins.
    pub(super) fn sealed(&mut self, digest: [u8; 32]) {
        self.last = Some((self.number(), digest));
        self.open = Vec::new();
        self.bytes = 0;
        self.since = None;
    }
}

/// What a message says of itself besides its events.
#[derive(Clone, Copy, Debug)]
pub(super) struct Label<'a> {
    pub(super) destination: &'a DestinationId,
    pub(super) provider: &'a ProviderId,
    pub(super) lineage: &'a [Epoch],
    pub(super) certified: bool,
    pub(super) development: bool,
    pub(super) at: Timestamp,
}

/// A message with its events.
pub(super) type Closed = (SealedFact, Vec<SealedEvent>);
