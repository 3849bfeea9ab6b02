//! The checks between what an adapter gave and what the journal records. A failed check is either the adapter's breach of
//! the contract, or, under the strict policy, the record's own fault.

use crate::{
    event::{Event, EventKind},
    fields::Update,
    number::Grade,
    refusal::{Refusal, RefusalCause},
    time::{Moment, Zone},
};

/// What a provider's profile asks of its events.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Zone for moments whose adapter does not name one.
    pub zone: Option<Zone>,
    /// Refuse records whose identification number fails its grading; the default flags them.
    pub strict_numbers: bool,
}

/// An event that passed the checks. There is no other way to make one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidatedEvent(Event);

/// Why an event did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// The adapter broke the contract.
    Breach(Breach),
    /// The record is refused by the provider's policy.
    Refused(Refusal),
}

/// A breach of the contract by an adapter: our side's fault, never said to the provider as a refusal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Breach {
    /// A text that must not be empty is.
    #[error("`{field}` is empty")]
    Empty {
        /// Its name in the contract.
        field: &'static str,
    },
    /// A text or list is too long.
    #[error("`{field}` has {actual}, the limit is {limit}")]
    TooLong {
        /// Its name in the contract.
        field: &'static str,
        /// Bytes or items allowed.
        limit: usize,
        /// Bytes or items given.
        actual: usize,
    },
}

/// Longest id of a request and key of an event, in bytes.
pub const ID_LIMIT: usize = 256;
/// Longest text of any other sort, in bytes.
pub const TEXT_LIMIT: usize = 4096;
/// Most native values beside one event.
pub const NATIVE_LIMIT: usize = 64;
/// Most events of one record.
pub const EVENTS_LIMIT: usize = 1000;

impl ValidatedEvent {
    /// Checks an event.
    ///
    /// # Errors
    /// The first rejection found.
    pub fn check(mut event: Event, policy: &Policy) -> Result<Self, Rejection> {
        limits(&event).map_err(Rejection::Breach)?;
        if let Some(zone) = &policy.zone {
            for moment in moments(&mut event) {
                moment.zone.get_or_insert_with(|| zone.clone());
            }
        }
        if let (true, Update::Set(number)) = (policy.strict_numbers, &event.fields.identification_number) {
            let grade = Grade::of(number);
            if !grade.is_strictly_valid() {
                let detail = format!(
                    "the identification number {} is not valid: {:?}; expected 12 digits with a right check digit",
                    crate::mask::number(number),
                    grade.findings
                );
                let cause = RefusalCause::IdentificationNumber;
                return Err(Rejection::Refused(Refusal::new(cause, "identification-number", &detail, None)));
            }
        }
        Ok(Self(event))
    }

    /// The event.
    #[must_use]
    pub const fn event(&self) -> &Event {
        &self.0
    }

    /// The event, to be recorded.
    #[must_use]
    pub fn into_event(self) -> Event {
        self.0
    }
}

fn limits(event: &Event) -> Result<(), Breach> {
    required("request", &event.request)?;
    bounded("request", event.request.len(), ID_LIMIT)?;
    if let Some(key) = &event.key {
        required("key", key)?;
        bounded("key", key.len(), ID_LIMIT)?;
    }
    match &event.kind {
        EventKind::Withdrawn(withdrawal) => required("withdrawal.event", &withdrawal.event)?,
        EventKind::Correction(correction) => required("correction.event", &correction.event)?,
        _ => {}
    }
    bounded("native-status", event.native_status.len(), TEXT_LIMIT)?;
    bounded("actor", event.actor.as_deref().map_or(0, str::len), TEXT_LIMIT)?;
    let fields = &event.fields;
    for (field, text) in [
        ("identification-number", &fields.identification_number),
        ("service-name", &fields.service_name),
        ("intake-place", &fields.intake_place),
        ("executor", &fields.executor),
        ("provider-bin", &fields.provider_bin),
        ("service-code", &fields.service_code),
        ("composite-reference", &fields.composite_reference),
    ] {
        bounded(field, text.value().map_or(0, String::len), TEXT_LIMIT)?;
    }
    bounded("recipient", fields.recipient.value().map_or(0, |name| name.line().len()), TEXT_LIMIT)?;
    bounded("occurred-at", event.occurred_at.literal.len(), ID_LIMIT)?;
    bounded("native", event.native.len(), NATIVE_LIMIT)?;
    for native in &event.native {
        bounded("native.name", native.name.len(), ID_LIMIT)?;
        bounded("native.value", native.value.len(), TEXT_LIMIT)?;
    }
    Ok(())
}

const fn required(field: &'static str, text: &str) -> Result<(), Breach> {
    if text.is_empty() { Err(Breach::Empty { field }) } else { Ok(()) }
}

const fn bounded(field: &'static str, actual: usize, limit: usize) -> Result<(), Breach> {
    if actual > limit { Err(Breach::TooLong { field, limit, actual }) } else { Ok(()) }
}

fn moments(event: &mut Event) -> impl Iterator<Item = &mut Moment> {
    let fields = &mut event.fields;
    let updates = [&mut fields.intake_at, &mut fields.planned_at, &mut fields.completed_at];
    let set = updates.into_iter().filter_map(|update| match update {
        Update::Set(moment) => Some(moment),
        Update::Unchanged | Update::Cleared => None,
    });
    let planned = match &mut event.kind {
        EventKind::Prolonged(prolongation) => Some(&mut prolongation.planned),
        _ => None,
    };
    std::iter::once(&mut event.occurred_at).chain(set).chain(planned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fields::Fields, stage::Stage};

    fn event() -> Event {
        let literal = "2026-08-28T10:00:00".to_owned();
        Event {
            request: "1".into(),
            key: None,
            kind: EventKind::Stage(Stage::Accepted),
            occurred_at: Moment { instant: jiff::Timestamp::UNIX_EPOCH, offset: None, zone: None, literal },
            native_status: "ACCEPTED".into(),
            actor: None,
            fields: Fields { identification_number: Update::Set("123456789011".into()), ..Fields::default() },
            native: vec![],
        }
    }

    #[test]
    fn the_default_policy_takes_an_odd_number_and_the_strict_one_refuses_it_masked() {
        assert!(ValidatedEvent::check(event(), &Policy::default()).is_ok());
        let strict = Policy { strict_numbers: true, zone: None };
        let Err(Rejection::Refused(refusal)) = ValidatedEvent::check(event(), &strict) else { panic!("taken") };
        assert_eq!(refusal.cause, RefusalCause::IdentificationNumber);
        assert!(!refusal.detail.contains("123456789011"), "{}", refusal.detail);
    }

    #[test]
    fn the_provider_s_zone_stands_in_where_the_adapter_names_none() {
        let zone = Zone::named("Asia/Almaty").unwrap();
        let policy = Policy { zone: Some(zone.clone()), strict_numbers: false };
        assert_eq!(ValidatedEvent::check(event(), &policy).unwrap().event().occurred_at.zone, Some(zone));
    }

    #[test]
    fn a_breach_names_the_field_the_limit_and_the_actual() {
        let long = Event { request: "x".repeat(300), ..event() };
        let breach = ValidatedEvent::check(long, &Policy::default()).unwrap_err();
        assert_eq!(breach, Rejection::Breach(Breach::TooLong { field: "request", limit: 256, actual: 300 }));
        let empty = Event { request: String::new(), ..event() };
        assert!(matches!(
            ValidatedEvent::check(empty, &Policy::default()),
            Err(Rejection::Breach(Breach::Empty { .. }))
        ));
    }
}
