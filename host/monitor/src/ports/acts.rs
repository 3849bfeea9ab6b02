//! The record of acts, and what may be shown whole once it stands there.

use qadam_domain::{EventId, RecordId, RequestId, ids::Cursor};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{ports::PortError, view::Page};

/// Somebody asks to see personal data.
#[derive(Clone, Debug)]
pub struct Asking {
    /// Of what.
    pub subject: Subject,
    /// Id of the key.
    pub who: String,
    /// What for, as stated.
    pub purpose: String,
}

/// What is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A request with its history.
    Request(RequestId),
    /// A native record with its body.
    Record(RecordId),
    /// An event with its evidence.
    Event(EventId),
}

/// A native record's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// As it was kept.
    Kept(Vec<u8>),
    /// It was marked secret and never kept (1277-2), or was erased since.
    Gone,
}

/// Something that somebody did, as the record of acts shows it. It holds no personal data but what a purpose may name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ActView {
    /// `reveal-request`, `reveal-record`, `export-evidence`, `remap`, `resume-adapter`, …
    pub what: String,
    /// On what: an id, or a provider.
    pub subject: String,
    /// Requests that it is about besides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<String>,
    /// Id of the key that did it.
    pub who: String,
    /// The purpose or reason, as stated.
    pub why: String,
    /// When, RFC 3339.
    pub at: String,
    /// Records that were mapped again by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records: Option<u64>,
}

/// The record of acts.
pub trait Acts {
    /// Puts into the journal that somebody asks. It is durable when this answers; only then may anything be shown.
    ///
    /// # Errors
    /// If it could not be recorded: then nothing is shown.
    fn asked(&self, asking: &Asking) -> Result<(), PortError>;

    /// Acts in the order of the journal; all, or those about something.
    ///
    /// # Errors
    /// If they cannot be read now.
    fn acts(&self, about: Option<&str>, after: Option<Cursor>, limit: usize) -> Result<Page<ActView>, PortError>;

    /// Everything that anybody did, in the order of the journal: acts, and what was done to the host itself.
    ///
    /// # Errors
    /// If it cannot be read now.
    fn all_acts(&self, after: Option<Cursor>, limit: usize) -> Result<Page<ActView>, PortError>;

    /// The body of a record; none if there is no such record.
    ///
    /// # Errors
    /// If it cannot be read now.
    fn body(&self, record: RecordId) -> Result<Option<Body>, PortError>;
}
