//! `qadam service`: the passports of services (1336-13).

use std::path::PathBuf;

use clap::{Args, Subcommand};
use qadam_domain::passport::Passport;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{request::escaped, target};
use crate::{
    cli::{Failure, Lang, Target},
    show::text,
    terminal::{say, table},
};

/// The passports of services.
#[derive(Debug, Subcommand)]
pub(crate) enum Service {
    /// List the passports in force, or all versions
    List(List),
    /// Add passports, or new versions of them, from a file
    Put(Put),
}

#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    target: Target,
    /// As known at the end of a day, or at an instant
    #[arg(long, value_name = "DATE")]
    known: Option<String>,
    /// Every version, with who put it there and why
    #[arg(long)]
    all: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
    /// Language of names
    #[arg(long, default_value = "en")]
    lang: Lang,
}

#[derive(Debug, Args)]
pub(crate) struct Put {
    #[command(flatten)]
    target: Target,
    /// TOML, each passport under [[passport]]
    file: PathBuf,
    /// Why, for the journal
    #[arg(long)]
    why: String,
}

/// A file of passports.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "passport")]
    passports: Vec<Passport>,
}

pub(crate) async fn run(service: Service) -> Result<(), Failure> {
    match service {
        Service::List(list) => self::list(list).await,
        Service::Put(put) => self::put(put).await,
    }
}

async fn list(list: List) -> Result<(), Failure> {
    let known = list.known.map(|known| format!("?known={}", escaped(&known))).unwrap_or_default();
    let page: Value = target(&list.target)?.get(&format!("/v1/services{known}")).await?;
    let mut items = page.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    let code = |item: &Value| item.pointer("/passport/code").cloned();
    if !list.all {
        // The last version of each.
        let codes: Vec<_> = items.iter().map(code).collect();
        let last = |place: usize, item: &Value| !codes.iter().skip(place + 1).any(|later| *later == code(item));
        items =
            items.iter().enumerate().filter(|(place, item)| last(*place, item)).map(|(_, item)| item.clone()).collect();
    }
    if list.json {
        say(Value::from(items).to_string());
        return Ok(());
    }
    let mut rows = vec![["CODE", "VERSION", "TERM", "FROM", "UNTIL", "NAME", "BY", "WHY"].map(String::from).to_vec()];
    for item in &items {
        let passport = item.get("passport").cloned().unwrap_or_default();
        let number = |path: &str| passport.pointer(path).map(Value::to_string).unwrap_or_default();
        let unit = passport.pointer("/term/unit").and_then(Value::as_str).unwrap_or_default();
        let names = passport.get("names").cloned().unwrap_or_default();
        let name = names.get(list.lang.name()).or_else(|| names.get("ru")).and_then(Value::as_str).unwrap_or_default();
        rows.push(vec![
            text(&passport, "code"),
            number("/version"),
            format!("{} {unit}", number("/term/amount")),
            text(&passport, "valid-from"),
            text(&passport, "valid-until"),
            name.to_owned(),
            text(item, "who"),
            text(item, "why"),
        ]);
    }
    table(&rows).into_iter().for_each(say);
    Ok(())
}

async fn put(put: Put) -> Result<(), Failure> {
    let named = |error: String| Failure::Failed(format!("{}: {error}", put.file.display()));
    let content = std::fs::read_to_string(&put.file).map_err(|error| named(error.to_string()))?;
    let file: File = toml::from_str(&content).map_err(|error| named(error.to_string()))?;
    let host = target(&put.target)?;
    for passport in file.passports {
        let body = json!({ "passport": passport, "why": put.why });
        let taken: Value = host.put_once("/v1/services", &body).await?;
        let version = taken.get("version").map(Value::to_string).unwrap_or_default();
        say(format!("{}: version {version} is taken; the requests under it are judged anew", text(&taken, "code")));
    }
    Ok(())
}
