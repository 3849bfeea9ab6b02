//! What operators do to the queue; each is recorded with who and why.

use std::time::Duration;

use clap::Args;
use indicatif::ProgressBar;
use serde_json::{Map, Value, json};

use super::super::target;
use crate::{
    cli::{Failure, Target},
    terminal::say,
};

/// A lane, or all of a destination.
#[derive(Debug, Args)]
pub(crate) struct LaneAct {
    #[command(flatten)]
    target: Target,
    /// The destination
    #[arg(long, value_name = "ID")]
    destination: String,
    /// One lane of it
    #[arg(long, value_name = "ID")]
    provider: Option<String>,
    /// Why, for the record of acts
    #[arg(long)]
    why: String,
}

/// Some letters.
#[derive(Debug, Args)]
#[group(skip)]
pub(crate) struct LetterAct {
    #[command(flatten)]
    lane: LaneAct,
    #[command(flatten)]
    letters: Letters,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Letters {
    /// The letter of this event
    #[arg(long, value_name = "EVENT")]
    event: Option<String>,
    /// All that is left of this message
    #[arg(long, value_name = "MESSAGE")]
    message: Option<String>,
    /// Dead letters with this error code
    #[arg(long)]
    code: Option<String>,
    /// All dead letters
    #[arg(long)]
    all: bool,
}

/// A period.
#[derive(Debug, Args)]
pub(crate) struct Replay {
    #[command(flatten)]
    lane: LaneAct,
    /// Sealed from then on, 2026-11-02T00:00:00+05:00
    #[arg(long, value_name = "TIME")]
    from: String,
    /// Sealed before then
    #[arg(long, value_name = "TIME")]
    before: String,
}

fn order(act: &str, lane: &LaneAct) -> Map<String, Value> {
    let mut order = Map::new();
    order.insert("act".to_owned(), json!(act));
    order.insert("destination".to_owned(), json!(lane.destination));
    order.insert("why".to_owned(), json!(lane.why));
    order.extend(lane.provider.as_ref().map(|provider| ("provider".to_owned(), json!(provider))));
    order
}

pub(super) async fn lane(act: &str, lane: LaneAct) -> Result<(), Failure> {
    let host = target(&lane.target)?;
    let _: Value = host.post("/v1/queue/acts", &Value::from(order(act, &lane))).await?;
    say(match act {
        "pause" => "paused: what waits stays, nothing is lost",
        "resume" => "resumed",
        _ => "what waits is tried now; see `qadam queue status`",
    });
    Ok(())
}

pub(super) async fn letters(act: &str, letters: LetterAct) -> Result<(), Failure> {
    let host = target(&letters.lane.target)?;
    let Letters { event, message, code, all } = letters.letters;
    let mut order = order(act, &letters.lane);
    for (name, value) in [("event", event), ("message", message), ("code", code)] {
        order.extend(value.map(|value| (name.to_owned(), json!(value))));
    }
    if all {
        order.insert("all".to_owned(), json!(true));
    }
    let count = repeated(&host, order, |_, _| {}).await?;
    say(format!("{count} letters {}", if act == "skip" { "skipped" } else { "requeued" }));
    Ok(())
}

pub(super) async fn replay(replay: Replay) -> Result<(), Failure> {
    let host = target(&replay.lane.target)?;
    let mut order = order("replay", &replay.lane);
    order.insert("from".to_owned(), json!(replay.from));
    order.insert("before".to_owned(), json!(replay.before));
    let again = |order: &mut Map<String, Value>, done: &Value| {
        order.extend(done.get("next").map(|next| ("after".to_owned(), next.clone())));
    };
    let count = repeated(&host, order, again).await?;
    say(format!("{count} messages are delivered once more; see `qadam queue status`"));
    Ok(())
}

/// Orders until there is no more, showing how far it is.
async fn repeated(
    host: &qadam_clients::Host,
    mut order: Map<String, Value>,
    again: impl Fn(&mut Map<String, Value>, &Value),
) -> Result<u64, Failure> {
    let bar = ProgressBar::new_spinner();
    bar.enable_steady_tick(Duration::from_millis(200));
    let mut count = 0;
    loop {
        let done: Value = host.post("/v1/queue/acts", &Value::from(order.clone())).await?;
        let now = done.get("count").and_then(Value::as_u64).unwrap_or(0);
        count += now;
        bar.set_message(count.to_string());
        let more = done.get("more").and_then(Value::as_bool).unwrap_or(false);
        // Where nothing says how to go on, a call that did nothing would be repeated for ever.
        if !more || (now == 0 && done.get("next").is_none()) {
            bar.finish_and_clear();
            return Ok(count);
        }
        again(&mut order, &done);
    }
}
