//! What the demo has shown, for programs and for people.

use qadam_clients::Host;
use qadam_domain::{Anomaly, Stage};
use serde_json::{Map, Value, json};

use super::{super::submit::Outcome, delivery::Delivered, replace::Replaced};
use crate::{
    cli::{Demo, Failure},
    show::{self, text},
    terminal::{say, table},
};

/// Requests shown with their stages.
const SHOWN: usize = 3;

/// The object that `--json` ends with.
pub(super) fn report(
    outcome: &Outcome,
    summary: &[Value],
    replaced: &Replaced,
    overdue: &Value,
    delivered: &Delivered,
) -> Value {
    let sum = |group: &str, name: &str| -> i64 {
        let count = |summary: &Value| summary.get(group)?.get(name)?.as_i64();
        summary.iter().filter_map(count).sum()
    };
    let stages: Map<String, Value> =
        Stage::ALL.iter().map(|stage| (stage.name().to_owned(), sum("stages", stage.name()).into())).collect();
    let named = |group: &str| -> Map<String, Value> {
        let counts = Anomaly::ALL.iter().map(|anomaly| (anomaly.name(), sum(group, anomaly.name())));
        counts.filter(|(_, count)| *count > 0).map(|(name, count)| (name.to_owned(), count.into())).collect()
    };
    json!({
        "received": outcome.received,
        "accepted": outcome.accepted,
        "duplicates": outcome.duplicates,
        "refused": outcome.refused,
        "quarantined": outcome.quarantined,
        "pending": outcome.pending,
        "requests": {
            "open": sum("requests", "open"),
            "closed": sum("requests", "closed"),
            "incomplete": sum("requests", "incomplete"),
        },
        "stages": stages,
        "anomalies": named("anomalies"),
        "anomalous_requests": named("anomalous_requests"),
        "overdue": overdue,
        "delivered": delivered.events,
        "attempts": delivered.attempts,
        "replaced": replaced,
    })
}

/// The same for people, with a few requests.
pub(super) async fn tell(client: &Host, outcome: &Outcome, report: &Value, demo: &Demo) -> Result<(), Failure> {
    crate::commands::submit::lines(outcome).into_iter().for_each(say);
    say("\nEvents by stage (452-6)");
    let count = |path: &str| report.pointer(path).map(Value::to_string).unwrap_or_default();
    let rows: Vec<Vec<String>> = Stage::ALL
        .iter()
        .map(|stage| {
            let words = show::word(qadam_domain::labels::stage(*stage), demo.lang).to_owned();
            vec![format!("  {}", stage.number()), words, count(&format!("/stages/{}", stage.name()))]
        })
        .collect();
    table(&rows).into_iter().for_each(say);
    say(format!(
        "\nRequests: {} open, {} closed; {} incomplete",
        count("/requests/open"),
        count("/requests/closed"),
        count("/requests/incomplete")
    ));
    say("\nOverdue (452-11), by a sample passport");
    let as_of = report.pointer("/overdue/as_of").and_then(Value::as_str).unwrap_or_default();
    let line = |what: &str, count: String| vec![format!("  {what}"), count];
    let rows = [
        line("closed later than the provider itself had planned", count("/overdue/reported")),
        line("finished later than the computed date", count("/overdue/computed")),
        line(&format!("open, and the computed date is past on {as_of}"), count("/overdue/open")),
    ];
    table(&rows).into_iter().for_each(say);
    say(format!(
        "\nDelivered to a receiver that went away and came back (1277-9): {} events once in effect, in {} attempts",
        count("/delivered"),
        count("/attempts")
    ));
    let anomalies = report.get("anomalies").and_then(Value::as_object).cloned().unwrap_or_default();
    let rows: Vec<Vec<String>> = anomalies
        .iter()
        .map(|(name, events)| {
            let requests = count(&format!("/anomalous_requests/{name}"));
            vec![format!("  {name}"), format!("{events} events in {requests} requests")]
        })
        .collect();
    say("\nAnomalies, kept and named");
    table(&rows).into_iter().for_each(say);
    say("");
    for request in chosen(client).await? {
        show::stages(&request, demo.lang).into_iter().for_each(say);
    }
    Ok(())
}

/// A few requests: one with as many stages as any, one that is open, one more.
async fn chosen(client: &Host) -> Result<Vec<Value>, Failure> {
    let page: Value = client.get("/v1/requests?limit=200").await?;
    let mut requests = Vec::new();
    for request in page.get("items").and_then(Value::as_array).into_iter().flatten() {
        requests.push(client.get::<Value>(&format!("/v1/requests/{}", text(request, "id"))).await?);
    }
    let stages = |request: &Value| {
        let history = request.get("history").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut stages: Vec<String> =
            history.iter().map(|event| text(event, "stage")).filter(|s| !s.is_empty()).collect();
        stages.sort();
        stages.dedup();
        stages.len()
    };
    requests.sort_by_key(|request| std::cmp::Reverse(stages(request)));
    let open = requests.iter().position(|request| request.get("closed") == Some(&Value::Bool(false)));
    if let Some(open) = open.filter(|open| *open >= SHOWN) {
        let request = requests.remove(open);
        requests.insert(1, request);
    }
    requests.truncate(SHOWN);
    Ok(requests)
}
