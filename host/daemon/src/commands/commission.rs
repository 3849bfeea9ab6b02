//! `qadam adapter pilot | promote | retire | history`, and `bench --provider`: a package's way into production in a running host.

use clap::Args;
use qadam_domain::ProviderId;
use serde_json::{Value, json};

use super::{
    adapters::{Change, named},
    author::bench::Bench,
    target,
};
use crate::{
    cli::{Failure, Target},
    show::text,
    terminal::{note, say, table},
};

/// Arguments of `qadam adapter pilot`.
#[derive(Debug, Args)]
pub(crate) struct Pilot {
    #[command(flatten)]
    change: Change,
    /// End it, without promotion
    #[arg(long)]
    end: bool,
    /// Show what it has shown so far; change nothing
    #[arg(long, conflicts_with = "end")]
    show: bool,
}

/// Arguments of `qadam adapter promote`.
#[derive(Debug, Args)]
pub(crate) struct Promote {
    #[command(flatten)]
    change: Change,
    /// One that was in production before [default: the one on the test stand]
    #[arg(long, value_name = "SHA256")]
    package: Option<String>,
    /// Do it although something is missing, for this reason; both are recorded
    #[arg(long = "override", value_name = "WHY")]
    over: Option<String>,
}

/// Arguments of `qadam adapter retire`.
#[derive(Debug, Args)]
pub(crate) struct Retire {
    #[command(flatten)]
    change: Change,
    /// Which, as history shows it
    #[arg(long, value_name = "SHA256")]
    package: String,
}

/// Arguments of `qadam adapter history`.
#[derive(Debug, Args)]
pub(crate) struct History {
    #[command(flatten)]
    target: Target,
    /// Whose adapters
    #[arg(long, value_name = "ID")]
    provider: ProviderId,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn pilot(pilot: Pilot) -> Result<(), Failure> {
    let Pilot { change, end, show } = pilot;
    let (host, path) = (target(&change.target)?, format!("/v1/adapters/{}/pilot", change.provider));
    if show {
        let view: Value = host.get(&path).await?;
        if change.json {
            say(view.to_string());
        } else {
            report(&view);
        }
        return Ok(());
    }
    let view: Value = host.post_once(&path, &json!({ "end": end, "why": change.why })).await?;
    if change.json {
        say(view.to_string());
    } else if end {
        note(format!("the pilot of {} is ended; its results are kept", change.provider));
    } else {
        note(format!(
            "the package on the test stand of {} maps what arrives from now on, beside what serves",
            change.provider
        ));
        note(format!("what it shows: qadam adapter pilot --provider {} --show", change.provider));
    }
    Ok(())
}

fn report(view: &Value) {
    let Some(results) = view.get("results") else { return };
    say(counts(results));
    for (title, member) in [("OUTCOME", "outcomes"), ("EVENTS", "events"), ("FIELD", "fields")] {
        let found: Vec<Vec<String>> = results
            .get(member)
            .and_then(Value::as_object)
            .map(|found| found.iter().map(|(name, count)| vec![name.clone(), count.to_string()]).collect())
            .unwrap_or_default();
        if !found.is_empty() {
            let rows = [vec![vec![title.to_owned(), "COUNT".to_owned()]], found].concat();
            table(&rows).into_iter().for_each(say);
        }
    }
    let mut rows = vec![["RECORD", "EVENT", "FIELD", "RECORDED", "CANDIDATE"].map(String::from).to_vec()];
    for example in view.get("examples").and_then(Value::as_array).into_iter().flatten() {
        for field in example.get("fields").and_then(Value::as_array).into_iter().flatten() {
            let of = |name: &str| text(field, name);
            rows.push(vec![text(example, "record"), text(example, "change"), of("field"), of("before"), of("after")]);
        }
    }
    if rows.len() > 1 {
        table(&rows).into_iter().for_each(say);
    }
}

fn counts(results: &Value) -> String {
    let count = |name: &str| results.get(name).and_then(Value::as_u64).unwrap_or_default();
    format!(
        "{} records: {} the same, {} differ, {} with nothing to compare, {} on which it failed",
        count("records"),
        count("same"),
        count("differing"),
        count("alone"),
        count("faults")
    )
}

pub(crate) async fn bench(bench: Bench) -> Result<(), Failure> {
    let Some(provider) = &bench.provider else { return Ok(()) };
    let path = format!("/v1/adapters/{provider}/bench");
    let body = json!({ "seconds": bench.seconds, "why": bench.why });
    let view: Value = target(&bench.target)?.post_once(&path, &body).await?;
    let keeps_up = view.get("keeps_up").and_then(Value::as_bool).unwrap_or_default();
    if bench.json {
        say(view.to_string());
    } else if let Some(results) = view.get("results") {
        let of = |name: &str| results.get(name).and_then(Value::as_u64).unwrap_or_default();
        say(format!(
            "{} records/s for {} s: {} records, 99 in 100 answered within {} ms; it manages {} records/s, {} KiB of memory, {} faults",
            of("records_per_second"),
            of("seconds"),
            of("records"),
            of("wait_ms"),
            of("capacity"),
            of("memory_bytes") >> 10,
            of("faults")
        ));
    }
    if keeps_up {
        Ok(())
    } else {
        Err(Failure::Failed("it does not keep up with the intensity that it declares".to_owned()))
    }
}

pub(crate) async fn promote(promote: Promote) -> Result<(), Failure> {
    let Promote { change, package, over } = promote;
    let path = format!("/v1/adapters/{}/promote", change.provider);
    let mut body = json!({ "why": change.why });
    if let Some(members) = body.as_object_mut() {
        members.extend(package.map(|package| ("package".to_owned(), json!(package))));
        members.extend(over.map(|over| ("override".to_owned(), json!(over))));
    }
    let view: Value = target(&change.target)?.post_once(&path, &body).await?;
    if change.json {
        say(view.to_string());
        return Ok(());
    }
    let adapter = view.get("adapter").cloned().unwrap_or_default();
    note(format!("{} serves {}", adapter.get("adapter").map(named).unwrap_or_default(), change.provider));
    for missing in view.get("overridden").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        note(format!("overridden: {missing}"));
    }
    if view.get("drained") == Some(&Value::Bool(false)) {
        note("a batch of the one before is still under way; what it gives counts");
    }
    if adapter.get("previous").is_some() {
        note(format!("to go back: qadam adapter rollback --provider {}", change.provider));
    }
    Ok(())
}

pub(crate) async fn retire(retire: Retire) -> Result<(), Failure> {
    let Retire { change, package } = retire;
    let path = format!("/v1/adapters/{}/retire", change.provider);
    let view: Value =
        target(&change.target)?.post_once(&path, &json!({ "package": package, "why": change.why })).await?;
    if change.json {
        say(view.to_string());
    } else {
        note(format!("the package {package} of {} is retired", change.provider));
    }
    Ok(())
}

pub(crate) async fn history(history: History) -> Result<(), Failure> {
    let path = format!("/v1/adapters/{}/history", history.provider);
    let steps: Vec<Value> = target(&history.target)?.get(&path).await?;
    if history.json {
        say(Value::from(steps).to_string());
        return Ok(());
    }
    let mut rows = vec![["WHEN", "PACKAGE", "ADAPTER", "STEP", "WHO", "RESULTS", "WHY"].map(String::from).to_vec()];
    for step in &steps {
        rows.push(vec![
            text(step, "at"),
            text(step, "package").chars().take(12).collect(),
            format!("{} {}", text(step, "name"), text(step, "version")),
            text(step, "step"),
            text(step, "who"),
            step.get("results").map(summary).unwrap_or_default(),
            text(step, "why"),
        ]);
    }
    table(&rows).into_iter().for_each(say);
    Ok(())
}

/// Results in a line.
fn summary(results: &Value) -> String {
    if let Some(checks) = results.get("checks").and_then(Value::as_array) {
        let passed = checks.iter().filter(|check| check.get("passed") == Some(&Value::Bool(true))).count();
        return format!("{passed} of {} checks passed", checks.len());
    }
    if let Some(overridden) = results.get("overridden").and_then(Value::as_array) {
        return format!("{} missing, overridden", overridden.len());
    }
    if let Some(capacity) = results.get("capacity") {
        return format!("{capacity} records/s");
    }
    counts(results)
}

/// What a package showed on the test stand. Fails where a check does.
pub(crate) fn tested(provider: &str, view: &Value, as_json: bool) -> Result<(), Failure> {
    let candidate = view.get("candidate").cloned().unwrap_or_default();
    let checks = candidate.get("test").and_then(|test| test.get("checks")).and_then(Value::as_array);
    let checks = checks.cloned().unwrap_or_default();
    let failed = checks.iter().filter(|check| check.get("passed") != Some(&Value::Bool(true))).count();
    if as_json {
        say(view.to_string());
    } else {
        let name = format!("{} {}", text(&candidate, "name"), text(&candidate, "version"));
        note(format!("{name} of {} is on the test stand of {provider}", text(&candidate, "signature")));
        for check in &checks {
            let passed = check.get("passed") == Some(&Value::Bool(true));
            let detail = text(check, "detail");
            let detail = if detail.is_empty() { detail } else { format!(": {detail}") };
            say(format!("  {:<7} {}{detail}", if passed { "passed" } else { "failed" }, text(check, "name")));
        }
        note(format!("next: qadam adapter pilot --provider {provider}, and qadam adapter bench --provider {provider}"));
    }
    match failed {
        0 => Ok(()),
        failed => Err(Failure::Failed(format!("{failed} of {} checks failed", checks.len()))),
    }
}

/// Where the package on the test stand stands, in a cell.
pub(crate) fn standing(candidate: &Value) -> String {
    let package: String = text(candidate, "package").chars().take(8).collect();
    format!("{} {} ({package}): {}", text(candidate, "name"), text(candidate, "version"), text(candidate, "phase"))
}
