//! One statement of one act about one date.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Week;

/// What an act makes of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A national or state holiday.
    Holiday,
    /// A religious day off; never transferred.
    Religious,
    /// The day after a holiday that fell on a weekend, off by law.
    Transferred,
    /// A working day that an act made a day off, in exchange for another.
    Moved,
    /// A day off that an act made a working day, in exchange for another.
    Working,
}

impl Kind {
    /// The name used in the data file, `transferred`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Holiday => "holiday",
            Self::Religious => "religious",
            Self::Transferred => "transferred",
            Self::Moved => "moved",
            Self::Working => "working",
        }
    }
}

/// Whose week a row changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weeks {
    /// That of five working days.
    Five,
    /// That of six.
    Six,
    /// Both.
    Both,
}

impl Weeks {
    /// Whether that week is meant.
    #[must_use]
    pub const fn hold(self, week: Week) -> bool {
        matches!((self, week), (Self::Both, _) | (Self::Five, Week::FiveDay) | (Self::Six, Week::SixDay))
    }

    /// Whether both mean a week.
    #[must_use]
    pub const fn overlap(self, other: Self) -> bool {
        !matches!((self, other), (Self::Five, Self::Six) | (Self::Six, Self::Five))
    }
}

/// Whether a row's date is certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It is.
    Confirmed,
    /// It follows a lunar calendar and is announced each year.
    Estimated,
}

/// A row of the calendar. What no source says is absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Row {
    /// The day.
    pub date: Date,
    /// What it is.
    pub kind: Kind,
    /// In which weeks.
    pub weeks: Weeks,
    /// The holiday's name, or what the row is.
    pub name: String,
    /// The other date: what a transferred day stands for, what a moved day was exchanged with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<Date>,
    /// The act: its adilet number where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<String>,
    /// Where the row was taken from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// When the act was signed or made public. Without it the row counts as known always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Date>,
    /// When the act says that it takes effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective: Option<Date>,
    /// Whether the date is certain.
    pub status: Standing,
    /// From when on it no longer holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded_on: Option<Date>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<String>,
}

impl Row {
    /// Whether the row was known and held on that date; with none, whether it holds by all that is known now.
    #[must_use]
    pub fn held(&self, on: Option<Date>) -> bool {
        match on {
            None => self.superseded_on.is_none(),
            Some(on) => {
                self.published.is_none_or(|published| published <= on)
                    && self.superseded_on.is_none_or(|superseded| superseded > on)
            }
        }
    }
}
