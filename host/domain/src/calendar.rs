//! Kazakhstan's working days. Holidays move by law when they fall on a weekend, and acts exchange working days with
//! days off, some in the middle of the year: a planned date (452-10) is computed from rows that say which act made a
//! day what it is, since when that is known, and what superseded it. Unknown cells are empty; a year that is not
//! complete says so.

mod edit;
mod error;
mod read;
mod row;
mod sound;
mod week;
mod working_days;
mod year;

use std::collections::BTreeMap;

use jiff::civil::Date;

pub use edit::Edit;
pub use error::CalendarError;
pub use row::{Kind, Row, Standing, Weeks};
pub use week::Week;
pub use working_days::{Day, OutOfRange, Why, WorkingDays};
pub use year::{Known, Year};

/// All that is known of the working days, as a value: an edit makes a new one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    rows: BTreeMap<Date, Vec<Row>>,
    years: BTreeMap<i16, Year>,
}

impl Calendar {
    /// The calendar that comes with the program, 2013 to 2028; its data file names the source of each row.
    ///
    /// # Errors
    /// None that a released program meets: a test reads it.
    pub fn kazakhstan() -> Result<Self, CalendarError> {
        Self::read(include_str!("calendar/days.csv"), include_str!("calendar/years.csv"))
    }

    /// Reads rows and years, both as CSV with the columns of the files that come with the program; lines that start
    /// with `#` are comments.
    ///
    /// # Errors
    /// If a line is not of that form, or the rows contradict each other.
    pub fn read(days: &str, years: &str) -> Result<Self, CalendarError> {
        Self::of(read::rows(days)?, read::years(years)?)
    }

    /// The calendar of these rows.
    ///
    /// # Errors
    /// If they contradict each other.
    pub fn of(
        rows: impl IntoIterator<Item = Row>,
        years: impl IntoIterator<Item = Year>,
    ) -> Result<Self, CalendarError> {
        let mut calendar = Self::default();
        for row in rows {
            calendar.rows.entry(row.date).or_default().push(row);
        }
        for year in years {
            if let Some(twice) = calendar.years.insert(year.year, year) {
                return Err(CalendarError::YearTwice(twice.year));
            }
        }
        sound::check(&calendar)?;
        Ok(calendar)
    }

    /// This calendar with all of the edits, or none.
    ///
    /// # Errors
    /// If an edit names a row that is not there, or the rows after all edits contradict each other.
    pub fn edited(&self, edits: &[Edit]) -> Result<Self, CalendarError> {
        let mut calendar = self.clone();
        for edit in edits {
            edit.apply(&mut calendar)?;
        }
        sound::check(&calendar)?;
        Ok(calendar)
    }

    /// The rows, by date.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.values().flatten()
    }

    /// The rows of one date.
    #[must_use]
    pub fn rows_on(&self, date: Date) -> &[Row] {
        self.rows.get(&date).map_or(&[], Vec::as_slice)
    }

    /// How complete the years are. A year that is not listed is [`Known::Unknown`].
    pub fn years(&self) -> impl Iterator<Item = &Year> {
        self.years.values()
    }

    /// The working days of a week's schedule, as they were known on a date; with none, as they are known now.
    #[must_use]
    pub fn known_on(&self, week: Week, on: Option<Date>) -> WorkingDays {
        WorkingDays::of(self, week, on)
    }
}

#[cfg(test)]
mod by_holidays;

#[cfg(test)]
mod by_newspapers;

#[cfg(test)]
#[path = "calendar/tests.rs"]
mod tests;
