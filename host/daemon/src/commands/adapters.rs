//! `qadam adapter load | rollback | unload | list | resume`: what a running host has in service.

use std::path::PathBuf;

use clap::Args;
use qadam_domain::{Limit, ProviderId};
use qadam_engine::Limits;
use serde_json::{Value, json};

use super::target;
use crate::{
    cli::{AdapterList, AdapterResume, Failure, Target},
    show::text,
    terminal::{note, say, table},
};

#[derive(Debug, Args)]
pub(crate) struct Load {
    #[command(flatten)]
    change: Change,
    /// The package, or the component
    #[arg(value_name = "FILE.qadam|FILE.wasm")]
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Change {
    #[command(flatten)]
    pub(crate) target: Target,
    /// Whose adapter
    #[arg(long, value_name = "ID")]
    pub(crate) provider: ProviderId,
    /// Why, for the record of acts
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) why: String,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) async fn load(load: Load) -> Result<(), Failure> {
    let Load { change, file } = load;
    let component = std::fs::read(&file)
        .map_err(|error| Failure::Failed(format!("the component {} cannot be read: {error}", file.display())))?;
    let host = target(&change.target)?;
    let packaged = qadam_package::is_package(&component);
    let view: Value = host.load_adapter(change.provider.as_str(), component.into(), &change.why).await?;
    if packaged {
        return super::commission::tested(change.provider.as_str(), &view, change.json);
    }
    tell(&change, &view, "serves");
    Ok(())
}

pub(crate) async fn rollback(change: Change) -> Result<(), Failure> {
    let path = format!("/v1/adapters/{}/rollback", change.provider);
    // Sent once: a repeat would bring the newer one back.
    let view: Value = target(&change.target)?.post_once(&path, &json!({ "why": change.why })).await?;
    tell(&change, &view, "serves again");
    Ok(())
}

pub(crate) async fn unload(change: Change) -> Result<(), Failure> {
    let view: Value = target(&change.target)?.unload_adapter(change.provider.as_str(), &change.why).await?;
    tell(&change, &view, "is unloaded");
    Ok(())
}

fn tell(change: &Change, view: &Value, done: &str) {
    if change.json {
        return say(view.to_string());
    }
    let provider = &change.provider;
    match view.get("adapter") {
        Some(run) => {
            let signature = if text(view, "signature") == "none" { ", not signed, not commissioned" } else { "" };
            let generation = view.get("generation").map(Value::to_string).unwrap_or_default();
            note(format!("{} {done} {provider}, generation {generation}{signature}", named(run)));
        }
        None => note(format!("the adapter of {provider} {done}; records wait for another")),
    }
    if let Some(earlier) = view.get("previous") {
        let hint = format!("qadam adapter rollback --provider {provider}");
        note(format!("before it: {}; to go back: {hint}", named(earlier)));
    }
}

/// `permits-xes 0.1.0 (4fe1c2d3)`.
pub(crate) fn named(run: &Value) -> String {
    let digest: String = text(run, "component").chars().take(8).collect();
    format!("{} {} ({digest})", text(run, "name"), text(run, "version"))
}

pub(crate) async fn list(list: AdapterList) -> Result<(), Failure> {
    let adapters: Vec<Value> = target(&list.target)?.get("/v1/adapters").await?;
    if list.json {
        say(Value::from(adapters).to_string());
        return Ok(());
    }
    let head = [
        "PROVIDER",
        "SERVICE",
        "GENERATION",
        "ADAPTER",
        "SIGNED",
        "TEST STAND",
        "MAY USE",
        "LOADED BY",
        "TO GO BACK TO",
        "WHAT IS WRONG",
    ];
    let mut rows = vec![head.map(String::from).to_vec()];
    for adapter in &adapters {
        let wrong = [text(adapter, "distrusted"), text(adapter, "load_error"), text(adapter, "last_fault")];
        let signature = text(adapter, "signature");
        let signed = if signature == "none" { "no, not commissioned" } else { &signature };
        rows.push(vec![
            text(adapter, "provider"),
            text(adapter, "service"),
            adapter.get("generation").map(Value::to_string).unwrap_or_default(),
            adapter.get("adapter").map(named).unwrap_or_default(),
            signed.to_owned(),
            adapter.get("candidate").map(super::commission::standing).unwrap_or_default(),
            allowance(adapter),
            text(adapter, "loaded_by"),
            adapter.get("previous").map(named).unwrap_or_default(),
            wrong.into_iter().find(|text| !text.is_empty()).unwrap_or_default(),
        ]);
    }
    table(&rows).into_iter().for_each(say);
    Ok(())
}

/// The limits in force: time and memory always, others where they are not the engine's own.
fn allowance(adapter: &Value) -> String {
    let usual = Limits::default().allowance();
    let stated = |limit: Limit| adapter.get("limits")?.get(limit.name())?.as_u64().map(|value| (limit, value));
    let told = Limit::ALL.into_iter().filter_map(stated).filter_map(|(limit, value)| match limit {
        Limit::BatchMs => Some(format!("{value} ms")),
        Limit::MemoryBytes => Some(format!("{} MiB", value >> 20)),
        _ if usual.get(limit) == Some(value) => None,
        _ => Some(format!("{} {value}", limit.name())),
    });
    told.collect::<Vec<_>>().join(", ")
}

pub(crate) async fn resume(resume: AdapterResume) -> Result<(), Failure> {
    let path = format!("/v1/adapters/{}/resume", resume.provider);
    let _: Value = target(&resume.target)?.post(&path, &json!({ "why": resume.why })).await?;
    note(format!("the adapter of {} works again", resume.provider));
    Ok(())
}
