//! The arithmetic of the monthly report (452-12): how many terms were missed and for how long, by state body and by
//! service, in the law's breakdown, those for technical reasons apart. Counts are kept per month as requests change, so
//! a report of 10^7 requests reads as many cells as there are services. No files are made here.

mod assessed;
mod cell;
mod figures;
mod key;
mod lines;
mod month;
mod sum;
mod tally;

pub use assessed::{Assessed, Breach, By};
pub use cell::{Cell, Underflow};
pub use figures::{Change, Figures};
pub use key::Key;
pub use lines::{Line, Report, Scope};
pub use month::{Month, NoMonth};
pub use tally::{Tallies, Tally};

#[cfg(test)]
#[path = "report/tests.rs"]
mod tests;
