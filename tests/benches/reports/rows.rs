//! Requests as they are counted: a year of them, in two hundred services, a twentieth late, a fiftieth open. The rival's script
//! makes the same.

use std::collections::BTreeSet;

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, date},
};
use qadam_domain::{
    breach::Blame,
    passport::Level,
    report::{Assessed, Breach, By, Key, Month},
};
use qadam_store::{Counted, OpenTerm};

/// Of so many requests one is open.
pub(crate) const OPEN: u64 = 50;
/// Services, each of a body.
pub(crate) const PLACES: u64 = 200;

pub(crate) fn place(number: u64) -> Key {
    let level = Level::ALL.get(usize::try_from(number % 6).unwrap_or_default()).copied();
    let provider = format!("99014099{:04}", number % 40);
    Key { level, provider, service: format!("{:08}", number % PLACES) }
}

/// The month that is asked about.
pub(crate) fn month() -> Month {
    Month::of(date(2025, 6, 1))
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(1_767_225_600).unwrap_or_default()
}

fn day(number: u64) -> Date {
    let days = i64::try_from(number % 365).unwrap_or_default();
    date(2025, 1, 1).checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(Date::MAX)
}

pub(crate) fn counted(number: u64) -> Counted {
    let taken = day(number);
    let due = Timestamp::from_second(1_735_689_600 + 86_400 * i64::try_from(number % 365 + 8).unwrap_or_default()).ok();
    let is_open = number.is_multiple_of(OPEN);
    let is_late = number % 20 == 7;
    let missed = taken.checked_add(SignedDuration::from_hours(24 * 8)).unwrap_or(taken);
    let breach =
        Breach { missed, minutes: 1 + number % 400, by: By::Computed, blame: Blame::Provider, contested: false };
    let assessed = Assessed {
        key: place(number),
        has_passport: true,
        taken,
        finished: (!is_open).then_some(missed),
        breach: (is_late && !is_open).then_some(breach),
    };
    let open = due.filter(|_| is_open).map(|due| OpenTerm {
        due,
        missed: Month::of(missed),
        blame: Blame::Provider,
        contested: false,
    });
    let provider = "bench".parse().unwrap_or_else(|_| unreachable!("a name of small letters"));
    Counted { provider, assessed: Some(assessed), open, due, again: None, reported_late: false, judged_at: now() }
}

pub(crate) fn months(counted: &Counted) -> BTreeSet<Month> {
    let assessed = counted.assessed.iter();
    assessed.flat_map(|assessed| [Some(assessed.taken), assessed.finished]).flatten().map(Month::of).collect()
}
