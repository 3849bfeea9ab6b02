//! What can be read. Everything is read as of the index's applied position.

mod acts;
mod bodies;
mod checked;
mod commission;
mod counts;
mod events;
mod feed;
mod lanes;
mod mapped;
mod messages;
mod native;
mod passing;
mod queue;
mod records;
mod requests;
mod terms;
mod waiting;

use std::collections::BTreeMap;

use jiff::Timestamp;
use qadam_domain::{
    Anomalies, Event, EventId, EventRef, Fields, ProviderId, RecordId, RequestId, RequestState, Stage, ids::Cursor,
};

use crate::{
    Store,
    entry::{AdapterFact, Fact, OutcomeResult, Received},
    error::StoreError,
    index::{
        keys,
        row::{RecordState, decode},
        tally::Tally,
    },
    journal::Entry,
};

pub use bodies::{Body, BodyKind, Erased, SegmentView};
pub use checked::Checked;
pub use feed::Feed;
pub use lanes::{Lane, LaneItem, RecordedItem, ReportItem};
pub use messages::{MessageView, Unstamped};
pub use passing::Exchange;
pub use queue::{AttemptView, DeadLetter, Holding, ItemState, QueueItem, QueueLane};
pub use terms::{OverdueItem, TermHistory, Told};

/// A list's part, and where to go on.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page starts; none at the end.
    pub next: Option<Cursor>,
}

/// A record to be mapped.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its id.
    pub id: RecordId,
    /// Its fact.
    pub received: Received,
    /// Its body; none if it was erased, or never kept.
    pub body: Option<Vec<u8>>,
    /// Whether it was erased.
    pub erased: bool,
    /// Its detached signature.
    pub signature: Option<Vec<u8>>,
}

/// Which records of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordFilter {
    /// All that were received.
    All,
    /// Those in a state.
    In(RecordState),
    /// Resends: the first one's view, once for each resend.
    Duplicates,
}

/// A record and what became of it.
#[derive(Clone, Debug)]
pub struct RecordView {
    /// Its id.
    pub id: RecordId,
    /// Its fact.
    pub received: Received,
    /// What became of it.
    pub state: RecordState,
    /// The last attempt at it.
    pub outcome: Option<OutcomeView>,
    /// Why its body is not there any more, where it was erased.
    pub erased: Option<Erased>,
}

/// An attempt at a record.
#[derive(Clone, Debug)]
pub struct OutcomeView {
    /// When.
    pub at: Timestamp,
    /// By which adapter.
    pub adapter: Option<AdapterFact>,
    /// What it gave.
    pub result: OutcomeResult,
    /// The events it stands for, new or recorded before.
    pub events: Vec<EventId>,
}

/// A recorded event.
#[derive(Clone, Debug)]
pub struct EventView {
    /// Its id.
    pub id: EventId,
    /// Whose.
    pub provider: ProviderId,
    /// The record it came with.
    pub record: RecordId,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// What it says.
    pub event: Event,
    /// What is odd about it.
    pub anomalies: Anomalies,
    /// Whether it counts: not replaced, corrected or withdrawn.
    pub standing: bool,
    /// Whether a person authorised by the provider answers for it, by a signature over its record or by the seal (452-8).
    pub certified: bool,
    /// The event that it corrects by having its key, or by a re-mapping.
    pub corrects: Option<EventId>,
}

/// Which requests.
#[derive(Clone, Debug, Default)]
pub struct RequestFilter {
    /// Of one provider.
    pub provider: Option<ProviderId>,
    /// Closed or open.
    pub closed: Option<bool>,
    /// With or without missing fields.
    pub incomplete: Option<bool>,
}

/// A request as its events leave it.
#[derive(Clone, Debug)]
pub struct RequestView {
    /// Its id.
    pub id: RequestId,
    /// Whose.
    pub provider: ProviderId,
    /// The provider's own id of it.
    pub native: String,
    /// What its events amount to.
    pub state: RequestState,
    /// The values of its fields.
    pub fields: Fields,
}

impl RequestView {
    /// The current stage.
    #[must_use]
    pub fn stage(&self) -> Option<Stage> {
        self.state.stage()
    }
}

/// How the store is.
#[derive(Clone, Debug)]
pub struct Health {
    /// Entries in the journal.
    pub entries: u64,
    /// Entries that the index has applied.
    pub applied: u64,
    /// Bytes of the journal's entries.
    pub journal_bytes: u64,
    /// Bytes of the index.
    pub index_bytes: u64,
    /// Why nothing more is taken, if so.
    pub poisoned: Option<String>,
}

impl Store {
    /// How the store is.
    #[must_use]
    pub fn health(&self) -> Health {
        Health {
            entries: self.journal.last(),
            applied: self.applied.get(),
            journal_bytes: self.journal.bytes(),
            index_bytes: self.index.bytes(),
            poisoned: self.poisoned.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone(),
        }
    }

    /// Number of the last entry of the journal.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.journal.last()
    }

    /// Entries that the index has not applied yet.
    #[must_use]
    pub fn lag(&self) -> u64 {
        self.journal.last().saturating_sub(self.applied.get())
    }

    /// The public id of an entry that received a record.
    #[must_use]
    pub fn record_id(&self, seq: u64) -> RecordId {
        RecordId { epoch: self.journal.epoch_of(seq).unwrap_or(0), seq }
    }

    fn received(&self, entry: Entry) -> Result<Record, StoreError> {
        let Fact::Received(received) = entry.fact else {
            return Err(StoreError::NoEntry { seq: entry.seq, wanted: "record" });
        };
        let erased = entry.erased.is_some();
        let (body, signature) = match entry.body {
            Some(body) => {
                let (body, signature) = received.part(body);
                (Some(body), signature)
            }
            None => (None, None),
        };
        Ok(Record { id: RecordId { epoch: entry.epoch, seq: entry.seq }, received, body, erased, signature })
    }

    /// The public id of an event of this store.
    #[must_use]
    pub fn event_id(&self, at: EventRef) -> EventId {
        EventId { epoch: self.journal.epoch_of(at.seq).unwrap_or(0), seq: at.seq, index: at.index }
    }

    /// The public id of a request, by its first event.
    #[must_use]
    pub fn request_id(&self, first: EventRef) -> RequestId {
        let EventId { epoch, seq, index } = self.event_id(first);
        RequestId { epoch, seq, index }
    }

    /// A place in a list of this store.
    #[must_use]
    pub fn cursor(&self, at: EventRef) -> Cursor {
        let EventId { epoch, seq, index } = self.event_id(at);
        Cursor { epoch, seq, index }
    }

    /// All counters, by provider.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub fn counters(&self) -> Result<BTreeMap<ProviderId, BTreeMap<String, i64>>, StoreError> {
        let mut counters = BTreeMap::new();
        for row in self.index.rows()?.scan_prefix(b"C") {
            let (key, value) = row?;
            let (texts, _) = keys::split(&key);
            if let [provider] = texts.as_slice()
                && let Ok(provider) = provider.parse()
            {
                counters.insert(provider, decode::<Tally>(&value)?.named());
            }
        }
        Ok(counters)
    }
}
