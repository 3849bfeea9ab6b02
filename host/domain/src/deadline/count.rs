//! A term in days or months.

use jiff::{Timestamp, ToSpan, civil::Date};

use super::{Basis, Beyond, Step, end_of_day, local_date, plan::Notes};
use crate::{
    calendar::Day,
    passport::{Starts, Unit},
};

/// The state of a term in days.
pub(super) struct Days {
    /// Days after this one count.
    counted_after: Date,
    /// The last day, before it is moved off a day off.
    last: Date,
    /// Whether the last day was given by a prolongation and stays where it is.
    given: bool,
}

impl Days {
    pub(super) fn start(basis: &Basis<'_>, taken: Date, notes: &mut Notes<'_>) -> Result<Self, Beyond> {
        let passport = basis.passport;
        let (term, starts) = (passport.term, passport.counting.starts);
        if term.unit == Unit::Months {
            let last = taken.checked_add(i64::from(term.amount).months())?;
            notes.add(|| Step::CountedMonths { term, last, clipped: last.day() != taken.day() });
            return Ok(Self { counted_after: taken, last, given: false });
        }
        let counted_after = match starts {
            Starts::NextDay => taken,
            Starts::SameDay => taken.yesterday()?,
        };
        let last = forward(basis, counted_after, i64::from(term.amount))?;
        notes.add(|| Step::CountedDays { term, starts, last, skipped: skipped(basis, counted_after, last) });
        Ok(Self { counted_after, last, given: false })
    }

    /// Days that remain of the term when it is suspended, that day with them.
    pub(super) fn remaining(&self, basis: &Basis<'_>, at: Timestamp) -> Result<i64, Beyond> {
        let before = local_date(at, basis.zone).yesterday()?.max(self.counted_after);
        let days = match basis.passport.term.unit {
            Unit::WorkingDays => basis.days.between(before, self.last),
            _ => self.last.duration_since(before).as_hours() / 24,
        };
        // On a day that the end was moved to, or was prolonged to, that day itself remains.
        Ok(days.max(1))
    }

    pub(super) fn resume(
        &mut self,
        basis: &Basis<'_>,
        at: Timestamp,
        remaining: i64,
    ) -> Result<(Date, Vec<Day>), Beyond> {
        let before = local_date(at, basis.zone).yesterday()?.max(self.counted_after);
        let last = forward(basis, before, remaining)?;
        if last > self.last {
            self.last = last;
            self.given = false;
        }
        Ok((self.last, skipped(basis, before, self.last)))
    }

    pub(super) fn prolong(&mut self, basis: &Basis<'_>, to: Timestamp) {
        self.last = local_date(to, basis.zone);
        self.given = true;
    }

    /// The last day and its last instant.
    pub(super) fn due(&self, basis: &Basis<'_>, notes: &mut Notes<'_>) -> Result<(Date, Timestamp), Beyond> {
        let mut day = self.last;
        if basis.passport.counting.ends_on_working_day && !self.given {
            day = basis.days.on_or_after(self.last)?;
        }
        if day != self.last {
            notes.add(|| Step::MovedToWorkingDay { last: day, skipped: off(basis, self.last, day) });
        }
        let due = end_of_day(day, basis.zone).ok_or_else(|| Beyond(day.to_string()))?;
        Ok((day, due))
    }
}

/// The day that is so many days of the term's unit later.
fn forward(basis: &Basis<'_>, after: Date, days: i64) -> Result<Date, Beyond> {
    match basis.passport.term.unit {
        Unit::WorkingDays => Ok(basis.days.after(after, u32::try_from(days).unwrap_or(u32::MAX))?),
        _ => Ok(after.checked_add(days.days())?),
    }
}

/// Days that do not count, of a term that counts working days.
fn skipped(basis: &Basis<'_>, after: Date, last: Date) -> Vec<Day> {
    if basis.passport.term.unit != Unit::WorkingDays {
        return Vec::new();
    }
    basis.days.days(after, last).filter(|day| !day.working).collect()
}

/// Days off from one date up to and without another.
pub(super) fn off(basis: &Basis<'_>, from: Date, until: Date) -> Vec<Day> {
    let before = from.yesterday().unwrap_or(from);
    basis.days.days(before, until).filter(|day| !day.working && day.date < until).collect()
}
