//! The planned date of a request, computed (452-10): the passport's term, counted from intake over the working days,
//! moved by what moves it by law. The provider's own date (field 7) stands beside it. A recomputation is a new version;
//! the original stays.

mod allotted;
mod change;
mod clock;
mod compared;
mod count;
mod local;
mod plan;
mod planned;
mod step;
mod version;

use jiff::Timestamp;

pub use allotted::{Allotted, allotted};
pub use change::{Change, Ignored, Moves, WhyIgnored};
pub use compared::Compared;
pub use local::{end_of_day, local_date};
pub use planned::Planned;
pub use step::{Derivation, Step};
pub use version::{Cause, Version, Versions};

use crate::{
    calendar::{OutOfRange, WorkingDays},
    passport::Passport,
    time::Zone,
};

/// What a planned date follows from.
#[derive(Clone, Copy, Debug)]
pub struct Basis<'a> {
    /// The passport in force on the day of intake.
    pub passport: &'a Passport,
    /// The working days of the passport's week, as known on some date.
    pub days: &'a WorkingDays,
    /// The zone of the place of rendering.
    pub zone: &'a Zone,
    /// When the request was taken (field 5, or else the first event).
    pub taken: Timestamp,
    /// What moved the term since, in any order.
    pub changes: &'a [Change],
}

/// Why no date can be computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeadlineError {
    /// The working days are those of another week than the passport's.
    #[error("passport `{0}` counts by another week than the working days given")]
    Week(String),
    /// A date that cannot be reckoned with.
    #[error("the term of passport `{code}` ends beyond the dates that can be reckoned with: {cause}")]
    OutOfRange {
        /// The passport.
        code: String,
        /// Where it ended.
        cause: String,
    },
}

/// The planned date.
///
/// # Errors
/// If the basis does not fit together, or dates run out.
pub fn plan(basis: &Basis<'_>) -> Result<Planned, DeadlineError> {
    run(basis, None)
}

/// The planned date and how it came about, step by step, with each day that was skipped and why.
///
/// # Errors
/// As [`plan`].
pub fn derive(basis: &Basis<'_>) -> Result<Derivation, DeadlineError> {
    let mut steps = Vec::new();
    let planned = run(basis, Some(&mut steps))?;
    Ok(Derivation { planned, steps })
}

fn run(basis: &Basis<'_>, steps: Option<&mut Vec<Step>>) -> Result<Planned, DeadlineError> {
    let code = || basis.passport.code.clone();
    if basis.days.week() != basis.passport.week {
        return Err(DeadlineError::Week(code()));
    }
    plan::run(basis, steps).map_err(|beyond| DeadlineError::OutOfRange { code: code(), cause: beyond.0 })
}

/// Dates ran out: where.
struct Beyond(String);

impl From<OutOfRange> for Beyond {
    fn from(out: OutOfRange) -> Self {
        Self(out.to_string())
    }
}

impl From<jiff::Error> for Beyond {
    fn from(error: jiff::Error) -> Self {
        Self(error.to_string())
    }
}

#[cfg(test)]
#[path = "deadline/tests.rs"]
mod tests;
