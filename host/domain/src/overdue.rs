//! Whether a request is late (452-11). A finished one by its first event at stage 4 or later, an open one by the clock.
//! Stage 5 accrues nothing: a result that nobody collects is not late. Two answers stand side by side: ours, from the
//! computed planned date, and the provider's, from what it reports. The rule that was applied is part of the answer.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    deadline::Planned,
    fields::FieldName,
    request::{RequestState, StagePoint},
    stage::Stage,
};

/// By what the answer was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Finished: its first event at stage 4 or later, compared with the planned date.
    FirstEventAtStageFourOrLater,
    /// Open: the instant asked about, compared with the planned date.
    Clock,
    /// The term was suspended and has not run on.
    Suspended,
    /// No passport is in force, so no date can be computed; what the provider reports has to do.
    NoPassport,
}

/// Whether it is late, with whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Lateness {
    /// Finished in time.
    InTime {
        /// So many seconds before the end.
        before: u64,
    },
    /// Finished after the end. It stays so.
    Late {
        /// So many seconds after it.
        by: u64,
    },
    /// Open, and there is time left.
    Running {
        /// So many seconds.
        left: u64,
    },
    /// Open, and the end is past.
    Overdue {
        /// By so many seconds so far.
        by: u64,
    },
    /// The term stands still.
    Suspended,
    /// It cannot be said.
    Unknown,
}

impl Lateness {
    /// By how many seconds it is late, finished or not.
    #[must_use]
    pub const fn late_by(self) -> Option<u64> {
        match self {
            Self::Late { by } | Self::Overdue { by } => Some(by),
            _ => None,
        }
    }

    /// Whether the request is finished.
    #[must_use]
    pub const fn is_finished(self) -> bool {
        matches!(self, Self::InTime { .. } | Self::Late { .. })
    }
}

/// The answer by the computed date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Overdue {
    /// Whether it is late.
    pub lateness: Lateness,
    /// By which rule.
    pub rule: Rule,
    /// The planned date it was compared with.
    pub due: Option<Timestamp>,
    /// The event that finished it.
    pub finished: Option<StagePoint>,
    /// The instant asked about.
    pub as_of: Timestamp,
}

/// Whether a request is late as of an instant: by the version of its planned date that was in effect then, its standing
/// stage events in any order, and its latest standing reopening. What occurred after the instant is not looked at.
#[must_use]
pub fn overdue(
    planned: Option<&Planned>,
    stages: &[StagePoint],
    reopened: Option<Timestamp>,
    as_of: Timestamp,
) -> Overdue {
    let reopened = reopened.filter(|reopened| *reopened <= as_of);
    let finished = stages
        .iter()
        .filter(|point| point.stage >= Stage::Executed && point.occurred <= as_of)
        .filter(|point| reopened.is_none_or(|reopened| point.occurred > reopened))
        .min_by_key(|point| (point.occurred, point.at))
        .copied();
    let answer = |lateness, rule, due| Overdue { lateness, rule, due, finished, as_of };
    let Some(planned) = planned else { return answer(Lateness::Unknown, Rule::NoPassport, None) };
    let Some(due) = planned.due else {
        let lateness = if finished.is_some() { Lateness::InTime { before: 0 } } else { Lateness::Suspended };
        return answer(lateness, Rule::Suspended, None);
    };
    let (instant, rule) = match finished {
        Some(point) => (point.occurred, Rule::FirstEventAtStageFourOrLater),
        None => (as_of, Rule::Clock),
    };
    let apart = instant.duration_since(due);
    let seconds = apart.unsigned_abs().as_secs();
    let lateness = match (finished.is_some(), instant > due) {
        // One that is late by less than a second is late.
        (true, true) => Lateness::Late { by: seconds.max(1) },
        (true, false) => Lateness::InTime { before: seconds },
        (false, true) => Lateness::Overdue { by: seconds.max(1) },
        (false, false) => Lateness::Running { left: seconds },
    };
    answer(lateness, rule, Some(due))
}

/// What the provider itself reports of a closed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Reported {
    /// Field 7.
    pub planned: Timestamp,
    /// Field 8.
    pub completed: Timestamp,
}

impl Reported {
    /// What a request that is closed reports; none where it is open or either field is missing.
    #[must_use]
    pub fn of(request: &RequestState) -> Option<Self> {
        let (planned, completed) = (request.time(FieldName::PlannedAt)?, request.time(FieldName::CompletedAt)?);
        request.is_closed().then_some(Self { planned, completed })
    }

    /// By how many seconds its completion is later than its planned date, as instants.
    #[must_use]
    pub fn late_by(self) -> Option<u64> {
        let apart = self.completed.duration_since(self.planned);
        apart.is_positive().then(|| apart.unsigned_abs().as_secs().max(1))
    }
}

#[cfg(test)]
#[path = "overdue_tests.rs"]
mod tests;
