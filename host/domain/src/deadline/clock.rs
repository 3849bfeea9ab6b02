//! A term in minutes or hours. It is counted in instants, so that an hour that came twice counts twice; with office
//! hours, only while the office is open.

use jiff::{SignedDuration, Timestamp, civil::Date};

use super::{Basis, Beyond, local::instant, local_date};
use crate::passport::{Office, Unit};

/// The most days that are looked through for office hours.
const MOST_DAYS: usize = 40_000;

/// The term's length; none for one in days.
pub(super) fn length(basis: &Basis<'_>) -> Option<SignedDuration> {
    let amount = i64::from(basis.passport.term.amount);
    match basis.passport.term.unit {
        Unit::Minutes => Some(SignedDuration::from_mins(amount)),
        Unit::Hours => Some(SignedDuration::from_hours(amount)),
        _ => None,
    }
}

/// So much time later.
pub(super) fn forward(basis: &Basis<'_>, from: Timestamp, length: SignedDuration) -> Result<Timestamp, Beyond> {
    let Some(office) = basis.passport.counting.office else { return Ok(from.checked_add(length)?) };
    let mut left = length;
    for hours in open_from(basis, office, from) {
        let (opens, closes) = hours?;
        let start = opens.max(from);
        let open = closes.duration_since(start);
        if open >= left {
            return Ok(start.checked_add(left)?);
        }
        if open.is_positive() {
            left -= open;
        }
    }
    Err(Beyond(format!("{MOST_DAYS} days after {from}")))
}

/// Time that counts between two instants.
pub(super) fn between(basis: &Basis<'_>, from: Timestamp, until: Timestamp) -> Result<SignedDuration, Beyond> {
    let Some(office) = basis.passport.counting.office else { return Ok(until.duration_since(from)) };
    let mut sum = SignedDuration::ZERO;
    for hours in open_from(basis, office, from) {
        let (opens, closes) = hours?;
        if opens >= until {
            break;
        }
        let open = closes.min(until).duration_since(opens.max(from));
        if open.is_positive() {
            sum += open;
        }
    }
    Ok(sum)
}

/// The office hours of the days from that of an instant on.
fn open_from<'a>(
    basis: &'a Basis<'_>,
    office: Office,
    from: Timestamp,
) -> impl Iterator<Item = Result<(Timestamp, Timestamp), Beyond>> + 'a {
    let first = local_date(from, basis.zone);
    std::iter::successors(Some(first), |day| day.tomorrow().ok())
        .take(MOST_DAYS)
        .filter(|day| basis.days.is_working(*day))
        .map(move |day| hours(basis, office, day))
}

/// When an office opens and closes on a day.
pub(super) fn hours(basis: &Basis<'_>, office: Office, day: Date) -> Result<(Timestamp, Timestamp), Beyond> {
    Ok((instant(day, office.opens, basis.zone, false)?, instant(day, office.closes, basis.zone, true)?))
}
