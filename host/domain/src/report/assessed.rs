//! What one request adds to which months. It is counted as a request in the month of its intake, as finished in the
//! month in which it was, and its breach in the month in which its term ran out, which does not move however late it is
//! finished.

use jiff::{Timestamp, ToSpan, civil::Date};
use serde::{Deserialize, Serialize};

use super::{Key, Month};
use crate::{
    breach::Blame,
    deadline::local_date,
    overdue::{Overdue, Reported, Rule},
    time::Zone,
};

/// By which planned date a breach was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// The computed one.
    Computed,
    /// The reported one, since no passport is in force.
    Reported,
}

/// A missed term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breach {
    /// The first local day after the term.
    pub missed: Date,
    /// How late, in minutes begun: one second is a minute.
    pub minutes: u64,
    /// By which date.
    pub by: By,
    /// Whose breach.
    pub blame: Blame,
    /// Whether a reviewer contests that.
    pub contested: bool,
}

impl Breach {
    /// The breach of a request: the computed one, and where no passport is in force the reported one.
    #[must_use]
    pub fn of(
        overdue: &Overdue,
        reported: Option<Reported>,
        blame: Blame,
        contested: bool,
        zone: &Zone,
    ) -> Option<Self> {
        let (planned, seconds, by) = match overdue.rule {
            Rule::NoPassport => {
                let reported = reported?;
                (reported.planned, reported.late_by()?, By::Reported)
            }
            _ => (overdue.due?, overdue.lateness.late_by()?, By::Computed),
        };
        Some(Self { missed: missed(planned, zone), minutes: seconds.div_ceil(60), by, blame, contested })
    }
}

/// The local day of the first instant after a planned date.
fn missed(planned: Timestamp, zone: &Zone) -> Date {
    local_date(planned.checked_add(1.nanosecond()).unwrap_or(planned), zone)
}

/// A request, as the report counts it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Assessed {
    /// With what it is counted.
    pub key: Key,
    /// Whether a passport is in force.
    pub has_passport: bool,
    /// Local day of intake.
    pub taken: Date,
    /// Local day of the event that finished it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<Date>,
    /// Its missed term.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breach: Option<Breach>,
}

/// What a request is counted as in one month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Request { has_passport: bool },
    Finished,
    Breach(Breach),
}

impl Assessed {
    pub(super) fn parts(&self) -> impl Iterator<Item = (Month, Part)> {
        let request = (Month::of(self.taken), Part::Request { has_passport: self.has_passport });
        let finished = self.finished.map(|day| (Month::of(day), Part::Finished));
        let breach = self.breach.map(|breach| (Month::of(breach.missed), Part::Breach(breach)));
        [Some(request), finished, breach].into_iter().flatten()
    }
}
