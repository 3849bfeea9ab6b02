//! Which days are worked, for one week's schedule, as known on one date; and counting them. Weeks are counted by a
//! formula and what differs from them by a sum over the exceptions, so that a term of years costs as much as one of
//! days.

use std::collections::BTreeMap;

use jiff::{
    SignedDuration, ToSpan,
    civil::{Date, date},
};
use serde::{Deserialize, Serialize};

use super::{Calendar, Kind, Known, Row, Standing, Week};

/// Why a day is worked, or is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Why {
    /// An ordinary working day.
    Workday,
    /// The weekend.
    Weekend,
    /// An act or the law says so.
    Row(Box<Row>),
}

/// One day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// The date.
    pub date: Date,
    /// Whether it is worked.
    pub working: bool,
    /// Why.
    pub why: Why,
}

/// A date beyond the year 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} days after {1} is beyond the dates that can be reckoned with")]
pub struct OutOfRange(pub u32, pub Date);

/// The working days. See [`Calendar::known_on`].
#[derive(Clone, Debug)]
pub struct WorkingDays {
    week: Week,
    known_on: Option<Date>,
    rows: BTreeMap<Date, Row>,
    years: BTreeMap<i16, Known>,
    /// Days that are not what their weekday says, and how many working days they have made up to and with them.
    changes: Vec<(i64, i64)>,
}

impl WorkingDays {
    pub(super) fn of(calendar: &Calendar, week: Week, known_on: Option<Date>) -> Self {
        let mut rows = BTreeMap::new();
        let mut changes = Vec::new();
        let mut sum = 0;
        for (date, all) in &calendar.rows {
            let held = || all.iter().filter(|row| row.weeks.hold(week) && row.held(known_on));
            // A day made a working day was off before, so that row decides; a holiday says more than a transfer to the
            // same day.
            let row = held().find(|row| row.kind == Kind::Working).or_else(|| held().min_by_key(|row| row.kind));
            let Some(row) = row else { continue };
            let change = match (row.kind == Kind::Working, week.is_weekend(*date)) {
                (true, true) => 1,
                (false, false) => -1,
                _ => 0,
            };
            if change != 0 {
                sum += change;
                changes.push((number(*date), sum));
            }
            rows.insert(*date, row.clone());
        }
        let years = calendar.years.values().map(|year| (year.year, year.known)).collect();
        Self { week, known_on, rows, years, changes }
    }

    /// The schedule.
    #[must_use]
    pub const fn week(&self) -> Week {
        self.week
    }

    /// As known on which date; none is now.
    #[must_use]
    pub const fn known_on(&self) -> Option<Date> {
        self.known_on
    }

    /// Whether a day is worked, and why.
    #[must_use]
    pub fn day(&self, date: Date) -> Day {
        let weekend = self.week.is_weekend(date);
        match self.rows.get(&date) {
            Some(row) => Day { date, working: row.kind == Kind::Working, why: Why::Row(Box::new(row.clone())) },
            None => Day { date, working: !weekend, why: if weekend { Why::Weekend } else { Why::Workday } },
        }
    }

    /// Whether a day is worked.
    #[must_use]
    pub fn is_working(&self, date: Date) -> bool {
        self.rows.get(&date).map_or_else(|| !self.week.is_weekend(date), |row| row.kind == Kind::Working)
    }

    /// Working days after the first date, up to and with the second; negative where the second is earlier.
    #[must_use]
    pub fn between(&self, after: Date, until: Date) -> i64 {
        self.passed(number(until)) - self.passed(number(after))
    }

    /// The working day that is `count` working days after a date: 1 is the next one. 0 is the date itself.
    ///
    /// # Errors
    /// If that is beyond the year 9999.
    pub fn after(&self, from: Date, count: u32) -> Result<Date, OutOfRange> {
        let start = number(from);
        let wanted = self.passed(start) + i64::from(count);
        let exceptions = i64::try_from(self.changes.len()).unwrap_or(i64::MAX / 16);
        // Beyond this even a calendar whose every exception is a day off has given enough.
        let (mut low, mut high) = (start, start + (i64::from(count) + exceptions) * 7 / 5 + 7);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.passed(middle) >= wanted { high = middle } else { low = middle + 1 }
        }
        day_of(low).ok_or(OutOfRange(count, from))
    }

    /// The date, or where it is not worked the next that is.
    ///
    /// # Errors
    /// If that is beyond the year 9999.
    pub fn on_or_after(&self, date: Date) -> Result<Date, OutOfRange> {
        if self.is_working(date) { Ok(date) } else { self.after(date, 1) }
    }

    /// The least that is known of the years of a span.
    #[must_use]
    pub fn known(&self, from: Date, until: Date) -> Known {
        let known = |year| self.years.get(&year).copied().unwrap_or(Known::Unknown);
        (from.year()..=until.year()).map(known).max().unwrap_or(Known::Unknown)
    }

    /// Whether the span holds a row whose date is an estimate.
    #[must_use]
    pub fn is_estimated(&self, from: Date, until: Date) -> bool {
        from <= until && self.rows.range(from..=until).any(|(_, row)| row.status == Standing::Estimated)
    }

    /// Working days since the Monday at the start of the count, up to and with that day.
    fn passed(&self, day: i64) -> i64 {
        let (weeks, rest) = ((day + 1).div_euclid(7), (day + 1).rem_euclid(7));
        let length = i64::from(self.week.length());
        let before = self.changes.partition_point(|(changed, _)| *changed <= day);
        let changed = before.checked_sub(1).and_then(|last| self.changes.get(last)).map_or(0, |(_, sum)| *sum);
        weeks * length + rest.min(length) + changed
    }
}

/// A Monday.
const EPOCH: Date = date(1970, 1, 5);

fn number(date: Date) -> i64 {
    date.duration_since(EPOCH).as_hours() / 24
}

fn day_of(number: i64) -> Option<Date> {
    EPOCH.checked_add(SignedDuration::from_hours(number.checked_mul(24)?)).ok()
}

impl WorkingDays {
    /// Every day after the first date, up to and with the second.
    pub fn days(&self, after: Date, until: Date) -> impl Iterator<Item = Day> {
        std::iter::successors(after.checked_add(1.day()).ok(), |date| date.checked_add(1.day()).ok())
            .take_while(move |date| *date <= until)
            .map(|date| self.day(date))
    }
}
