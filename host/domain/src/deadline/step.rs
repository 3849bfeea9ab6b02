//! How a planned date came about, for people who ask.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{Ignored, Planned};
use crate::{
    calendar::Day,
    ids::EventRef,
    passport::{Starts, Term},
};

/// A planned date with its steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Derivation {
    /// The result.
    pub planned: Planned,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "step")]
pub enum Step {
    /// The request was taken.
    Taken {
        /// When.
        at: Timestamp,
        /// On which local day.
        day: Date,
    },
    /// The office was closed, so it counts as taken when it next opened.
    TakenWhenOpen {
        /// When that was.
        at: Timestamp,
        /// On which local day.
        day: Date,
        /// Days off before it.
        skipped: Vec<Day>,
    },
    /// A term in days was counted.
    CountedDays {
        /// The term.
        term: Term,
        /// Which day is the first.
        starts: Starts,
        /// The last day.
        last: Date,
        /// Days that do not count, and why.
        skipped: Vec<Day>,
    },
    /// A term in months was counted: it ends on the same number, or where that month has none, on its last day.
    CountedMonths {
        /// The term.
        term: Term,
        /// The last day.
        last: Date,
        /// Whether that month has no such number.
        clipped: bool,
    },
    /// A term in minutes or hours was counted.
    CountedTime {
        /// The term.
        term: Term,
        /// Whether only while the office was open.
        open_only: bool,
        /// The end.
        last: Timestamp,
    },
    /// The last day was a day off, so that the term ends on the next working day.
    MovedToWorkingDay {
        /// The last day.
        last: Date,
        /// The days off.
        skipped: Vec<Day>,
    },
    /// The term was suspended.
    Suspended {
        /// By which event.
        event: EventRef,
        /// When.
        at: Timestamp,
        /// Days that remained, that of the suspension with them; seconds for a term in minutes or hours.
        remained: i64,
    },
    /// The term ran again.
    Resumed {
        /// By which event.
        event: EventRef,
        /// When.
        at: Timestamp,
        /// The last day now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last: Option<Date>,
        /// Days that do not count, and why.
        skipped: Vec<Day>,
    },
    /// The term was prolonged.
    Prolonged {
        /// By which event.
        event: EventRef,
        /// To when.
        to: Timestamp,
        /// Whether the event names a legal ground.
        grounded: bool,
    },
    /// An event had no effect.
    Ignored(Ignored),
    /// The end.
    Ends {
        /// The last instant in time.
        due: Timestamp,
    },
}
