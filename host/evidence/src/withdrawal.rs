//! The document of a withdrawal: a re-mapping no longer gives an event that was recorded, and perhaps delivered, before. It is
//! sealed and delivered like an event, so that whoever has the event learns that it does not stand.

use jiff::Timestamp;
use qadam_domain::{EventId, ProviderId, RecordId};
use serde::Serialize;

use crate::document::{Adapter, DocumentError};

/// The format's name, first in every such document.
pub const FORMAT: &str = "qadam-withdrawal/1";

/// What is withdrawn, and by what.
#[derive(Clone, Copy, Debug)]
pub struct Withdrawal<'a> {
    /// Its id.
    pub id: EventId,
    /// Whose.
    pub provider: &'a ProviderId,
    /// The provider's own number of the request.
    pub number: &'a str,
    /// The record that no longer gives the event.
    pub record: RecordId,
    /// When that was found.
    pub recorded_at: Timestamp,
    /// The event that does not stand any more.
    pub withdraws: EventId,
    /// The adapter that no longer gives it; none where the host itself refused the record.
    pub adapter: Option<&'a Adapter>,
    /// Whether a person authorised by the provider answers for it.
    pub certified: bool,
}

/// The document: JSON in UTF-8 on one line, names in a fixed order. These bytes are what is hashed and delivered.
///
/// # Errors
/// If it cannot be written.
pub fn withdrawal(withdrawal: &Withdrawal<'_>) -> Result<Vec<u8>, DocumentError> {
    #[derive(Serialize)]
    struct Document<'a> {
        format: &'static str,
        id: EventId,
        provider: &'a ProviderId,
        number: &'a str,
        record: RecordId,
        recorded_at: Timestamp,
        certified: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        adapter: Option<&'a Adapter>,
        kind: &'static str,
        withdraws: EventId,
    }
    let Withdrawal { id, provider, number, record, recorded_at, withdraws, adapter, certified } = *withdrawal;
    let kind = "withdrawn-by-re-mapping";
    let document =
        Document { format: FORMAT, id, provider, number, record, recorded_at, certified, adapter, kind, withdraws };
    serde_json::to_vec(&document).map_err(|error| DocumentError::Write(error.to_string()))
}
