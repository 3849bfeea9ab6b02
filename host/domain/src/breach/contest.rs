//! A reviewer's contest. It is counted and shown; the verdict stays what the facts give.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Blame, Verdict};

/// Longest reason, in characters.
const REASON_LIMIT: usize = 4_000;

/// Why a contest is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContestError {
    /// No reason.
    #[error("a contest needs a reason")]
    NoReason,
    /// Too long.
    #[error("the reason has {0} characters, the limit is {REASON_LIMIT}")]
    Long(usize),
}

/// One contest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Contest {
    /// When it was made.
    pub at: Timestamp,
    /// By whom: the name of the key or the workplace, no person.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Whose breach it should be, if the reviewer says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<Blame>,
}

impl Contest {
    /// The contest, if it is sound.
    ///
    /// # Errors
    /// If it has no reason, or one that is too long.
    pub fn checked(self) -> Result<Self, ContestError> {
        let length = self.reason.chars().count();
        match length {
            _ if self.reason.trim().is_empty() => Err(ContestError::NoReason),
            _ if length > REASON_LIMIT => Err(ContestError::Long(length)),
            _ => Ok(self),
        }
    }
}

/// A verdict with the contests beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reviewed {
    /// What the facts give.
    pub verdict: Verdict,
    /// What reviewers say, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contests: Vec<Contest>,
}

impl Reviewed {
    /// Whether it is contested as of an instant.
    #[must_use]
    pub fn is_contested(&self, as_of: Timestamp) -> bool {
        self.contests.iter().any(|contest| contest.at <= as_of)
    }
}
