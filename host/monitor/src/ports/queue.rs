//! The queue of delivery.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use qadam_domain::{DestinationId, EventId, MessageId, ProviderId, ids::Cursor};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{ports::PortError, view::Page};

/// The queue, lane by lane.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct QueueView {
    /// The destinations.
    pub destinations: Vec<DestinationView>,
    /// The lanes: what one destination gets of one provider, first in, first out.
    pub lanes: Vec<LaneView>,
}

/// A destination.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DestinationView {
    /// Its name in the configuration.
    #[schema(value_type = String)]
    pub destination: DestinationId,
    /// `https`, `shep-async`; `pull` where it comes for its messages.
    pub transport: &'static str,
    /// `working`, `failing`; `standing-still` where the host itself cannot send.
    pub state: &'static str,
    /// Since when it fails, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// How often in a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failures: Option<u32>,
    /// The error code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// In words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// A lane.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LaneView {
    /// To whom.
    #[schema(value_type = String)]
    pub destination: DestinationId,
    /// Of whom.
    #[schema(value_type = String)]
    pub provider: ProviderId,
    /// Messages, and time-stamps that follow theirs, which may be sent.
    pub depth: u64,
    /// Those that wait for a request with a dead letter to be released.
    pub held: u64,
    /// Events of both.
    pub events: u64,
    /// Dead letters: events that are not sent unless an operator requeues them.
    pub dead: u64,
    /// Events delivered since the lane began.
    pub delivered: u64,
    /// Attempts begun since the lane began.
    pub attempts: u64,
    /// Events delivered in the last minute.
    pub last_minute: u64,
    /// When the oldest that may be sent was sealed, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest: Option<String>,
    /// Its age in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_seconds: Option<i64>,
    /// Whether an operator paused it, or its destination.
    pub paused: bool,
    /// When something was last delivered, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<String>,
    /// The last attempt, if it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<AttemptView>,
}

/// Something that is not delivered.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ItemView {
    /// The message.
    #[schema(value_type = String)]
    pub message: MessageId,
    /// `message`, or `stamp`: the time-stamp that follows a message which went without.
    pub sort: &'static str,
    /// To whom.
    #[schema(value_type = String)]
    pub destination: DestinationId,
    /// Of whom.
    #[schema(value_type = String)]
    pub provider: ProviderId,
    /// `ready`, `leased`, `awaiting-retry`, `held`, `dead-lettered`.
    pub state: &'static str,
    /// The same in the gateway's words: `ON_DELIVERY`, `NOT_DELIVERED`, `DELIVERY_STOPPED`.
    pub gateway_state: &'static str,
    /// Events still to be delivered.
    pub events: usize,
    /// Dead letters among its events.
    pub dead: usize,
    /// Attempts made.
    pub attempts: u32,
    /// When it was sealed, or stamped, RFC 3339.
    pub since: String,
    /// When it is tried again, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
}

/// A dead letter.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeadLetterView {
    /// The message.
    #[schema(value_type = String)]
    pub message: MessageId,
    /// The event; absent for a time-stamp.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub event: Option<EventId>,
    /// The number of its request, later events of which are held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// To whom.
    #[schema(value_type = String)]
    pub destination: DestinationId,
    /// Of whom.
    #[schema(value_type = String)]
    pub provider: ProviderId,
    /// Our error code.
    pub code: String,
    /// The peer's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theirs: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Since when, RFC 3339.
    pub since: String,
}

/// An attempt to deliver (1277-9, 1336-9).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AttemptView {
    /// Which, from 1; 0 for a decision of the host without an attempt.
    pub attempt: u32,
    /// How: a transport, or the id of the key that came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When it began, in local time with its zone (1277-10).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub began: Option<String>,
    /// When it ended, in local time with its zone; absent as long as it is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// How long it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milliseconds: Option<u64>,
    /// `under-way`, `delivered`, `failed`, `held`.
    pub result: &'static str,
    /// The error code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// In words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What the transport said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport_status: Option<String>,
    /// What the gateway said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway_status: Option<String>,
    /// What the receiver said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_status: Option<String>,
    /// Who signed the receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// Events delivered.
    pub delivered: usize,
    /// Events that became dead letters.
    pub dead: usize,
}

/// Which items or dead letters.
#[derive(Clone, Debug, Default)]
pub struct QueueQuery {
    /// For one destination.
    pub destination: Option<DestinationId>,
    /// Of one provider.
    pub provider: Option<ProviderId>,
    /// In one state, or with one error code.
    pub only: Option<String>,
}

/// What an operator does to the queue.
#[derive(Clone, Debug)]
pub struct QueueOrder {
    /// The destination.
    pub destination: DestinationId,
    /// One lane of it; all where there is none.
    pub provider: Option<ProviderId>,
    /// What.
    pub what: QueueWhat,
    /// Id of the key.
    pub who: String,
    /// Why.
    pub why: String,
}

/// What is done.
#[derive(Clone, Debug)]
pub enum QueueWhat {
    /// Nothing is sent any more.
    Pause,
    /// It goes on.
    Resume,
    /// What waits is tried now.
    Retry,
    /// Dead letters are delivered after all.
    Requeue(Letters),
    /// Dead letters, or events that wait, are given up.
    Skip(Letters),
    /// What was sealed from one time on and before another is delivered once more.
    Replay {
        /// From.
        from: jiff::Timestamp,
        /// Before.
        before: jiff::Timestamp,
        /// Where an earlier call ended.
        after: Option<Cursor>,
    },
}

/// Which letters.
#[derive(Clone, Debug)]
pub enum Letters {
    /// The one of this event.
    Event(EventId),
    /// All that are left of this message.
    Message(MessageId),
    /// Dead letters with this code; all where there is none. At most so many with one call.
    Dead {
        /// The code.
        code: Option<String>,
        /// How many.
        limit: usize,
    },
}

/// What was done.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct QueueDone {
    /// How many events, or messages with a replay.
    pub count: usize,
    /// Whether there are more: call again.
    pub more: bool,
    /// Where a replay goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub next: Option<Cursor>,
}

/// What waits for a reader.
#[derive(Clone, Debug)]
pub struct WaitingMessages {
    /// Envelopes, each a JSON object.
    pub envelopes: Vec<Bytes>,
    /// Where to go on.
    pub next: Option<Cursor>,
}

/// A receipt that a reader brings.
#[derive(Clone, Debug)]
pub struct BroughtReceipt {
    /// For this message.
    pub message: MessageId,
    /// Its bytes.
    pub body: Bytes,
    /// A detached CMS over them, in DER.
    pub signature: Option<Vec<u8>>,
    /// Id of the key.
    pub who: String,
}

/// Why a queue cannot be read or changed as asked.
#[derive(Debug)]
pub enum QueueError {
    /// There is no such destination, or message.
    Unknown(&'static str),
    /// The destination gets its messages pushed, or another key comes for them.
    NotYours(String),
    /// The message does not wait.
    NotWaiting(String),
    /// The receipt is none for what waits.
    Receipt(String),
    /// It was erased, and cannot be sent again.
    Erased,
    /// Something else.
    Port(PortError),
}

impl From<PortError> for QueueError {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

/// The queue of delivery.
pub trait Queue {
    /// All lanes.
    ///
    /// # Errors
    /// If they cannot be read now.
    fn queue(&self) -> Result<QueueView, PortError>;

    /// What is not delivered. A page may be short and still have a next one.
    ///
    /// # Errors
    /// If it cannot be read now.
    fn queue_items(&self, query: &QueueQuery, after: Option<Cursor>, limit: usize)
    -> Result<Page<ItemView>, PortError>;

    /// Dead letters, lane by lane; the first so many.
    ///
    /// # Errors
    /// If they cannot be read now.
    fn dead_letters(&self, query: &QueueQuery, limit: usize) -> Result<Vec<DeadLetterView>, PortError>;

    /// The last attempts for a message; none if there is no such message.
    ///
    /// # Errors
    /// If they cannot be read now.
    fn attempts(&self, message: MessageId, limit: usize) -> Result<Option<Vec<AttemptView>>, PortError>;

    /// Does what an operator orders; it is in the record of acts.
    ///
    /// # Errors
    /// If that is not possible: then nothing is done.
    fn order(&self, order: &QueueOrder) -> Result<QueueDone, QueueError>;

    /// What waits for a reader.
    fn waiting<'a>(
        &'a self,
        destination: &'a DestinationId,
        provider: Option<&'a ProviderId>,
        after: Option<Cursor>,
        limit: usize,
        who: &'a str,
    ) -> BoxFuture<'a, Result<WaitingMessages, QueueError>>;

    /// Takes a reader's receipt.
    fn acknowledge(&self, receipt: BroughtReceipt) -> BoxFuture<'_, Result<AttemptView, QueueError>>;
}
