//! Mapping past records again: a preview, then the same as an act.

use qadam_domain::{Difference, ProviderId, RecordId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::ports::PortError;

/// Which records of a provider.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Whose.
    pub provider: ProviderId,
    /// These, or all of the outcome below.
    pub records: Option<Vec<RecordId>>,
    /// `mapped`, `refused`, `quarantined`; none is any of them.
    pub outcome: Option<Decided>,
    /// Received at or after this.
    pub since: Option<jiff::Timestamp>,
    /// Received before this.
    pub until: Option<jiff::Timestamp>,
}

/// The outcome of a record that does not wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Decided {
    /// Mapped.
    Mapped,
    /// Refused.
    Refused,
    /// Set aside.
    Quarantined,
}

/// What mapping records again would change.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PreviewView {
    /// Names what was previewed; `POST /v1/remap` wants it back.
    pub plan: String,
    /// Records tried.
    pub records: usize,
    /// Records that would give just what they gave.
    pub same: usize,
    /// Events that would be new.
    pub added: usize,
    /// Events that would say something else.
    pub changed: usize,
    /// Events that would be taken back.
    pub withdrawn: usize,
    /// Records whose outcome would be another.
    pub outcomes: Vec<OutcomeChange>,
    /// What differs, by request; the first thousand events.
    pub events: Vec<EventChange>,
    /// Why records would be refused or set aside; the first thousand.
    pub causes: Vec<CauseView>,
}

/// So many records would have another outcome.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OutcomeChange {
    /// What it is.
    pub from: &'static str,
    /// What it would be.
    pub to: &'static str,
    /// Records.
    pub records: usize,
}

/// An event that would not stay as it is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EventChange {
    /// The source's id of the request.
    pub request: String,
    /// The event's own key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The record that it comes from.
    #[schema(value_type = String)]
    pub record: RecordId,
    /// `added`, `changed` or `withdrawn`.
    pub change: &'static str,
    /// What it says otherwise, masked: `field`, `before`, `after`.
    #[schema(value_type = Vec<Object>)]
    pub fields: Vec<Difference>,
}

/// Why a record would be refused or set aside.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CauseView {
    /// The record.
    #[schema(value_type = String)]
    pub record: RecordId,
    /// Why, masked.
    pub cause: String,
}

/// Why nothing was previewed or mapped again.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemapError {
    /// There is nothing to map, or nothing to map with.
    #[error("{0}")]
    Nothing(String),
    /// Too many at once.
    #[error("{actual} records are selected, the limit is {limit}")]
    TooMany {
        /// What is allowed.
        limit: usize,
        /// How many.
        actual: usize,
    },
    /// Something is not as it was previewed.
    #[error("{0}")]
    Stale(String),
    /// The host.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Mapping past records again.
pub trait Remaps {
    /// Tells what would differ, and changes nothing.
    ///
    /// # Errors
    /// Why not.
    fn preview(&self, selection: &Selection) -> Result<PreviewView, RemapError>;

    /// Maps the previewed records again, as one recorded act; how many.
    ///
    /// # Errors
    /// Why not; nothing has changed then.
    fn remap_as_previewed(&self, selection: &Selection, plan: &str, who: &str, why: &str) -> Result<usize, RemapError>;
}
