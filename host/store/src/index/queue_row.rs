//! Rows of the queue of delivery.

use jiff::Timestamp;
use qadam_domain::{DestinationId, ProviderId, breach::Passing, time::instant};
use serde::{Deserialize, Serialize};

/// Something to be delivered: a message, or the time-stamp of one that went without.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct QueueRow {
    pub(crate) destination: DestinationId,
    pub(crate) provider: ProviderId,
    pub(crate) state: QueueState,
    /// Attempts made or begun.
    pub(crate) attempts: u32,
    /// Attempts that failed since something of it was last delivered.
    pub(crate) failures: u32,
    /// Entry of the act by which an operator put it into the queue again; 0 where none did. What is sent then is no repetition.
    pub(crate) round: u64,
    /// Entry of the last attempt's end.
    pub(crate) last: Option<u64>,
    /// The message that it is the time-stamp of.
    pub(crate) stamps: Option<u64>,
    /// Events of the message.
    pub(crate) events: u16,
    /// Places still to be delivered; all of them where there is none.
    pub(crate) left: Option<Vec<u16>>,
    /// Dead letters among its events.
    pub(crate) dead: Vec<u16>,
    /// They go one by one.
    pub(crate) singly: bool,
    /// What it is to bring about.
    pub(crate) passing: Passing,
    /// When it was sealed, or stamped.
    #[serde(with = "instant")]
    pub(crate) since: Timestamp,
}

/// Where an item stands. Delivered ones have no row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum QueueState {
    /// It can be sent.
    Ready,
    /// An attempt began with this entry, and its end is not known.
    Leased(u64),
    /// It is tried again, not before this.
    Waiting(#[serde(with = "instant")] Timestamp),
    /// All that is left of it waits for requests to be released.
    Held,
    /// All that is left of it are dead letters.
    Dead,
}

impl QueueRow {
    /// The places still to be delivered.
    pub(crate) fn places(&self) -> Vec<u16> {
        self.left.clone().unwrap_or_else(|| (0..self.events).collect())
    }

    /// How many those are.
    pub(crate) fn undelivered(&self) -> u64 {
        self.left.as_ref().map_or(u64::from(self.events), |left| left.len() as u64)
    }

    /// Whether it is among those that may be sent.
    pub(crate) const fn is_queued(&self) -> bool {
        matches!(self.state, QueueState::Ready | QueueState::Leased(_) | QueueState::Waiting(_))
    }
}

/// A lane's queue, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LaneQueueRow {
    /// Items that may be sent.
    pub(crate) items: u64,
    /// Items set aside.
    pub(crate) held: u64,
    /// Events of both that are not delivered.
    pub(crate) events: u64,
    /// Dead letters.
    pub(crate) dead: u64,
    /// Events that were delivered.
    pub(crate) delivered: u64,
    /// Attempts that were begun.
    pub(crate) attempts: u64,
    /// An operator paused it.
    pub(crate) paused: bool,
    /// Entry of the last attempt that failed, if none succeeded since.
    pub(crate) failed: Option<u64>,
    /// Entry of the last attempt that succeeded.
    pub(crate) succeeded: Option<u64>,
}

/// A dead letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeadRow {
    /// Entry of the attempt that says why.
    pub(crate) attempt: u64,
    /// Its request; none for a time-stamp.
    pub(crate) request: Option<String>,
}
