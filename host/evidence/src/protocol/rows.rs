//! The tables of a protocol: names and values.

use qadam_domain::{EventId, FieldName, Stage, labels};

use super::{
    NONE, sealer,
    words::{self as word, Language, Word},
};
use crate::{
    document::{Document, Time},
    verify::{Facts, Owner},
};

type Rows = Vec<(String, String)>;

/// What happened, and where it comes from.
pub(super) fn event(event: &Document, language: Language) -> Rows {
    let say = |word: Word| word.of(language).to_owned();
    let mut rows = vec![
        (say(word::ID), event.id.to_string()),
        (say(word::PROVIDER), event.provider.to_string()),
        (say(word::NUMBER), event.number.clone()),
        (say(word::KIND), say(word::kind(&event.kind))),
    ];
    let mut also = |name: Word, value: Option<String>| rows.extend(value.map(|value| (say(name), value)));
    also(word::STAGE, event.stage.map(|stage| format!("{}. {}", stage.number(), stage_in_words(stage, language))));
    also(word::OUTCOME, event.outcome.as_deref().map(|outcome| say(word::outcome(outcome))));
    also(word::GROUND, event.ground.clone());
    also(word::PLANNED, event.planned.as_ref().map(time));
    also(word::OCCURRED, Some(time(&event.occurred_at)));
    also(word::STATUS, Some(event.native_status.clone()));
    also(word::RECEIVED, Some(event.received_at.to_string()));
    also(word::RECORDED, Some(event.recorded_at.to_string()));
    also(word::RECORD_DIGEST, Some(event.record_digest.clone()));
    also(word::KEPT_DIGEST, event.kept_digest.clone());
    let adapter = &event.adapter;
    also(word::ADAPTER, Some(format!("{} {}, SHA-256 {}", adapter.name, adapter.version, adapter.component)));
    rows
}

/// The events of other mappings.
pub(super) fn others(facts: &Facts, language: Language) -> Rows {
    let ids = |ids: &[EventId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let both = [(word::REPLACES, &facts.replaces), (word::REPLACED_BY, &facts.replaced_by)];
    both.into_iter()
        .filter(|(_, list)| !list.is_empty())
        .map(|(name, list)| (name.of(language).to_owned(), ids(list)))
        .collect()
}

/// The data fields of 452-7 that the event reports.
pub(super) fn fields(event: &Document, language: Language) -> Rows {
    let fields = &event.fields;
    let text = |field: &Option<String>| field.clone();
    let values = [
        (FieldName::Recipient, text(&fields.recipient)),
        (FieldName::IdentificationNumber, text(&fields.identification_number)),
        (FieldName::ServiceName, text(&fields.service_name)),
        (FieldName::IntakePlace, text(&fields.intake_place)),
        (FieldName::IntakeAt, fields.intake_at.as_ref().map(time)),
        (FieldName::Executor, text(&fields.executor)),
        (FieldName::PlannedAt, fields.planned_at.as_ref().map(time)),
        (FieldName::CompletedAt, fields.completed_at.as_ref().map(time)),
        (FieldName::Channel, text(&fields.channel)),
        (FieldName::ProviderBin, text(&fields.provider_bin)),
        (FieldName::ServiceCode, text(&fields.service_code)),
        (FieldName::CompositeReference, text(&fields.composite_reference)),
    ];
    let rows = values.into_iter().filter_map(|(name, value)| {
        let cleared = fields.cleared.iter().any(|cleared| cleared == name.name());
        let value = value.or_else(|| cleared.then(|| word::CLEARED.of(language).to_owned()))?;
        let label = labels::field(name);
        Some((language.pick(label.kk, label.ru).to_owned(), value))
    });
    rows.collect()
}

/// By whom it is signed.
pub(super) fn signed(facts: &Facts, language: Language) -> Rows {
    let say = |word: Word| word.of(language).to_owned();
    let mut rows = vec![(say(word::BY), sealer(facts).to_owned())];
    rows.extend(facts.sealed_by.iter().flat_map(|owner| certificate(owner, language)));
    rows.extend([
        (say(word::SEALED), facts.sealed_at.map_or(NONE.to_owned(), |at| at.to_string())),
        (say(word::CERTIFIED), say(if facts.certified { word::YES } else { word::NOT_CERTIFIED })),
        (
            say(word::MESSAGE),
            match (facts.number, &facts.destination) {
                (Some(number), Some(destination)) => format!("№ {number} → {destination}"),
                _ => NONE.to_owned(),
            },
        ),
    ]);
    rows
}

/// When it existed, as an authority proves.
pub(super) fn stamped(facts: &Facts, language: Language) -> Rows {
    let say = |word: Word| word.of(language).to_owned();
    let Some(at) = facts.stamped_at else { return vec![(say(word::TIME), say(word::NOT_STAMPED))] };
    let mut rows = vec![(say(word::TIME), at.to_string())];
    if let Some(owner) = &facts.stamped_by {
        rows.push((say(word::BY), owner.name.clone()));
        rows.extend(certificate(owner, language));
    }
    rows
}

fn certificate(owner: &Owner, language: Language) -> Rows {
    let say = |word: Word| word.of(language).to_owned();
    let mut rows: Rows = Vec::new();
    rows.extend(owner.organisation.iter().map(|name| (say(word::ORGANISATION), name.clone())));
    rows.extend(owner.bin.iter().map(|bin| (say(word::BIN), bin.clone())));
    rows.push((say(word::SERIAL), owner.serial.clone()));
    rows
}

/// The local time at the place, and what the source wrote where that is something else.
fn time(time: &Time) -> String {
    match time.local.starts_with(&time.literal) {
        true => time.local.clone(),
        false => format!("{} («{}»)", time.local, time.literal),
    }
}

const fn stage_in_words(stage: Stage, language: Language) -> &'static str {
    let label = labels::stage(stage);
    language.pick(label.kk, label.ru)
}
