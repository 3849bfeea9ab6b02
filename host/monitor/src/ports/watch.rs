//! What a host sees of itself.

use jiff::{SignedDuration, Timestamp};
use qadam_domain::{DestinationId, ProviderId, RecordId};

use crate::{ports::PortError, status::StatusView, view::AdapterView};

/// What was seen at one time.
#[derive(Clone, Debug)]
pub struct Observed {
    /// When.
    pub at: Timestamp,
    /// Why the journal takes nothing, if so.
    pub poisoned: Option<String>,
    /// Why the index cannot be read, if so. Counts below are not known then.
    pub unreadable: Option<String>,
    /// Entries in the journal.
    pub entries: u64,
    /// Entries that the index has applied.
    pub applied: u64,
    /// Bytes of the journal.
    pub journal_bytes: u64,
    /// Bytes of the index.
    pub index_bytes: u64,
    /// Bytes that are free on the disk of the data folder, and those it has.
    pub disk: Option<(u64, u64)>,
    /// Records that wait, by provider.
    pub waiting: Vec<Waiting>,
    /// Records set aside, by provider, and since when the first of them is.
    pub quarantined: Vec<(ProviderId, u64, Option<Timestamp>)>,
    /// The adapters.
    pub adapters: Vec<AdapterView>,
    /// Why messages cannot be signed, and since when, if so.
    pub unsealed: Option<(Timestamp, String)>,
    /// Messages that wait for a time-stamp, since when the oldest does, and why, if an authority said.
    pub unstamped: Unstamped,
    /// How delivery goes.
    pub delivery: Vec<Undelivering>,
    /// Lanes with events that should have arrived: to whom, of whom, how many, since when.
    pub late_exchanges: Vec<(DestinationId, ProviderId, u64, Timestamp)>,
    /// Why terms are not counted, and since when, if so.
    pub uncounted: Option<(Timestamp, String)>,
    /// What is wrong with the certificate that the host shows, and since when, if anything.
    pub certificate: Option<Untold>,
    /// The last failure of sending an alarm, unless one was taken since.
    pub undelivered: Option<Untold>,
}

/// Records of a provider that wait.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Whose.
    pub provider: ProviderId,
    /// How many.
    pub records: u64,
    /// The oldest, and when it was received.
    pub oldest: Option<(RecordId, Timestamp)>,
}

/// Messages that wait for a time-stamp.
#[derive(Clone, Debug, Default)]
pub struct Unstamped {
    /// How many, counted up to some number.
    pub messages: u64,
    /// When the oldest was sealed.
    pub since: Option<Timestamp>,
    /// What the authorities said at the last attempt.
    pub reason: Option<String>,
}

/// A lane in which something is wrong, or a whole destination.
#[derive(Clone, Debug)]
pub struct Undelivering {
    /// To whom.
    pub destination: DestinationId,
    /// Of whom; none for the destination.
    pub provider: Option<ProviderId>,
    /// What.
    pub what: Undelivered,
}

/// What is wrong with it.
#[derive(Clone, Debug)]
pub enum Undelivered {
    /// The destination takes nothing, since then; how many messages wait, and why.
    Failing(Timestamp, u64, String),
    /// The host itself cannot send; how many messages wait, and why.
    Stuck(u64, String),
    /// Dead letters, and the requests whose later events wait.
    Dead(u64, u64),
    /// An operator paused it; how many messages wait.
    Paused(u64),
}

/// Something that is not as it should be, and stands until it is: alarms that were not taken, a certificate.
#[derive(Clone, Debug)]
pub struct Untold {
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub reason: String,
}

/// From where on something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// Records that may wait before intake turns others away.
    pub waiting_records: u64,
    /// Entries that the index may lag before intake turns records away.
    pub index_lag: u64,
    /// How old a record that waits may be.
    pub waiting_age: SignedDuration,
    /// How long a message may wait for a time-stamp.
    pub unstamped_age: SignedDuration,
    /// How long a destination may fail.
    pub failing_age: SignedDuration,
    /// Bytes that should be free on the disk.
    pub disk_free: u64,
}

/// The host's eyes.
pub trait Watch {
    /// How the host is.
    ///
    /// # Errors
    /// If that cannot be told now.
    fn status(&self) -> Result<StatusView, PortError>;
}
