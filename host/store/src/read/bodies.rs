//! What space bodies take, and which of them nobody needs any more.

use jiff::Timestamp;

use crate::{
    Store,
    entry::{ErasedFact, EventEntry, Fact, OutcomeFact, OutcomeResult},
    erase::Settling,
    error::StoreError,
    index::{
        keys,
        row::{RequestRow, decode},
    },
    journal::Entry,
};

/// Bytes of the journal looked at in one step.
const STEP: usize = 4 << 20;

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BodyKind {
    /// A native record as it was kept.
    Record,
    /// What tells of a record's signature.
    Verdict,
    /// The personal parts of events.
    Events,
    /// The events of a message, with their salts.
    Message,
}

/// A body that can be erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Body {
    /// Its entry.
    pub seq: u64,
    /// What it is.
    pub kind: BodyKind,
    /// When its entry was written.
    pub at: Timestamp,
    /// Bytes that it takes.
    pub bytes: u64,
    /// Since when nobody needs it; none where somebody does. Not asked where it is too young.
    pub settled: Option<Timestamp>,
}

/// A part of the journal, in one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentView {
    /// Its first entry.
    pub first: u64,
    /// The entry after its last one.
    pub end: u64,
    /// Bytes of it.
    pub bytes: u64,
    /// Whether nothing is added to it any more: only then can bodies in it be erased.
    pub finished: bool,
}

/// A body that was erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erased {
    /// By which policy or act, `records-days`.
    pub cause: String,
    /// Why, as stated or as configured.
    pub why: String,
    /// By whose word.
    pub who: String,
    /// When it was ordered.
    pub at: Timestamp,
    /// SHA-256 of what was erased.
    pub digest: [u8; 32],
}

impl Store {
    /// The files of the journal, in order.
    #[must_use]
    pub fn segments(&self) -> Vec<SegmentView> {
        let segments = self.journal.segments();
        let last = segments.last().map(|segment| segment.first);
        let view = |segment: &std::sync::Arc<crate::journal::segment::Segment>| SegmentView {
            first: segment.first,
            end: segment.first + segment.count(),
            bytes: segment.bytes(Some(segment.first) != last),
            finished: Some(segment.first) != last,
        };
        segments.iter().map(view).collect()
    }

    /// Bodies that can be erased from an entry on, within one segment, and the entry to go on from. Of those that `asked` does
    /// not want to know about, nothing is said.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn bodies(
        &self,
        from: u64,
        asked: &mut dyn FnMut(BodyKind, Timestamp) -> bool,
    ) -> Result<(Vec<Body>, u64), StoreError> {
        let applied = self.applied.get();
        let mut settling = Settling::new(self)?;
        let (mut bodies, mut next) = (Vec::new(), from);
        for entry in self.journal.facts_from(from, STEP)?.iter().take_while(|entry| entry.seq <= applied) {
            next = entry.seq + 1;
            let Some((kind, at)) = BodyKind::of(&entry.fact) else { continue };
            if entry.stored > 0 && entry.erased.is_none() && asked(kind, at) {
                let settled = settling.of(entry)?.ok();
                bodies.push(Body { seq: entry.seq, kind, at, bytes: entry.stored as u64, settled });
            }
        }
        Ok((bodies, next))
    }

    /// Whether all requests that an outcome's new events are of are closed.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn is_about_closed(&self, outcome: u64) -> Result<bool, StoreError> {
        let Fact::Outcome(OutcomeFact { provider, result: OutcomeResult::Mapped(events), .. }) =
            self.journal.fact(outcome)?
        else {
            return Ok(true);
        };
        let rows = self.index.rows()?;
        for event in &events {
            let EventEntry::New(fact) = event else { continue };
            let row = rows.get(keys::request(provider.as_str(), &fact.event.request))?;
            if !row.map(|row| decode::<RequestRow>(&row)).transpose()?.is_some_and(|row| row.state.is_closed()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What is known of an erased body; none where it was not erased.
    pub(crate) fn erased(&self, entry: &Entry) -> Result<Option<Erased>, StoreError> {
        let Some(tombstone) = &entry.erased else { return Ok(None) };
        let Fact::Erased(ErasedFact::Ordered(order)) = self.journal.fact(tombstone.by)? else {
            return Err(StoreError::NoEntry { seq: tombstone.by, wanted: "order of an erasure" });
        };
        let digest = tombstone.digest;
        Ok(Some(Erased { cause: order.cause, why: order.why, who: order.who, at: order.at, digest }))
    }
}

impl BodyKind {
    /// What the body of an entry is, and when the entry was written; none where it is none that is ever erased.
    pub(crate) const fn of(fact: &Fact) -> Option<(Self, Timestamp)> {
        match fact {
            Fact::Received(fact) => Some((Self::Record, fact.at)),
            Fact::Checked(fact) => Some((Self::Verdict, fact.at)),
            Fact::Outcome(fact) => Some((Self::Events, fact.at)),
            Fact::Sealed(fact) => Some((Self::Message, fact.at)),
            // Receipts are what proves a delivery.
            _ => None,
        }
    }
}
