//! What an event says, in the words of the API.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use jiff::{Timestamp, tz::Offset};
use qadam_domain::{EventKind, Moment, NativeValue, Outcome};
use serde::{Deserialize, Serialize};

use super::{Document, DocumentFields, FORMAT, RecordedEvent};

/// A time: the instant, the local time at its place, and what the source wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Time {
    /// RFC 3339, UTC.
    pub instant: Timestamp,
    /// RFC 9557: local time with offset and zone, by the rules that were known when the document was made.
    pub local: String,
    /// Exactly what the source wrote.
    pub literal: String,
    /// The offset that the source wrote, `+05:00`; absent where it wrote none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<String>,
    /// IANA name of the zone of its place, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

impl From<&Moment> for Time {
    fn from(moment: &Moment) -> Self {
        Self {
            instant: moment.instant,
            local: moment.local(),
            literal: moment.literal.clone(),
            offset: moment.offset.map(offset),
            zone: moment.zone.as_ref().map(ToString::to_string),
        }
    }
}

/// Seconds east of UTC as they are written in times. What no zone ever had is left in seconds.
fn offset(seconds: i32) -> String {
    match Offset::from_seconds(seconds) {
        Ok(_) => {
            let (sign, whole) = (if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs());
            let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
            match seconds {
                0 => format!("{sign}{hours:02}:{minutes:02}"),
                _ => format!("{sign}{hours:02}:{minutes:02}:{seconds:02}"),
            }
        }
        Err(_) => format!("{seconds} s"),
    }
}

impl Document {
    /// What a recorded event says.
    #[must_use]
    pub fn of(recorded: &RecordedEvent<'_>) -> Self {
        let event = recorded.event;
        let (stage, outcome, ground) = match &event.kind {
            EventKind::Closed(outcome) => (event.kind.stage(), Some(outcome.name().to_owned()), reason(outcome)),
            EventKind::Suspended(ground) | EventKind::Resumed(ground) | EventKind::Reopened(ground) => {
                (None, None, ground.clone())
            }
            EventKind::Prolonged(prolongation) => (None, None, prolongation.ground.clone()),
            EventKind::Withdrawn(withdrawal) => (None, None, withdrawal.reason.clone()),
            EventKind::Correction(correction) => {
                let outcome = correction.outcome.as_ref();
                let ground = correction.reason.clone().or_else(|| outcome.and_then(reason));
                (correction.stage, outcome.map(|outcome| outcome.name().to_owned()), ground)
            }
            EventKind::Stage(_) | EventKind::Update => (event.kind.stage(), None, None),
        };
        Self {
            format: FORMAT.to_owned(),
            id: recorded.id,
            provider: recorded.provider.clone(),
            number: event.request.clone(),
            record: recorded.record,
            record_digest: HEXLOWER.encode(&recorded.record_digest),
            kept_digest: recorded.kept_digest.map(|digest| HEXLOWER.encode(&digest)),
            received_at: recorded.received_at,
            recorded_at: recorded.recorded_at,
            certified: recorded.certified,
            adapter: recorded.adapter.clone(),
            corrects: recorded.corrects,
            key: event.key.clone(),
            kind: event.kind.name().to_owned(),
            stage,
            outcome,
            target: match &event.kind {
                EventKind::Withdrawn(withdrawal) => Some(withdrawal.event.clone()),
                EventKind::Correction(correction) => Some(correction.event.clone()),
                _ => None,
            },
            planned: match &event.kind {
                EventKind::Prolonged(prolongation) => Some(Time::from(&prolongation.planned)),
                _ => None,
            },
            ground,
            occurred_at: Time::from(&event.occurred_at),
            native_status: event.native_status.clone(),
            actor: event.actor.clone(),
            fields: DocumentFields::from(&event.fields),
            native: native(&event.native),
        }
    }
}

fn reason(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Refused(reason) => reason.clone(),
        Outcome::Issued | Outcome::Unstated => None,
    }
}

/// The values by their names. A name that comes again is numbered, `name (2)`, so that no value is lost.
fn native(values: &[NativeValue]) -> BTreeMap<String, String> {
    let mut named = BTreeMap::new();
    for NativeValue { name, value } in values {
        let mut free = name.clone();
        let mut times = 1;
        while named.contains_key(&free) {
            times += 1;
            free = format!("{name} ({times})");
        }
        named.insert(free, value.clone());
    }
    named
}
