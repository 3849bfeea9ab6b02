//! A planned date, and what the answer must say beside it.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::Ignored;
use crate::{
    calendar::{Known, Week},
    passport::Term,
};

/// A computed planned date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Planned {
    /// The last instant in time; none while the term is suspended.
    pub due: Option<Timestamp>,
    /// The last local day, for a term in days or months.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<Date>,
    /// Since when the term is suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended_since: Option<Timestamp>,
    /// The passport.
    pub passport: String,
    /// Its version.
    pub passport_version: u32,
    /// Its term.
    pub term: Term,
    /// The schedule of working days.
    pub week: Week,
    /// The calendar as known on that date; none is without regard to when it was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_on: Option<Date>,
    /// How complete the calendar's years are that it runs through.
    pub calendar: Known,
    /// Whether a day whose date is an estimate lies in it.
    pub estimated: bool,
    /// Events that would have moved it, and did not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignored: Vec<Ignored>,
}
