//! `qadam adapter`: building, and what a running host has in service.

use qadam_guest_build::Guest;
use serde_json::{Value, json};

use super::target;
use crate::{
    cli::{Adapter, Failure},
    show::text,
    terminal::{note, say, table},
};

pub(crate) async fn run(adapter: Adapter) -> Result<(), Failure> {
    match adapter {
        Adapter::Build(build) => {
            let mut guest = Guest::new(build.workspace, build.package);
            if let Some(output) = build.output {
                guest = guest.output(output);
            }
            let built =
                tokio::task::spawn_blocking(move || guest.build(&mut |progress| note(progress.to_string()))).await??;
            say(format!("{} ({} bytes)", built.component.display(), built.bytes));
        }
        Adapter::List(list) => {
            let adapters: Vec<Value> = target(&list.target)?.get("/v1/adapters").await?;
            if list.json {
                say(Value::from(adapters).to_string());
                return Ok(());
            }
            let mut rows = vec![
                ["PROVIDER", "SERVICE", "GENERATION", "ADAPTER", "LAST FAULT OR ERROR"].map(String::from).to_vec(),
            ];
            for adapter in &adapters {
                let run = adapter.get("adapter").cloned().unwrap_or_default();
                let wrong = [text(adapter, "load_error"), text(adapter, "last_fault")];
                rows.push(vec![
                    text(adapter, "provider"),
                    text(adapter, "service"),
                    adapter.get("generation").map(Value::to_string).unwrap_or_default(),
                    format!("{} {}", text(&run, "name"), text(&run, "version")),
                    wrong.into_iter().find(|text| !text.is_empty()).unwrap_or_default(),
                ]);
            }
            table(&rows).into_iter().for_each(say);
        }
        Adapter::Resume(resume) => {
            let path = format!("/v1/adapters/{}/resume", resume.provider);
            let _: Value = target(&resume.target)?.post(&path, &json!({ "why": resume.why })).await?;
            note(format!("the adapter of {} works again", resume.provider));
        }
        Adapter::Remap(remap) => {
            let body = json!({ "provider": remap.provider.as_str(), "why": remap.why });
            let done: Value = target(&remap.target)?.post("/v1/quarantine/remap", &body).await?;
            note(format!("{} records are mapped again", done.get("records").map(Value::to_string).unwrap_or_default()));
        }
    }
    Ok(())
}
