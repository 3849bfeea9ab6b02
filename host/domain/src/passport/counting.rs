//! How a term is counted. By-laws differ, so this is data; the defaults are the usual words of service standards: the
//! day of intake is not counted, and a term that ends on a day off ends on the next working day.

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

/// From when a term in days counts. A term in months runs to the same number of its last month, a term in minutes or
/// hours from the minute of intake: for those nothing is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Starts {
    /// The day of intake is not counted ("день приема документов не входит в срок").
    #[default]
    NextDay,
    /// The day of intake is the first, if it is of the days that count.
    SameDay,
}

/// When an office is open, on each working day of the passport's week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Office {
    /// From, local time.
    pub opens: Time,
    /// Until, local time; requests at or after this minute are taken the next working day.
    pub closes: Time,
}

/// How a term is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Counting {
    /// Which day is the first.
    pub starts: Starts,
    /// Whether a term that ends on a day off ends on the next working day.
    pub ends_on_working_day: bool,
    /// Where given, requests outside its hours count as taken when it next opens, and a term in minutes or hours runs
    /// only while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub office: Option<Office>,
}

impl Default for Counting {
    fn default() -> Self {
        Self { starts: Starts::NextDay, ends_on_working_day: true, office: None }
    }
}
