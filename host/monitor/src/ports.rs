//! What the API asks of the rest of the host. The daemon implements it by delegation.

pub mod acts;
pub mod backup;
pub mod commission;
pub mod evidence;
pub mod feed;
pub mod gateway;
pub mod inspect;
pub mod queue;
pub mod remap;
pub mod terms;
pub mod watch;

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use qadam_domain::{ProviderId, RecordId, RequestId, ids::Cursor};

use crate::{
    access::Caller,
    view::{AdapterView, EventView, Page, Readiness, RecordView, RequestView, Summary},
};

/// Records to be received.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Whose records.
    pub provider: ProviderId,
    /// Id of the key that sends them.
    pub sender: String,
    /// The caller's idempotency key.
    pub idempotency_key: Option<String>,
    /// The records.
    pub records: Vec<SentRecord>,
}

/// A record as it was sent.
#[derive(Clone, Debug)]
pub struct SentRecord {
    /// Media type as stated.
    pub content_type: String,
    /// The bytes.
    pub body: Bytes,
    /// A detached signature over them: CMS.
    pub signature: Option<Bytes>,
}

/// What became of one record of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its id.
    pub id: RecordId,
    /// Whether it had been received before.
    pub duplicate: bool,
}

/// Which records of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeFilter {
    /// Waiting to be mapped.
    Pending,
    /// Mapped.
    Mapped,
    /// Resends.
    Duplicate,
    /// Refused.
    Refused,
    /// Set aside.
    Quarantined,
}

/// Which requests.
#[derive(Clone, Debug, Default)]
pub struct RequestQuery {
    /// Of one provider.
    pub provider: Option<ProviderId>,
    /// The provider's own id of the request; needs the provider.
    pub number: Option<String>,
    /// Closed or open.
    pub closed: Option<bool>,
    /// With or without missing fields.
    pub incomplete: Option<bool>,
}

/// Why a port gave nothing.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PortError {
    /// Too much waits; try again.
    #[error("the host is busy: {0}")]
    Busy(String),
    /// Something that the host needs is not there; try again.
    #[error("not available: {0}")]
    Unavailable(String),
    /// An idempotency key came again with other content.
    #[error("the idempotency key was used before for other content")]
    KeyReused,
    /// Our fault.
    #[error("{0}")]
    Internal(String),
}

/// Why an adapter was not loaded, rolled back or unloaded. Nothing has changed then.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdapterError {
    /// Nobody signed it, and this host takes signed ones only.
    #[error("{0}")]
    Unsigned(String),
    /// Its package is not trusted: a stable name, and why.
    #[error("{1}")]
    Distrusted(&'static str, String),
    /// It may not be done yet, or any more: a stable name, and why.
    #[error("{1}")]
    Refused(&'static str, String),
    /// The component is at fault: a stable name, and what is wrong.
    #[error("{1}")]
    Component(&'static str, String),
    /// There is nothing to go back to, or nothing in service.
    #[error("{0}")]
    Nothing(String),
    /// The host.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// The rest of the host. Methods that are not async may block on a disk; the API calls them off its own threads.
pub trait Ports:
    acts::Acts
    + commission::Commissions
    + backup::Backups
    + evidence::Evidence
    + feed::Feed
    + gateway::Gateway
    + inspect::Inspect
    + queue::Queue
    + remap::Remaps
    + terms::Terms
    + watch::Watch
    + Send
    + Sync
    + 'static
{
    /// Whose key has this digest.
    fn caller(&self, key: &[u8; 32]) -> Option<Caller>;

    /// Whether records of this provider are expected at all.
    fn knows(&self, provider: &ProviderId) -> bool;

    /// Receives records: durable when it answers.
    fn submit(&self, submission: Submission) -> BoxFuture<'_, Result<Vec<Taken>, PortError>>;

    /// Waits until none of the records is pending; whether that came about in time.
    fn decided<'a>(
        &'a self,
        provider: &'a ProviderId,
        records: &'a [RecordId],
        within: Duration,
    ) -> BoxFuture<'a, Result<bool, PortError>>;

    /// One record.
    ///
    /// # Errors
    /// If it cannot be read now.
    fn record(&self, id: RecordId) -> Result<Option<RecordView>, PortError>;

    /// Records of a provider in the order of receipt.
    ///
    /// # Errors
    /// If they cannot be read now.
    fn records(
        &self,
        provider: &ProviderId,
        outcome: Option<OutcomeFilter>,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<RecordView>, PortError>;

    /// One request, with its first events.
    ///
    /// # Errors
    /// If it cannot be read now.
    fn request(&self, id: RequestId) -> Result<Option<RequestView>, PortError>;

    /// Requests.
    ///
    /// # Errors
    /// If they cannot be read now.
    fn requests(
        &self,
        query: &RequestQuery,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<RequestView>, PortError>;

    /// Requests of a recipient.
    ///
    /// # Errors
    /// If they cannot be read now.
    fn find(&self, number: &str) -> Result<Vec<RequestView>, PortError>;

    /// Events in the order of the journal.
    ///
    /// # Errors
    /// If they cannot be read now.
    fn events(
        &self,
        provider: Option<&ProviderId>,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<EventView>, PortError>;

    /// Counts, by provider or of one.
    ///
    /// # Errors
    /// If they cannot be read now.
    fn summary(&self, provider: Option<&ProviderId>) -> Result<Vec<Summary>, PortError>;

    /// The adapters in service.
    fn adapters(&self) -> Vec<AdapterView>;

    /// Puts a component to work for a provider.
    ///
    /// # Errors
    /// Why not.
    fn load_adapter(
        &self,
        provider: &ProviderId,
        component: &[u8],
        who: &str,
        why: &str,
    ) -> Result<AdapterView, AdapterError>;

    /// Brings back the adapter before.
    ///
    /// # Errors
    /// Why not.
    fn rollback_adapter(&self, provider: &ProviderId, who: &str, why: &str) -> Result<AdapterView, AdapterError>;

    /// Takes an adapter out of service.
    ///
    /// # Errors
    /// Why not.
    fn unload_adapter(&self, provider: &ProviderId, who: &str, why: &str) -> Result<AdapterView, AdapterError>;

    /// Lets a suspended adapter work again; whether there is one.
    ///
    /// # Errors
    /// If it could not be recorded.
    fn resume(&self, provider: &ProviderId, who: &str, why: &str) -> Result<bool, PortError>;

    /// Quarantined records of one provider or of all, at most `limit`.
    ///
    /// # Errors
    /// If they cannot be read now.
    fn quarantine(&self, provider: Option<&ProviderId>, limit: usize) -> Result<Vec<RecordView>, PortError>;

    /// Maps records again.
    ///
    /// # Errors
    /// If it could not be recorded.
    fn remap(&self, records: &[RecordView], who: &str, why: &str) -> Result<(), PortError>;

    /// Whether the host can do its work.
    fn readiness(&self) -> Readiness;

    /// Metrics in Prometheus' text format.
    fn metrics(&self) -> String;
}
