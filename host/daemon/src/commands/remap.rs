//! `qadam adapter remap`: what another mapping of past records would change, and then doing it.

use clap::Args;
use qadam_domain::ProviderId;
use serde_json::{Map, Value, json};

use super::target;
use crate::{
    cli::{Failure, Target},
    show::text,
    terminal::{note, say},
};

#[derive(Debug, Args)]
pub(crate) struct Remap {
    #[command(flatten)]
    target: Target,
    /// Whose records
    #[arg(long, value_name = "ID")]
    provider: ProviderId,
    /// Only these records
    #[arg(long = "record", value_name = "ID")]
    records: Vec<String>,
    /// Only records with this outcome
    #[arg(long, value_parser = ["mapped", "refused", "quarantined"])]
    outcome: Option<String>,
    /// Only records received at or after this time, 2026-11-01T00:00:00+05:00
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only records received before this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Map again as a preview named it; or `now`, without a look at the differences
    #[arg(long, value_name = "PLAN", requires = "why")]
    apply: Option<String>,
    /// Why, for the record of acts
    #[arg(long)]
    why: Option<String>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Remap {
    fn selection(&self) -> Value {
        let mut selection = Map::from_iter([("provider".to_owned(), json!(self.provider.as_str()))]);
        if !self.records.is_empty() {
            selection.insert("records".to_owned(), json!(self.records));
        }
        for (name, value) in [("outcome", &self.outcome), ("since", &self.since), ("until", &self.until)] {
            if let Some(value) = value {
                selection.insert(name.to_owned(), json!(value));
            }
        }
        Value::Object(selection)
    }

    /// The command that applies a preview.
    fn command(&self, plan: &str) -> String {
        let mut command = format!("qadam adapter remap --provider {}", self.provider);
        for record in &self.records {
            command.push_str(&format!(" --record {record}"));
        }
        for (name, value) in [("outcome", &self.outcome), ("since", &self.since), ("until", &self.until)] {
            if let Some(value) = value {
                command.push_str(&format!(" --{name} {value}"));
            }
        }
        format!("{command} --apply {plan} --why REASON")
    }
}

pub(crate) async fn run(remap: Remap) -> Result<(), Failure> {
    let host = target(&remap.target)?;
    let selection = remap.selection();
    let plan = match remap.apply.as_deref() {
        Some(plan) if plan != "now" => plan.to_owned(),
        apply => {
            note("mapping the records again to see what would differ; nothing is changed");
            let preview: Value = host.post("/v1/remap/preview", &selection).await?;
            if apply.is_none() {
                if remap.json {
                    say(preview.to_string());
                } else {
                    tell(&preview).into_iter().for_each(say);
                    note(format!("to map them so: {}", remap.command(&text(&preview, "plan"))));
                }
                return Ok(());
            }
            text(&preview, "plan")
        }
    };
    let body = json!({ "selection": selection, "plan": plan, "why": remap.why });
    // A repeat finds that the records wait, and says so.
    let done: Value = host.post_once("/v1/remap", &body).await?;
    if remap.json {
        say(done.to_string());
    } else {
        note(format!("{} records are mapped again", done.get("records").map(Value::to_string).unwrap_or_default()));
    }
    Ok(())
}

/// A preview for people.
fn tell(preview: &Value) -> Vec<String> {
    let count = |name: &str| preview.get(name).map(Value::to_string).unwrap_or_default();
    let list = |name: &str| preview.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut lines = vec![format!(
        "{} records: {} give what they gave; events: {} added, {} changed, {} withdrawn",
        count("records"),
        count("same"),
        count("added"),
        count("changed"),
        count("withdrawn")
    )];
    for change in list("outcomes") {
        let records = change.get("records").map(Value::to_string).unwrap_or_default();
        lines.push(format!("{records} records: {} → {}", text(&change, "from"), text(&change, "to")));
    }
    let mut request = String::new();
    for event in list("events") {
        if text(&event, "request") != request {
            request = text(&event, "request");
            lines.push(format!("\nrequest {request}"));
        }
        let key = event.get("key").and_then(Value::as_str).unwrap_or("without a key");
        lines.push(format!("  event {key}, {}, from {}", text(&event, "change"), text(&event, "record")));
        for field in event.get("fields").and_then(Value::as_array).into_iter().flatten() {
            let side = |name: &str| match field.get(name).and_then(Value::as_str) {
                None => "nothing".to_owned(),
                Some("") => "cleared".to_owned(),
                Some(value) => value.to_owned(),
            };
            lines.push(format!("    {:<24} {} → {}", text(field, "field"), side("before"), side("after")));
        }
    }
    for cause in list("causes") {
        lines.push(format!("{}: {}", text(&cause, "record"), text(&cause, "cause")));
    }
    lines
}
