//! Facts of delivery (1277-9, 1336-9): every attempt is written before it is made, and what it came to when it ended, so that one
//! that a crash cut off is known to have begun.

use jiff::Timestamp;
use qadam_domain::{DestinationId, ProviderId, time::instant};
use serde::{Deserialize, Serialize};

/// An attempt begins: the item is leased to whoever makes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeasedFact {
    /// The lane: to whom.
    #[serde(rename = "to")]
    pub destination: DestinationId,
    /// The lane: of whom.
    #[serde(rename = "of")]
    pub provider: ProviderId,
    /// Entry of the message; or of the time-stamp, where that is sent after its message.
    pub item: u64,
    /// Which attempt for this item, from 1.
    pub attempt: u32,
    /// Places in the manifest of the events that are sent, from 0. Empty: all that are still to be delivered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<u16>,
    /// Whether it goes with its time-stamp.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stamped: bool,
    /// How it is sent: a transport's name, or the id of the key that came for it.
    pub by: String,
    /// When.
    #[serde(with = "instant")]
    pub at: Timestamp,
    /// The zone of the host's local time (1277-10).
    pub zone: String,
}

/// An attempt ended, or the host decided about an item without one (attempt 0).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptedFact {
    /// The lane: to whom.
    #[serde(rename = "to")]
    pub destination: DestinationId,
    /// The lane: of whom.
    #[serde(rename = "of")]
    pub provider: ProviderId,
    /// Entry of the message, or of the time-stamp.
    pub item: u64,
    /// Which attempt for this item, from 1.
    pub attempt: u32,
    /// When it ended.
    #[serde(with = "instant")]
    pub at: Timestamp,
    /// The zone of the host's local time (1277-10).
    pub zone: String,
    /// How long it took, in milliseconds, by a clock that does not jump.
    #[serde(rename = "ms")]
    pub milliseconds: u64,
    /// What went wrong, from the vocabulary of codes; none where everything sent was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The same in words, without anything of the content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What the transport said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<String>,
    /// What a gateway said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<String>,
    /// What the receiver said in its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business: Option<String>,
    /// Who signed the receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// Places of the events that were delivered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delivered: Vec<u16>,
    /// Events that were refused, or given up: dead letters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dead: Vec<DeadFact>,
    /// From now on its events are sent one by one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub singly: bool,
    /// It is not tried again before; at once, where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "instant::optional")]
    pub due: Option<Timestamp>,
    /// Nothing of it can be sent before these requests are released: each has a dead letter at this destination.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<String>,
}

/// A dead letter: an event that is not sent again unless an operator says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadFact {
    /// Its place in the manifest; [`STAMP`] for a time-stamp.
    pub place: u16,
    /// Code of our vocabulary.
    pub code: String,
    /// The peer's own code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theirs: Option<String>,
    /// The peer's reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The place that a time-stamp has among dead letters.
pub const STAMP: u16 = u16::MAX;

/// What an act does to the queue. Items are named by their entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QueueAct {
    /// Nothing is sent any more.
    Pause(LaneName),
    /// It goes on.
    Resume(LaneName),
    /// What waits for its next attempt is due now.
    Retry(LaneName),
    /// Dead letters are to be delivered after all; later events of their requests follow them.
    Requeue {
        /// The lane.
        lane: LaneName,
        /// Item and place.
        letters: Vec<(u64, u16)>,
    },
    /// Events, dead letters or not, are not to be delivered; later events of their requests are.
    Skip {
        /// The lane.
        lane: LaneName,
        /// Item and place.
        letters: Vec<(u64, u16)>,
    },
    /// Messages are delivered once more.
    Replay {
        /// The lane.
        lane: LaneName,
        /// Their entries.
        messages: Vec<u64>,
    },
}

/// A lane, or all of a destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneName {
    /// To whom.
    #[serde(rename = "to")]
    pub destination: DestinationId,
    /// Of whom; of everyone where there is none.
    #[serde(rename = "of", default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<ProviderId>,
}
