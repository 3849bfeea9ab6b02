//! What is still needed stays: nothing that waits to be mapped, sealed, checked or delivered loses its body.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use qadam_domain::{DestinationId, EventRef, ProviderId};

use crate::{
    Store,
    entry::{EventEntry, Fact, OutcomeFact, OutcomeResult, WITHDRAWN},
    error::StoreError,
    index::{
        keys,
        row::{RecordRow, RecordState, UNSURE, decode},
    },
    journal::Entry,
    read::BodyKind,
};

/// Why a body stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Kept {
    /// There is none.
    #[error("it has no body, or none any more")]
    NoBody,
    /// Of this kind none is erased.
    #[error("bodies of this kind are not erased")]
    Other,
    /// The record waits to be mapped.
    #[error("the record waits to be mapped")]
    Pending,
    /// The record was set aside.
    #[error("the record is in quarantine")]
    Quarantined,
    /// The record's signature is to be checked again.
    #[error("the record's signature is to be checked again")]
    Unsure,
    /// An event, or the message, is not yet delivered everywhere.
    #[error("it is not delivered everywhere")]
    Undelivered,
}

/// Looks at many entries.
pub(crate) struct Settling<'a> {
    store: &'a Store,
    open: Vec<DestinationId>,
    /// Entries that are to be erased, and may not be yet.
    going: BTreeSet<u64>,
    /// Neighbours are in the same messages.
    messages: HashMap<u64, Option<Timestamp>>,
}

impl<'a> Settling<'a> {
    pub(crate) fn new(store: &'a Store) -> Result<Self, StoreError> {
        let open = store.known_destinations()?.into_iter().filter_map(|(name, open)| open.map(|_| name)).collect();
        let going = store.orders()?.into_iter().flat_map(|(_, order)| order.entries).collect();
        Ok(Self { store, open, going, messages: HashMap::new() })
    }

    /// Since when nobody needs the body of an entry, or why it stays. The entry's own body need not have been read.
    pub(crate) fn of(&mut self, entry: &Entry) -> Result<Result<Timestamp, Kept>, StoreError> {
        if BodyKind::of(&entry.fact).is_none() {
            return Ok(Err(Kept::Other));
        }
        if entry.stored == 0 || entry.erased.is_some() || self.going.contains(&entry.seq) {
            return Ok(Err(Kept::NoBody));
        }
        match &entry.fact {
            Fact::Received(received) => self.record(&received.provider, entry.seq),
            Fact::Checked(checked) => self.record(&checked.provider, checked.record),
            Fact::Outcome(outcome) => self.outcome(entry.seq, outcome, false),
            _ => Ok(self.message(entry.seq)?.ok_or(Kept::Undelivered)),
        }
    }

    fn record(&mut self, provider: &ProviderId, seq: u64) -> Result<Result<Timestamp, Kept>, StoreError> {
        let rows = self.store.index.rows()?;
        let row = rows.get(keys::record(provider, seq))?.map(|row| decode::<RecordRow>(&row)).transpose()?;
        let Some(row) = row.filter(|row| row.state != RecordState::Pending) else { return Ok(Err(Kept::Pending)) };
        if row.state == RecordState::Quarantined {
            return Ok(Err(Kept::Quarantined));
        }
        if rows.get(keys::rare(provider, UNSURE, seq))?.is_some() {
            return Ok(Err(Kept::Unsure));
        }
        match self.store.journal.fact(row.outcome)? {
            Fact::Outcome(outcome) => self.outcome(row.outcome, &outcome, true),
            // It was withheld at receipt, and never mapped.
            Fact::Received(received) => Ok(Ok(received.at)),
            _ => Err(StoreError::NoEntry { seq: row.outcome, wanted: "outcome" }),
        }
    }

    /// Since when the events of an outcome are delivered everywhere: the new ones, or those that were recorded before too.
    fn outcome(&mut self, seq: u64, outcome: &OutcomeFact, all: bool) -> Result<Result<Timestamp, Kept>, StoreError> {
        let mut events = Vec::new();
        if let OutcomeResult::Mapped(entries) = &outcome.result {
            events.extend(entries.iter().zip(0u16..).filter_map(|(entry, index)| match entry {
                EventEntry::New(_) => Some(EventRef { seq, index }),
                EventEntry::Same(link) => all.then(|| link.seen_from(seq)),
            }));
        }
        events
            .extend((0..WITHDRAWN).zip(&outcome.vanished).map(|(place, _)| EventRef { seq, index: place | WITHDRAWN }));
        let mut since = outcome.at;
        for at in events {
            match self.delivered(&outcome.provider, at)? {
                Some(delivered) => since = since.max(delivered),
                None => return Ok(Err(Kept::Undelivered)),
            }
        }
        Ok(Ok(since))
    }

    /// Since when an event is delivered to all destinations.
    fn delivered(&mut self, provider: &ProviderId, at: EventRef) -> Result<Option<Timestamp>, StoreError> {
        let mut since = Timestamp::MIN;
        for place in 0..self.open.len() {
            let Some(destination) = self.open.get(place) else { break };
            let Some(row) = self.store.lane_message(destination, provider, at)? else { return Ok(None) };
            match self.message(row.entry)? {
                Some(settled) => since = since.max(settled),
                None => return Ok(None),
            }
        }
        Ok(Some(since))
    }

    fn message(&mut self, seq: u64) -> Result<Option<Timestamp>, StoreError> {
        if let Some(known) = self.messages.get(&seq) {
            return Ok(*known);
        }
        let settled = self.store.settled(seq)?;
        self.messages.insert(seq, settled);
        Ok(settled)
    }
}
