//! `qadam status`: what is wrong, since when, whom it affects, and the next command to type.

use clap::Args;
use qadam_domain::{
    Condition,
    condition::words::{AFFECTED, ALL_IS_WELL, DETAIL, EVERYONE, NEXT, OLDEST, RECORDS, SINCE, WAITING},
    labels::Label,
};
use serde_json::Value;

use super::target;
use crate::{
    cli::{Failure, Lang, Target},
    show::{text, word},
    terminal::{say, table},
};

/// Exit code, as of `systemctl is-system-running`: 0 where all is well, 1 where something is wrong or no host answers.
#[derive(Debug, Args)]
pub(crate) struct Status {
    #[command(flatten)]
    target: Target,
    /// As JSON
    #[arg(long)]
    json: bool,
    /// Language of the words
    #[arg(long, default_value = "en")]
    lang: Lang,
}

pub(crate) async fn run(status: Status) -> Result<(), Failure> {
    let seen: Value = target(&status.target)?.get("/v1/status").await?;
    if status.json {
        say(seen.to_string());
    } else {
        lines(&seen, status.lang, &options(&status.target)).into_iter().for_each(say);
    }
    let wrong = list(&seen, "conditions").len();
    match wrong {
        0 => Ok(()),
        1 => Err(Failure::Failed("one thing is wrong".into())),
        wrong => Err(Failure::Failed(format!("{wrong} things are wrong"))),
    }
}

fn list(value: &Value, name: &str) -> Vec<Value> {
    value.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
}

fn lines(seen: &Value, lang: Lang, options: &str) -> Vec<String> {
    let say = |label: Label| word(label, lang).to_owned();
    let conditions = list(seen, "conditions");
    if conditions.is_empty() {
        return vec![say(ALL_IS_WELL)];
    }
    let mut lines = Vec::new();
    for (condition, number) in conditions.iter().zip(1..) {
        // One that a newer host knows is called by its name.
        let known = Condition::ALL.into_iter().find(|known| known.name() == text(condition, "condition"));
        let what = known.map_or_else(|| text(condition, "condition"), |known| say(known.label()));
        lines.push(format!("{number}. {what}"));
        let next = match text(condition, "next") {
            next if next.starts_with("qadam ") => format!("{next}{options}"),
            next => next,
        };
        let rows = [
            (SINCE, instant(&text(condition, "since"))),
            (AFFECTED, affected(condition, lang)),
            (DETAIL, text(condition, "detail")),
            (NEXT, next),
        ];
        lines.extend(table(&rows.map(|(label, value)| vec![format!("   {}", say(label)), value])));
    }
    for waiting in list(seen, "waiting") {
        let since = instant(&text(&waiting, "received_at"));
        let (provider, oldest) = (text(&waiting, "provider"), text(&waiting, "oldest"));
        let records = counted(&waiting, lang);
        lines.push(format!("{}: {provider}, {records}; {}: {oldest}, {since}", say(WAITING), say(OLDEST)));
    }
    if lang == Lang::Kk {
        lines.push("(қазақша атаулар ресми емес)".to_owned());
    }
    lines
}

fn counted(value: &Value, lang: Lang) -> String {
    value.get("records").map(|count| format!("{count} {}", word(RECORDS, lang))).unwrap_or_default()
}

fn affected(condition: &Value, lang: Lang) -> String {
    match (text(condition, "provider"), counted(condition, lang)) {
        (provider, _) if provider.is_empty() => word(EVERYONE, lang).to_owned(),
        (provider, records) if records.is_empty() => provider,
        (provider, records) => format!("{provider}, {records}"),
    }
}

/// `2026-11-22 03:50:09 UTC`.
fn instant(text: &str) -> String {
    text.get(..19).map(|text| format!("{} UTC", text.replace('T', " "))).unwrap_or_default()
}

/// What names the host in the next command, as it did in this one.
fn options(target: &Target) -> String {
    match (&target.host, &target.data) {
        (Some(url), _) => format!(" --host {url}"),
        (None, Some(data)) => format!(" --data {}", data.display()),
        (None, None) => String::new(),
    }
}
