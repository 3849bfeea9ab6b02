//! `qadam calendar`: Kazakhstan's working days.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use qadam_domain::calendar::Edit;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{request::escaped, target};
use crate::{
    cli::{Failure, Target},
    show::text,
    terminal::{say, table},
};

/// The working days.
#[derive(Debug, Subcommand)]
pub(crate) enum Calendar {
    /// List the days that are not as their weekday says, with the source of each
    List(List),
    /// Change the calendar by a file of edits, all or none; nothing is deleted
    Put(Put),
}

#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    target: Target,
    /// Of one year
    #[arg(long)]
    year: Option<i16>,
    /// As known at the end of a day, or at an instant
    #[arg(long, value_name = "DATE")]
    known: Option<String>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Put {
    #[command(flatten)]
    target: Target,
    /// TOML, each edit under [[edit]]: `add` a row, `supersede` one, or what is known of a `year`
    file: PathBuf,
    /// Why, for the journal
    #[arg(long)]
    why: String,
}

/// A file of edits.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "edit")]
    edits: Vec<Edit>,
}

pub(crate) async fn run(calendar: Calendar) -> Result<(), Failure> {
    match calendar {
        Calendar::List(list) => self::list(list).await,
        Calendar::Put(put) => self::put(put).await,
    }
}

async fn list(list: List) -> Result<(), Failure> {
    let known = list.known.map(|known| format!("known={}&", escaped(&known))).unwrap_or_default();
    let year = list.year.map(|year| format!("year={year}")).unwrap_or_default();
    let calendar: Value = target(&list.target)?.get(&format!("/v1/calendar?{known}{year}")).await?;
    if list.json {
        say(calendar.to_string());
        return Ok(());
    }
    let items = |name: &str| calendar.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut rows = vec![["DATE", "IS", "WEEKS", "NAME", "ACT OR SOURCE", ""].map(String::from).to_vec()];
    for day in items("days") {
        let source = [text(&day, "act"), text(&day, "source")].into_iter().find(|text| !text.is_empty());
        let superseded = text(&day, "superseded-on");
        let note = match (text(&day, "status").as_str(), superseded.as_str()) {
            ("estimated", "") => "estimated".to_owned(),
            (_, "") => String::new(),
            (_, on) => format!("no longer since {on}: {}", text(&day, "superseded-by")),
        };
        let named = ["date", "kind", "weeks", "name"].map(|name| text(&day, name));
        rows.push(named.into_iter().chain([source.unwrap_or_default(), note]).collect());
    }
    table(&rows).into_iter().for_each(say);
    for year in items("years") {
        let number = year.get("year").map(Value::to_string).unwrap_or_default();
        say(format!("{number}: {} {}", text(&year, "known"), text(&year, "note")).trim_end());
    }
    for edit in items("edits") {
        let count = edit.get("edits").and_then(Value::as_array).map_or(0, Vec::len);
        say(format!("{}: {count} edits by {}: {}", text(&edit, "at"), text(&edit, "who"), text(&edit, "why")));
    }
    Ok(())
}

async fn put(put: Put) -> Result<(), Failure> {
    let named = |error: String| Failure::Failed(format!("{}: {error}", put.file.display()));
    let content = std::fs::read_to_string(&put.file).map_err(|error| named(error.to_string()))?;
    let file: File = toml::from_str(&content).map_err(|error| named(error.to_string()))?;
    let count = file.edits.len();
    let body = json!({ "edits": file.edits, "why": put.why });
    target(&put.target)?.post_once::<Value>("/v1/calendar", &body).await?;
    say(format!("{count} edits are taken; the requests that they may concern are judged anew"));
    Ok(())
}
