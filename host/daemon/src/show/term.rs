//! A request's term for people: the date and how it came about, the provider's own beside it, whether it is late, and whose
//! breach it is (452-10 to 452-12).

use qadam_domain::labels::Label;
use serde_json::Value;

use super::{local, text, word, words};
use crate::{cli::Lang, terminal::table};

/// Days off that are named one by one; weekends are counted.
const NAMED: usize = 12;

/// The lines of a term; none where nothing is known of it.
pub(super) fn lines(request: &Value, lang: Lang) -> Vec<String> {
    let Some(term) = request.get("term") else { return Vec::new() };
    let mut rows: Vec<(Label, String)> = Vec::new();
    let time = |path: &str| term.pointer(path).map(local);
    if let Some(service) = term.get("service") {
        let names = service.get("names").cloned().unwrap_or_default();
        let name = names.get(lang.name()).or_else(|| names.get("ru")).and_then(Value::as_str).unwrap_or_default();
        let version = service.get("version").map(Value::to_string).unwrap_or_default();
        let passport = format!("{} v{version}", text(service, "code"));
        rows.push((words::SERVICE, format!("{name}, {}; {passport}; {}", text(service, "term"), text(service, "act"))));
    } else {
        rows.push((words::SERVICE, word(words::NO_PASSPORT, lang).to_owned()));
    }
    rows.extend(time("/taken").map(|taken| (words::TAKEN, taken)));
    if let Some(planned) = term.get("planned") {
        let due = planned.get("due").map_or_else(|| word(words::SUSPENDED, lang).to_owned(), local);
        let calendar = match text(planned, "calendar").as_str() {
            "complete" => String::new(),
            other => format!(" ({}: {other})", word(words::CALENDAR, lang)),
        };
        rows.push((words::PLANNED, format!("{due}{calendar}")));
        for step in planned.get("steps").and_then(Value::as_array).into_iter().flatten() {
            rows.extend(self::step(step, lang).map(|line| (words::NOTHING, format!("  {line}"))));
        }
        let versions = planned.get("versions").and_then(Value::as_array).cloned().unwrap_or_default();
        if versions.len() > 1 {
            for version in &versions {
                let causes = version.get("causes").and_then(Value::as_array).into_iter().flatten();
                let causes: Vec<&str> = causes.filter_map(Value::as_str).collect();
                let due = version.get("due").map_or_else(|| word(words::SUSPENDED, lang).to_owned(), local);
                let made = version.get("made_at").map(local).unwrap_or_default();
                let number = version.get("number").map(Value::to_string).unwrap_or_default();
                rows.push((words::VERSION, format!("{number}: {due}; {made}, {}", causes.join(", "))));
            }
        }
    }
    if let Some(promised) = time("/promised") {
        let differs = term.get("differs_seconds").and_then(Value::as_u64).map(|seconds| span(seconds, lang));
        let beside = match (text(term, "compared").as_str(), differs) {
            ("same", _) => format!(", {}", word(words::SAME, lang)),
            ("reported-later", Some(by)) => format!(", ! {} {by}", word(words::LATER, lang)),
            ("reported-earlier", Some(by)) => format!(", ! {} {by}", word(words::EARLIER, lang)),
            _ => String::new(),
        };
        rows.push((words::PROMISED, format!("{promised}{beside}")));
    }
    rows.push((words::OVERDUE, overdue(term, lang)));
    if let Some(seconds) = term.get("reported_late_seconds").and_then(Value::as_u64) {
        rows.push((words::REPORTED, span(seconds, lang)));
    }
    rows.extend(verdict(term, lang).into_iter().map(|line| (words::BREACH, line)));
    for contest in term.get("contests").and_then(Value::as_array).into_iter().flatten() {
        let claims = text(contest, "claims");
        let claims = if claims.is_empty() { claims } else { format!(" ({claims})") };
        let who = format!("{} {}", text(contest, "at").get(..10).unwrap_or_default(), text(contest, "by"));
        rows.push((words::CONTESTED, format!("{who}{claims}: {}", text(contest, "reason"))));
    }
    let rows: Vec<Vec<String>> =
        rows.into_iter().map(|(label, value)| vec![format!("  {}", word(label, lang)), value]).collect();
    let mut lines = vec![word(words::TERM, lang).to_owned()];
    lines.extend(table(&rows));
    lines
}

fn overdue(term: &Value, lang: Lang) -> String {
    let Some(overdue) = term.get("overdue") else { return String::new() };
    let by = overdue.get("seconds").and_then(Value::as_u64).map(|seconds| span(seconds, lang)).unwrap_or_default();
    let finished = overdue.get("finished").map(|at| format!(", {} {}", word(words::FINISHED, lang), local(at)));
    let finished = finished.unwrap_or_default();
    let is = word(words::lateness(&text(overdue, "is")), lang);
    format!(
        "{} ({})",
        format!("{is} {by}{finished}").replace("  ", " ").trim(),
        word(words::rule(&text(overdue, "rule")), lang)
    )
}

fn verdict(term: &Value, lang: Lang) -> Option<String> {
    let verdict = term.get("verdict")?;
    let blame = verdict.get("blame_in_words").map(|words| text(words, lang.name())).unwrap_or_default();
    let rule = match text(verdict, "rule") {
        rule if rule.is_empty() => String::new(),
        rule => format!(" ({rule})"),
    };
    let cites = verdict.get("cites").and_then(Value::as_array).into_iter().flatten();
    let cites: Vec<String> = cites.map(|cite| format!("{} {}", text(cite, "fact"), text(cite, "id"))).collect();
    let cites =
        if cites.is_empty() { String::new() } else { format!("; {}: {}", word(words::PROVED, lang), cites.join(", ")) };
    Some(format!("{blame}{rule}{cites}"))
}

/// A step of the derivation; none for what stands elsewhere.
fn step(step: &Value, lang: Lang) -> Option<String> {
    let last = || text(step, "last");
    let term = || {
        let term = step.get("term").cloned().unwrap_or_default();
        format!("{} {}", term.get("amount").map(Value::to_string).unwrap_or_default(), text(&term, "unit"))
    };
    let named = |label: Label, what: String| Some(format!("{} {what}{}", word(label, lang), skipped(step, lang)));
    match text(step, "step").as_str() {
        "taken-when-open" => named(words::TAKEN_WHEN_OPEN, text(step, "day")),
        "counted-days" | "counted-months" | "counted-time" => named(words::COUNTED, format!("{} → {}", term(), last())),
        "moved-to-working-day" => named(words::MOVED, last()),
        "suspended" => named(words::STOPPED, text(step, "at")),
        "resumed" => named(words::RESUMED, format!("{} → {}", text(step, "at"), last())),
        "prolonged" => named(words::PROLONGED, text(step, "to")),
        "ignored" => named(words::IGNORED, text(step, "why")),
        _ => None,
    }
}

/// Days that did not count: weekends by their number, all others by name.
fn skipped(step: &Value, lang: Lang) -> String {
    let days = step.get("skipped").and_then(Value::as_array).cloned().unwrap_or_default();
    if days.is_empty() {
        return String::new();
    }
    let is_weekend = |day: &&Value| day.pointer("/why/is").and_then(Value::as_str) == Some("weekend");
    let weekends = days.iter().filter(is_weekend).count();
    let mut parts = Vec::new();
    if weekends > 0 {
        parts.push(format!("{} {weekends}", word(words::WEEKENDS, lang)));
    }
    let others: Vec<&Value> = days.iter().filter(|day| !is_weekend(day)).collect();
    for day in others.iter().take(NAMED) {
        let name = day.pointer("/why/name").and_then(Value::as_str).unwrap_or_default();
        parts.push(format!("{} {name}", text(day, "date")));
    }
    if others.len() > NAMED {
        parts.push(format!("… +{}", others.len() - NAMED));
    }
    format!("; {}: {}", word(words::NOT_COUNTED, lang), parts.join(", "))
}

/// A length of time in days, hours and minutes, the smaller left out where they say nothing.
fn span(seconds: u64, lang: Lang) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let part = |count: u64, label: Label| (count > 0).then(|| format!("{count} {}", word(label, lang)));
    let minutes = if days > 0 { None } else { part(minutes, words::MINUTES) };
    let parts: Vec<String> =
        [part(days, words::DAYS), part(hours, words::HOURS), minutes].into_iter().flatten().collect();
    if parts.is_empty() { format!("{seconds} {}", word(words::SECONDS, lang)) } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn weekends_are_counted_and_holidays_named() {
        let day = |date: &str, why: Value| json!({ "date": date, "working": false, "why": why });
        let step = json!({ "step": "counted-days", "term": { "amount": 5, "unit": "working-days" }, "last": "2026-03-30",
            "skipped": [day("2026-03-21", json!({ "is": "weekend" })), day("2026-03-22", json!({ "is": "weekend" })),
                day("2026-03-23", json!({ "is": "row", "name": "Наурыз" }))] });
        let line = super::step(&step, Lang::En).unwrap();
        assert_eq!(line, "counted 5 working-days → 2026-03-30; not counted: days of weekends: 2, 2026-03-23 Наурыз");
    }

    #[test]
    fn a_span_says_what_matters() {
        assert_eq!(span(86_400 * 3 + 3_600 * 4 + 60, Lang::En), "3 d 4 h");
        assert_eq!(span(61, Lang::En), "1 min");
        assert_eq!(span(1, Lang::Ru), "1 с");
    }
}
