//! Local times. 1277-10: all times of the exchange are local times, so a time keeps its instant, the zone of its place,
//! the offset that the source wrote, and the literal as received.

mod written;

use std::fmt;

use jiff::{Timestamp, Zoned, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// A time as a source stated it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The instant.
    pub instant: Timestamp,
    /// Seconds east of UTC that the source wrote; none where it wrote none.
    pub offset: Option<i32>,
    /// Zone of the place.
    pub zone: Option<Zone>,
    /// Exactly what the source wrote.
    pub literal: String,
}

impl Moment {
    /// The local time at the place, with its offset and zone, for people: `2026-08-28T10:00:00+05:00[Asia/Almaty]`; in UTC
    /// where the zone is not known.
    #[must_use]
    pub fn local(&self) -> String {
        match self.zone.as_ref().map(Zone::rules) {
            Some(rules) => self.instant.to_zoned(rules).to_string(),
            None => self.instant.to_string(),
        }
    }

    /// Whether the source wrote an offset that its zone has used, but no longer used at that instant (`stale-zone`): the
    /// sign of a system with old time zone data, as `+06:00` in Almaty after 1 March 2024. UTC is never stale.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        let (Some(offset), Some(zone)) = (self.offset, &self.zone) else { return false };
        if offset == 0 {
            return false;
        }
        let rules = zone.rules();
        rules.to_offset(self.instant).seconds() != offset
            && rules.preceding(self.instant).any(|earlier| earlier.offset().seconds() == offset)
    }
}

/// A zone by its IANA name, known to the bundled data.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(String);

/// A name that is no zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no IANA time zone of the bundled data; expected a name like Asia/Almaty")]
pub struct UnknownZone(pub String);

impl Zone {
    /// The zone of that name.
    ///
    /// # Errors
    /// If the bundled data have no such zone.
    pub fn named(name: &str) -> Result<Self, UnknownZone> {
        match jiff::tz::db().get(name) {
            Ok(_) => Ok(Self(name.to_owned())),
            Err(_) => Err(UnknownZone(name.chars().take(80).collect())),
        }
    }

    /// Its IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }

    /// An instant as the clocks of the place show it.
    #[must_use]
    pub fn local(&self, at: Timestamp) -> Zoned {
        at.to_zoned(self.rules())
    }

    pub(crate) fn rules(&self) -> TimeZone {
        // The constructor has seen this name in the same data, so UTC is never taken.
        jiff::tz::db().get(&self.0).unwrap_or(TimeZone::UTC)
    }
}

impl Default for Zone {
    /// That of the capital and most of the country, Asia/Almaty. The bundled data have it.
    fn default() -> Self {
        Self("Asia/Almaty".to_owned())
    }
}

impl TryFrom<String> for Zone {
    type Error = UnknownZone;

    fn try_from(name: String) -> Result<Self, UnknownZone> {
        Self::named(&name)
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.0
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An instant in the journal: seconds since 1970 and nanoseconds, as a pair; short, and wide enough for the year 9999
/// that systems write for "never".
pub mod instant {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes the pair.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        (at.as_second(), at.subsec_nanosecond()).serialize(serializer)
    }

    /// Reads the pair.
    ///
    /// # Errors
    /// If it is no instant.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        let (seconds, nanoseconds) = <(i64, i32)>::deserialize(deserializer)?;
        Timestamp::new(seconds, nanoseconds).map_err(serde::de::Error::custom)
    }

    /// The same for an instant that may be absent.
    pub mod optional {
        use super::*;

        /// Writes the pair, or nothing.
        ///
        /// # Errors
        /// Those of the serializer.
        pub fn serialize<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
            at.map(|at| (at.as_second(), at.subsec_nanosecond())).serialize(serializer)
        }

        /// Reads the pair, or nothing.
        ///
        /// # Errors
        /// If it is no instant.
        pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
            Option::<(i64, i32)>::deserialize(deserializer)?
                .map(|(seconds, nanoseconds)| Timestamp::new(seconds, nanoseconds).map_err(serde::de::Error::custom))
                .transpose()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_zone_is_one_of_the_bundled_data() {
        assert_eq!(Zone::named(Zone::default().name()), Ok(Zone::default()));
    }

    fn moment(literal: &str, zone: &str) -> Moment {
        let instant: Timestamp = literal.parse().unwrap();
        let offset = literal.get(literal.len() - 6..literal.len() - 3).unwrap().parse::<i32>().unwrap() * 3600;
        Moment { instant, offset: Some(offset), zone: Some(Zone::named(zone).unwrap()), literal: literal.to_owned() }
    }

    #[test]
    fn plus_six_in_almaty_is_stale_from_march_2024_on() {
        assert!(!moment("2024-02-29T23:59:59+06:00", "Asia/Almaty").is_stale());
        assert!(moment("2024-03-01T09:00:00+06:00", "Asia/Almaty").is_stale());
        assert!(!moment("2024-03-01T09:00:00+05:00", "Asia/Almaty").is_stale());
        assert!(!moment("2024-03-01T09:00:00+00:00", "Asia/Almaty").is_stale(), "UTC is a choice, not a mistake");
    }

    #[test]
    fn the_last_february_hour_of_2024_is_told_apart_by_its_offset() {
        let first = moment("2024-02-29T23:30:00+06:00", "Asia/Almaty");
        let second = moment("2024-02-29T23:30:00+05:00", "Asia/Almaty");
        assert_eq!(second.instant.duration_since(first.instant).as_secs(), 3600);
        assert_eq!(second.local(), "2024-02-29T23:30:00+05:00[Asia/Almaty]");
    }

    #[test]
    fn zones_are_known_by_their_iana_name_only() {
        assert!(Zone::named("Asia/Qostanay").is_ok());
        assert!(Zone::named("Asia/Nowhere").is_err());
        assert!(Zone::named("../etc/passwd").is_err());
    }

    #[test]
    fn the_year_9999_is_kept() {
        let never = moment("9999-12-30T00:00:00+05:00", "Asia/Almaty");
        let text = serde_json::to_string(&never).unwrap();
        assert_eq!(serde_json::from_str::<Moment>(&text).unwrap(), never);
    }
}
