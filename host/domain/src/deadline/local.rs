//! Days of a place as instants. A term in days ends with the local day (a deadline of production reads 18:59:59.154
//! UTC). A day's last instant is the one before the next day begins, so that an hour that came twice, as that from 23
//! to 24 on 29 February 2024 in Almaty, is over only after its second run.

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, Time},
};

use super::Beyond;
use crate::time::Zone;

/// The local date of an instant.
#[must_use]
pub fn local_date(at: Timestamp, zone: &Zone) -> Date {
    at.to_zoned(zone.rules()).date()
}

/// The last instant of a local day; none where the calendar ends.
#[must_use]
pub fn end_of_day(day: Date, zone: &Zone) -> Option<Timestamp> {
    let next = day.tomorrow().ok()?.to_zoned(zone.rules()).ok()?;
    next.timestamp().checked_sub(1.nanosecond()).ok()
}

/// The instant of a local time. One that was skipped is as much after the gap as it would have been after its start; of
/// one that came twice it is the first, which `later` turns into the second.
pub(super) fn instant(day: Date, time: Time, zone: &Zone, later: bool) -> Result<Timestamp, Beyond> {
    let ambiguous = zone.rules().into_ambiguous_zoned(day.to_datetime(time));
    let is_fold = matches!(ambiguous.offset(), jiff::tz::AmbiguousOffset::Fold { .. });
    let zoned = if later && is_fold { ambiguous.later()? } else { ambiguous.compatible()? };
    Ok(zoned.timestamp())
}
