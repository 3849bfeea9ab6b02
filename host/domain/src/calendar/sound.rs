//! Whether rows make a calendar. An exchange has two halves, a transferred day stands for a holiday, and no day is made
//! the same thing twice.

use super::{Calendar, CalendarError, Kind, Row, Week, Weeks};

/// Longest text of a cell, in characters.
const TEXT_LIMIT: usize = 1000;

pub(super) fn check(calendar: &Calendar) -> Result<(), CalendarError> {
    for (date, rows) in &calendar.rows {
        for (place, row) in rows.iter().enumerate() {
            let wrong = |what| CalendarError::Row { date: *date, kind: row.kind, what };
            alone(row).map_err(wrong)?;
            let again = |other: &&Row| {
                other.kind == row.kind && other.weeks.overlap(row.weeks) && other.held(None) && row.held(None)
            };
            if rows.iter().skip(place + 1).any(|other| again(&other)) {
                return Err(wrong("two rows say the same of the same weeks; supersede one of them"));
            }
            if row.held(None) {
                with_others(calendar, row)?;
            }
        }
    }
    Ok(())
}

fn alone(row: &Row) -> Result<(), &'static str> {
    let texts = [Some(&row.name), row.act.as_ref(), row.source.as_ref(), row.superseded_by.as_ref()];
    if texts.into_iter().flatten().any(|text| text.chars().count() > TEXT_LIMIT) {
        return Err("a cell is longer than 1000 characters");
    }
    if row.name.trim().is_empty() {
        return Err("the name is empty");
    }
    if row.act.is_none() && row.source.is_none() {
        return Err("neither an act nor a source is given");
    }
    if row.superseded_on.is_some() != row.superseded_by.is_some() {
        return Err("superseded_on and superseded_by are given together");
    }
    if row.published.zip(row.superseded_on).is_some_and(|(published, superseded)| superseded < published) {
        return Err("it was superseded before it was published");
    }
    if !(1991..=2199).contains(&row.date.year()) {
        return Err("the year is not between 1991 and 2199");
    }
    match row.kind {
        Kind::Holiday | Kind::Religious if row.moved.is_some() => Err("a holiday names no other date"),
        Kind::Transferred | Kind::Moved | Kind::Working if row.moved.is_none() => Err("the other date is missing"),
        Kind::Transferred | Kind::Moved if meant(row.weeks).any(|week| week.is_weekend(row.date)) => {
            Err("it is a weekend already")
        }
        _ => Ok(()),
    }
}

fn with_others(calendar: &Calendar, row: &Row) -> Result<(), CalendarError> {
    let Some(other) = row.moved else { return Ok(()) };
    let needs = match row.kind {
        Kind::Transferred => Kind::Holiday,
        Kind::Moved => Kind::Working,
        _ => Kind::Moved,
    };
    let fits = |half: &&Row| {
        half.kind == needs
            && half.held(None)
            && (needs == Kind::Holiday || (half.weeks == row.weeks && half.moved == Some(row.date)))
    };
    if !calendar.rows_on(other).iter().any(|half| fits(&half)) {
        return Err(CalendarError::Half { date: row.date, kind: row.kind, other, needs });
    }
    let off = |week: Week| {
        week.is_weekend(row.date)
            || calendar
                .rows_on(row.date)
                .iter()
                .any(|other| other.kind != Kind::Working && other.held(None) && other.weeks.hold(week))
    };
    if row.kind == Kind::Working && !meant(row.weeks).all(off) {
        return Err(CalendarError::Row { date: row.date, kind: row.kind, what: "it is a working day already" });
    }
    Ok(())
}

fn meant(weeks: Weeks) -> impl Iterator<Item = Week> {
    Week::ALL.into_iter().filter(move |week| weeks.hold(*week))
}
