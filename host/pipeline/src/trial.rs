//! Golden records through an adapter, with all checks that the host makes of what it gives, and nothing recorded: what authors use,
//! and the first stage of a package's way into production.

use qadam_domain::{
    Refusal,
    validate::{Policy, Rejection, ValidatedEvent},
};
use qadam_engine::{Adapter, AdapterFault, NativeInput, NormalisedEvent};
use qadam_package::golden::{self, RECEIVED_AT, Record};

/// What became of one golden record.
pub type Outcome = golden::Outcome<AdapterFault>;

/// Maps the records as one batch. If the adapter fails on it, each record is mapped alone, as the host does.
#[must_use]
pub fn map(adapter: &Adapter, records: &[Record]) -> Vec<Outcome> {
    let inputs: Vec<NativeInput<'_>> = records.iter().map(input).collect();
    match adapter.map(&inputs) {
        Ok(mapped) => mapped.outcomes.into_iter().map(checked).collect(),
        Err(fault) if inputs.len() == 1 => vec![Outcome::Fault(fault)],
        Err(_) => inputs.iter().map(|input| alone(adapter, input)).collect(),
    }
}

/// A golden record as the host would hand it over.
#[must_use]
pub fn input(record: &Record) -> NativeInput<'_> {
    NativeInput { id: &record.place, content_type: record.content_type, received_at: RECEIVED_AT, body: &record.body }
}

/// Maps one record.
#[must_use]
pub fn alone(adapter: &Adapter, input: &NativeInput<'_>) -> Outcome {
    match adapter.map(std::slice::from_ref(input)) {
        Ok(mapped) => mapped.outcomes.into_iter().next().map_or(Outcome::Mapped(vec![]), checked),
        Err(fault) => Outcome::Fault(fault),
    }
}

/// The checks that the host makes on what an adapter gives.
fn checked(outcome: Result<Vec<NormalisedEvent>, Refusal>) -> Outcome {
    let events = match outcome {
        Ok(events) => events,
        Err(refusal) => return Outcome::Refused(refusal),
    };
    let mut checked = Vec::new();
    for event in events {
        match ValidatedEvent::check(event.into_event(), &Policy::default()) {
            Ok(event) => checked.push(event.into_event()),
            Err(Rejection::Refused(refusal)) => return Outcome::Refused(refusal),
            Err(Rejection::Breach(breach)) => {
                let fault = AdapterFault::Contract { record: None, field: "event", detail: breach.to_string() };
                return Outcome::Fault(fault);
            }
        }
    }
    Outcome::Mapped(checked)
}
