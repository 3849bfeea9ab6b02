//! A moment in the journal. Most sources write RFC 3339, and then what they wrote says the instant and the offset: they are
//! not written again.

use jiff::{Timestamp, civil, tz::Offset};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{Moment, Zone, instant};

#[derive(Serialize)]
struct Parts<'a> {
    text: &'a str,
    #[serde(with = "instant::optional", skip_serializing_if = "Option::is_none")]
    at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<&'a str>,
}

#[derive(Deserialize)]
struct Read {
    text: String,
    #[serde(default, with = "instant::optional")]
    at: Option<Timestamp>,
    #[serde(default)]
    offset: Option<i32>,
    #[serde(default)]
    zone: Option<Zone>,
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let said = rfc3339(&self.literal).is_some_and(|(at, offset)| (at, Some(offset)) == (self.instant, self.offset));
        let parts = Parts {
            text: &self.literal,
            at: (!said).then_some(self.instant),
            offset: self.offset.filter(|_| !said),
            zone: self.zone.as_ref().map(Zone::name),
        };
        parts.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Read { text: literal, at, offset, zone } = Read::deserialize(deserializer)?;
        let (instant, offset) = match at {
            Some(at) => (at, offset),
            None => {
                let (at, offset) = rfc3339(&literal).ok_or_else(|| D::Error::custom("a moment without an instant"))?;
                (at, Some(offset))
            }
        };
        Ok(Self { instant, offset, zone, literal })
    }
}

/// The instant and the offset of a text that is `date-time` of RFC 3339 §5.6 to the letter: capital `T` and `Z`, at most
/// nine digits of a second, no leap second. What the journal says must not change with a library.
fn rfc3339(text: &str) -> Option<(Timestamp, i32)> {
    let bytes = text.as_bytes();
    let number = |from: usize, digits: usize| {
        let digits = bytes.get(from..from + digits)?;
        let all = digits.iter().all(u8::is_ascii_digit);
        all.then(|| digits.iter().fold(0i32, |number, digit| number * 10 + i32::from(digit - b'0')))
    };
    let small = |from| number(from, 2).and_then(|number| i8::try_from(number).ok());
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if marks.iter().any(|(at, mark)| bytes.get(*at) != Some(mark)) {
        return None;
    }
    let digits = match bytes.get(19) {
        Some(b'.') => bytes.get(20..)?.iter().take_while(|byte| byte.is_ascii_digit()).count(),
        _ => 0,
    };
    if digits > 9 || (digits == 0 && bytes.get(19) == Some(&b'.')) {
        return None;
    }
    let nanoseconds = if digits == 0 { 0 } else { number(20, digits)? * 10i32.pow(9 - u32::try_from(digits).ok()?) };
    let zone = if digits == 0 { 19 } else { 20 + digits };
    let offset = match bytes.get(zone..)? {
        [b'Z'] => 0,
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let (hours, minutes) = (number(zone + 1, 2)?, number(zone + 4, 2)?);
            let seconds = (hours < 24 && minutes < 60).then_some(hours * 3600 + minutes * 60)?;
            if *sign == b'-' { -seconds } else { seconds }
        }
        _ => return None,
    };
    let year = i16::try_from(number(0, 4)?).ok()?;
    let local =
        civil::DateTime::new(year, small(5)?, small(8)?, small(11)?, small(14)?, small(17)?, nanoseconds).ok()?;
    let instant = Offset::from_seconds(offset).ok()?.to_timestamp(local).ok()?;
    Some((instant, offset))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(moment: &Moment) -> serde_json::Value {
        let text = serde_json::to_string(moment).unwrap();
        assert_eq!(&serde_json::from_str::<Moment>(&text).unwrap(), moment, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    fn moment(instant: &str, offset: Option<i32>, literal: &str) -> Moment {
        Moment { instant: instant.parse().unwrap(), offset, zone: None, literal: literal.to_owned() }
    }

    #[test]
    fn what_rfc_3339_says_is_not_written_twice() {
        for (literal, offset) in [
            ("2011-03-01T10:00:00.000+01:00", 3600),
            ("2024-03-01T09:00:00Z", 0),
            ("2024-03-01T09:00:00-00:30", -1800),
            ("9999-12-30T23:59:59.123456789+05:00", 18_000),
        ] {
            let value = written(&moment(literal, Some(offset), literal));
            assert_eq!(value.as_object().unwrap().len(), 1, "{value}");
        }
    }

    #[test]
    fn what_it_does_not_say_is_written() {
        let at = "2024-03-01T09:00:00Z";
        for (offset, literal) in [
            (None, "01.03.2024 09:00"),
            (None, "2024-03-01T09:00:00Z"),
            (Some(0), "2024-03-01t09:00:00z"),
            (Some(18_000), "2024-03-01T09:00:00+05:00"),
            (Some(0), "2024-03-01T09:00:00.Z"),
            (Some(0), "2024-03-01T09:00:60Z"),
            (Some(0), "2024-02-30T09:00:00Z"),
            (Some(0), ""),
        ] {
            let value = written(&moment(at, offset, literal));
            assert!(value.get("at").is_some(), "{value}");
        }
    }

    proptest! {
        #[test]
        fn every_moment_comes_back(
            seconds in -62_135_596_800i64..253_402_207_200,
            nanoseconds in 0i32..1_000_000_000,
            offset in proptest::option::of(-86_399i32..86_400),
            literal in "\\PC{0,30}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{0,11})?(Z|[+-][0-9]{2}:[0-9]{2})?",
        ) {
            let instant = Timestamp::new(seconds, nanoseconds).unwrap();
            written(&Moment { instant, offset, zone: None, literal: literal.clone() });
            if let Some((at, offset)) = rfc3339(&literal) {
                prop_assert_eq!(literal.parse::<Timestamp>().unwrap(), at);
                let moment = Moment { instant: at, offset: Some(offset), zone: None, literal };
                prop_assert_eq!(written(&moment).as_object().unwrap().len(), 1);
            }
        }
    }
}
