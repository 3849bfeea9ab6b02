//! From intake to the end: the term is counted, then each change moves it, in the order in which they occurred.

use jiff::{SignedDuration, Timestamp};

use super::{
    Basis, Beyond, Change, Ignored, Moves, Planned, Step, WhyIgnored, clock,
    count::{Days, off},
    local_date,
};
use crate::calendar::Known;

/// Where steps are noted, if anybody asked for them.
pub(super) struct Notes<'a>(Option<&'a mut Vec<Step>>);

impl Notes<'_> {
    pub(super) fn add(&mut self, step: impl FnOnce() -> Step) {
        if let Some(steps) = &mut self.0 {
            steps.push(step());
        }
    }
}

/// A term that runs, by days or by the clock.
enum Running {
    Days(Days),
    Clock(Timestamp),
}

/// What remained when the term was suspended: days, or time.
enum Remaining {
    Days(i64),
    Time(SignedDuration),
}

pub(super) fn run(basis: &Basis<'_>, steps: Option<&mut Vec<Step>>) -> Result<Planned, Beyond> {
    let mut notes = Notes(steps);
    let start = taken(basis, &mut notes)?;
    let mut running = count(basis, start, &mut notes)?;
    let mut suspended: Option<(Timestamp, Remaining)> = None;
    let mut ignored = Vec::new();
    let mut changes: Vec<&Change> = basis.changes.iter().collect();
    changes.sort_by_key(|change| (change.at, change.event));
    for change in changes {
        if let Some(why) = without_effect(basis, &running, suspended.is_some(), change)? {
            let change = Ignored { event: change.event, why };
            notes.add(|| Step::Ignored(change));
            ignored.push(change);
            continue;
        }
        match change.moves {
            Moves::Suspended => {
                let remaining = running.remaining(basis, change.at.max(start))?;
                notes.add(|| Step::Suspended { event: change.event, at: change.at, remained: remaining.number() });
                suspended = Some((change.at, remaining));
            }
            Moves::Resumed => {
                let Some((_, remaining)) = suspended.take() else { continue };
                running.resume(basis, change, start, &remaining, &mut notes)?;
            }
            Moves::Prolonged(to) => {
                notes.add(|| Step::Prolonged { event: change.event, to, grounded: change.grounded });
                match &mut running {
                    Running::Days(days) => days.prolong(basis, to),
                    Running::Clock(due) => *due = to,
                }
                if let Some((since, remaining)) = &mut suspended {
                    *remaining = running.remaining(basis, (*since).max(start))?;
                }
            }
        }
    }
    let (day, due) = running.due(basis, &mut notes)?;
    let until = local_date(due, basis.zone);
    let from = local_date(basis.taken, basis.zone);
    if suspended.is_none() {
        notes.add(|| Step::Ends { due });
    }
    let by_calendar = basis.passport.counting.office.is_some() || clock::length(basis).is_none();
    Ok(Planned {
        due: suspended.is_none().then_some(due),
        day: day.filter(|_| suspended.is_none()),
        suspended_since: suspended.map(|(since, _)| since),
        passport: basis.passport.code.clone(),
        passport_version: basis.passport.version,
        term: basis.passport.term,
        week: basis.passport.week,
        known_on: basis.days.known_on(),
        // A term by the clock alone asks nothing of the calendar.
        calendar: if by_calendar { basis.days.known(from, until) } else { Known::Complete },
        estimated: by_calendar && basis.days.is_estimated(from, until),
        ignored,
    })
}

/// From when the request counts as taken.
fn taken(basis: &Basis<'_>, notes: &mut Notes<'_>) -> Result<Timestamp, Beyond> {
    let (at, day) = (basis.taken, local_date(basis.taken, basis.zone));
    notes.add(|| Step::Taken { at, day });
    let Some(office) = basis.passport.counting.office else { return Ok(at) };
    let (opens, closes) = clock::hours(basis, office, day)?;
    let working = basis.days.is_working(day);
    if working && opens <= at && at < closes {
        return Ok(at);
    }
    let open = if working && at < opens { day } else { basis.days.after(day, 1)? };
    let (opens, _) = clock::hours(basis, office, open)?;
    notes.add(|| Step::TakenWhenOpen { at: opens, day: open, skipped: off(basis, day, open) });
    Ok(opens)
}

fn count(basis: &Basis<'_>, start: Timestamp, notes: &mut Notes<'_>) -> Result<Running, Beyond> {
    let Some(length) = clock::length(basis) else {
        return Ok(Running::Days(Days::start(basis, local_date(start, basis.zone), notes)?));
    };
    let last = clock::forward(basis, start, length)?;
    let open_only = basis.passport.counting.office.is_some();
    notes.add(|| Step::CountedTime { term: basis.passport.term, open_only, last });
    Ok(Running::Clock(last))
}

fn without_effect(
    basis: &Basis<'_>,
    running: &Running,
    suspended: bool,
    change: &Change,
) -> Result<Option<WhyIgnored>, Beyond> {
    if change.at < basis.taken {
        return Ok(Some(WhyIgnored::BeforeIntake));
    }
    let over = || running.due(basis, &mut Notes(None)).map(|(_, due)| change.at > due);
    Ok(match (change.moves, suspended) {
        (Moves::Suspended, true) => Some(WhyIgnored::AlreadySuspended),
        (Moves::Resumed, false) => Some(WhyIgnored::NotSuspended),
        (Moves::Suspended | Moves::Prolonged(_), false) => over()?.then_some(WhyIgnored::TermOver),
        (Moves::Resumed | Moves::Prolonged(_), true) => None,
    })
}

impl Running {
    fn remaining(&self, basis: &Basis<'_>, at: Timestamp) -> Result<Remaining, Beyond> {
        match self {
            Self::Days(days) => days.remaining(basis, at).map(Remaining::Days),
            Self::Clock(due) => clock::between(basis, at, *due).map(Remaining::Time),
        }
    }

    fn resume(
        &mut self,
        basis: &Basis<'_>,
        change: &Change,
        start: Timestamp,
        remaining: &Remaining,
        notes: &mut Notes<'_>,
    ) -> Result<(), Beyond> {
        let (event, at) = (change.event, change.at);
        match (self, remaining) {
            (Self::Days(days), Remaining::Days(remaining)) => {
                let (last, skipped) = days.resume(basis, at, *remaining)?;
                notes.add(|| Step::Resumed { event, at, last: Some(last), skipped });
            }
            (Self::Clock(due), Remaining::Time(remaining)) => {
                *due = clock::forward(basis, at.max(start), *remaining)?.max(*due);
                notes.add(|| Step::Resumed { event, at, last: None, skipped: Vec::new() });
            }
            // A term keeps its unit.
            (Self::Days(_), Remaining::Time(_)) | (Self::Clock(_), Remaining::Days(_)) => {}
        }
        Ok(())
    }

    fn due(&self, basis: &Basis<'_>, notes: &mut Notes<'_>) -> Result<(Option<jiff::civil::Date>, Timestamp), Beyond> {
        match self {
            Self::Days(days) => days.due(basis, notes).map(|(day, due)| (Some(day), due)),
            Self::Clock(due) => Ok((None, *due)),
        }
    }
}

impl Remaining {
    const fn number(&self) -> i64 {
        match self {
            Self::Days(days) => *days,
            Self::Time(time) => time.as_secs(),
        }
    }
}
