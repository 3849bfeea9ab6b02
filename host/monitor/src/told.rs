//! How far a request is, in the three or four plain sentences that the contact centre reads out on the telephone and a
//! front office says at its counter (452-2, 56-11): what it is, at which stage, by when, where to collect. Nothing in
//! them tells who it is about.

mod facts;
mod words;

pub(crate) use facts::{Facts, Promise, Standing, local};
use jiff::Zoned;
use qadam_domain::labels::Lang;
use serde::Serialize;
use utoipa::ToSchema;
pub(crate) use words::{duration, moment};

use self::words::Sentence;
use crate::view::RequestView;

/// How far a request is, in sentences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Told {
    /// In Kazakh, unofficial.
    pub kk: Vec<String>,
    /// In Russian.
    pub ru: Vec<String>,
    /// In English.
    pub en: Vec<String>,
}

impl Told {
    /// That of a request.
    pub(crate) fn of(view: &RequestView) -> Self {
        let facts = Facts::of(view);
        let told = |lang| sentences(view, &facts, lang);
        Self { kk: told(Lang::Kk), ru: told(Lang::Ru), en: told(Lang::En) }
    }
}

/// The sentences in one language.
pub(crate) fn sentences(view: &RequestView, facts: &Facts, lang: Lang) -> Vec<String> {
    let mut said = vec![what(view, facts, lang), stage(facts, lang)];
    said.push(term(facts, lang));
    said.extend(end(view, facts, lang));
    said
}

fn what(view: &RequestView, facts: &Facts, lang: Lang) -> String {
    let named = match (&facts.service(lang), lang) {
        (None, _) => String::new(),
        (Some(name), Lang::En) => format!(" (“{name}”)"),
        (Some(name), _) => format!(" («{name}»)"),
    };
    let what = words::REQUEST.with(lang, &[&view.number, &named]);
    match &facts.taken {
        Some(taken) => format!("{what} {}", words::TAKEN.with(lang, &[&words::date(taken, lang)])),
        None => what,
    }
}

fn stage(facts: &Facts, lang: Lang) -> String {
    let Some(stage) = facts.stage else { return words::NO_STAGE.with(lang, &[]) };
    let (number, label) = (stage.number().to_string(), qadam_domain::labels::stage(stage).word(lang));
    match &facts.since {
        Some(since) => words::NOW_SINCE.with(lang, &[label, &number, &moment(since, lang)]),
        None => words::NOW.with(lang, &[label, &number]),
    }
}

/// By when, and how that stands.
pub(crate) fn term(facts: &Facts, lang: Lang) -> String {
    let Some(Promise { at, is_reported }) = &facts.promise else {
        let none = if facts.standing == Standing::Suspended { words::SUSPENDED } else { words::NO_DATE };
        return none.with(lang, &[]);
    };
    let (date, span) = (due(at, lang), |seconds| duration(seconds, lang));
    let said = match facts.standing {
        Standing::Running(left) => words::RUNNING.with(lang, &[&date, &span(left)]),
        Standing::Overdue(by) => words::OVERDUE.with(lang, &[&date, &span(by)]),
        Standing::InTime => words::IN_TIME.with(lang, &[&date]),
        Standing::Late(by) => words::LATE.with(lang, &[&date, &span(by)]),
        Standing::Suspended => words::SUSPENDED.with(lang, &[]),
        Standing::Unknown => words::PROMISED.with(lang, &[&date]),
    };
    let whose = match &facts.other_promise {
        _ if *is_reported => words::REPORTED.with(lang, &[]),
        Some(other) => words::OTHER_PROMISE.with(lang, &[&due(other, lang)]),
        None => return said,
    };
    format!("{said} {whose}")
}

/// A day that is the last in time is said without its last minute.
pub(crate) fn due(at: &Zoned, lang: Lang) -> String {
    let is_end_of_day = (at.hour(), at.minute()) == (23, 59);
    if is_end_of_day { words::date(at, lang) } else { moment(at, lang) }
}

/// How it ended, or where its result will be.
fn end(view: &RequestView, facts: &Facts, lang: Lang) -> Option<String> {
    let said: Sentence = match facts.outcome {
        Some("issued") => words::ISSUED,
        Some("refused") => words::REFUSED,
        _ if view.closed => return None,
        _ => return collect(view, lang),
    };
    Some(said.with(lang, &[]))
}

/// Where the result is collected: on the portal what was asked for there, all else where it was asked for. None where the
/// source says neither.
pub(crate) fn collect(view: &RequestView, lang: Lang) -> Option<String> {
    match (view.fields.channel.as_deref(), view.fields.intake_place.as_deref()) {
        (Some("portal"), _) => Some(words::COLLECT_ON_PORTAL.with(lang, &[])),
        (_, Some(place)) => Some(words::COLLECT_AT.with(lang, &[place])),
        (Some("state-corporation"), None) => Some(words::COLLECT_AT_CORPORATION.with(lang, &[])),
        (Some("provider"), None) => Some(words::COLLECT_AT_PROVIDER.with(lang, &[])),
        _ => None,
    }
}

#[cfg(test)]
#[path = "told/tests.rs"]
mod tests;
