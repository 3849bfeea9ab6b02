//! Between what the adapter gave and what the journal records: which events are new, which were recorded before, which
//! correct earlier ones, and what is odd about them at receipt. Decided once and journaled, never again.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use qadam_domain::{Event, EventMark, EventRef, ProviderId, Refusal, RequestState, ValidatedEvent, request::Receipt};

use crate::{
    Store,
    digest::{self, Mark},
    entry::{EventEntry, EventFact, EventLink, Fact, OutcomeFact, OutcomeResult, Personal, Quarantine, to_cbor},
    error::StoreError,
    index::{
        Rows, keys, recorded,
        row::{KeyRow, RecordRow, RequestRow, decode},
    },
    journal::Draft,
};

/// What was found about one record.
#[derive(Clone, Debug)]
pub struct Found {
    /// The record's entry.
    pub record: u64,
    /// When it was received.
    pub received_at: Timestamp,
    /// Now.
    pub at: Timestamp,
    /// The adapter's entry.
    pub adapter: Option<u64>,
    /// Delay after which an event is `late`.
    pub late_after: Option<SignedDuration>,
    /// What was found.
    pub result: FoundResult,
}

/// What an attempt at a record gave.
#[derive(Clone, Debug)]
pub enum FoundResult {
    /// Events, perhaps none.
    Mapped(Vec<ValidatedEvent>),
    /// The record's fault.
    Refused(Refusal),
    /// The adapter fails on it.
    Quarantined(Quarantine),
}

/// The entries for what was found, in order.
pub(crate) fn decide(store: &Store, provider: &ProviderId, found: Vec<Found>) -> Result<Vec<Draft>, StoreError> {
    let rows = store.index.rows()?;
    let mut batch =
        Batch { store, rows, provider, states: HashMap::new(), keys: HashMap::new(), statuses: HashMap::new() };
    found.into_iter().zip(0..).map(|(found, place)| batch.outcome(place, found)).collect()
}

/// What the index knows, with what this batch has added so far.
struct Batch<'a> {
    store: &'a Store,
    rows: Rows,
    provider: &'a ProviderId,
    states: HashMap<String, RequestState>,
    keys: HashMap<(String, Mark), Option<Known>>,
    statuses: HashMap<(String, Mark), Mark>,
}

/// The latest event with a key.
#[derive(Clone, Copy)]
struct Known {
    event: Option<Origin>,
    digest: [u8; 16],
}

/// Where an event was recorded: in the journal, or in an entry of this batch that has no number yet.
#[derive(Clone, Copy)]
enum Origin {
    Journal(EventRef),
    Batch { place: u64, index: u16 },
}

impl Origin {
    const fn from(self, place: u64) -> EventLink {
        match self {
            Self::Journal(at) => EventLink::At(at),
            Self::Batch { place: earlier, index } => EventLink::Back(place - earlier, index),
        }
    }
}

impl Batch<'_> {
    fn outcome(&mut self, place: u64, found: Found) -> Result<Draft, StoreError> {
        let mut personal = Vec::new();
        let mut vanished = Vec::new();
        let result = match found.result {
            FoundResult::Refused(ref refusal) => {
                // Its events are replaced as a set, by none.
                vanished = self.earlier(found.record)?;
                OutcomeResult::Refused(refusal.clone())
            }
            FoundResult::Quarantined(ref quarantine) => OutcomeResult::Quarantined(quarantine.clone()),
            FoundResult::Mapped(ref events) => {
                let earlier = self.earlier(found.record)?;
                let mut kept = HashSet::new();
                let mut entries = Vec::with_capacity(events.len());
                for (event, index) in events.iter().zip(0u16..) {
                    let entry = self.event(place, index, event.event(), &found, &earlier, &mut personal)?;
                    match &entry {
                        EventEntry::Same(EventLink::At(at)) => kept.insert(*at),
                        EventEntry::New(fact) => match fact.corrects {
                            Some(EventLink::At(at)) => kept.insert(at),
                            _ => false,
                        },
                        EventEntry::Same(EventLink::Back(..)) => false,
                    };
                    entries.push(entry);
                }
                vanished.extend(earlier.into_iter().filter(|at| !kept.contains(at)));
                OutcomeResult::Mapped(entries)
            }
        };
        let fact = OutcomeFact {
            provider: self.provider.clone(),
            record: found.record,
            at: found.at,
            adapter: found.adapter,
            result,
            vanished,
        };
        let body = if personal.is_empty() { Vec::new() } else { to_cbor(&personal)? };
        Draft::new(&Fact::Outcome(fact), body.into())
    }

    fn event(
        &mut self,
        place: u64,
        index: u16,
        event: &Event,
        found: &Found,
        earlier: &[EventRef],
        personal: &mut Vec<Personal>,
    ) -> Result<EventEntry, StoreError> {
        let content = digest::event(event)?;
        let key_digest = digest::event_key(event, &content);
        let key = (event.request.clone(), key_digest);
        let known = self.known(&key)?;
        if let Some(Known { event: Some(origin), digest }) = known
            && digest == content
            && !self.is_dropped(&event.request, origin, earlier)?
        {
            return Ok(EventEntry::Same(origin.from(place)));
        }
        let status = (event.request.clone(), digest::mark(event.native_status.as_bytes()));
        let seen = self.status(&status)?;
        let receipt = Receipt {
            received_at: found.received_at,
            late_after: found.late_after,
            status_seen: seen.is_some_and(|first| first != key_digest),
        };
        let state = self.state(&event.request)?;
        let anomalies = state.at_receipt(event, &receipt);
        state.receive(event);
        let corrects = known.and_then(|known| known.event).map(|origin| origin.from(place));
        self.keys.insert(key, Some(Known { event: Some(Origin::Batch { place, index }), digest: content }));
        self.statuses.entry(status).or_insert(key_digest);
        let (fact, parts) = EventFact::part(event.clone(), anomalies, corrects, content);
        personal.push(parts);
        Ok(EventEntry::New(Box::new(fact)))
    }

    /// Events that an earlier mapping of the record gave.
    fn earlier(&self, record: u64) -> Result<Vec<EventRef>, StoreError> {
        let key = keys::record(self.provider, record);
        let Some(bytes) = self.rows.get(key)? else { return Ok(Vec::new()) };
        let row: RecordRow = decode(&bytes)?;
        if row.outcome == record {
            return Ok(Vec::new());
        }
        match self.store.journal.read(row.outcome)?.fact {
            Fact::Outcome(OutcomeFact { result: OutcomeResult::Mapped(events), .. }) => Ok(events
                .iter()
                .zip(0u16..)
                .map(|(event, index)| match event {
                    EventEntry::New(_) => EventRef { seq: row.outcome, index },
                    EventEntry::Same(link) => link.seen_from(row.outcome),
                })
                .collect()),
            _ => Ok(Vec::new()),
        }
    }

    fn known(&mut self, key: &(String, Mark)) -> Result<Option<Known>, StoreError> {
        if let Some(known) = self.keys.get(key) {
            return Ok(*known);
        }
        // Nothing is known of a request that the index does not have.
        let row: Option<KeyRow> = match self.state(&key.0)?.first {
            Some(first) => {
                let row = self.rows.get(keys::event_key(first, &key.1))?;
                row.map(|bytes| decode(&bytes)).transpose()?
            }
            None => None,
        };
        let known = match row {
            Some(Some(at)) => {
                Some(Known { event: Some(Origin::Journal(at)), digest: recorded(&self.store.journal, at)?.0.digest })
            }
            Some(None) => Some(Known { event: None, digest: [0; 16] }),
            None => None,
        };
        self.keys.insert(key.clone(), known);
        Ok(known)
    }

    fn status(&mut self, status: &(String, Mark)) -> Result<Option<Mark>, StoreError> {
        if let Some(first) = self.statuses.get(status) {
            return Ok(Some(*first));
        }
        let Some(first) = self.state(&status.0)?.first else { return Ok(None) };
        let row = self.rows.get(keys::status(first, &status.1))?;
        row.map(|bytes| decode(&bytes)).transpose()
    }

    fn state(&mut self, request: &str) -> Result<&mut RequestState, StoreError> {
        use std::collections::hash_map::Entry;
        match self.states.entry(request.to_owned()) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(entry) => {
                let row = self.rows.get(keys::request(self.provider.as_str(), request))?;
                let row: Option<RequestRow> = row.map(|bytes| decode(&bytes)).transpose()?;
                Ok(entry.insert(row.unwrap_or_default().state))
            }
        }
    }

    /// Whether a known event was taken back by a re-mapping: given again, it is a new event.
    fn is_dropped(&mut self, request: &str, origin: Origin, earlier: &[EventRef]) -> Result<bool, StoreError> {
        let Origin::Journal(at) = origin else { return Ok(false) };
        if earlier.contains(&at) {
            return Ok(false);
        }
        let Some(first) = self.state(request)?.first else { return Ok(false) };
        let row = self.rows.get(keys::event(first, at))?;
        let mark: Option<EventMark> = row.map(|bytes| decode(&bytes)).transpose()?;
        Ok(mark.is_some_and(|mark| mark.dropped))
    }
}
