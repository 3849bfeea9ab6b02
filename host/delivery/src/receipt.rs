//! What the receiver answers, for each event.

use jiff::Timestamp;

/// A receipt that answers for what was sent: each event disclosed has exactly one answer, in the order of [`Sending::events`].
///
/// [`Sending::events`]: crate::Sending::events
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// When the receiver took it, as it says.
    pub received_at: Timestamp,
    /// Who signed it; none where nobody did.
    pub signer: Option<String>,
    /// One for each event.
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
