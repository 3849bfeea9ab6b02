//! How a source writes its times.

use jiff_without_zones::civil::{Date, DateTime, Time, date, time};
use jiff_without_zones::fmt::strtime::{self, BrokenDownTime};
use jiff_without_zones::tz::Offset;
use jiff_without_zones::{SignedDuration, Timestamp};

use super::{Place, TimeError, place};
use crate::Moment;

/// How a source writes its times.
///
/// | name | reads |
/// |---|---|
/// | `rfc3339` | `2026-03-02T10:00:00+05:00` |
/// | `dd.MM.yyyy HH:mm:ss` | `02.03.2026 10:00:00`: yyyy yy MM dd HH mm ss fff, and `+hh:mm` for an offset; other letters stand in `'quotes'` |
/// | `%d.%m.%Y %H:%M:%S` | the same in the notation of `strptime`: Y y m d e j B b A a H k I p M S f .f F T R, `%z` and `%:z` for an offset |
/// | `epoch-seconds`, `epoch-milliseconds` | seconds or milliseconds since 1970-01-01T00:00:00Z |
/// | `excel`, `excel-1904` | a spreadsheet's number of days, `46083.4166667`, with a point or a comma |
///
/// A format without hours reads a day: its first instant, or with [`TimeFormat::read_day_end`] its last second, which is
/// what the law means by a planned date.
///
/// ```
/// use qadam_sdk::time::{Place, TimeFormat};
///
/// let almaty = Place::at_offset(5 * 3600, Some("Asia/Almaty")).ok_or("no such offset")?;
/// let moment = TimeFormat::named("dd.MM.yyyy HH:mm")?.read("02.03.2026 10:00", &almaty)?;
/// assert_eq!(moment.instant.seconds, 1_772_427_600);
/// assert_eq!((moment.offset, moment.zone.as_deref()), (None, Some("Asia/Almaty")));
/// assert_eq!(moment.literal, "02.03.2026 10:00");
///
/// let planned = TimeFormat::named("dd.MM.yyyy")?.read_day_end("02.03.2026", &almaty)?;
/// assert_eq!(planned.instant.seconds, 1_772_427_600 + 14 * 3600 - 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeFormat {
    name: String,
    shape: Shape,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Shape {
    Rfc3339,
    EpochSeconds,
    EpochMilliseconds,
    /// Days since this day.
    Days {
        from: Date,
        leap_1900: bool,
    },
    /// In the notation of `strptime`.
    Pattern(String),
}

/// A format that cannot be read by.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{name}` is no format of times: {reason}; expected rfc3339, epoch-seconds, epoch-milliseconds, excel, excel-1904, or a pattern such as dd.MM.yyyy HH:mm"
)]
pub struct FormatError {
    /// What was given.
    pub name: String,
    /// What is wrong with it.
    pub reason: String,
}

/// What a text says before the place is known.
enum Read {
    Instant(Timestamp),
    Local { local: DateTime, whole_day: bool, offset: Option<Offset> },
}

impl TimeFormat {
    /// The format of this name or pattern.
    ///
    /// # Errors
    ///
    /// If it is none, or does not tell a whole date.
    pub fn named(name: &str) -> Result<Self, FormatError> {
        let shape = match name {
            "rfc3339" => Shape::Rfc3339,
            "epoch-seconds" => Shape::EpochSeconds,
            "epoch-milliseconds" => Shape::EpochMilliseconds,
            "excel" => Shape::Days { from: date(1899, 12, 30), leap_1900: true },
            "excel-1904" => Shape::Days { from: date(1904, 1, 1), leap_1900: false },
            _ => {
                let wrong = |reason: String| FormatError { name: name.to_owned(), reason };
                let pattern = if name.contains('%') { name.to_owned() } else { translated(name).map_err(wrong)? };
                tried(&pattern).map_err(wrong)?;
                Shape::Pattern(pattern)
            }
        };
        Ok(Self { name: name.to_owned(), shape })
    }

    /// Its name, as it was given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads a text; white space around it is borne. The literal is kept as it stands.
    ///
    /// # Errors
    ///
    /// [`TimeError`], which never repeats the text.
    pub fn read(&self, literal: &str, place: &Place) -> Result<Moment, TimeError> {
        self.moment(literal, place, time(0, 0, 0, 0))
    }

    /// Reads a text that may name a day only, which then ends at its last second.
    ///
    /// # Errors
    ///
    /// [`TimeError`], which never repeats the text.
    pub fn read_day_end(&self, literal: &str, place: &Place) -> Result<Moment, TimeError> {
        self.moment(literal, place, time(23, 59, 59, 0))
    }

    fn moment(&self, literal: &str, place: &Place, day: Time) -> Result<Moment, TimeError> {
        let text = literal.trim();
        let zone = place.zone().map(str::to_owned);
        if self.shape == Shape::Rfc3339 {
            let moment = Moment::from_rfc3339(text, place.zone())?;
            return Ok(Moment { literal: literal.to_owned(), ..moment });
        }
        let (instant, offset) = match self.understood(text)? {
            Read::Instant(timestamp) => (place::instant(timestamp)?, None),
            Read::Local { local, whole_day, offset } => {
                let local = if whole_day { local.date().to_datetime(day) } else { local };
                match offset {
                    None => (place.instant(local)?, None),
                    Some(offset) => {
                        let timestamp = offset.to_timestamp(local).map_err(|_| TimeError::NoSuchTime)?;
                        (place::instant(timestamp)?, Some(offset.seconds()))
                    }
                }
            }
        };
        Ok(Moment { instant, offset, zone, literal: literal.to_owned() })
    }

    fn understood(&self, text: &str) -> Result<Read, TimeError> {
        let other = || TimeError::Format { format: self.name.clone() };
        match &self.shape {
            Shape::Rfc3339 => Err(other()),
            Shape::EpochSeconds => {
                let seconds = whole(text).ok_or_else(other)?;
                Timestamp::from_second(seconds).map(Read::Instant).map_err(|_| TimeError::NoSuchTime)
            }
            Shape::EpochMilliseconds => {
                let milliseconds = whole(text).ok_or_else(other)?;
                Timestamp::from_millisecond(milliseconds).map(Read::Instant).map_err(|_| TimeError::NoSuchTime)
            }
            Shape::Days { from, leap_1900 } => {
                let seconds = day_number(text).ok_or_else(other)?;
                // Spreadsheets count a 29 February 1900, which was not; what stands before it means another day.
                if seconds < 0 || (*leap_1900 && seconds < 61 * DAY) {
                    return Err(TimeError::NoSuchTime);
                }
                let local = from.to_datetime(Time::midnight()).checked_add(SignedDuration::from_secs(seconds));
                let local = local.map_err(|_| TimeError::NoSuchTime)?;
                let whole_day = !text.contains(['.', ',']);
                plausible(local)?;
                Ok(Read::Local { local, whole_day, offset: None })
            }
            Shape::Pattern(pattern) => {
                let parts = strtime::parse(pattern, text).map_err(|_| other())?;
                let read = local(&parts).ok_or(TimeError::NoSuchTime)?;
                plausible(read)?;
                Ok(Read::Local { local: read, whole_day: parts.hour().is_none(), offset: parts.offset() })
            }
        }
    }
}

const DAY: i64 = 86_400;

/// A year of fewer than four digits is a format that does not fit, never the time of the Romans.
fn plausible(local: DateTime) -> Result<(), TimeError> {
    if local.year() < 1000 { Err(TimeError::NoSuchTime) } else { Ok(()) }
}

fn local(parts: &BrokenDownTime) -> Option<DateTime> {
    let time = if parts.hour().is_none() { Time::midnight() } else { parts.to_time().ok()? };
    Some(parts.to_date().ok()?.to_datetime(time))
}

/// An integer in digits, with a sign or without.
fn whole(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// The seconds of a number of days, to the nearest one.
fn day_number(text: &str) -> Option<i64> {
    let (days, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(days) || !digits(fraction) || days.len() > 7 {
        return None;
    }
    // Twelve digits of a day are less than a microsecond.
    let fraction: String = fraction.chars().take(12).collect();
    let unit = 10_i64.pow(u32::try_from(fraction.len()).ok()?);
    let part =
        (i128::from(fraction.parse::<i64>().ok()?) * i128::from(DAY) * 2 + i128::from(unit)) / i128::from(unit * 2);
    Some(days.parse::<i64>().ok()? * DAY + i64::try_from(part).ok()?)
}

/// `dd.MM.yyyy HH:mm` in the notation of `strptime`.
fn translated(name: &str) -> Result<String, String> {
    let mut pattern = String::new();
    let mut rest = name;
    'next: while let Some(first) = rest.chars().next() {
        for (letters, directive) in LETTERS {
            if let Some(after) = rest.strip_prefix(letters) {
                pattern.push_str(directive);
                rest = after;
                continue 'next;
            }
        }
        if let Some(quoted) = rest.strip_prefix('\'') {
            let (literal, after) = quoted.split_once('\'').ok_or("a quote is not closed")?;
            pattern.push_str(literal);
            rest = after;
            continue;
        }
        if first.is_alphanumeric() {
            return Err(format!("the letter {first:?} means nothing here"));
        }
        pattern.push(first);
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
    }
    Ok(pattern)
}

/// Letters of a pattern, the longer ones first.
const LETTERS: [(&str, &str); 10] = [
    ("yyyy", "%Y"),
    ("yy", "%y"),
    ("MM", "%m"),
    ("dd", "%d"),
    ("HH", "%H"),
    ("mm", "%M"),
    ("ss", "%S"),
    (".fff", "%.f"),
    ("+hh:mm", "%:z"),
    ("+hhmm", "%z"),
];

/// Writes and reads a known time by the pattern.
fn tried(pattern: &str) -> Result<(), String> {
    let known = date(2026, 12, 31).at(22, 58, 57, 123_000_000);
    let parts = strtime::parse(pattern, written(pattern)?).map_err(|_| "a directive of it cannot be read")?;
    let read = local(&parts).filter(|read| read.date() == known.date()).ok_or("it does not tell a whole date")?;
    let told = [read.hour() == 22, parts.minute().is_some(), parts.second().is_some()];
    match told {
        _ if parts.hour().is_none() && parts.minute().is_none() => Ok(()),
        [true, true, _] => Ok(()),
        _ => Err("it tells a part of the time of day only".to_owned()),
    }
}

/// The known time, 2026-12-31T22:58:57.123+05:00, in the notation of the pattern. Not written by the library: its writer
/// is larger than all else here, and a guest would carry it for this alone.
fn written(pattern: &str) -> Result<String, String> {
    let mut text = String::new();
    let mut rest = pattern;
    while let Some((before, directive)) = rest.split_once('%') {
        text.push_str(before);
        let (name, known) = DIRECTIVES.iter().find(|(name, _)| directive.starts_with(name)).ok_or_else(|| {
            let shown: String = directive.chars().take(3).collect();
            format!("the directive %{shown} is not read")
        })?;
        text.push_str(known);
        rest = directive.get(name.len()..).unwrap_or_default();
    }
    text.push_str(rest);
    Ok(text)
}

/// The directives that are read, and what the known time is in each.
const DIRECTIVES: [(&str, &str); 24] = [
    ("Y", "2026"),
    ("y", "26"),
    ("m", "12"),
    ("d", "31"),
    ("e", "31"),
    ("j", "365"),
    ("B", "December"),
    ("b", "Dec"),
    ("h", "Dec"),
    ("A", "Thursday"),
    ("a", "Thu"),
    ("H", "22"),
    ("k", "22"),
    ("I", "10"),
    ("p", "PM"),
    ("M", "58"),
    ("S", "57"),
    (".f", ".123"),
    ("f", "123"),
    ("F", "2026-12-31"),
    ("T", "22:58:57"),
    ("R", "22:58"),
    ("z", "+0500"),
    (":z", "+05:00"),
];

#[cfg(test)]
mod tests;
