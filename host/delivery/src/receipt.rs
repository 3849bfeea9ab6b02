//! What the receiver answers, for each event: `application/vnd.qadam.receipt+json`.
//!
//! ```json
//! { "format": "qadam-receipt/1", "message": "msg_…", "manifest": "<SHA-256, hex>",
//!   "received_at": "2026-11-02T05:00:00Z", "receiver": "monitoring",
//!   "events": [{ "event": "evt_…", "answer": "accepted" },
//!              { "event": "evt_…", "answer": "refused", "code": "digest", "reason": "…" }] }
//! ```
//!
//! * `answer` is `accepted`, `duplicate` (it had the event before: as good as accepted) or `refused`, which has the receiver's own
//!   `code` (1 to 100 letters) and `reason` (at most 300). Each event that was disclosed has exactly one answer, no other has one.
//! * A message that is refused as a whole has `"refused": { "code": …, "reason": … }` in the place of `events`, a supplement with
//!   the time-stamp `"stamp": "accepted"` or `"duplicate"`.
//! * A receiver that signs sends `Qadam-Signature`: base64 of a detached CMS over the body's exact bytes.
//! * The status is 200, or for a refusal 422.

mod read;
mod wire;

use jiff::Timestamp;
use qadam_domain::{EventId, MessageId};
use qadam_evidence::manifest::Digest;

pub use self::read::ReceiptTrust;

/// The media type.
pub const MEDIA_TYPE: &str = "application/vnd.qadam.receipt+json";
/// The header with the signature.
pub const SIGNATURE_HEADER: &str = "qadam-signature";
/// Most bytes of a receipt: those of the largest message, every event refused at length.
pub const SIZE_LIMIT: usize = 32 << 20;

/// A receipt that answers for what was sent: each event disclosed has exactly one answer, in the order of [`Sending::events`].
///
/// [`Sending::events`]: crate::Sending::events
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// When the receiver took it, as it says.
    pub received_at: Timestamp,
    /// Who signed it; none where nobody did, or where nobody is trusted to.
    pub signer: Option<String>,
    /// One for each event; none for a time-stamp.
    pub answers: Vec<Answer>,
}

/// What the receiver says of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It has it now.
    Accepted,
    /// It had it before.
    Duplicate,
    /// It does not take it.
    Refused {
        /// Its own code, at most 100 letters.
        code: String,
        /// In words, at most 300 letters.
        reason: String,
    },
}

impl Answer {
    /// A refusal, cut to the lengths that a receipt allows.
    #[must_use]
    pub fn refused(code: impl AsRef<str>, reason: impl AsRef<str>) -> Self {
        let cut = |text: &str, most| text.chars().take(most).collect();
        Self::Refused { code: cut(code.as_ref(), 100), reason: cut(reason.as_ref(), 300) }
    }
}

/// A receipt as its receiver writes it, whatever was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// The message that it is about.
    pub message: MessageId,
    /// SHA-256 of its manifest.
    pub manifest: Digest,
    /// When the receiver took it.
    pub received_at: Timestamp,
    /// The receiver's name, at most 100 letters.
    pub receiver: String,
    /// What it says.
    pub says: Says,
}

/// What a receipt says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// An answer for each event.
    Events(Vec<(EventId, Answer)>),
    /// The time-stamp was taken, or was there before.
    Stamp {
        /// It was there before.
        duplicate: bool,
    },
    /// The message is refused as a whole.
    Refused {
        /// The receiver's own code, 1 to 100 letters.
        code: String,
        /// In words, at most 300 letters.
        reason: String,
    },
}

#[cfg(test)]
#[path = "receipt_tests.rs"]
mod tests;
