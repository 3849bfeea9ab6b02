use jiff_without_zones::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::time::Repeated;

fn almaty() -> Place {
    Place::at_offset(5 * 3600, Some("Asia/Almaty")).expect("an offset")
}

fn seconds(format: &str, literal: &str) -> Result<i64, TimeError> {
    let format = TimeFormat::named(format).expect("a format");
    format.read(literal, &almaty()).map(|moment| moment.instant.seconds)
}

/// 2026-03-02T10:20:30+05:00.
const KNOWN: i64 = 1_772_428_830;

#[test]
fn one_time_in_every_format_is_one_instant() {
    for (format, literal) in [
        ("rfc3339", "2026-03-02T10:20:30+05:00"),
        ("dd.MM.yyyy HH:mm:ss", "02.03.2026 10:20:30"),
        ("dd.MM.yyyy HH:mm:ss", " 2.3.2026  10:20:30 "),
        ("dd.MM.yy HH:mm:ss", "02.03.26 10:20:30"),
        ("yyyy-MM-dd'T'HH:mm:ss.fff", "2026-03-02T10:20:30.000"),
        ("yyyy-MM-dd HH:mm:ss+hh:mm", "2026-03-02 11:20:30+06:00"),
        ("%d.%m.%Y %H:%M:%S", "02.03.2026 10:20:30"),
        ("%Y%m%d%H%M%S", "20260302102030"),
        ("%d/%m/%Y %I:%M:%S %p", "02/03/2026 10:20:30 AM"),
        ("epoch-seconds", "1772428830"),
        ("epoch-milliseconds", "1772428830000"),
        ("excel", "46083.430902778"),
        ("excel", "46083,43090277"),
        ("excel-1904", "44621.430902778"),
    ] {
        assert_eq!(seconds(format, literal), Ok(KNOWN), "{format}: {literal}");
    }
}

#[test]
fn a_day_begins_at_its_first_instant_and_ends_at_its_last_second() {
    let midnight = KNOWN - (10 * 3600 + 20 * 60 + 30);
    for (format, literal) in [("dd.MM.yyyy", "02.03.2026"), ("excel", "46083"), ("%F", "2026-03-02")] {
        assert_eq!(seconds(format, literal), Ok(midnight), "{format}");
        let end = TimeFormat::named(format).expect("a format").read_day_end(literal, &almaty()).expect("a day");
        assert_eq!(end.instant.seconds, midnight + DAY - 1, "{format}");
    }
    let hour = TimeFormat::named("dd.MM.yyyy HH:mm").expect("a format");
    let end = hour.read_day_end("02.03.2026 00:00", &almaty()).expect("a time");
    assert_eq!(end.instant.seconds, midnight, "an hour that is stated stands");
}

#[test]
fn the_offset_that_the_text_has_goes_before_the_place() {
    let format = TimeFormat::named("%Y-%m-%d %H:%M:%S%z").expect("a format");
    let moment = format.read("2026-03-02 11:20:30+0600", &almaty()).expect("a time");
    assert_eq!(
        (moment.instant.seconds, moment.offset, moment.zone.as_deref()),
        (KNOWN, Some(21600), Some("Asia/Almaty"))
    );
    assert!(format.read("2026-03-02 11:20:30+0600", &Place::unknown()).is_ok());
    let local = TimeFormat::named("dd.MM.yyyy").expect("a format");
    assert_eq!(local.read("02.03.2026", &Place::unknown()), Err(TimeError::NoOffset));
}

#[test]
fn what_does_not_fit_is_refused_and_not_repeated() {
    for (format, literal) in [
        ("dd.MM.yyyy", ""),
        ("dd.MM.yyyy", "2026-03-02"),
        ("dd.MM.yyyy", "02.03.2026 10:00"),
        ("dd.MM.yyyy HH:mm", "02.03.2026"),
        ("epoch-seconds", "1e9"),
        ("epoch-seconds", "+17"),
        ("excel", "46083.43.1"),
        ("excel", "-1"),
        ("excel", "99999999"),
    ] {
        assert_eq!(
            seconds(format, literal),
            Err(TimeError::Format { format: format.to_owned() }),
            "{format}: {literal}"
        );
    }
    for (format, literal) in [
        ("dd.MM.yyyy", "30.02.2026"),
        ("dd.MM.yyyy", "02.03.26"),
        ("excel", "60"),
        ("epoch-seconds", "999999999999999"),
    ] {
        assert_eq!(seconds(format, literal), Err(TimeError::NoSuchTime), "{format}: {literal}");
    }
}

#[test]
fn a_format_that_cannot_tell_a_time_is_refused_when_it_is_named() {
    for (format, named) in [
        ("", "whole date"),
        ("HH:mm", "whole date"),
        ("dd.MM", "whole date"),
        ("dd.MM.yyyy HH", "part of the time"),
        ("dd.MM.yyyy mm", "part of the time"),
        ("DD.MM.YYYY", "letter 'D'"),
        ("dd.MM.yyyy 'г", "quote"),
        ("%d.%m.%Y %Ж", "%Ж is not read"),
        ("%c", "%c is not read"),
        ("%d.%m.%Y %", "is not read"),
    ] {
        let error = TimeFormat::named(format).expect_err(format);
        assert!(error.to_string().contains(named), "{error}");
    }
}

#[test]
fn the_known_time_is_what_the_library_would_write() {
    let known = date(2026, 12, 31).at(22, 58, 57, 123_000_000);
    let zoned = TimeZone::fixed(Offset::constant(5)).to_zoned(known).expect("a time");
    for (directive, written) in DIRECTIVES {
        let pattern = format!("%{directive}");
        assert_eq!(strtime::format(&pattern, &zoned).expect("written"), written, "{pattern}");
    }
}

#[cfg(feature = "zones")]
#[test]
fn an_hour_that_was_there_twice_is_read_by_the_rule() {
    let format = TimeFormat::named("dd.MM.yyyy HH:mm").expect("a format");
    let almaty = |rule| Place::named("Asia/Almaty").expect("a zone").repeated(rule);
    let read = |literal: &str, rule| format.read(literal, &almaty(rule)).map(|moment| moment.instant.seconds);
    // 29 February 2024, 23:30: first at +06:00, then at +05:00.
    let first = 1_709_227_800;
    assert_eq!(read("29.02.2024 23:30", Repeated::First), Ok(first));
    assert_eq!(read("29.02.2024 23:30", Repeated::Last), Ok(first + 3600));
    assert_eq!(read("29.02.2024 23:30", Repeated::Refused), Err(TimeError::Twice { zone: "Asia/Almaty".to_owned() }));
    for rule in [Repeated::First, Repeated::Last, Repeated::Refused] {
        assert_eq!(read("29.02.2024 22:59", rule), Ok(first - 31 * 60));
        assert_eq!(read("01.03.2024 00:00", rule), Ok(first + 3600 + 1800));
    }
    // 27 March 2005? Kazakhstan left summer time in 2004: on 28 March 2004, 02:00 became 03:00.
    assert_eq!(read("28.03.2004 02:30", Repeated::Refused), Err(TimeError::LeftOut { zone: "Asia/Almaty".to_owned() }));
    let (as_if_not, as_if_already) =
        (read("28.03.2004 02:30", Repeated::First), read("28.03.2004 02:30", Repeated::Last));
    assert_eq!(as_if_not, read("28.03.2004 03:30", Repeated::First));
    assert_eq!(as_if_already, read("28.03.2004 01:30", Repeated::First));
}

#[cfg(feature = "zones")]
#[test]
fn zones_are_known_by_their_names_only() {
    assert_eq!(
        Place::named("Asia/Qyzylorda").map(|place| place.zone().map(str::to_owned)),
        Ok(Some("Asia/Qyzylorda".to_owned()))
    );
    assert!(Place::named("Almaty").is_err());
    assert!(Place::named("+05:00").is_err());
}

proptest! {
    #[test]
    fn what_a_pattern_writes_it_reads(second in 0_i64..4_000_000_000, which in 0..4usize) {
        let pattern = ["%d.%m.%Y %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y%m%d%H%M%S", "%d/%m/%Y %I:%M:%S %p"][which];
        let zoned = Timestamp::from_second(second).expect("a time").to_zoned(TimeZone::fixed(Offset::constant(5)));
        let written = strtime::format(pattern, &zoned).expect("written");
        prop_assert_eq!(seconds(pattern, &written), Ok(second));
    }

    #[test]
    fn a_day_number_is_the_time_that_a_spreadsheet_shows(day in 61_u32..100_000, second in 0_u32..86_400, digits in 6..12usize) {
        let written = format!("{day}.{:.*}", 0, (f64::from(second) / 86_400.0 * 10_f64.powi(digits as i32)).round());
        let fraction = written.split('.').next_back().expect("a fraction");
        prop_assume!(fraction.len() <= digits);
        let written = format!("{day}.{fraction:0>digits$}");
        let start = date(1899, 12, 30).to_datetime(Time::midnight());
        let local = start + SignedDuration::from_secs(i64::from(day) * DAY + i64::from(second));
        let expected = Offset::constant(5).to_timestamp(local).expect("a time").as_second();
        prop_assert_eq!(seconds("excel", &written), Ok(expected));
    }

    #[test]
    fn nothing_panics(format in "(rfc3339|epoch-seconds|excel|dd|MM|yyyy|HH|mm|ss|\\.|%|[a-zA-Z]| |'){0,6}", literal in "\\PC{0,20}|[0-9.,:T+-]{0,20}") {
        if let Ok(format) = TimeFormat::named(&format) {
            let _ = format.read(&literal, &almaty());
            let _ = format.read_day_end(&literal, &Place::unknown());
        }
    }
}
