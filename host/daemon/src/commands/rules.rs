//! `qadam rules`: by which rules a breach is attributed, and which systems' outages are technical reasons (452-12).

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::target;
use crate::{
    cli::{Failure, Target},
    show::text,
    terminal::{say, table},
};

/// The rules of attribution.
#[derive(Debug, Subcommand)]
pub(crate) enum Rules {
    /// Show those in force
    Show(Show),
    /// Put others in their place
    Put(Put),
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    target: Target,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Put {
    #[command(flatten)]
    target: Target,
    /// TOML: a higher `version`, the systems `listed`, each rule under [[rule]]
    file: PathBuf,
    /// Why, for the journal
    #[arg(long)]
    why: String,
}

pub(crate) async fn run(rules: Rules) -> Result<(), Failure> {
    match rules {
        Rules::Show(show) => self::show(show).await,
        Rules::Put(put) => self::put(put).await,
    }
}

async fn show(show: Show) -> Result<(), Failure> {
    let rules: Value = target(&show.target)?.get("/v1/rules").await?;
    if show.json {
        say(rules.to_string());
        return Ok(());
    }
    let listed = rules.get("listed").and_then(Value::as_array).into_iter().flatten();
    let listed: Vec<&str> = listed.filter_map(Value::as_str).collect();
    say(format!("version {}", rules.get("version").map(Value::to_string).unwrap_or_default()));
    say(format!(
        "systems on the list of 452-12: {}",
        if listed.is_empty() { "none".to_owned() } else { listed.join(", ") }
    ));
    let rows = rules.get("rule").and_then(Value::as_array).into_iter().flatten();
    let rows: Vec<Vec<String>> =
        rows.map(|rule| ["name", "blames", "ground"].map(|name| text(rule, name)).to_vec()).collect();
    table(&rows).into_iter().for_each(say);
    Ok(())
}

async fn put(put: Put) -> Result<(), Failure> {
    let named = |error: String| Failure::Failed(format!("{}: {error}", put.file.display()));
    let content = std::fs::read_to_string(&put.file).map_err(|error| named(error.to_string()))?;
    let rules = qadam_domain::breach::Rules::read(&content).map_err(|error| named(error.to_string()))?;
    let body = json!({ "rules": rules, "why": put.why });
    target(&put.target)?.put_once::<Value>("/v1/rules", &body).await?;
    say(format!("the rules of version {} are in force; breaches are attributed anew", rules.version));
    Ok(())
}
