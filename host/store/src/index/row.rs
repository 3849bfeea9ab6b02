//! The values of the index. They can be thrown away with it, so their encoding (postcard) is free to change: a change
//! raises [`VERSION`], and the index is rebuilt.

use qadam_domain::{Anomaly, EventMark, EventRef, RequestState, Stage, breach::Passing};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::tally::{Count, Tally};
use crate::error::StoreError;

/// Version of keys and values. Another one found on disk means: rebuild.
pub(crate) const VERSION: u16 = 7;

/// How far the index has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Applied {
    pub(crate) version: u16,
    /// Last entry applied.
    pub(crate) seq: u64,
    /// Checksum of what stays of it: an index of another journal is noticed.
    pub(crate) mark: u32,
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordState {
    /// Waiting to be mapped.
    Pending,
    /// Mapped to events, perhaps to none.
    Mapped,
    /// Refused, by its own fault.
    Refused,
    /// Set aside, because the adapter fails on it.
    Quarantined,
}

impl RecordState {
    /// The name used in the API, `pending`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Mapped => "mapped",
            Self::Refused => "refused",
            Self::Quarantined => "quarantined",
        }
    }

    /// Whether records in this state are listed apart.
    pub(crate) const fn is_rare(self) -> bool {
        matches!(self, Self::Refused | Self::Quarantined)
    }

    /// Its byte in keys of the table of rare states.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Pending => 0,
            Self::Mapped => 1,
            Self::Refused => 2,
            Self::Quarantined => 3,
        }
    }
}

/// Resends, in the table of rare states.
pub(crate) const RESENT: u8 = 4;
/// Records to be mapped again, in the table of rare states.
pub(crate) const REQUEUED: u8 = 5;

/// Records whose signature is to be checked again, in the table of rare states.
pub(crate) const UNSURE: u8 = 6;

/// What became of a record, and the entry that says so (its own for a pending one).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RecordRow {
    pub(crate) state: RecordState,
    pub(crate) outcome: u64,
    /// It is to be mapped again, out of order.
    pub(crate) again: bool,
}

/// A destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DestinationRow {
    pub(crate) open: bool,
    /// Events of later entries are for it.
    pub(crate) from: u64,
    /// An operator paused all of its lanes.
    pub(crate) paused: bool,
    /// What messages to it are to bring about.
    pub(crate) passing: Passing,
    /// Whether they ever were to bring about something else than that the monitoring system knows.
    pub(crate) passes: bool,
}

/// A lane: what one destination gets of one provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LaneRow {
    /// Number of its last message.
    pub(crate) number: u64,
    /// Digest of that message's manifest.
    pub(crate) digest: [u8; 32],
    /// The last event sealed.
    pub(crate) sealed: EventRef,
    /// The first entry that may have an event which is not sealed.
    pub(crate) oldest: Option<u64>,
    /// The last event recorded for it.
    pub(crate) newest: EventRef,
}

/// The last verdict on a record's signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CheckedRow {
    /// Its entry.
    pub(crate) entry: u64,
    /// The provider answers for the record.
    pub(crate) certifies: bool,
}

/// A message of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LaneMessageRow {
    /// Its entry.
    pub(crate) entry: u64,
    /// Sealed by a key that the provider entrusted.
    pub(crate) certified: bool,
    /// What it was to bring about when it was sealed.
    pub(crate) passing: Passing,
}

/// A message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MessageRow {
    /// The entry that stamped it.
    pub(crate) stamp: Option<u64>,
    /// The entry since which nothing of it is to be delivered any more.
    pub(crate) settled: Option<u64>,
}

/// The latest event with a key; none where only a correction has named it.
pub(crate) type KeyRow = Option<EventRef>;

/// A request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RequestRow {
    pub(crate) state: RequestState,
    /// Standing events by stage, from 1.
    pub(crate) stages: [u32; 6],
    /// Events by anomaly, in the order of [`Anomaly::ALL`].
    pub(crate) anomalies: [u32; 8],
}

impl RequestRow {
    pub(crate) fn count(&mut self, mark: &EventMark) {
        if let (true, Some(stage)) = (mark.standing, mark.stage)
            && let Some(count) = self.stages.get_mut(usize::from(stage.number() - 1))
        {
            *count += 1;
        }
        for (count, _) in self.anomalies.iter_mut().zip(Anomaly::ALL).filter(|(_, a)| mark.anomalies().contains(*a)) {
            *count += 1;
        }
    }

    /// Counts anew from all marks.
    pub(crate) fn recount<'a>(&mut self, marks: impl IntoIterator<Item = &'a EventMark>) {
        self.stages = [0; 6];
        self.anomalies = [0; 8];
        for mark in marks {
            self.count(mark);
        }
    }

    /// What it adds to the counts.
    pub(crate) fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        if self.state.events == 0 {
            return tally;
        }
        tally.add(if self.state.is_closed() { Count::Closed } else { Count::Open }, 1);
        tally.add(Count::Incomplete, i64::from(!self.state.missing().is_empty()));
        for (stage, count) in Stage::ALL.into_iter().zip(self.stages) {
            tally.add(Count::Stage(stage), i64::from(count));
        }
        for (anomaly, count) in Anomaly::ALL.into_iter().zip(self.anomalies) {
            tally.add(Count::Anomalies(anomaly), i64::from(count));
            tally.add(Count::Anomalous(anomaly), i64::from(count > 0));
        }
        tally.add(Count::Events, i64::from(self.state.events));
        tally
    }
}

pub(crate) fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    postcard::to_stdvec(value).map_err(StoreError::index)
}

pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    postcard::from_bytes(bytes).map_err(StoreError::index)
}
