//! The computed date beside the one that the provider reports (field 7).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Planned, local_date};
use crate::time::Zone;

/// How the two differ. A term in days is compared by the local day, since providers write midnight, noon or the day's
/// end for the same date; one in minutes or hours by the minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Compared {
    /// They say the same.
    Same,
    /// The provider promises later than the rules allow.
    ReportedLater {
        /// By so many seconds.
        seconds: i64,
    },
    /// The provider promises earlier than it must.
    ReportedEarlier {
        /// By so many seconds.
        seconds: i64,
    },
    /// The provider reports none.
    NotReported,
    /// The term is suspended, so that none is computed.
    Suspended,
}

impl Compared {
    /// Compares.
    #[must_use]
    pub fn of(planned: &Planned, reported: Option<Timestamp>, zone: &Zone) -> Self {
        let Some(due) = planned.due else { return Self::Suspended };
        let Some(reported) = reported else { return Self::NotReported };
        let apart = match planned.day {
            Some(day) => local_date(reported, zone).duration_since(day),
            None => SignedDuration::from_mins(reported.as_second().div_euclid(60) - due.as_second().div_euclid(60)),
        };
        match apart.as_secs() {
            0 => Self::Same,
            seconds if seconds > 0 => Self::ReportedLater { seconds },
            seconds => Self::ReportedEarlier { seconds: -seconds },
        }
    }

    /// Whether the difference is to be flagged.
    #[must_use]
    pub const fn differs(&self) -> bool {
        matches!(self, Self::ReportedLater { .. } | Self::ReportedEarlier { .. })
    }
}
