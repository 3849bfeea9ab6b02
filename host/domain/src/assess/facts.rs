//! What the events of a request say about its term.

use jiff::Timestamp;

use crate::{
    breach::{Completion, Seen},
    deadline::{Change, Moves},
    event::EventKind,
    fields::{Channel, FieldName, Fields, Update},
    request::{EventMark, History, RequestState, StagePoint},
};

/// An event and when it was received.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// The event.
    pub history: History<'a>,
    /// When its record was received.
    pub at: Timestamp,
}

/// What is known of a request's term as of an instant.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The instant.
    pub as_of: Timestamp,
    /// The request's state then.
    pub state: RequestState,
    /// When it was taken: field 5, or else its first stage event by occurrence.
    pub taken: Option<Timestamp>,
    /// Standing stage events.
    pub stages: Vec<StagePoint>,
    /// The same, with when they were received.
    pub seen: Vec<Seen>,
    /// Standing events that move the term.
    pub changes: Vec<Change>,
    /// The latest standing reopening.
    pub reopened: Option<Timestamp>,
    /// Field 8.
    pub completed: Option<Completion>,
    /// Where the request entered.
    pub channel: Option<Channel>,
    /// The source's code of the service.
    pub service_code: Option<String>,
    /// The source's name of the service.
    pub service_name: Option<String>,
}

impl Facts {
    /// The facts that were received up to an instant, of a history in the order of receipt.
    #[must_use]
    pub fn of(history: &[Received<'_>], as_of: Timestamp) -> Self {
        let known: Vec<&Received<'_>> = history.iter().filter(|event| event.at <= as_of).collect();
        let (state, marks) = RequestState::fold(&known.iter().map(|event| event.history).collect::<Vec<_>>());
        let standing: Vec<(&Received<'_>, &EventMark)> =
            known.iter().copied().zip(&marks).filter(|(_, mark)| mark.standing).collect();
        let seen: Vec<Seen> = standing.iter().filter_map(|(event, mark)| seen(event, mark)).collect();
        let stages: Vec<StagePoint> =
            seen.iter().map(|seen| StagePoint { occurred: seen.occurred, stage: seen.stage, at: seen.event }).collect();
        let taken = state.time(FieldName::IntakeAt).or_else(|| stages.iter().map(|point| point.occurred).min());
        let completed = state.fields.get(&FieldName::CompletedAt);
        Self {
            as_of,
            taken,
            stages,
            seen,
            changes: standing.iter().filter_map(|(event, mark)| change(event, mark)).collect(),
            reopened: state.reopenings.iter().map(|reopening| reopening.occurred).max(),
            completed: completed.and_then(|mark| Some(Completion { at: mark.instant?, event: mark.at })),
            channel: latest(&standing, |fields| &fields.channel),
            service_code: latest(&standing, |fields| &fields.service_code),
            service_name: latest(&standing, |fields| &fields.service_name),
            state,
        }
    }
}

fn seen(event: &Received<'_>, mark: &EventMark) -> Option<Seen> {
    let stage = mark.stage?;
    Some(Seen { event: mark.at, stage, occurred: mark.occurred, received: event.at })
}

fn change(event: &Received<'_>, mark: &EventMark) -> Option<Change> {
    let (moves, grounded) = match &event.history.event.kind {
        EventKind::Suspended(ground) => (Moves::Suspended, ground.is_some()),
        EventKind::Resumed(ground) => (Moves::Resumed, ground.is_some()),
        EventKind::Prolonged(prolongation) => {
            (Moves::Prolonged(prolongation.planned.instant), prolongation.ground.is_some())
        }
        _ => return None,
    };
    Some(Change { at: mark.occurred, event: mark.at, moves, grounded })
}

/// The value of a field that the latest event by occurrence left.
fn latest<T: Clone>(standing: &[(&Received<'_>, &EventMark)], field: impl Fn(&Fields) -> &Update<T>) -> Option<T> {
    standing
        .iter()
        .map(|(event, mark)| ((mark.occurred, mark.at), field(&event.history.event.fields)))
        .filter(|(_, update)| !update.is_unchanged())
        .max_by_key(|(order, _)| *order)
        .and_then(|(_, update)| update.value().cloned())
}
