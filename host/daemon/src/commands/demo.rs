//! `qadam demo`: the main job from end to end, with the real parts: adapters are built and loaded one after another into a
//! running host, one is replaced while its records flow, and what became of the records is shown.

mod delivery;
mod evidence;
mod replace;
mod report;
mod running;
mod sources;
mod terms;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use qadam_clients::Host;
use qadam_guest_build::{Guest, Progress};
use serde_json::Value;

use self::{delivery::Receiver, replace::Replaced, running::Running, sources::Source};
use super::submit::{Job, Outcome};
use crate::{
    cli::{Demo, Failure},
    host::OPERATOR_KEY,
    terminal::{note, say},
};

/// How long to wait for outcomes without progress.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) async fn run(demo: Demo) -> Result<(), Failure> {
    let inputs = sources::inputs(&demo.input)?;
    let folder = tempfile::Builder::new().prefix("qadam-demo-").tempdir()?;
    let work = sources::chosen(folder.path(), &inputs)?;
    let mut components = Vec::with_capacity(work.len());
    for (source, _) in &work {
        components.push(built(source, folder.path()).await?);
    }
    let mut receiver = Receiver::start(folder.path())?;
    let mut host = Running::start(folder.path())?;
    let key = std::fs::read_to_string(folder.path().join("data").join(OPERATOR_KEY))?;
    let client = Host::at(&host.url, &key)?;
    terms::passports(&client, &work.iter().map(|(source, _)| *source).collect::<Vec<_>>()).await?;
    let (mut outcome, mut replaced) = (Outcome::default(), Replaced::default());
    for (place, ((source, file), component)) in work.iter().zip(&components).enumerate() {
        let component = std::fs::read(component)?;
        let why = "the demo loads it";
        let loaded: Value = client.load_adapter(source.provider, component.clone().into(), why).await?;
        let name = loaded.pointer("/adapter/name").and_then(Value::as_str).unwrap_or_default();
        note(format!("{name} serves {}, not signed; sending {} to {}", source.provider, file.display(), host.url));
        let provider = source.provider.parse()?;
        let Source { cut, content_type, .. } = **source;
        let job = Job { host: &client, provider: &provider, cut, content_type, patience: Some(PATIENCE) };
        let one = if place == 0 && cut.is_some() {
            let (one, how) = replace::while_sending(&job, file, folder.path(), &component, &mut receiver).await?;
            replaced = how;
            one
        } else {
            job.send(std::slice::from_ref(file)).await?
        };
        add(&mut outcome, one);
    }
    let summary: Vec<Value> = client.get("/v1/summary").await?;
    let overdue = terms::overdue(&client).await?;
    let delivered = delivery::delivered(&client, &mut receiver).await?;
    let report = report::report(&outcome, &summary, &replaced, &overdue, &delivered);
    if demo.json {
        say(report.to_string());
    } else {
        report::tell(&client, &outcome, &report, &demo).await?;
    }
    if let Some(file) = &demo.evidence {
        evidence::write(&client, &folder.path().join("data"), file).await?;
    }
    if demo.keep {
        host.keep();
        receiver.keep();
        let kept = folder.keep();
        note(format!(
            "the host goes on at {}, process {}; its data are in {}\nlook around: qadam request show permits/NUMBER --data {}\nend it with: kill {} {}",
            host.url,
            host.child.id(),
            kept.display(),
            kept.join("data").display(),
            host.child.id(),
            receiver.pid(),
        ));
    } else {
        host.stop()?;
    }
    if outcome.pending > 0 {
        return Err(Failure::Failed(format!("{} records were not mapped", outcome.pending)));
    }
    Ok(())
}

/// Builds an adapter, with progress.
async fn built(source: &'static Source, folder: &Path) -> Result<PathBuf, Failure> {
    let output = folder.join(format!("{}.wasm", source.package));
    let guest = Guest::new(sources::workspace()?, source.package).output(output);
    let tell = |progress: Progress<'_>| note(progress.to_string());
    Ok(tokio::task::spawn_blocking(move || guest.build(&mut { tell })).await??.component)
}

/// What the host says of a provider's adapter.
async fn adapter(host: &Host, provider: &str) -> Result<Value, Failure> {
    let adapters: Vec<Value> = host.get("/v1/adapters").await?;
    let of = |adapter: &Value| adapter.get("provider").and_then(Value::as_str) == Some(provider);
    Ok(adapters.into_iter().find(of).unwrap_or_default())
}

/// Adds what became of more records.
fn add(outcome: &mut Outcome, more: Outcome) {
    outcome.received += more.received;
    outcome.accepted += more.accepted;
    outcome.duplicates += more.duplicates;
    outcome.pending += more.pending;
    outcome.refused.extend(more.refused);
    outcome.quarantined.extend(more.quarantined);
}
