//! A request's row in few bytes: most of its fields come from one event, which is named once.

use std::collections::BTreeMap;

use jiff::Timestamp;
use qadam_domain::{
    EventRef, FieldName, RequestState, Stage,
    request::{FieldMark, Reopening, StagePoint, TermPoint},
    time::instant,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::row::RequestRow;

/// The fields, each at its bit.
const FIELDS: [FieldName; 12] = FieldName::ALL;

#[derive(Serialize, Deserialize)]
struct Short {
    events: u32,
    first: Option<EventRef>,
    latest: Option<StagePoint>,
    received_stage: Option<Stage>,
    #[serde(with = "instant::optional")]
    latest_occurred: Option<Timestamp>,
    closings: Vec<StagePoint>,
    reopenings: Vec<Reopening>,
    term: Option<TermPoint>,
    origins: Vec<Origin>,
    /// The values of fields that are times, in the order of fields.
    times: Vec<Time>,
    stages: [u32; 6],
    anomalies: [u32; 8],
}

/// An event that fields come from.
#[derive(Serialize, Deserialize)]
struct Origin {
    #[serde(with = "instant")]
    occurred: Timestamp,
    at: EventRef,
    /// Fields that it set, and those that it cleared.
    set: u16,
    cleared: u16,
}

#[derive(Serialize, Deserialize)]
struct Time {
    field: u8,
    #[serde(with = "instant")]
    instant: Timestamp,
}

impl Serialize for RequestRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let state = &self.state;
        let mut origins: Vec<Origin> = Vec::new();
        let mut times = Vec::new();
        for (field, name) in (0u8..).zip(FIELDS) {
            let Some(mark) = state.fields.get(&name) else { continue };
            let (set, cleared) = if mark.present { (1 << field, 0) } else { (0, 1 << field) };
            match origins.iter_mut().find(|origin| (origin.at, origin.occurred) == (mark.at, mark.occurred)) {
                Some(origin) => {
                    origin.set |= set;
                    origin.cleared |= cleared;
                }
                None => origins.push(Origin { occurred: mark.occurred, at: mark.at, set, cleared }),
            }
            times.extend(mark.instant.map(|instant| Time { field, instant }));
        }
        let short = Short {
            events: state.events,
            first: state.first,
            latest: state.latest,
            received_stage: state.received_stage,
            latest_occurred: state.latest_occurred,
            closings: state.closings.clone(),
            reopenings: state.reopenings.clone(),
            term: state.term,
            origins,
            times,
            stages: self.stages,
            anomalies: self.anomalies,
        };
        short.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RequestRow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let short = Short::deserialize(deserializer)?;
        let mut fields = BTreeMap::new();
        for origin in &short.origins {
            for (field, name) in
                (0u8..).zip(FIELDS).filter(|(field, _)| (origin.set | origin.cleared) >> field & 1 == 1)
            {
                let present = origin.set >> field & 1 == 1;
                let instant = short.times.iter().find(|time| time.field == field).map(|time| time.instant);
                fields.insert(name, FieldMark { occurred: origin.occurred, at: origin.at, present, instant });
            }
        }
        let state = RequestState {
            events: short.events,
            first: short.first,
            latest: short.latest,
            received_stage: short.received_stage,
            latest_occurred: short.latest_occurred,
            closings: short.closings,
            reopenings: short.reopenings,
            term: short.term,
            fields,
        };
        Ok(Self { state, stages: short.stages, anomalies: short.anomalies })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::index::row::{decode, encode};

    fn timestamp() -> impl Strategy<Value = Timestamp> {
        (-1000i64..1000, 0i32..1_000_000_000)
            .prop_map(|(second, nanosecond)| Timestamp::new(second, nanosecond).unwrap())
    }

    fn mark() -> impl Strategy<Value = FieldMark> {
        (0u64..3, 0u16..2, 0i64..3, any::<bool>(), proptest::option::of(timestamp())).prop_map(
            |(seq, index, occurred, present, instant)| FieldMark {
                occurred: Timestamp::new(occurred, 0).unwrap(),
                at: EventRef { seq, index },
                present,
                instant,
            },
        )
    }

    proptest! {
        #[test]
        fn a_row_comes_back(
            marks in proptest::collection::btree_map(0usize..FIELDS.len(), mark(), 0..12),
            first: Option<(u64, u16)>,
            latest_occurred in proptest::option::of(timestamp()),
            stages: [u32; 6],
            anomalies: [u32; 8],
        ) {
            let state = RequestState {
                first: first.map(EventRef::from),
                latest_occurred,
                fields: marks.into_iter().map(|(field, mark)| (FIELDS[field], mark)).collect(),
                ..RequestState::default()
            };
            let row = RequestRow { state, stages, anomalies };
            prop_assert_eq!(decode::<RequestRow>(&encode(&row).unwrap()).unwrap(), row);
        }
    }
}
