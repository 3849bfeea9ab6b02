//! What can be wrong with a calendar.

use jiff::civil::Date;

use super::Kind;

/// Why rows are no calendar. The subject is the line or the date.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CalendarError {
    /// A line that cannot be read.
    #[error("line {line} of the calendar's {file}: {what}")]
    Line {
        /// `days` or `years`.
        file: &'static str,
        /// Its number, from 1.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
    /// A year listed twice.
    #[error("the year {0} is listed twice")]
    YearTwice(i16),
    /// A row that cannot be.
    #[error("{date}, {}: {what}", kind.name())]
    Row {
        /// Its date.
        date: Date,
        /// Its kind.
        kind: Kind,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A row whose other half is missing or says something else.
    #[error("{date}, {}: {other} should have a `{}` row of the same weeks that names {date}", kind.name(), needs.name())]
    Half {
        /// Its date.
        date: Date,
        /// Its kind.
        kind: Kind,
        /// The other date.
        other: Date,
        /// The kind wanted there.
        needs: Kind,
    },
    /// An edit of a row that is not there.
    #[error("{date} has no `{}` row that holds; see which rows it has, and name one of them", kind.name())]
    Missing {
        /// The date.
        date: Date,
        /// The kind looked for.
        kind: Kind,
    },
}
