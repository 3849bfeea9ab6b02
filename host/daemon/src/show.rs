//! Requests for people, from the API's answers.

mod term;
mod words;

use qadam_domain::{
    FieldName, Stage,
    labels::{self, Label},
};
use serde_json::Value;

use crate::{cli::Lang, terminal::table};

/// A text member of an answer, or nothing.
pub(crate) fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

pub(crate) const fn word(label: Label, lang: Lang) -> &'static str {
    match lang {
        Lang::Kk => label.kk,
        Lang::Ru => label.ru,
        Lang::En => label.en,
    }
}

/// The stage of that name in words, or that none was reported.
fn stage_word(name: &str, lang: Lang) -> &'static str {
    let stage = Stage::ALL.into_iter().find(|stage| stage.name() == name);
    word(stage.map_or(labels::NOT_REPORTED, labels::stage), lang)
}

/// Local time without the fraction of a second: `2010-10-01 00:00 (Europe/Amsterdam)`.
fn local(time: &Value) -> String {
    let local = text(time, "local");
    let zone = local.split_once('[').map_or("", |(_, zone)| zone.trim_end_matches(']'));
    let minutes = local.get(..16).unwrap_or_default().replace('T', " ");
    if zone.is_empty() { minutes } else { format!("{minutes} ({zone})") }
}

/// A request in a few lines: the six stages, each with when it was reached first and last, or "not reported".
pub(crate) fn stages(request: &Value, lang: Lang) -> Vec<String> {
    let history = request.get("history").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut rows = Vec::new();
    for stage in Stage::ALL {
        let mut events: Vec<&Value> = history
            .iter()
            .filter(|event| text(event, "stage") == stage.name() && event.get("standing") == Some(&Value::Bool(true)))
            .filter_map(|event| event.get("occurred_at"))
            .collect();
        events.sort_by_key(|time| text(time, "instant"));
        let when = match (events.first(), events.last()) {
            (Some(first), Some(last)) if events.len() > 1 => {
                format!("{} … {} ×{}", local(first), local(last), events.len())
            }
            (Some(only), _) => local(only),
            _ => word(labels::NOT_REPORTED, lang).to_owned(),
        };
        rows.push(vec![format!("  {}", stage.number()), word(labels::stage(stage), lang).to_owned(), when]);
    }
    let mut lines = vec![format!("{}/{}", text(request, "provider"), text(request, "number"))];
    lines.extend(table(&rows));
    if lang == Lang::Kk {
        lines.push("  (қазақша атаулар ресми емес)".to_owned());
    }
    lines
}

/// A request with its fields and history.
pub(crate) fn request(request: &Value, lang: Lang) -> Vec<String> {
    let mut lines = stages(request, lang);
    let fields = request.get("fields").cloned().unwrap_or_default();
    let missing: Vec<String> = request
        .get("missing")
        .and_then(Value::as_array)
        .map(|missing| missing.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect())
        .unwrap_or_default();
    let mut rows = Vec::new();
    for name in FieldName::ALL {
        let value = match fields.get(name.name()) {
            Some(Value::String(text)) => text.clone(),
            Some(time @ Value::Object(_)) => local(time),
            _ if missing.iter().any(|missing| missing == name.name()) => {
                format!("— {}", word(labels::NOT_REPORTED, lang))
            }
            _ => continue,
        };
        rows.push(vec![format!("  {}", word(labels::field(name), lang)), value]);
    }
    lines.push(String::new());
    lines.extend(table(&rows));
    lines.push(String::new());
    let term = term::lines(request, lang);
    if !term.is_empty() {
        lines.extend(term);
        lines.push(String::new());
    }
    let history = request.get("history").and_then(Value::as_array).cloned().unwrap_or_default();
    let rows: Vec<Vec<String>> = history
        .iter()
        .map(|event| {
            let time = event.get("occurred_at").cloned().unwrap_or_default();
            let kind = match text(event, "stage") {
                stage if stage.is_empty() => text(event, "kind"),
                stage => stage,
            };
            let odd = event.get("anomalies").and_then(Value::as_array).cloned().unwrap_or_default();
            let odd: Vec<&str> = odd.iter().filter_map(Value::as_str).collect();
            let odd = match event.get("standing") {
                Some(Value::Bool(false)) => format!("{} (does not count)", odd.join(", ")),
                _ => odd.join(", "),
            };
            vec![format!("  {}", local(&time)), kind, text(event, "native_status"), odd]
        })
        .collect();
    lines.extend(table(&rows));
    lines
}

/// The sentences about a request, in a language.
pub(crate) fn told(request: &Value, lang: Lang) -> Vec<String> {
    let name = word(Label { kk: "kk", ru: "ru", en: "en" }, lang);
    let told = request.pointer(&format!("/told/{name}")).and_then(Value::as_array);
    told.into_iter().flatten().filter_map(Value::as_str).map(ToOwned::to_owned).collect()
}

/// Requests, a line each.
pub(crate) fn list(requests: &[Value], lang: Lang) -> Vec<String> {
    let rows: Vec<Vec<String>> = requests
        .iter()
        .map(|request| {
            let planned = request.pointer("/fields/planned-at").map(local).unwrap_or_default();
            let number = format!("{}/{}", text(request, "provider"), text(request, "number"));
            vec![number, stage_word(&text(request, "stage"), lang).to_owned(), planned, text(request, "id")]
        })
        .collect();
    table(&rows)
}
