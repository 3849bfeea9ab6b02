//! `qadam adapter show` and `replay`: what an adapter's calls took, how it failed, and what it makes of one record.

use std::path::PathBuf;

use clap::Args;
use data_encoding::BASE64;
use qadam_domain::ProviderId;
use serde_json::Value;

use super::{request::escaped, target};
use crate::{
    cli::{Failure, Target},
    show::text,
    terminal::{say, table},
};

/// An adapter, looked into.
#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    target: Target,
    /// Whose adapter
    #[arg(long, value_name = "ID")]
    provider: ProviderId,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// A record, once more.
#[derive(Debug, Args)]
pub(crate) struct Replay {
    #[command(flatten)]
    target: Target,
    /// The record: `rec_…`, as `qadam adapter show` names it after a fault
    #[arg(long, value_name = "ID")]
    record: String,
    /// Try this component instead of the adapter that serves
    #[arg(long, value_name = "FILE.wasm")]
    component: Option<PathBuf>,
    /// Write the record there, its letters and digits replaced: for the adapter's developer
    #[arg(long, value_name = "FILE")]
    masked: Option<PathBuf>,
    /// Why, for the audit
    #[arg(long, value_name = "TEXT")]
    why: String,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn show(show: Show) -> Result<(), Failure> {
    let seen: Value = target(&show.target)?.get(&format!("/v1/adapters/{}", show.provider)).await?;
    if show.json {
        say(seen.to_string());
        return Ok(());
    }
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    let adapter = seen.get("adapter").cloned().unwrap_or_default();
    let mut rows = vec![
        row("provider", text(&seen, "provider")),
        row("service", text(&seen, "service")),
        row("generation", number(&seen, "generation")),
        row("adapter", format!("{} {}", text(&adapter, "name"), text(&adapter, "version"))),
        row("component", text(&adapter, "component")),
    ];
    if let Some(used) = seen.get("used") {
        for name in
            ["calls", "records", "events", "cpu_micros", "cpu_micros_per_record", "memory_peak", "log_lines_cut"]
        {
            rows.push(row(&name.replace('_', " "), number(used, name)));
        }
        for name in ["refused", "faults"] {
            let counts = used.get(name).and_then(Value::as_object).into_iter().flatten();
            rows.extend(counts.map(|(kind, count)| row(&format!("{name}: {kind}"), count.to_string())));
        }
    }
    table(&rows).into_iter().for_each(say);
    if let Some(fault) = seen.get("fault") {
        told(fault);
    }
    Ok(())
}

pub(crate) async fn replay(replay: Replay) -> Result<(), Failure> {
    let component = match &replay.component {
        Some(path) => std::fs::read(path).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?,
        None => Vec::new(),
    };
    let (record, why) = (escaped(&replay.record), escaped(&replay.why));
    let path = format!("/v1/records/{record}/replay?why={why}");
    let seen: Value = target(&replay.target)?.send(&path, "application/wasm", component.into()).await?;
    if let Some(path) = &replay.masked {
        let body = BASE64.decode(text(&seen, "masked").as_bytes())?;
        std::fs::write(path, body)?;
    }
    if replay.json {
        say(seen.to_string());
    } else {
        let adapter = seen.get("adapter").cloned().unwrap_or_default();
        let list = |name: &str| seen.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        say(format!("{} by {} {}", text(&seen, "outcome"), text(&adapter, "name"), text(&adapter, "version")));
        for event in list("events") {
            let parts = ["number", "key", "kind", "stage", "native_status", "occurred_at"]
                .map(|name| if name == "stage" { number(&event, name) } else { text(&event, name) });
            say(format!("event: {}", parts.join(" ")));
        }
        if let Some(cause) = seen.get("cause") {
            say(format!("cause: {} {}: {}", text(cause, "name"), text(cause, "field"), text(cause, "detail")));
        }
        for line in list("log") {
            say(format!("log: {} {}", text(&line, "level"), text(&line, "message")));
        }
        if let Some(fault) = seen.get("fault") {
            told(fault);
        }
        let same = seen.get("masked_does_the_same").and_then(Value::as_bool).unwrap_or_default();
        say(format!("masked, the adapter makes {} of it", if same { "the same" } else { "something else" }));
    }
    match text(&seen, "outcome").as_str() {
        "failed" => Err(Failure::Failed("the adapter fails on this record".into())),
        _ => Ok(()),
    }
}

/// A number as text; nothing where there is none.
fn number(value: &Value, name: &str) -> String {
    value.get(name).filter(|value| value.is_number()).map(ToString::to_string).unwrap_or_default()
}

/// A fault with its backtrace.
fn told(fault: &Value) {
    say(format!("last fault: {} at {}: {}", text(fault, "kind"), text(fault, "at"), text(fault, "detail")));
    if !text(fault, "record").is_empty() {
        say(format!("  on {}", text(fault, "record")));
    }
    for name in fault.get("backtrace").and_then(Value::as_array).into_iter().flatten() {
        say(format!("  in {}", name.as_str().unwrap_or_default()));
    }
}
