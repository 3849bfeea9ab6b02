//! A request's state, derived from its events. Histories are facts, not a state machine: the current stage is that of the
//! latest event by the time it occurred, and a request is closed if a closing event stands that no later reopening undid.
//! Whatever the order of receipt, the same events give the same state.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    anomaly::{Anomalies, Anomaly},
    event::{Event, EventKind},
    fields::FieldName,
    ids::EventRef,
    stage::Stage,
    time::{Moment, instant},
};

/// A stage that was reached, when, and by which event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StagePoint {
    /// When it occurred.
    #[serde(with = "instant")]
    pub occurred: Timestamp,
    /// The stage.
    pub stage: Stage,
    /// The event.
    pub at: EventRef,
}

impl StagePoint {
    /// Later by occurrence; at one instant the higher stage, so that the order of receipt does not decide.
    fn is_after(&self, other: &Self) -> bool {
        (self.occurred, self.stage, self.at) > (other.occurred, other.stage, other.at)
    }
}

/// Which event a field's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldMark {
    /// When that event occurred. The latest decides.
    #[serde(with = "instant")]
    pub occurred: Timestamp,
    /// That event.
    pub at: EventRef,
    /// Whether it set a value; false where it cleared it.
    pub present: bool,
    /// The value, for fields that are times.
    #[serde(with = "instant::optional")]
    pub instant: Option<Timestamp>,
}

/// What is kept of each event beside its facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventMark {
    /// The event; their order is the order of receipt.
    pub at: EventRef,
    /// When it occurred.
    #[serde(with = "instant")]
    pub occurred: Timestamp,
    /// The stage it reports; for a correction, the stage that it leaves standing.
    pub stage: Option<Stage>,
    /// Whether it counts: not replaced, corrected or withdrawn.
    pub standing: bool,
    /// Whether a re-mapping no longer gives it.
    pub dropped: bool,
    /// Anomalies fixed at receipt.
    #[serde(with = "bits")]
    pub fixed: Anomalies,
    /// Anomalies that follow from the whole history ([`RequestState::derived`]).
    #[serde(with = "bits")]
    pub derived: Anomalies,
}

impl EventMark {
    /// All its anomalies.
    #[must_use]
    pub const fn anomalies(&self) -> Anomalies {
        self.fixed.union(self.derived)
    }
}

/// What the events of a request amount to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestState {
    /// Events kept, standing or not.
    pub events: u32,
    /// The first event received: the request's public id.
    pub first: Option<EventRef>,
    /// The latest stage by occurrence, closings aside. See [`Self::stage`] for the current one.
    pub latest: Option<StagePoint>,
    /// The stage of the stage event received last.
    pub received_stage: Option<Stage>,
    /// The latest occurrence received so far.
    #[serde(with = "instant::optional")]
    pub latest_occurred: Option<Timestamp>,
    /// Closings that stand.
    pub closings: Vec<StagePoint>,
    /// Reopenings that stand.
    pub reopenings: Vec<Reopening>,
    /// The latest suspension or resumption: when, and whether the term is suspended since.
    pub term: Option<TermPoint>,
    /// Where each field's value comes from.
    pub fields: BTreeMap<FieldName, FieldMark>,
}

/// A reopening that stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reopening {
    /// When.
    #[serde(with = "instant")]
    pub occurred: Timestamp,
}

/// A suspension or a resumption.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TermPoint {
    /// When.
    #[serde(with = "instant")]
    pub occurred: Timestamp,
    /// Suspended from then on, or running.
    pub suspended: bool,
}

/// What an event is compared with at its receipt, beside the request's state.
#[derive(Clone, Copy, Debug)]
pub struct Receipt {
    /// When the record was received.
    pub received_at: Timestamp,
    /// Delay after which an event is `late`, if the provider has one.
    pub late_after: Option<SignedDuration>,
    /// Whether the request had this native status before, under another key.
    pub status_seen: bool,
}

/// One recorded event, for [`RequestState::fold`].
#[derive(Clone, Copy, Debug)]
pub struct History<'a> {
    /// Its place in the order of receipt.
    pub at: EventRef,
    /// The event.
    pub event: &'a Event,
    /// Anomalies fixed at its receipt.
    pub fixed: Anomalies,
    /// An event that it replaces by a re-mapping.
    pub replaces: Option<EventRef>,
    /// Whether a re-mapping took it back.
    pub dropped: bool,
}

impl RequestState {
    /// The anomalies that are fixed at receipt, by comparison with what was received before.
    #[must_use]
    pub fn at_receipt(&self, event: &Event, receipt: &Receipt) -> Anomalies {
        let stage = event.kind.stage();
        let backward = stage.zip(self.received_stage).is_some_and(|(now, before)| now < before);
        let out_of_order = self.latest_occurred.is_some_and(|latest| event.instant() < latest);
        let late = receipt.late_after.is_some_and(|delay| receipt.received_at.duration_since(event.instant()) > delay);
        let fields = &event.fields;
        let stale = std::iter::once(&event.occurred_at)
            .chain([&fields.intake_at, &fields.planned_at, &fields.completed_at].into_iter().filter_map(|m| m.value()))
            .any(Moment::is_stale);
        Anomalies::NONE
            .with(Anomaly::Backward, backward)
            .with(Anomaly::Repeated, stage.is_some() && receipt.status_seen)
            .with(Anomaly::OutOfOrder, out_of_order)
            .with(Anomaly::Late, late)
            .with(Anomaly::StaleZone, stale)
    }

    /// Whether an event can be taken by [`Self::absorb`] alone; otherwise the whole history is folded anew. `key_known` says
    /// whether its key was named before, by an event or by a correction.
    #[must_use]
    pub const fn absorbs(event: &Event, key_known: bool) -> bool {
        !key_known && !matches!(event.kind, EventKind::Withdrawn(_) | EventKind::Correction(_))
    }

    /// Takes a standing event in. Says whether derived anomalies of earlier events may have changed.
    pub fn absorb(&mut self, mark: &EventMark, event: &Event) -> bool {
        self.receive(event);
        self.first.get_or_insert(mark.at);
        let intake = self.time(FieldName::IntakeAt);
        let completed = self.fields.get(&FieldName::CompletedAt).copied();
        let mut changed = false;
        if let Some(stage) = mark.stage {
            let point = StagePoint { occurred: mark.occurred, stage, at: mark.at };
            if stage == Stage::Closed {
                self.closings.push(point);
                changed = true;
            } else if self.latest.is_none_or(|latest| point.is_after(&latest)) {
                self.latest = Some(point);
            }
        }
        match &event.kind {
            EventKind::Reopened(_) => {
                self.reopenings.push(Reopening { occurred: mark.occurred });
                changed = true;
            }
            EventKind::Suspended(_) | EventKind::Resumed(_) => {
                let suspended = matches!(event.kind, EventKind::Suspended(_));
                if self.term.is_none_or(|term| (mark.occurred, suspended) >= (term.occurred, term.suspended)) {
                    self.term = Some(TermPoint { occurred: mark.occurred, suspended });
                }
            }
            _ => {}
        }
        self.absorb_fields(mark, event);
        changed
            || intake != self.time(FieldName::IntakeAt)
            || completed != self.fields.get(&FieldName::CompletedAt).copied()
    }

    /// Takes note that an event was received: all that [`Self::at_receipt`] looks at.
    pub fn receive(&mut self, event: &Event) {
        self.events += 1;
        if let Some(stage) = event.kind.stage() {
            self.received_stage = Some(stage);
        }
        self.latest_occurred = self.latest_occurred.max(Some(event.instant()));
    }

    fn absorb_fields(&mut self, mark: &EventMark, event: &Event) {
        let prolonged = matches!(event.kind, EventKind::Prolonged(_)).then_some((FieldName::PlannedAt, true));
        for (name, present) in
            event.fields.changes().filter(|(name, _)| prolonged.is_none_or(|(p, _)| p != *name)).chain(prolonged)
        {
            let instant = match name {
                FieldName::IntakeAt => event.fields.intake_at.value(),
                FieldName::PlannedAt => event.planned(),
                FieldName::CompletedAt => event.fields.completed_at.value(),
                _ => None,
            }
            .map(|moment| moment.instant);
            let new = FieldMark { occurred: mark.occurred, at: mark.at, present, instant };
            let old = self.fields.entry(name).or_insert(new);
            if (new.occurred, new.at) >= (old.occurred, old.at) {
                *old = new;
            }
        }
    }

    /// The current stage: closed if a closing stands, else the latest by occurrence. A request that was reopened has the
    /// latest of its other stages; none, if its closing is all that was reported.
    #[must_use]
    pub fn stage(&self) -> Option<Stage> {
        if self.is_closed() { Some(Stage::Closed) } else { self.latest.map(|latest| latest.stage) }
    }

    /// Whether a closing stands that no later reopening undid.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        let reopened = self.reopenings.iter().map(|reopening| reopening.occurred).max();
        self.closings.iter().any(|closing| reopened.is_none_or(|reopened| closing.occurred > reopened))
    }

    /// Whether its term is suspended.
    #[must_use]
    pub fn is_suspended(&self) -> bool {
        self.term.is_some_and(|term| term.suspended)
    }

    /// The value of a field that is a time.
    #[must_use]
    pub fn time(&self, name: FieldName) -> Option<Timestamp> {
        self.fields.get(&name).and_then(|mark| mark.instant)
    }

    /// The fields of 452-7 that the current stage asks for and that have no value: 1 to 5 and 7 from stage 1 on, 6 from
    /// stage 3, 8 from stage 4. Missing fields make the request incomplete; they refuse nothing.
    #[must_use]
    pub fn missing(&self) -> Vec<FieldName> {
        let stage = self.stage().unwrap_or(Stage::Accepted);
        [
            (FieldName::Recipient, Stage::Accepted),
            (FieldName::IdentificationNumber, Stage::Accepted),
            (FieldName::ServiceName, Stage::Accepted),
            (FieldName::IntakePlace, Stage::Accepted),
            (FieldName::IntakeAt, Stage::Accepted),
            (FieldName::Executor, Stage::TakenIntoWork),
            (FieldName::PlannedAt, Stage::Accepted),
            (FieldName::CompletedAt, Stage::Executed),
        ]
        .into_iter()
        .filter(|(name, from)| stage >= *from && !self.fields.get(name).is_some_and(|mark| mark.present))
        .map(|(name, _)| name)
        .collect()
    }

    /// The anomalies of an event that follow from the whole history.
    #[must_use]
    pub fn derived(&self, mark: &EventMark) -> Anomalies {
        if !mark.standing {
            return Anomalies::NONE;
        }
        let open_stage = mark.stage.is_some_and(|stage| stage != Stage::Closed);
        let after_closing = open_stage
            && self.closings.iter().any(|closing| {
                let reopened = |r: &Reopening| closing.occurred < r.occurred && r.occurred <= mark.occurred;
                closing.occurred < mark.occurred && !self.reopenings.iter().any(reopened)
            });
        let intake = self.time(FieldName::IntakeAt);
        let before_intake = open_stage && intake.is_some_and(|intake| mark.occurred < intake);
        let completed = self.fields.get(&FieldName::CompletedAt).filter(|field| field.at == mark.at);
        let completed_before =
            completed.and_then(|field| field.instant).zip(intake).is_some_and(|(done, intake)| done < intake);
        Anomalies::NONE
            .with(Anomaly::AfterClosing, after_closing)
            .with(Anomaly::BeforeIntake, before_intake)
            .with(Anomaly::CompletedBeforeIntake, completed_before)
    }

    /// The state and the marks of a whole history, in the order of receipt. This is what the state means;
    /// [`Self::absorb`] is the short way to the same result for an ordinary event.
    #[must_use]
    pub fn fold(history: &[History<'_>]) -> (Self, Vec<EventMark>) {
        let mut state = Self::default();
        let mut marks: Vec<EventMark> = history
            .iter()
            .enumerate()
            .map(|(place, entry)| EventMark {
                at: entry.at,
                occurred: entry.event.instant(),
                stage: left_standing(history, place, history.len()),
                standing: stands(history, place),
                dropped: entry.dropped,
                fixed: entry.fixed,
                derived: Anomalies::NONE,
            })
            .collect();
        for (mark, entry) in marks.iter().zip(history) {
            if mark.standing {
                state.absorb(mark, entry.event);
            } else {
                state.receive(entry.event);
                state.first.get_or_insert(mark.at);
            }
        }
        for mark in &mut marks {
            mark.derived = state.derived(mark);
        }
        (state, marks)
    }
}

/// Key of the event that this one corrects or withdraws.
fn target(event: &Event) -> Option<&str> {
    match &event.kind {
        EventKind::Correction(correction) => Some(&correction.event),
        EventKind::Withdrawn(withdrawal) => Some(&withdrawal.event),
        _ => None,
    }
}

/// Whether the event at `place` counts: no later event has its key with other content or replaces it, and none that
/// corrects or withdraws it was received after it, or before it while its key was still unknown.
fn stands(history: &[History<'_>], place: usize) -> bool {
    let Some(entry) = history.get(place) else { return false };
    if entry.dropped {
        return false;
    }
    let key = entry.event.key.as_deref();
    let first = key.is_some() && !history.iter().take(place).any(|earlier| earlier.event.key.as_deref() == key);
    !history.iter().enumerate().any(|(other, by)| {
        let later = other > place;
        (later && !by.dropped && by.replaces == Some(entry.at))
            || (key.is_some() && !by.dropped && later && by.event.key.as_deref() == key)
            || (key.is_some() && !by.dropped && other != place && target(by.event) == key && (later || first))
    })
}

/// The stage that an event reports; for a correction without one, that of the event it corrects.
fn left_standing(history: &[History<'_>], place: usize, depth: usize) -> Option<Stage> {
    let event = history.get(place)?.event;
    let EventKind::Correction(correction) = &event.kind else { return event.kind.stage() };
    if correction.stage.is_some() || depth == 0 {
        return correction.stage;
    }
    let key = Some(correction.event.as_str());
    let corrected = history
        .iter()
        .enumerate()
        .filter(|(other, entry)| *other != place && entry.event.key.as_deref() == key)
        .map(|(other, _)| other);
    // The version before the correction, or else the first that came after it.
    let (before, after): (Vec<_>, Vec<_>) = corrected.partition(|other| *other < place);
    let corrected = before.last().or(after.first()).copied()?;
    left_standing(history, corrected, depth - 1)
}

/// A set of anomalies as a number, for an index that can be rebuilt.
mod bits {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Anomalies;

    pub(super) fn serialize<S: Serializer>(set: &Anomalies, serializer: S) -> Result<S::Ok, S::Error> {
        set.bits().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Anomalies, D::Error> {
        u16::deserialize(deserializer).map(Anomalies::from_bits)
    }
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
