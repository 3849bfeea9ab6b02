//! `xs:dateTime` (XML Schema Part 2 §3.2.7).

use std::fmt;

use jiff::{
    Timestamp, Zoned,
    civil::DateTime,
    tz::{Offset, TimeZone},
};

/// A time as documents carry it: local, with its offset from UTC where the sender tells it. We always tell it (1277-10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    local: DateTime,
    offset: Option<Offset>,
}

impl Moment {
    /// An instant as clocks of a zone show it, to the millisecond.
    #[must_use]
    pub fn of(instant: Timestamp, zone: &TimeZone) -> Self {
        let millis = Timestamp::from_millisecond(instant.as_millisecond()).unwrap_or(instant);
        let zoned: Zoned = millis.to_zoned(zone.clone());
        // An offset of `xs:dateTime` has minutes, not seconds, and at most 14 hours.
        let seconds = zoned.offset().seconds();
        let whole = seconds.abs() <= 14 * 3600 && seconds % 60 == 0;
        if whole { Self { local: zoned.datetime(), offset: Some(zoned.offset()) } } else { Self::utc(millis) }
    }

    fn utc(instant: Timestamp) -> Self {
        Self { local: Offset::UTC.to_datetime(instant), offset: Some(Offset::UTC) }
    }

    /// The instant; none where the sender does not tell the offset.
    #[must_use]
    pub fn instant(&self) -> Option<Timestamp> {
        self.offset?.to_timestamp(self.local).ok()
    }

    /// Reads `2019-12-25T12:48:21.024+06:00`; digits beyond nanoseconds are cut off.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (date, rest) = text.split_once('T')?;
        let offset_at = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
        let (time, offset) = rest.split_at_checked(offset_at)?;
        let (clock, fraction) = time.split_once('.').map_or((time, None), |(clock, fraction)| (clock, Some(fraction)));
        let shaped = clock.len() == 8 && date.len() == 10;
        let fraction = match fraction {
            Some(digits) if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) => return None,
            Some(digits) => digits.get(..9).unwrap_or(digits),
            None => "0",
        };
        let local = shaped.then(|| format!("{date}T{clock}.{fraction}").parse().ok()).flatten()?;
        let offset = match offset {
            "" => None,
            "Z" => Some(Offset::UTC),
            signed => Some(numbered(signed)?),
        };
        let moment = Self { local, offset };
        // At the ends of what can be told, an offset can lead beyond.
        (offset.is_none() || moment.instant().is_some()).then_some(moment)
    }
}

/// `+06:00`.
fn numbered(text: &str) -> Option<Offset> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let two = |digits: &str| -> Option<i32> {
        (digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok()).flatten()
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    let seconds = hours * 3600 + minutes * 60;
    if minutes > 59 || seconds > 14 * 3600 {
        return None;
    }
    Offset::from_seconds(sign * seconds).ok()
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.local)?;
        match self.offset.map(Offset::seconds) {
            None => Ok(()),
            Some(0) => f.write_str("Z"),
            Some(seconds) => {
                let sign = if seconds < 0 { '-' } else { '+' };
                write!(f, "{sign}{:02}:{:02}", seconds.abs() / 3600, seconds.abs() / 60 % 60)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_senders_were_seen_to_write_is_read_to_the_instant() {
        for (text, instant) in [
            ("2019-12-25T12:48:21.024Z", Some("2019-12-25T12:48:21.024Z")),
            ("2024-02-29T23:30:00+06:00", Some("2024-02-29T17:30:00Z")),
            ("2025-03-17T09:16:00.123456789123+05:00", Some("2025-03-17T04:16:00.123456789Z")),
            ("2025-03-17T09:16:00-05:30", Some("2025-03-17T14:46:00Z")),
            ("2025-03-17T09:16:00", None),
        ] {
            let read = Moment::read(text).unwrap();
            assert_eq!(read.instant(), instant.map(|instant| instant.parse().unwrap()), "{text}");
        }
        for wrong in [
            "",
            "2025-03-17",
            "2025-02-30T00:00:00Z",
            "2025-03-17T09:16:00+15:00",
            "2025-03-17T09:16Z",
            "T",
            "2025-03-17T09:16:00.Z",
        ] {
            assert_eq!(Moment::read(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_it_was(millis in -62_000_000_000_000_i64..253_000_000_000_000, minutes in -840_i32..=840) {
            let zone = TimeZone::fixed(Offset::from_seconds(minutes * 60).unwrap());
            let instant = Timestamp::from_millisecond(millis).unwrap();
            let moment = Moment::of(instant, &zone);
            prop_assert_eq!(moment.instant(), Some(instant));
            prop_assert_eq!(Moment::read(&moment.to_string()), Some(moment));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[-+0-9TZ:.a-я]{0,40}") {
            let _ = Moment::read(&text);
        }
    }
}
