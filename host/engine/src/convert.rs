//! Values of the contract to the domain's, by moving; what the domain cannot hold is a breach of the contract.

use jiff::Timestamp;
use qadam_domain::{
    Channel, Correction, Event, EventKind, Fields, Moment, NativeValue, Outcome, PersonName, Prolongation,
    RecipientName, Refusal, RefusalCause, Stage, Update, Withdrawal, Zone, validate::EVENTS_LIMIT,
};

use crate::{adapter::NativeInput, bindings::types, fault::AdapterFault};

/// An event as an adapter gave it, in the domain's types. Only this room makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NormalisedEvent(Event);

impl NormalisedEvent {
    /// The event.
    #[must_use]
    pub const fn event(&self) -> &Event {
        &self.0
    }

    /// The event, to be validated.
    #[must_use]
    pub fn into_event(self) -> Event {
        self.0
    }
}

/// A record for an adapter.
pub(crate) fn native<'a>(record: &NativeInput<'a>) -> types::NativeRecord<'a> {
    let NativeInput { id, content_type, received_at, body } = *record;
    let (mut seconds, mut nanoseconds) = (received_at.as_second(), received_at.subsec_nanosecond());
    if nanoseconds < 0 {
        // Before 1970 the fraction counts down from the second; the contract's counts up.
        (seconds, nanoseconds) = (seconds - 1, nanoseconds + 1_000_000_000);
    }
    let received_at = types::Instant { seconds, nanoseconds: nanoseconds.unsigned_abs() };
    types::NativeRecord { id, content_type, received_at, body }
}

/// The outcome of the record at that place of the batch.
pub(crate) fn outcome(
    at: usize,
    outcome: Result<Vec<types::Event>, types::RecordError>,
) -> Result<Result<Vec<NormalisedEvent>, Refusal>, AdapterFault> {
    let fault = |Breach { field, detail }| AdapterFault::Contract { record: Some(at), field, detail };
    match outcome {
        Err(error) => Ok(Err(refusal(error))),
        Ok(events) if events.len() > EVENTS_LIMIT => {
            let detail = format!("has {} events for one record, the limit is {EVENTS_LIMIT}", events.len());
            Err(fault(Breach { field: "map", detail }))
        }
        Ok(events) => {
            let events = events.into_iter().map(|given| event(given).map(NormalisedEvent));
            events.collect::<Result<_, _>>().map(Ok).map_err(fault)
        }
    }
}

/// What the domain cannot hold.
struct Breach {
    field: &'static str,
    detail: String,
}

fn refusal(error: types::RecordError) -> Refusal {
    use types::RecordError as E;
    let (cause, problem) = match error {
        E::Malformed(problem) => (RefusalCause::Malformed, problem),
        E::UnidentifiableRequest(problem) => (RefusalCause::UnidentifiableRequest, problem),
        E::UnreadableTime(problem) => (RefusalCause::UnreadableTime, problem),
        E::Other(problem) => (RefusalCause::Other, problem),
        E::UnknownNativeStatus(types::UnknownStatus { status, field, offset }) => {
            let detail = format!("the mapping does not know the status `{status}`");
            return Refusal::new(RefusalCause::UnknownNativeStatus, &field, &detail, offset);
        }
    };
    Refusal::new(cause, &problem.field, &problem.detail, problem.offset)
}

fn event(given: types::Event) -> Result<Event, Breach> {
    let native = |types::NativeValue { name, value }| NativeValue { name, value };
    Ok(Event {
        request: given.request,
        key: given.key,
        kind: kind(given.kind)?,
        occurred_at: moment("occurred-at", given.occurred_at)?,
        native_status: given.native_status,
        actor: given.actor,
        fields: fields(given.fields)?,
        native: given.native.into_iter().map(native).collect(),
    })
}

fn kind(given: types::EventKind) -> Result<EventKind, Breach> {
    use types::EventKind as K;
    Ok(match given {
        K::Stage(given) => match stage(given) {
            (_, Some(outcome)) => EventKind::Closed(outcome),
            (stage, None) => EventKind::Stage(stage),
        },
        K::Update => EventKind::Update,
        K::Suspended(ground) => EventKind::Suspended(ground),
        K::Resumed(ground) => EventKind::Resumed(ground),
        K::Prolonged(types::Prolongation { planned, ground }) => {
            EventKind::Prolonged(Prolongation { planned: moment("prolongation.planned", planned)?, ground })
        }
        K::Reopened(ground) => EventKind::Reopened(ground),
        K::Withdrawn(types::Withdrawal { event, reason }) => EventKind::Withdrawn(Withdrawal { event, reason }),
        K::Correction(types::Correction { event, stage: given, reason }) => {
            let (stage, outcome) = given.map(stage).map_or((None, None), |(stage, outcome)| (Some(stage), outcome));
            EventKind::Correction(Correction { event, stage, outcome, reason })
        }
    })
}

/// A stage, and how the request ended where it is the last.
fn stage(given: types::Stage) -> (Stage, Option<Outcome>) {
    let stage = match given {
        types::Stage::Accepted => Stage::Accepted,
        types::Stage::SentForExecution => Stage::SentForExecution,
        types::Stage::TakenIntoWork => Stage::TakenIntoWork,
        types::Stage::Executed => Stage::Executed,
        types::Stage::AwaitingIssue => Stage::AwaitingIssue,
        types::Stage::Closed(outcome) => {
            let outcome = match outcome {
                types::Outcome::Issued => Outcome::Issued,
                types::Outcome::Refused(reason) => Outcome::Refused(reason),
                types::Outcome::Unstated => Outcome::Unstated,
            };
            return (Stage::Closed, Some(outcome));
        }
    };
    (stage, None)
}

fn fields(given: types::Fields) -> Result<Fields, Breach> {
    Ok(Fields {
        recipient: recipient(given.recipient),
        identification_number: text(given.identification_number),
        service_name: text(given.service_name),
        intake_place: text(given.intake_place),
        intake_at: time("intake-at", given.intake_at)?,
        executor: text(given.executor),
        planned_at: time("planned-at", given.planned_at)?,
        completed_at: time("completed-at", given.completed_at)?,
        channel: channel(given.channel),
        provider_bin: text(given.provider_bin),
        service_code: text(given.service_code),
        composite_reference: text(given.composite_reference),
    })
}

fn text(given: types::TextUpdate) -> Update<String> {
    match given {
        types::TextUpdate::Unchanged => Update::Unchanged,
        types::TextUpdate::Set(text) => Update::Set(text),
        types::TextUpdate::Cleared => Update::Cleared,
    }
}

fn time(field: &'static str, given: types::MomentUpdate) -> Result<Update<Moment>, Breach> {
    Ok(match given {
        types::MomentUpdate::Unchanged => Update::Unchanged,
        types::MomentUpdate::Set(given) => Update::Set(moment(field, given)?),
        types::MomentUpdate::Cleared => Update::Cleared,
    })
}

fn recipient(given: types::RecipientUpdate) -> Update<RecipientName> {
    Update::Set(match given {
        types::RecipientUpdate::Unchanged => return Update::Unchanged,
        types::RecipientUpdate::Cleared => return Update::Cleared,
        types::RecipientUpdate::Set(types::RecipientName::Person(name)) => {
            let types::PersonName { surname, given_name, patronymic } = name;
            RecipientName::Person(PersonName { surname, given_name, patronymic })
        }
        types::RecipientUpdate::Set(types::RecipientName::FullName(name)) => RecipientName::FullName(name),
        types::RecipientUpdate::Set(types::RecipientName::LegalEntity(name)) => RecipientName::LegalEntity(name),
    })
}

fn channel(given: types::ChannelUpdate) -> Update<Channel> {
    Update::Set(match given {
        types::ChannelUpdate::Unchanged => return Update::Unchanged,
        types::ChannelUpdate::Cleared => return Update::Cleared,
        types::ChannelUpdate::Set(types::Channel::Portal) => Channel::Portal,
        types::ChannelUpdate::Set(types::Channel::Provider) => Channel::Provider,
        types::ChannelUpdate::Set(types::Channel::StateCorporation) => Channel::StateCorporation,
        types::ChannelUpdate::Set(types::Channel::Other(word)) => Channel::Other(word),
    })
}

/// Most seconds east or west of UTC: 25:59:59, as wide as any source of time zones goes.
const OFFSET_LIMIT: u32 = 93_599;

fn moment(field: &'static str, given: types::Moment) -> Result<Moment, Breach> {
    let types::Moment { instant: types::Instant { seconds, nanoseconds }, offset, zone, literal } = given;
    let breach = |detail| Breach { field, detail };
    let instant = match i32::try_from(nanoseconds) {
        Ok(nanoseconds @ 0..1_000_000_000) => Timestamp::new(seconds, nanoseconds).map_err(|_| {
            breach(format!(
                "has {seconds} seconds since 1970, expected {} to {}",
                Timestamp::MIN.as_second(),
                Timestamp::MAX.as_second()
            ))
        })?,
        _ => return Err(breach(format!("has {nanoseconds} nanoseconds, expected 0 to 999999999"))),
    };
    if let Some(offset) = offset.filter(|offset| offset.unsigned_abs() > OFFSET_LIMIT) {
        return Err(breach(format!("has an offset of {offset} s, the limit is {OFFSET_LIMIT} s")));
    }
    let named = |name: String| Zone::named(&name).map_err(|error| breach(format!("has a zone that is none: {error}")));
    Ok(Moment { instant, offset, zone: zone.map(named).transpose()?, literal })
}

#[cfg(test)]
#[path = "convert_tests.rs"]
mod tests;
