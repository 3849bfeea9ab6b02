//! What is counted of a provider: its records, requests, events, stages and anomalies.

use std::collections::BTreeMap;

use qadam_domain::{Anomaly, Stage};
use serde::{Deserialize, Serialize};

use super::row::RecordState;

/// Counts in a fixed order, as a row and as a change of one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally([i64; 32]);

/// Something that is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Count {
    Received,
    Duplicate,
    Records(RecordState),
    Open,
    Closed,
    Incomplete,
    Events,
    Stage(Stage),
    /// Events with the anomaly.
    Anomalies(Anomaly),
    /// Requests with the anomaly.
    Anomalous(Anomaly),
}

impl Count {
    fn all() -> impl Iterator<Item = Self> {
        let states = [RecordState::Pending, RecordState::Mapped, RecordState::Refused, RecordState::Quarantined];
        [Self::Received, Self::Duplicate]
            .into_iter()
            .chain(states.map(Self::Records))
            .chain([Self::Open, Self::Closed, Self::Incomplete, Self::Events])
            .chain(Stage::ALL.map(Self::Stage))
            .chain(Anomaly::ALL.map(Self::Anomalies))
            .chain(Anomaly::ALL.map(Self::Anomalous))
    }

    const fn place(self) -> usize {
        match self {
            Self::Received => 0,
            Self::Duplicate => 1,
            Self::Records(state) => 2 + state.code() as usize,
            Self::Open => 6,
            Self::Closed => 7,
            Self::Incomplete => 8,
            Self::Events => 9,
            Self::Stage(stage) => 9 + stage.number() as usize,
            Self::Anomalies(anomaly) => 16 + anomaly as usize,
            Self::Anomalous(anomaly) => 24 + anomaly as usize,
        }
    }

    fn name(self) -> String {
        match self {
            Self::Received => "records.received".to_owned(),
            Self::Duplicate => "records.duplicate".to_owned(),
            Self::Records(state) => format!("records.{}", state.name()),
            Self::Open => "requests.open".to_owned(),
            Self::Closed => "requests.closed".to_owned(),
            Self::Incomplete => "requests.incomplete".to_owned(),
            Self::Events => "events".to_owned(),
            Self::Stage(stage) => format!("stages.{}", stage.name()),
            Self::Anomalies(anomaly) => format!("anomalies.{}", anomaly.name()),
            Self::Anomalous(anomaly) => format!("anomalous.{}", anomaly.name()),
        }
    }
}

impl Tally {
    pub(crate) fn add(&mut self, what: Count, change: i64) {
        if let Some(count) = self.0.get_mut(what.place()) {
            *count += change;
        }
    }

    /// Adds another one, so many times.
    pub(crate) fn add_all(&mut self, other: &Self, times: i64) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count += more * times;
        }
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.0 == [0; 32]
    }

    /// By name, those that are not zero.
    pub(crate) fn named(&self) -> BTreeMap<String, i64> {
        let counted = |what: Count| Some((what.name(), *self.0.get(what.place())?));
        Count::all().filter_map(counted).filter(|(_, count)| *count != 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_count_has_a_place_and_a_name_of_its_own() {
        let mut tally = Tally::default();
        for (what, change) in Count::all().zip(1..) {
            tally.add(what, change);
        }
        assert_eq!(tally.0, std::array::from_fn(|place| place as i64 + 1), "in the order of their places");
        assert_eq!(tally.named().len(), tally.0.len());
    }
}
