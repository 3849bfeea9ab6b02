//! Lanes: what is recorded for each destination, and how far it was sealed.

use jiff::Timestamp;
use qadam_domain::{DestinationId, Event, EventId, EventRef, ProviderId, RecordId, breach::Passing};

use crate::{
    Store,
    entry::{AdapterFact, EventEntry, Fact, OutcomeFact, OutcomeResult, Personal, ReportedFact, WITHDRAWN, from_cbor},
    error::StoreError,
    index::{
        keys, recorded,
        row::{DestinationRow, LaneRow, decode},
    },
    journal::Entry,
};

/// What one destination gets of one provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// To whom.
    pub destination: DestinationId,
    /// Of whom.
    pub provider: ProviderId,
    /// Number of its last message; 0 before the first.
    pub number: u64,
    /// Digest of that message's manifest.
    pub digest: [u8; 32],
    /// The last event sealed.
    pub sealed: EventRef,
    /// The first entry that may have an event which is not sealed.
    pub oldest: Option<u64>,
}

/// Something to be sealed: an event as it was recorded, or the withdrawal of one by a re-mapping.
#[derive(Clone, Debug)]
pub struct RecordedItem {
    /// Its place in the journal; withdrawals are marked with [`WITHDRAWN`].
    pub at: EventRef,
    /// Its public id.
    pub id: EventId,
    /// Whose.
    pub provider: ProviderId,
    /// The record that it came with.
    pub record: RecordId,
    /// SHA-256 of that record as received.
    pub record_digest: [u8; 32],
    /// SHA-256 of what is kept of it, where parts were removed.
    pub kept_digest: Option<[u8; 32]>,
    /// Whether a person authorised by the provider signed the record, and that was checked by now (452-8).
    pub certified: bool,
    /// When that record was received.
    pub received_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The adapter that gave it; none where the host itself withdrew.
    pub adapter: Option<AdapterFact>,
    /// What it says; for a withdrawal the event withdrawn.
    pub event: Event,
    /// The event that it corrects, or withdraws.
    pub other: Option<EventId>,
}

/// A report to be sealed.
#[derive(Clone, Debug)]
pub struct ReportItem {
    /// Its place in the journal.
    pub at: EventRef,
    /// Its public id.
    pub id: EventId,
    /// The report.
    pub fact: ReportedFact,
}

/// What a lane takes.
#[derive(Clone, Debug)]
pub enum LaneItem {
    /// An event of a provider, or a withdrawal.
    Recorded(Box<RecordedItem>),
    /// A report of the host's, for destinations that monitor.
    Report(Box<ReportItem>),
}

impl LaneItem {
    /// Its place in the journal.
    #[must_use]
    pub const fn at(&self) -> EventRef {
        match self {
            Self::Recorded(item) => item.at,
            Self::Report(item) => item.at,
        }
    }

    /// When it was recorded.
    #[must_use]
    pub const fn recorded_at(&self) -> Timestamp {
        match self {
            Self::Recorded(item) => item.recorded_at,
            Self::Report(item) => item.fact.at,
        }
    }

    /// In whose lanes it is.
    #[must_use]
    pub fn provider(&self) -> ProviderId {
        match self {
            Self::Recorded(item) => item.provider.clone(),
            Self::Report(_) => ProviderId::host(),
        }
    }
}

impl RecordedItem {
    /// Whether it withdraws an event.
    #[must_use]
    pub const fn is_withdrawal(&self) -> bool {
        self.at.index & WITHDRAWN != 0
    }
}

impl Store {
    /// All that ever were; of open ones what messages to them are to bring about.
    pub(crate) fn known_destinations(&self) -> Result<Vec<(DestinationId, Option<Passing>)>, StoreError> {
        let mut known = Vec::new();
        for row in self.index.rows()?.scan_prefix(b"D") {
            let (key, value) = row?;
            if let [name] = keys::split(&key).0[..]
                && let Ok(name) = name.parse()
            {
                let row: DestinationRow = decode(&value)?;
                known.push((name, row.open.then_some(row.passing)));
            }
        }
        Ok(known)
    }

    /// The lanes of open destinations.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub fn lanes(&self) -> Result<Vec<Lane>, StoreError> {
        let open: Vec<DestinationId> =
            self.known_destinations()?.into_iter().filter_map(|(name, open)| open.map(|_| name)).collect();
        let mut lanes = Vec::new();
        for row in self.index.rows()?.scan_prefix(b"O") {
            let (key, value) = row?;
            let [destination, provider] = keys::split(&key).0[..] else { continue };
            if let (Ok(destination), Ok(provider)) = (destination.parse(), provider.parse())
                && open.contains(&destination)
            {
                let LaneRow { number, digest, sealed, oldest, .. } = decode(&value)?;
                lanes.push(Lane { destination, provider, number, digest, sealed, oldest });
            }
        }
        Ok(lanes)
    }

    /// What was recorded from an entry on, in the order of the journal, and the entry to go on from. Reads about so many
    /// bytes, and not beyond what the index has applied.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub fn recorded(&self, from: u64, bytes: usize) -> Result<(Vec<LaneItem>, u64), StoreError> {
        let applied = self.applied.get();
        let mut items = Vec::new();
        let mut next = from.max(1);
        for entry in self.journal.read_from(next, bytes)?.iter().take_while(|entry| entry.seq <= applied) {
            next = entry.seq + 1;
            match &entry.fact {
                Fact::Outcome(outcome) => self.items(entry, outcome, &mut items)?,
                Fact::Reported(fact) => {
                    let at = EventRef { seq: entry.seq, index: 0 };
                    items.push(LaneItem::Report(Box::new(ReportItem {
                        at,
                        id: self.event_id(at),
                        fact: fact.clone(),
                    })));
                }
                _ => {}
            }
        }
        Ok((items, next))
    }

    fn items(&self, entry: &Entry, outcome: &OutcomeFact, items: &mut Vec<LaneItem>) -> Result<(), StoreError> {
        let none: &[EventEntry] = &[];
        let events = if let OutcomeResult::Mapped(events) = &outcome.result { events } else { none };
        if !events.iter().any(|event| matches!(event, EventEntry::New(_))) && outcome.vanished.is_empty() {
            return Ok(());
        }
        let personal: Option<Vec<Personal>> = match &entry.body {
            Some(body) => Some(from_cbor(body).map_err(|reason| StoreError::Index { reason })?),
            None => None,
        };
        let Fact::Received(received) = self.journal.fact(outcome.record)? else {
            return Err(StoreError::NoEntry { seq: outcome.record, wanted: "record" });
        };
        let adapter = match outcome.adapter.map(|seq| self.journal.fact(seq)).transpose()? {
            Some(Fact::Adapter(fact)) => Some(fact),
            _ => None,
        };
        let certified =
            received.signed.is_some() && self.checked(outcome.record)?.is_some_and(|checked| checked.fact.certifies());
        let item = |at: EventRef, event: Event, other: Option<EventRef>| {
            LaneItem::Recorded(Box::new(RecordedItem {
                at,
                id: self.event_id(at),
                provider: outcome.provider.clone(),
                record: self.record_id(outcome.record),
                record_digest: received.digest,
                kept_digest: received.kept,
                certified,
                received_at: received.at,
                recorded_at: outcome.at,
                adapter: adapter.clone(),
                event,
                other: other.map(|at| self.event_id(at)),
            }))
        };
        let news = events.iter().zip(0u16..).filter_map(|(event, index)| match event {
            EventEntry::New(fact) => Some((index, fact)),
            EventEntry::Same(_) => None,
        });
        for (place, (index, fact)) in news.enumerate() {
            let event = fact.join(personal.as_ref().and_then(|parts| parts.get(place)));
            let corrects = fact.corrects.map(|link| link.seen_from(entry.seq));
            items.push(item(EventRef { seq: entry.seq, index }, event, corrects));
        }
        for (place, at) in (0..WITHDRAWN).zip(&outcome.vanished) {
            let event = recorded(&self.journal, *at)?.1;
            items.push(item(EventRef { seq: entry.seq, index: place | WITHDRAWN }, event, Some(*at)));
        }
        Ok(())
    }
}
