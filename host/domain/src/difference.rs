//! How two readings of the same event differ, field by field, for people who decide whether a re-mapping is right.
//! Personal values are masked (invariant 10); where the masks hide the difference, that is said.

use serde::Serialize;

use crate::{
    event::{Event, EventKind},
    fields::{Channel, Update},
    mask,
    stage::Outcome,
    time::Moment,
};

/// One difference. None is "says nothing of it"; a cleared field is the empty text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The field, `planned-at`; or `kind`, `stage`, `occurred-at`, `native-status`, …
    pub field: String,
    /// What it was, masked.
    pub before: Option<String>,
    /// What it is, masked.
    pub after: Option<String>,
}

/// Longest text shown of one value.
const SHOWN: usize = 200;

/// The differences between two readings; of one that is new or gone, everything it says.
#[must_use]
pub fn differences(before: Option<&Event>, after: Option<&Event>) -> Vec<Difference> {
    let (before, after) = (before.map(said).unwrap_or_default(), after.map(said).unwrap_or_default());
    let mut names: Vec<&String> = before.iter().chain(&after).map(|(name, _)| name).collect();
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(*name));
    let find = |said: &[(String, Said)], name: &str| said.iter().find(|(n, _)| n == name).map(|(_, said)| said.clone());
    let mut found = Vec::new();
    for name in names {
        let (before, after) = (find(&before, name), find(&after, name));
        if before == after {
            continue;
        }
        let (old, mut new) = (before.map(|said| said.shown()), after.map(|said| said.shown()));
        if old == new {
            new = new.map(|text| format!("{text} (differs behind the mask)"));
        }
        found.push(Difference { field: name.clone(), before: old, after: new });
    }
    found
}

/// A value, and how it is masked.
#[derive(Clone, PartialEq, Eq)]
enum Said {
    Open(String),
    Name(String),
    Number(String),
}

impl Said {
    fn shown(&self) -> String {
        match self {
            Self::Open(text) => mask::text(text, SHOWN),
            Self::Name(name) if name.is_empty() => String::new(),
            Self::Name(name) => mask::name(name),
            Self::Number(number) => mask::number(number),
        }
    }
}

/// All that an event says, in the order people read it.
fn said(event: &Event) -> Vec<(String, Said)> {
    let mut said = vec![("kind".to_owned(), Said::Open(event.kind.name().to_owned()))];
    let mut put = |name: &str, value: Option<Said>| said.extend(value.map(|value| (name.to_owned(), value)));
    let open = |text: &str| Some(Said::Open(text.to_owned()));
    put("stage", event.kind.stage().and_then(|stage| open(stage.name())));
    kind(&event.kind, &mut put);
    put("occurred-at", Some(moment(&event.occurred_at)));
    put("native-status", open(&event.native_status));
    put("actor", event.actor.clone().map(Said::Name));
    let fields = &event.fields;
    put("recipient", value(&fields.recipient, |name| Said::Name(name.line())));
    put("identification-number", value(&fields.identification_number, |number| Said::Number(number.clone())));
    put("service-name", value(&fields.service_name, text));
    put("intake-place", value(&fields.intake_place, text));
    put("intake-at", value(&fields.intake_at, moment));
    put("executor", value(&fields.executor, |name| Said::Name(name.clone())));
    put("planned-at", value(&fields.planned_at, moment));
    put("completed-at", value(&fields.completed_at, moment));
    put("channel", value(&fields.channel, channel));
    put("provider-bin", value(&fields.provider_bin, text));
    put("service-code", value(&fields.service_code, text));
    put("composite-reference", value(&fields.composite_reference, text));
    for native in &event.native {
        // A native value may be anything, a name too.
        put(&format!("native.{}", native.name), Some(Said::Name(native.value.clone())));
    }
    said
}

fn kind(kind: &EventKind, put: &mut impl FnMut(&str, Option<Said>)) {
    let ground = |ground: &Option<String>| ground.clone().map(Said::Open);
    let outcome = |outcome: &Outcome| Some(Said::Open(outcome.name().to_owned()));
    match kind {
        EventKind::Closed(how) => {
            put("outcome", outcome(how));
            if let Outcome::Refused(reason) = how {
                put("ground", ground(reason));
            }
        }
        EventKind::Suspended(why) | EventKind::Resumed(why) | EventKind::Reopened(why) => put("ground", ground(why)),
        EventKind::Prolonged(prolongation) => {
            put("planned-at", Some(moment(&prolongation.planned)));
            put("ground", ground(&prolongation.ground));
        }
        EventKind::Withdrawn(withdrawal) => {
            put("target", Some(Said::Open(withdrawal.event.clone())));
            put("ground", ground(&withdrawal.reason));
        }
        EventKind::Correction(correction) => {
            put("target", Some(Said::Open(correction.event.clone())));
            put("stage", correction.stage.map(|stage| Said::Open(stage.name().to_owned())));
            put("outcome", correction.outcome.as_ref().and_then(outcome));
            put("ground", ground(&correction.reason));
        }
        EventKind::Stage(_) | EventKind::Update => {}
    }
}

fn value<T>(update: &Update<T>, said: impl Fn(&T) -> Said) -> Option<Said> {
    match update {
        Update::Unchanged => None,
        Update::Cleared => Some(Said::Open(String::new())),
        Update::Set(value) => Some(said(value)),
    }
}

#[expect(clippy::ptr_arg, reason = "it is applied to a field of that type")]
fn text(text: &String) -> Said {
    Said::Open(text.clone())
}

fn moment(moment: &Moment) -> Said {
    Said::Open(moment.local())
}

fn channel(channel: &Channel) -> Said {
    Said::Open(match channel {
        Channel::Portal => "portal".to_owned(),
        Channel::Provider => "provider".to_owned(),
        Channel::StateCorporation => "state-corporation".to_owned(),
        Channel::Other(other) => other.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fields::{Fields, RecipientName},
        stage::Stage,
    };

    fn event(stage: Stage, number: &str) -> Event {
        Event {
            request: "R1".into(),
            key: Some("k".into()),
            kind: EventKind::Stage(stage),
            occurred_at: Moment {
                instant: "2024-05-01T05:00:00Z".parse().unwrap(),
                offset: Some(18000),
                zone: None,
                literal: "2024-05-01T10:00:00+05:00".into(),
            },
            native_status: "status".into(),
            actor: None,
            fields: Fields {
                recipient: Update::Set(RecipientName::FullName("Үлгі Адам".into())),
                identification_number: Update::Set(number.into()),
                ..Fields::default()
            },
            native: Vec::new(),
        }
    }

    #[test]
    fn only_what_differs_is_named_and_persons_are_masked() {
        let (old, new) = (event(Stage::Accepted, "850101199993"), event(Stage::Executed, "991231599997"));
        let found = differences(Some(&old), Some(&new));
        let of = |field: &str, before: &str, after: &str| Difference {
            field: field.into(),
            before: Some(before.into()),
            after: Some(after.into()),
        };
        let expected =
            [of("stage", "accepted", "executed"), of("identification-number", "8501*****993", "9912*****997")];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_difference_that_the_mask_hides_is_said_to_be_one() {
        let (old, new) = (event(Stage::Accepted, "850101199993"), event(Stage::Accepted, "850112345993"));
        let found = differences(Some(&old), Some(&new));
        assert_eq!(found[0].after.as_deref(), Some("8501*****993 (differs behind the mask)"));
    }

    #[test]
    fn an_event_that_is_new_or_gone_says_all_it_says_and_a_cleared_field_is_empty() {
        let mut one = event(Stage::Accepted, "850101199993");
        one.fields.executor = Update::Cleared;
        let (new, gone) = (differences(None, Some(&one)), differences(Some(&one), None));
        assert!(new.iter().all(|field| field.before.is_none()) && gone.iter().all(|field| field.after.is_none()));
        let executor = new.iter().find(|field| field.field == "executor").unwrap();
        assert_eq!(executor.after.as_deref(), Some(""));
        assert!(differences(Some(&one), Some(&one)).is_empty());
    }
}
