//! The figures of a line of the report, and how they changed since the month before.

use serde::{Deserialize, Serialize};

/// The figures of a line. Lateness is in minutes begun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Figures {
    /// Requests taken.
    pub requests: u64,
    /// Of them, without a passport in force.
    pub without_passport: u64,
    /// Requests finished.
    pub finished: u64,
    /// Missed terms.
    pub breaches: u64,
    /// Of them, by the computed planned date.
    pub by_computed: u64,
    /// Of them, by the reported one, since no passport is in force.
    pub by_reported: u64,
    /// Lateness of all together.
    pub total_minutes: u64,
    /// Lateness of the middle one; of two in the middle their mean, half a minute counted as one.
    pub median_minutes: u64,
    /// The greatest lateness.
    pub maximum_minutes: u64,
    /// Of the breaches, those for technical reasons.
    pub technical: u64,
    /// Of the breaches, those whose attribution a reviewer contests.
    pub contested: u64,
}

impl Figures {
    /// How these differ from those of the month before.
    #[must_use]
    pub fn since(&self, before: &Self) -> Change {
        let change = |now: u64, before: u64| {
            i64::try_from(i128::from(now) - i128::from(before)).unwrap_or(if now > before {
                i64::MAX
            } else {
                i64::MIN
            })
        };
        Change {
            requests: change(self.requests, before.requests),
            finished: change(self.finished, before.finished),
            breaches: change(self.breaches, before.breaches),
            total_minutes: change(self.total_minutes, before.total_minutes),
            technical: change(self.technical, before.technical),
            contested: change(self.contested, before.contested),
        }
    }
}

/// The change from the month before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Change {
    /// Of requests.
    pub requests: i64,
    /// Of finished requests.
    pub finished: i64,
    /// Of missed terms.
    pub breaches: i64,
    /// Of their lateness.
    pub total_minutes: i64,
    /// Of those for technical reasons.
    pub technical: i64,
    /// Of those contested.
    pub contested: i64,
}
