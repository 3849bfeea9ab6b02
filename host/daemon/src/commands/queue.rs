//! `qadam queue`: what waits for whom, why, and what operators do about it.

mod acts;

use clap::{Args, Subcommand};
use serde_json::Value;

use super::target;
use crate::{
    cli::{Failure, Target},
    terminal::{say, table},
};

/// The queue of delivery.
#[derive(Debug, Subcommand)]
pub(crate) enum Queue {
    /// Show each lane: depth, age of the oldest, rate, last error
    Status(Show),
    /// List what is not delivered
    List(List),
    /// List dead letters: events that are not sent unless they are requeued
    Dead(Dead),
    /// Show every attempt to deliver a message
    Attempts(Attempts),
    /// Try what waits now
    Retry(acts::LaneAct),
    /// Stop delivering to a destination, or in one lane
    Pause(acts::LaneAct),
    /// Go on delivering
    Resume(acts::LaneAct),
    /// Deliver dead letters after all
    Requeue(acts::LetterAct),
    /// Give letters up, so that later events of their requests go on
    Skip(acts::LetterAct),
    /// Deliver once more what was sealed in a period
    Replay(acts::Replay),
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
pub(crate) struct List {
    #[command(flatten)]
    target: Target,
    /// For one destination
    #[arg(long, value_name = "ID")]
    destination: Option<String>,
    /// Of one provider
    #[arg(long, value_name = "ID")]
    provider: Option<String>,
    /// ready, leased, awaiting-retry, held, dead-lettered
    #[arg(long)]
    state: Option<String>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Dead {
    #[command(flatten)]
    target: Target,
    /// For one destination
    #[arg(long, value_name = "ID")]
    destination: Option<String>,
    /// Of one provider
    #[arg(long, value_name = "ID")]
    provider: Option<String>,
    /// With one error code
    #[arg(long)]
    code: Option<String>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Attempts {
    #[command(flatten)]
    target: Target,
    /// Id of the message
    message: String,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(queue: Queue) -> Result<(), Failure> {
    match queue {
        Queue::Status(show) => status(show).await,
        Queue::List(query) => list(query).await,
        Queue::Dead(query) => dead(query).await,
        Queue::Attempts(query) => attempts(query).await,
        Queue::Retry(act) => acts::lane("retry", act).await,
        Queue::Pause(act) => acts::lane("pause", act).await,
        Queue::Resume(act) => acts::lane("resume", act).await,
        Queue::Requeue(act) => acts::letters("requeue", act).await,
        Queue::Skip(act) => acts::letters("skip", act).await,
        Queue::Replay(replay) => acts::replay(replay).await,
    }
}

/// A value as it stands in a table.
fn text(view: &Value, name: &str) -> String {
    match view.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

fn items(view: &Value, name: &str) -> Vec<Value> {
    view.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
}

async fn status(show: Show) -> Result<(), Failure> {
    let view: Value = target(&show.target)?.get("/v1/queue").await?;
    if show.json {
        say(view.to_string());
        return Ok(());
    }
    let head =
        ["DESTINATION", "PROVIDER", "DEPTH", "EVENTS", "OLDEST", "PER MIN", "HELD", "DEAD", "STATE", "LAST ERROR"];
    let mut rows = vec![head.map(String::from).to_vec()];
    for lane in items(&view, "lanes") {
        let error = lane.get("last_error").map(|error| format!("{}: {}", text(error, "code"), text(error, "detail")));
        let paused = lane.get("paused").and_then(Value::as_bool).unwrap_or(false);
        let age = lane.get("age_seconds").and_then(Value::as_i64).map_or_else(|| "-".to_owned(), age);
        rows.push(vec![
            text(&lane, "destination"),
            text(&lane, "provider"),
            text(&lane, "depth"),
            text(&lane, "events"),
            age,
            text(&lane, "last_minute"),
            text(&lane, "held"),
            text(&lane, "dead"),
            if paused { "paused" } else { "open" }.to_owned(),
            error.unwrap_or_else(|| "-".to_owned()),
        ]);
    }
    table(&rows).into_iter().for_each(say);
    for destination in items(&view, "destinations") {
        if text(&destination, "state") != "working" {
            let since = text(&destination, "since");
            say(format!(
                "{} ({}): {} {} {}: {}",
                text(&destination, "destination"),
                text(&destination, "transport"),
                text(&destination, "state"),
                if since.is_empty() { String::new() } else { format!("since {since}") },
                text(&destination, "code"),
                text(&destination, "detail")
            ));
        }
    }
    Ok(())
}

/// Seconds as people say them.
fn age(seconds: i64) -> String {
    match seconds {
        ..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

fn asked(pairs: &[(&str, &Option<String>)]) -> String {
    let pairs = pairs.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    pairs.map(|(name, value)| format!("&{name}={}", super::request::escaped(value))).collect()
}

async fn list(query: List) -> Result<(), Failure> {
    let host = target(&query.target)?;
    let only = asked(&[("destination", &query.destination), ("provider", &query.provider), ("state", &query.state)]);
    let mut after = String::new();
    let mut found = Vec::new();
    loop {
        let page: Value = host.get(&format!("/v1/queue/items?limit=1000{only}{after}")).await?;
        found.extend(items(&page, "items"));
        match page.get("next").and_then(Value::as_str) {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    if query.json {
        say(Value::from(found).to_string());
        return Ok(());
    }
    let head = ["MESSAGE", "SORT", "DESTINATION", "PROVIDER", "STATE", "EVENTS", "DEAD", "ATTEMPTS", "SINCE", "NEXT"];
    let mut rows = vec![head.map(String::from).to_vec()];
    for item in &found {
        let fields =
            ["message", "sort", "destination", "provider", "state", "events", "dead", "attempts", "since", "due"];
        rows.push(fields.map(|name| text(item, name)).to_vec());
    }
    table(&rows).into_iter().for_each(say);
    Ok(())
}

async fn dead(query: Dead) -> Result<(), Failure> {
    let host = target(&query.target)?;
    let only = asked(&[("destination", &query.destination), ("provider", &query.provider), ("code", &query.code)]);
    let found: Value = host.get(&format!("/v1/queue/dead?limit=1000{only}")).await?;
    if query.json {
        say(found.to_string());
        return Ok(());
    }
    let head = ["EVENT", "REQUEST", "DESTINATION", "PROVIDER", "CODE", "THEIRS", "SINCE", "REASON"];
    let mut rows = vec![head.map(String::from).to_vec()];
    for letter in found.as_array().into_iter().flatten() {
        let fields = ["event", "request", "destination", "provider", "code", "theirs", "since", "reason"];
        rows.push(fields.map(|name| text(letter, name)).to_vec());
    }
    table(&rows).into_iter().for_each(say);
    Ok(())
}

async fn attempts(query: Attempts) -> Result<(), Failure> {
    let host = target(&query.target)?;
    let message = super::request::escaped(&query.message);
    let found: Value = host.get(&format!("/v1/messages/{message}/attempts")).await?;
    if query.json {
        say(found.to_string());
        return Ok(());
    }
    let head = ["NO", "BEGAN", "MS", "RESULT", "CODE", "TRANSPORT", "GATEWAY", "RECEIVER", "DELIVERED", "DETAIL"];
    let mut rows = vec![head.map(String::from).to_vec()];
    for attempt in found.as_array().into_iter().flatten() {
        let fields = [
            "attempt",
            "began",
            "milliseconds",
            "result",
            "code",
            "transport_status",
            "gateway_status",
            "business_status",
            "delivered",
            "detail",
        ];
        rows.push(fields.map(|name| text(attempt, name)).to_vec());
    }
    table(&rows).into_iter().for_each(say);
    Ok(())
}
