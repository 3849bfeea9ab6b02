//! What an attempt came to.

use std::time::Duration;

use bytes::Bytes;

use crate::{code::Code, receipt::Receipt};

/// What an attempt came to. The three statuses are kept apart: a message can be well on the wire, well at the gateway, and refused by
/// who was to get it.
#[derive(Clone, Debug)]
pub struct Attempted {
    /// What each on the way said.
    pub statuses: Statuses,
    /// The receipt, checked against what was sent; or why there is none.
    pub result: Result<Receipt, Failure>,
    /// The receipt's bytes as they came, to be kept. None where nothing came that is one.
    pub reply: Option<Bytes>,
}

/// What each on the way said, in its own words, at most 100 letters each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statuses {
    /// The transport: `HTTP 200`.
    pub transport: Option<String>,
    /// The gateway: `SCSS001`, `ON_DELIVERY`.
    pub gateway: Option<String>,
    /// The receiver's business: a code of its own.
    pub business: Option<String>,
}

/// Why there is no receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong.
    pub code: Code,
    /// In words, for operators: at most 300 letters, nothing of a message's content, no URL beyond its host.
    pub detail: String,
    /// When the peer asks to be left alone until.
    pub retry_after: Option<Duration>,
}

impl Failure {
    /// A failure without a time to come back.
    #[must_use]
    pub fn new(code: Code, detail: impl AsRef<str>) -> Self {
        Self { code, detail: detail.as_ref().chars().take(300).collect(), retry_after: None }
    }
}

impl Attempted {
    /// An attempt that brought no receipt.
    #[must_use]
    pub fn failed(statuses: Statuses, failure: Failure) -> Self {
        Self { statuses, result: Err(failure), reply: None }
    }
}
