//! Where a local time was written: what its clocks showed when.

use jiff_without_zones::civil::DateTime;
use jiff_without_zones::tz::{AmbiguousOffset, Offset, TimeZone};

use super::TimeError;
use crate::Instant;

/// The clocks of a place.
#[derive(Debug, Clone)]
pub struct Place {
    clocks: Option<TimeZone>,
    zone: Option<String>,
    repeated: Repeated,
}

/// What an hour means that the place's clocks showed twice, as those of Almaty did from 23:00 to 24:00 on 29 February 2024.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Repeated {
    /// The first time, before the clocks were put back, as RFC 5545 has it. An hour that was left out is read as if the
    /// clocks had not yet been put forward.
    #[default]
    First,
    /// The second time, after the clocks were put back. An hour that was left out is read as if they had been put forward
    /// already.
    Last,
    /// Neither: the time is refused, and so is an hour that was left out.
    Refused,
}

/// There is no such zone in the time-zone database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no IANA time zone; expected a name such as Asia/Almaty")]
pub struct UnknownZone(pub String);

impl Place {
    /// A place of which nothing is known: times must carry their offset.
    #[must_use]
    pub const fn unknown() -> Self {
        Self { clocks: None, zone: None, repeated: Repeated::First }
    }

    /// A place whose clocks never change, in seconds east of UTC, with its zone's name where the adapter knows it.
    #[must_use]
    pub fn at_offset(seconds: i32, zone: Option<&str>) -> Option<Self> {
        let clocks = TimeZone::fixed(Offset::from_seconds(seconds).ok()?);
        Some(Self { clocks: Some(clocks), zone: zone.map(str::to_owned), repeated: Repeated::First })
    }

    /// A place by its IANA zone, `Asia/Almaty`. Needs the feature `zones`.
    ///
    /// # Errors
    ///
    /// If there is no such zone.
    #[cfg(feature = "zones")]
    pub fn named(zone: &str) -> Result<Self, UnknownZone> {
        let clocks = TimeZone::get(zone).map_err(|_| UnknownZone(zone.to_owned()))?;
        let name = clocks.iana_name().unwrap_or(zone).to_owned();
        Ok(Self { clocks: Some(clocks), zone: Some(name), repeated: Repeated::First })
    }

    /// The same place with another rule for hours that were there twice.
    #[must_use]
    pub const fn repeated(mut self, rule: Repeated) -> Self {
        self.repeated = rule;
        self
    }

    /// Its zone.
    #[must_use]
    pub fn zone(&self) -> Option<&str> {
        self.zone.as_deref()
    }

    /// The instant at which its clocks showed this.
    pub(super) fn instant(&self, local: DateTime) -> Result<Instant, TimeError> {
        let Some(clocks) = &self.clocks else { return Err(TimeError::NoOffset) };
        let zone = || self.zone.clone().unwrap_or_default();
        let seen = clocks.to_ambiguous_timestamp(local);
        let timestamp = match (self.repeated, seen.offset()) {
            (Repeated::Refused, AmbiguousOffset::Gap { .. }) => return Err(TimeError::LeftOut { zone: zone() }),
            (Repeated::Refused, AmbiguousOffset::Fold { .. }) => return Err(TimeError::Twice { zone: zone() }),
            (Repeated::First | Repeated::Refused, _) => seen.compatible(),
            // The offset after the change, in a gap too.
            (Repeated::Last, AmbiguousOffset::Gap { .. }) => seen.earlier(),
            (Repeated::Last, _) => seen.later(),
        };
        let timestamp = timestamp.map_err(|_| TimeError::NoSuchTime)?;
        instant(timestamp)
    }
}

/// The contract's instant: nanoseconds are never negative, before 1970 either.
pub(super) fn instant(timestamp: jiff_without_zones::Timestamp) -> Result<Instant, TimeError> {
    let nanoseconds = timestamp.as_nanosecond();
    let (seconds, rest) = (nanoseconds.div_euclid(1_000_000_000), nanoseconds.rem_euclid(1_000_000_000));
    let seconds = i64::try_from(seconds).map_err(|_| TimeError::NoSuchTime)?;
    Ok(Instant { seconds, nanoseconds: u32::try_from(rest).map_err(|_| TimeError::NoSuchTime)? })
}
