//! As what a request is counted, and its row in few bytes.

use jiff::{Timestamp, civil::Date};
use qadam_domain::{
    ProviderId,
    breach::Blame,
    passport::Level,
    report::{Assessed, Breach, By, Key as Place, Month},
    time::instant,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{error::StoreError, index::row::encode};

/// As what a request is counted, whatever the time is: an open one by when its term ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Whose.
    pub provider: ProviderId,
    /// What the report counts. An open request has no breach here; none while nothing says when it was taken.
    pub assessed: Option<Assessed>,
    /// The term of an open request.
    pub open: Option<OpenTerm>,
    /// End of the computed term, open or not.
    pub due: Option<Timestamp>,
    /// When it has to be settled again, though nothing is heard of it.
    pub again: Option<Timestamp>,
    /// What the provider reports of it is late.
    pub reported_late: bool,
    /// As of when it was judged.
    pub judged_at: Timestamp,
}

impl Counted {
    /// Whether it is counted as another one is, whenever the two were judged.
    #[must_use]
    pub fn is_as(&self, other: &Self) -> bool {
        *self == Self { judged_at: self.judged_at, ..other.clone() }
    }
}

/// The term of an open request: a breach once it has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenTerm {
    /// Its last instant.
    pub due: Timestamp,
    /// The month in which it is missed, if it is.
    pub missed: Month,
    /// Whose breach it is then.
    pub blame: Blame,
    /// Whether that is contested.
    pub contested: bool,
}

/// What is counted of a provider over all time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Requests.
    pub requests: i64,
    /// Closed ones that are late by what the provider reports.
    pub reported: i64,
    /// Finished ones that are late by the computed date.
    pub computed: i64,
    /// Open ones that have a computed date.
    pub open: i64,
}

impl Totals {
    pub(crate) fn of(counted: &Counted) -> Self {
        let late = |assessed: &Assessed| assessed.breach.is_some_and(|breach| breach.by == By::Computed);
        Self {
            requests: 1,
            reported: i64::from(counted.reported_late),
            computed: i64::from(counted.assessed.as_ref().is_some_and(late)),
            open: i64::from(counted.open.is_some()),
        }
    }

    /// Adds others, so many times.
    pub fn add(&mut self, other: &Self, times: i64) {
        self.requests += other.requests * times;
        self.reported += other.reported * times;
        self.computed += other.computed * times;
        self.open += other.open * times;
    }
}

/// A place without optional parts, which this encoding cannot leave out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PlaceRow {
    level: Option<Level>,
    provider: String,
    service: String,
}

impl PlaceRow {
    pub(crate) fn of(place: &Place) -> Self {
        Self { level: place.level, provider: place.provider.clone(), service: place.service.clone() }
    }

    pub(crate) fn place(self) -> Place {
        Place { level: self.level, provider: self.provider, service: self.service }
    }
}

/// A place as a part of a key.
pub(crate) fn place(place: &Place) -> Result<Vec<u8>, StoreError> {
    encode(&PlaceRow::of(place))
}

#[derive(Serialize, Deserialize)]
struct Short {
    provider: ProviderId,
    assessed: Option<ShortAssessed>,
    open: Option<ShortOpen>,
    #[serde(with = "instant::optional")]
    due: Option<Timestamp>,
    #[serde(with = "instant::optional")]
    again: Option<Timestamp>,
    reported_late: bool,
    #[serde(with = "instant")]
    judged_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct ShortAssessed {
    place: PlaceRow,
    has_passport: bool,
    taken: Date,
    finished: Option<Date>,
    breach: Option<Breach>,
}

#[derive(Serialize, Deserialize)]
struct ShortOpen {
    #[serde(with = "instant")]
    due: Timestamp,
    missed: Month,
    blame: Blame,
    contested: bool,
}

impl Serialize for Counted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let assessed = self.assessed.as_ref().map(|assessed| ShortAssessed {
            place: PlaceRow::of(&assessed.key),
            has_passport: assessed.has_passport,
            taken: assessed.taken,
            finished: assessed.finished,
            breach: assessed.breach,
        });
        let open =
            self.open.map(|OpenTerm { due, missed, blame, contested }| ShortOpen { due, missed, blame, contested });
        let (provider, due, again) = (self.provider.clone(), self.due, self.again);
        let (reported_late, judged_at) = (self.reported_late, self.judged_at);
        Short { provider, assessed, open, due, again, reported_late, judged_at }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Short { provider, assessed, open, due, again, reported_late, judged_at } =
            Short::deserialize(deserializer)?;
        let assessed = assessed.map(|short| Assessed {
            key: short.place.place(),
            has_passport: short.has_passport,
            taken: short.taken,
            finished: short.finished,
            breach: short.breach,
        });
        let open = open.map(|ShortOpen { due, missed, blame, contested }| OpenTerm { due, missed, blame, contested });
        Ok(Self { provider, assessed, open, due, again, reported_late, judged_at })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::index::row::decode;

    #[test]
    fn a_row_comes_back_whatever_is_absent() {
        let key = Place { level: None, provider: "permits".into(), service: String::new() };
        let breach = Breach {
            missed: date(2026, 2, 1),
            minutes: 61,
            by: By::Reported,
            blame: Blame::Technical,
            contested: true,
        };
        let bare = Counted {
            provider: "permits".parse().unwrap(),
            assessed: None,
            open: None,
            due: None,
            again: None,
            reported_late: false,
            judged_at: Timestamp::UNIX_EPOCH,
        };
        let assessed =
            Assessed { key, has_passport: false, taken: date(2026, 1, 9), finished: None, breach: Some(breach) };
        let due: Timestamp = "2026-01-16T18:59:59.999999999Z".parse().unwrap();
        let term = OpenTerm { due, missed: Month::of(date(2026, 1, 17)), blame: Blame::Provider, contested: false };
        let full =
            Counted { assessed: Some(assessed), open: Some(term), due: Some(due), again: Some(due), ..bare.clone() };
        for counted in [bare, full] {
            assert_eq!(decode::<Counted>(&encode(&counted).unwrap()).unwrap(), counted);
        }
    }
}
