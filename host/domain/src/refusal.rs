//! Why a record was refused. A refusal is the record's fault, said to its sender; a fault of an adapter or of the host is
//! never a refusal.

use serde::{Deserialize, Serialize};

/// The reasons, with the names that the API uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RefusalCause {
    /// Not in the format or encoding that the adapter reads.
    Malformed,
    /// The record does not say which request it belongs to.
    UnidentifiableRequest,
    /// A status that the mapping does not know.
    UnknownNativeStatus,
    /// A time that cannot be read.
    UnreadableTime,
    /// An identification number that the strict policy does not take.
    IdentificationNumber,
    /// Marked secret: outside the exchange (1277-2). Its body is not kept.
    Secret,
    /// Its signature, or the want of one; the field names the step (452-8, 56-6.6).
    Signature,
    /// Any other reason of the adapter.
    Other,
}

impl RefusalCause {
    /// The name used in the API, `unknown-native-status`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnidentifiableRequest => "unidentifiable-request",
            Self::UnknownNativeStatus => "unknown-native-status",
            Self::UnreadableTime => "unreadable-time",
            Self::IdentificationNumber => "identification-number",
            Self::Secret => "secret",
            Self::Signature => "signature",
            Self::Other => "other",
        }
    }
}

/// One record's refusal: what was wrong and where. Texts are masked before they come here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The reason.
    pub cause: RefusalCause,
    /// Field or path of the source.
    pub field: String,
    /// What was wrong and what was expected.
    pub detail: String,
    /// Byte offset in the record, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
}

impl Refusal {
    /// Longest field name kept, in characters.
    pub const FIELD_LIMIT: usize = 200;
    /// Longest detail kept, in characters.
    pub const DETAIL_LIMIT: usize = 500;

    /// A refusal whose texts come from outside: they are masked and cut.
    #[must_use]
    pub fn new(cause: RefusalCause, field: &str, detail: &str, offset: Option<u64>) -> Self {
        Self {
            cause,
            field: crate::mask::text(field, Self::FIELD_LIMIT),
            detail: crate::mask::text(detail, Self::DETAIL_LIMIT),
            offset,
        }
    }
}
