//! `event.json`: what was recorded of one event, as it is sealed, delivered and proved.
//!
//! Names and shapes are those of the API's view of an event. Left out is what the host finds rather than what the source said:
//! anomalies, grades of numbers, whether the event stands. They may change after the seal; the event does not. Added is what
//! ties it to its origin: the digest of the record as received and the adapter that mapped it.
//!
//! The bytes are made once and kept: their digest is what is sealed. They are not made again from the event, for the rules of
//! a time zone, and with them `local`, may change with newer data.

mod content;
mod fields;
mod said;

use std::collections::BTreeMap;

use jiff::Timestamp;
use qadam_domain::{Event, EventId, ProviderId, RecordId, Stage};
use serde::{Deserialize, Serialize};

pub use self::{
    content::content,
    fields::{DocumentFields, Name},
    said::Time,
};

/// The format's name, first in every document.
pub const FORMAT: &str = "qadam-event/1";
/// Most bytes of a document: more than the longest that the limits of an event allow, every letter of it escaped.
pub const LIMIT: usize = 8 << 20;

/// An event with all that its document says of its recording.
#[derive(Clone, Copy, Debug)]
pub struct RecordedEvent<'a> {
    /// Its id.
    pub id: EventId,
    /// Whose.
    pub provider: &'a ProviderId,
    /// The record that it came with.
    pub record: RecordId,
    /// SHA-256 of that record as received, before anything was removed from it.
    pub record_digest: [u8; 32],
    /// SHA-256 of what is kept of it, where the provider's profile removed parts; with it the kept record can be proved too.
    pub kept_digest: Option<[u8; 32]>,
    /// When the record was received.
    pub received_at: Timestamp,
    /// When the event was recorded.
    pub recorded_at: Timestamp,
    /// What the adapter made of the record.
    pub event: &'a Event,
    /// The adapter that did it.
    pub adapter: &'a Adapter,
    /// The event whose place it takes.
    pub corrects: Option<EventId>,
    /// Whether a person authorised by the provider answers for it: a signature over the record that was checked, or a seal by
    /// a key that the provider entrusted (452-8).
    pub certified: bool,
}

/// The adapter of a mapping, so that it can be repeated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adapter {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The contract.
    pub contract: String,
    /// SHA-256 of the component, hex.
    pub component: String,
    /// SHA-256 of its settings, hex.
    pub configuration: String,
}

/// The document of an event. What a later version adds is left aside when it is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// [`FORMAT`].
    pub format: String,
    /// Its id.
    pub id: EventId,
    /// Whose.
    pub provider: ProviderId,
    /// The provider's own number of the request.
    pub number: String,
    /// The record it came with.
    pub record: RecordId,
    /// SHA-256 of the record as received, hex.
    pub record_digest: String,
    /// SHA-256 of what is kept of the record, hex; absent where it is kept as received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_digest: Option<String>,
    /// When the record was received.
    pub received_at: Timestamp,
    /// When the event was recorded.
    pub recorded_at: Timestamp,
    /// Whether a person authorised by the provider answers for it (452-8).
    pub certified: bool,
    /// The adapter that mapped it.
    pub adapter: Adapter,
    /// The event whose place it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<EventId>,
    /// The source's own key of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// `stage`, `update`, `suspended`, `resumed`, `prolonged`, `reopened`, `withdrawn` or `correction`.
    pub kind: String,
    /// The stage, for that kind (452-6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// How the request ended, for the closing stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Key of the event that it corrects or withdraws.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The new planned date, of a prolongation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<Time>,
    /// Ground or reason, as the source states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<String>,
    /// When it happened (452-10).
    pub occurred_at: Time,
    /// The source's word for the status.
    pub native_status: String,
    /// Who acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// What it says of the data fields (452-7).
    pub fields: DocumentFields,
    /// Native values kept beside it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub native: BTreeMap<String, String>,
}

/// Why bytes are no document of an event.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// It could not be written.
    #[error("the event cannot be written as a document: {0}")]
    Write(String),
    /// It is too long.
    #[error("event.json has {actual} bytes, the limit is {limit}")]
    TooLong {
        /// Bytes allowed.
        limit: usize,
        /// Bytes given.
        actual: usize,
    },
    /// It is not such JSON. The place is named, the text is not: it is personal data.
    #[error("event.json is no document of an event: line {line}, column {column}")]
    Parse {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// It is of another format.
    #[error("event.json is of the format `{0}`, this program reads `{FORMAT}`")]
    Format(String),
}

/// The document of an event: JSON in UTF-8 on one line, names in a fixed order, no floating point. These bytes are what is
/// hashed and delivered.
///
/// # Errors
/// If it cannot be written, or would be longer than [`LIMIT`].
pub fn document(recorded: &RecordedEvent<'_>) -> Result<Vec<u8>, DocumentError> {
    let bytes = serde_json::to_vec(&Document::of(recorded)).map_err(|error| DocumentError::Write(error.to_string()))?;
    bounded(&bytes)?;
    Ok(bytes)
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// If the bytes are none, or of another format.
    pub fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        /// The format alone, so that another one is named and not taken for damage.
        #[derive(Deserialize)]
        struct Head {
            format: String,
        }
        bounded(bytes)?;
        let wrong = |error: serde_json::Error| DocumentError::Parse { line: error.line(), column: error.column() };
        let head: Head = serde_json::from_slice(bytes).map_err(wrong)?;
        if head.format != FORMAT {
            return Err(DocumentError::Format(head.format.chars().take(80).collect()));
        }
        serde_json::from_slice(bytes).map_err(wrong)
    }
}

fn bounded(bytes: &[u8]) -> Result<(), DocumentError> {
    if bytes.len() > LIMIT {
        return Err(DocumentError::TooLong { limit: LIMIT, actual: bytes.len() });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
