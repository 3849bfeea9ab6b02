//! What an operator may do to a calendar. Nothing is deleted: a row that no longer holds is superseded, so that it can
//! still be told what was known on any date.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Calendar, CalendarError, Kind, Row, Weeks, Year};

/// One edit. The two halves of an exchange are two edits of one list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Edit {
    /// A new row.
    Add(Row),
    /// A row that holds does no longer.
    Supersede {
        /// Its date.
        date: Date,
        /// Its kind.
        kind: Kind,
        /// Its weeks.
        weeks: Weeks,
        /// From when on.
        on: Date,
        /// Why: the act.
        by: String,
    },
    /// What is known of a year.
    Year(Year),
}

impl Edit {
    pub(super) fn apply(&self, calendar: &mut Calendar) -> Result<(), CalendarError> {
        match self {
            Self::Add(row) => calendar.rows.entry(row.date).or_default().push(row.clone()),
            Self::Year(year) => {
                calendar.years.insert(year.year, year.clone());
            }
            Self::Supersede { date, kind, weeks, on, by } => {
                let row = calendar
                    .rows
                    .get_mut(date)
                    .into_iter()
                    .flatten()
                    .find(|row| row.kind == *kind && row.weeks == *weeks && row.held(None))
                    .ok_or(CalendarError::Missing { date: *date, kind: *kind })?;
                row.superseded_on = Some(*on);
                row.superseded_by = Some(by.clone());
            }
        }
        Ok(())
    }
}
