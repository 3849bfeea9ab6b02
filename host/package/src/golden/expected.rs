//! What became of a sample, as a text that people review in a diff: TOML, a value a line, only what is set.
//!
//! The text is made here alone and compared as text, so that whatever changes is seen where it stands.

use std::fmt::Write as _;

use qadam_domain::{Channel, Event, EventKind, Fields, Moment, Outcome as Closing, RecipientName, Refusal, Update};

use super::{Outcome, Sample};

/// The expectation that these outcomes meet; none where the adapter failed, which no expectation allows.
#[must_use]
pub fn text<F>(sample: &Sample, outcomes: &[Outcome<F>]) -> Option<String> {
    let mut text = String::from("# Written by `qadam adapter test --update`. Review it as you review code.\n");
    for (record, outcome) in sample.records.iter().zip(outcomes) {
        let _ = write!(text, "\n# {}\n[[record]]\n", record.place);
        match outcome {
            Outcome::Mapped(events) if events.is_empty() => text.push_str("events = [] # nothing to report\n"),
            Outcome::Mapped(events) => events.iter().for_each(|given| event(&mut text, given)),
            Outcome::Refused(refusal) => refused(&mut text, refusal, &record.body),
            Outcome::Fault(_) => return None,
        }
    }
    Some(text)
}

/// Characters of the record shown where it was refused.
const SHOWN: usize = 40;

fn refused(text: &mut String, refusal: &Refusal, body: &[u8]) {
    text.push_str("[record.refused]\n");
    line(text, "cause", refusal.cause.name());
    line(text, "field", &refusal.field);
    line(text, "detail", &refusal.detail);
    if let Some(offset) = refusal.offset {
        let rest = usize::try_from(offset).ok().and_then(|offset| body.get(offset..)).unwrap_or_default();
        let rest: String = String::from_utf8_lossy(rest).chars().take(SHOWN).collect();
        let _ = writeln!(text, "offset = {offset}");
        line(text, "there-stands", &rest);
    }
}

fn event(text: &mut String, event: &Event) {
    text.push_str("\n[[record.event]]\n");
    line(text, "request", &event.request);
    optional(text, "key", event.key.as_ref());
    kind(text, &event.kind);
    moment(text, "occurred-at", &event.occurred_at);
    line(text, "native-status", &event.native_status);
    optional(text, "actor", event.actor.as_ref());
    if !event.native.is_empty() {
        text.push_str("native = [\n");
        for value in &event.native {
            let _ = writeln!(text, "  [{}, {}],", quoted(&value.name), quoted(&value.value));
        }
        text.push_str("]\n");
    }
    if event.fields.changes().next().is_some() {
        text.push_str("[record.event.fields]\n");
        fields(text, &event.fields);
    }
}

fn kind(text: &mut String, kind: &EventKind) {
    match kind {
        EventKind::Stage(stage) => line(text, "stage", stage.name()),
        EventKind::Closed(closing) => {
            line(text, "stage", "closed");
            outcome(text, closing);
        }
        kind => line(text, "kind", kind.name()),
    }
    match kind {
        EventKind::Suspended(ground) | EventKind::Resumed(ground) | EventKind::Reopened(ground) => {
            optional(text, "ground", ground.as_ref());
        }
        EventKind::Prolonged(prolongation) => {
            moment(text, "planned", &prolongation.planned);
            optional(text, "ground", prolongation.ground.as_ref());
        }
        EventKind::Withdrawn(withdrawal) => {
            line(text, "withdraws", &withdrawal.event);
            optional(text, "reason", withdrawal.reason.as_ref());
        }
        EventKind::Correction(correction) => {
            line(text, "corrects", &correction.event);
            if let Some(stage) = correction.stage {
                line(text, "stage", stage.name());
            }
            if let Some(closing) = &correction.outcome {
                outcome(text, closing);
            }
            optional(text, "reason", correction.reason.as_ref());
        }
        EventKind::Stage(_) | EventKind::Closed(_) | EventKind::Update => {}
    }
}

fn outcome(text: &mut String, closing: &Closing) {
    match closing {
        Closing::Issued => line(text, "outcome", "issued"),
        Closing::Unstated => line(text, "outcome", "unstated"),
        Closing::Refused(reason) => {
            line(text, "outcome", "refused");
            optional(text, "outcome-reason", reason.as_ref());
        }
    }
}

fn fields(text: &mut String, fields: &Fields) {
    update(text, "recipient", &fields.recipient, recipient);
    update(text, "identification-number", &fields.identification_number, |text| quoted(text));
    update(text, "service-name", &fields.service_name, |text| quoted(text));
    update(text, "intake-place", &fields.intake_place, |text| quoted(text));
    update(text, "intake-at", &fields.intake_at, time);
    update(text, "executor", &fields.executor, |text| quoted(text));
    update(text, "planned-at", &fields.planned_at, time);
    update(text, "completed-at", &fields.completed_at, time);
    update(text, "channel", &fields.channel, channel);
    update(text, "provider-bin", &fields.provider_bin, |text| quoted(text));
    update(text, "service-code", &fields.service_code, |text| quoted(text));
    update(text, "composite-reference", &fields.composite_reference, |text| quoted(text));
}

fn update<T>(text: &mut String, name: &str, update: &Update<T>, value: impl Fn(&T) -> String) {
    let value = match update {
        Update::Unchanged => return,
        Update::Set(set) => value(set),
        Update::Cleared => "{ cleared = true }".to_owned(),
    };
    let _ = writeln!(text, "{name} = {value}");
}

fn recipient(name: &RecipientName) -> String {
    match name {
        RecipientName::Person(person) => {
            let patronymic = person.patronymic.as_deref().map(|name| format!(", patronymic = {}", quoted(name)));
            format!(
                "{{ surname = {}, given-name = {}{} }}",
                quoted(&person.surname),
                quoted(&person.given_name),
                patronymic.unwrap_or_default()
            )
        }
        RecipientName::FullName(name) => format!("{{ full-name = {} }}", quoted(name)),
        RecipientName::LegalEntity(name) => format!("{{ legal-entity = {} }}", quoted(name)),
    }
}

fn channel(channel: &Channel) -> String {
    match channel {
        Channel::Portal => quoted("portal"),
        Channel::Provider => quoted("provider"),
        Channel::StateCorporation => quoted("state-corporation"),
        Channel::Other(word) => format!("{{ other = {} }}", quoted(word)),
    }
}

fn moment(text: &mut String, name: &str, moment: &Moment) {
    let _ = writeln!(text, "{name} = {}", time(moment));
}

/// What the source wrote, and what was understood: `{ literal = "…", instant = "…Z", offset = "+05:00", zone = "…" }`.
fn time(moment: &Moment) -> String {
    let mut text = format!("{{ literal = {}, instant = \"{}\"", quoted(&moment.literal), moment.instant);
    if let Some(offset) = moment.offset {
        let (sign, seconds) = (if offset < 0 { '-' } else { '+' }, offset.unsigned_abs());
        let _ = write!(text, ", offset = \"{sign}{:02}:{:02}\"", seconds / 3600, seconds / 60 % 60);
    }
    if let Some(zone) = &moment.zone {
        let _ = write!(text, ", zone = \"{zone}\"");
    }
    text.push_str(" }");
    text
}

fn optional(text: &mut String, name: &str, value: Option<&String>) {
    if let Some(value) = value {
        line(text, name, value);
    }
}

fn line(text: &mut String, name: &str, value: &str) {
    let _ = writeln!(text, "{name} = {}", quoted(value));
}

/// A string of TOML, in one line.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            letter if letter.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
#[path = "expected_tests.rs"]
mod tests;
