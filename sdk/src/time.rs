//! Times as sources write them.
//!
//! All times of the law are local times (1277-10), so that a [`Moment`] keeps the offset and the literal that the source
//! wrote beside the instant. [`Moment::from_rfc3339`] reads RFC 3339, the profile of ISO 8601 that XML Schema, JSON and XES
//! use. A [`TimeFormat`] reads what else sources write: local times by a pattern, days, seconds since 1970, a spreadsheet's
//! day numbers; a [`Place`] says what they mean there. A time without an offset at an unknown place is refused rather than
//! guessed. Without the feature `zones` no time-zone database is carried, and a guest stays small.

mod format;
mod place;

pub use format::{FormatError, TimeFormat};
pub use place::{Place, Repeated, UnknownZone};

use jiff_without_zones::civil::{Date, Time};
use jiff_without_zones::tz::Offset;

use crate::{Instant, Moment};

impl Moment {
    /// Reads `2010-10-02T09:20:39.266+02:00`, and nothing looser; `zone` is the IANA name of the place, where the
    /// adapter knows it.
    ///
    /// The literal is kept as it stands. `Z` is the offset 0. Digits beyond the ninth of a second are kept in the literal
    /// only. A leap second (`:60`) is read as the second before it.
    ///
    /// # Errors
    ///
    /// [`TimeError`] where the text is no RFC 3339 date and time with an offset, or a day or hour that does not exist.
    pub fn from_rfc3339(literal: &str, zone: Option<&str>) -> Result<Self, TimeError> {
        let mut text = Scanner { bytes: literal.as_bytes(), position: 0 };
        let (year, month, day) = (text.number(4)?, text.after("-", 2)?, text.after("-", 2)?);
        let (hour, minute, second) = (text.after("T", 2)?, text.after(":", 2)?, text.after(":", 2)?);
        let nanoseconds = text.fraction()?;
        let offset = text.offset()?;
        text.end()?;

        let second = if second == 60 { 59 } else { second };
        let instant = instant([year, month, day, hour, minute, second], offset).ok_or(TimeError::NoSuchTime)?;
        let instant = Instant { nanoseconds, ..instant };
        Ok(Self { instant, offset: Some(offset), zone: zone.map(str::to_owned), literal: literal.to_owned() })
    }
}

/// Why a text is no time. It never repeats the text, which may be anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimeError {
    /// The text leaves RFC 3339 at this byte.
    #[error("not an RFC 3339 date and time with an offset: {expected} expected at byte {position} of the value")]
    Shape {
        /// Byte offset in the text, counted from 0.
        position: usize,
        /// What should stand there.
        expected: &'static str,
    },
    /// The shape is right, but there is no such day, hour or offset.
    #[error("no such date, time of day or offset exists")]
    NoSuchTime,
    /// The text is not written in the format that was asked for.
    #[error("not a time of the format `{format}`")]
    Format {
        /// The format's name.
        format: String,
    },
    /// The text has no offset, and the place is not known.
    #[error("a local time without an offset, and no zone is set to understand it by")]
    NoOffset,
    /// The place's clocks were put back: this hour was there twice.
    #[error("this hour was there twice when the clocks of {zone} were put back")]
    Twice {
        /// The zone.
        zone: String,
    },
    /// The place's clocks were put forward: this hour was left out.
    #[error("this hour was left out when the clocks of {zone} were put forward")]
    LeftOut {
        /// The zone.
        zone: String,
    },
}

/// The instant of a whole civil second at an offset; none where there is no such day, hour or offset.
fn instant([year, month, day, hour, minute, second]: [i16; 6], offset: i32) -> Option<Instant> {
    let narrow = |number: i16| i8::try_from(number).ok();
    let date = Date::new(year, narrow(month)?, narrow(day)?).ok()?;
    let time = Time::new(narrow(hour)?, narrow(minute)?, narrow(second)?, 0).ok()?;
    let timestamp = Offset::from_seconds(offset).ok()?.to_timestamp(date.to_datetime(time)).ok()?;
    Some(Instant { seconds: timestamp.as_second(), nanoseconds: 0 })
}

/// Reads a text from the left, and knows where it stopped.
struct Scanner<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl Scanner<'_> {
    /// Exactly `digits` decimal digits.
    fn number(&mut self, digits: usize) -> Result<i16, TimeError> {
        let mut value = 0;
        for _ in 0..digits {
            value = value * 10 + i16::from(self.digit()?);
        }
        Ok(value)
    }

    /// One of the given separators, then exactly `digits` decimal digits.
    fn after(&mut self, separators: &'static str, digits: usize) -> Result<i16, TimeError> {
        self.accept(separators).ok_or_else(|| self.wrong(separators))?;
        self.number(digits)
    }

    /// The nanoseconds of an optional fraction of a second.
    fn fraction(&mut self) -> Result<u32, TimeError> {
        if self.accept(".").is_none() {
            return Ok(0);
        }
        let mut unit = 100_000_000;
        let mut nanoseconds = u32::from(self.digit()?) * unit;
        while let Ok(digit) = self.digit() {
            unit /= 10;
            nanoseconds += u32::from(digit) * unit;
        }
        Ok(nanoseconds)
    }

    /// `Z`, `+05:00` or `-03:30`, in seconds east of UTC.
    fn offset(&mut self) -> Result<i32, TimeError> {
        let sign = match self.accept("Z+-") {
            Some(b'+') => 1,
            Some(b'-') => -1,
            Some(_) => return Ok(0),
            None => return Err(self.wrong("the offset (Z, +05:00)")),
        };
        let (hours, minutes) = (self.number(2)?, self.after(":", 2)?);
        if hours > 23 || minutes > 59 {
            return Err(TimeError::NoSuchTime);
        }
        Ok(sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60))
    }

    fn end(&self) -> Result<(), TimeError> {
        if self.position == self.bytes.len() { Ok(()) } else { Err(self.wrong("the end")) }
    }

    fn digit(&mut self) -> Result<u8, TimeError> {
        let byte =
            self.bytes.get(self.position).filter(|byte| byte.is_ascii_digit()).ok_or_else(|| self.wrong("a digit"))?;
        self.position += 1;
        Ok(byte - b'0')
    }

    /// Takes one of the wanted characters, in either case, and gives it in the case that was wanted.
    fn accept(&mut self, wanted: &str) -> Option<u8> {
        let byte = self.bytes.get(self.position)?.to_ascii_uppercase();
        wanted.as_bytes().contains(&byte).then(|| self.position += 1)?;
        Some(byte)
    }

    fn wrong(&self, expected: &'static str) -> TimeError {
        TimeError::Shape { position: self.position, expected }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(literal: &str) -> Result<(i64, u32, Option<i32>), TimeError> {
        let moment = Moment::from_rfc3339(literal, None)?;
        Ok((moment.instant.seconds, moment.instant.nanoseconds, moment.offset))
    }

    #[test]
    fn instant_offset_zone_and_literal_are_kept() {
        let moment = Moment::from_rfc3339("2010-10-02T09:20:39.266+02:00", Some("Europe/Amsterdam"));
        let expected = Moment {
            instant: Instant { seconds: 1_286_004_039, nanoseconds: 266_000_000 },
            offset: Some(7200),
            zone: Some("Europe/Amsterdam".to_owned()),
            literal: "2010-10-02T09:20:39.266+02:00".to_owned(),
        };
        assert_eq!(moment, Ok(expected));
    }

    #[test]
    fn every_form_of_the_rfc_is_read() {
        assert_eq!(seconds("1970-01-01T00:00:00Z"), Ok((0, 0, Some(0))));
        assert_eq!(seconds("1970-01-01t00:00:00z"), Ok((0, 0, Some(0))));
        assert_eq!(seconds("1970-01-01T05:00:00+05:00"), Ok((0, 0, Some(18_000))));
        assert_eq!(seconds("1969-12-31T20:30:00-03:30"), Ok((0, 0, Some(-12_600))));
        assert_eq!(seconds("1969-12-31T23:59:59.5Z"), Ok((-1, 500_000_000, Some(0))));
        assert_eq!(seconds("2000-02-29T00:00:00.0000000019Z"), Ok((951_782_400, 1, Some(0))));
        assert_eq!(seconds("2016-12-31T23:59:60Z"), seconds("2016-12-31T23:59:59Z"));
    }

    #[test]
    fn days_hours_and_offsets_that_do_not_exist_are_refused() {
        for literal in [
            "2011-02-29T00:00:00Z",
            "2011-13-01T00:00:00Z",
            "2011-00-01T00:00:00Z",
            "2011-01-01T24:00:00Z",
            "2011-01-01T00:60:00Z",
            "2011-01-01T00:00:61Z",
            "2011-01-01T00:00:00+24:00",
            "2011-01-01T00:00:00+00:60",
        ] {
            assert_eq!(seconds(literal), Err(TimeError::NoSuchTime), "{literal}");
        }
    }

    #[test]
    fn another_shape_is_refused_at_its_place() {
        for (literal, at) in [
            ("", 0),
            ("2010", 4),
            ("2010-1-02T09:20:39Z", 6),
            ("2010-10-02 09:20:39Z", 10),
            ("2010-10-02T09:20:39", 19),
            ("2010-10-02T09:20:39.Z", 20),
            ("2010-10-02T09:20:39+0200", 22),
            ("2010-10-02T09:20:39Z ", 20),
            ("2010-10-0\u{662}T09:20:39Z", 9),
        ] {
            match seconds(literal) {
                Err(TimeError::Shape { position, .. }) => assert_eq!(position, at, "{literal}"),
                other => panic!("{literal} gave {other:?}"),
            }
        }
    }

    #[test]
    fn the_error_says_what_was_expected_where_and_not_the_text() {
        let error = seconds("2010-10-02T09:20:39").map_err(|error| error.to_string());
        let sentence =
            "not an RFC 3339 date and time with an offset: the offset (Z, +05:00) expected at byte 19 of the value";
        assert_eq!(error, Err(sentence.to_owned()));
    }
}
