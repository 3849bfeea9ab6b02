//! A length of time as a by-law writes it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// In what a term is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Minutes.
    Minutes,
    /// Hours.
    Hours,
    /// Days that are worked by the passport's week.
    WorkingDays,
    /// All days.
    CalendarDays,
    /// Months.
    Months,
}

impl Unit {
    /// The longest term in this unit: about ten years of days, one of hours.
    #[must_use]
    pub const fn limit(self) -> u32 {
        match self {
            Self::Minutes => 366 * 24 * 60,
            Self::Hours => 366 * 24,
            Self::WorkingDays => 2_600,
            Self::CalendarDays => 3_660,
            Self::Months => 120,
        }
    }

    /// The name used in data, `working-days`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minutes => "minutes",
            Self::Hours => "hours",
            Self::WorkingDays => "working-days",
            Self::CalendarDays => "calendar-days",
            Self::Months => "months",
        }
    }

    /// Whether the term ends at a minute, not with a day.
    #[must_use]
    pub const fn is_by_the_clock(self) -> bool {
        matches!(self, Self::Minutes | Self::Hours)
    }
}

/// So many of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Term {
    /// How many.
    pub amount: u32,
    /// Of what.
    pub unit: Unit,
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.unit.name())
    }
}
