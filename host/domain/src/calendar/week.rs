//! The two schedules of working days.

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

/// Which days of a week are worked. State bodies work five, front offices of the State Corporation six.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Week {
    /// Monday to Friday.
    #[default]
    #[serde(rename = "five-day")]
    FiveDay,
    /// Monday to Saturday.
    #[serde(rename = "six-day")]
    SixDay,
}

impl Week {
    /// Both.
    pub const ALL: [Self; 2] = [Self::FiveDay, Self::SixDay];

    /// Working days of a week without holidays.
    #[must_use]
    pub const fn length(self) -> i8 {
        match self {
            Self::FiveDay => 5,
            Self::SixDay => 6,
        }
    }

    /// Whether the day is one of the weekend.
    #[must_use]
    pub fn is_weekend(self, date: Date) -> bool {
        let day = date.weekday();
        day == Weekday::Sunday || (self == Self::FiveDay && day == Weekday::Saturday)
    }
}
