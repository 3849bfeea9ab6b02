//! The demo's terms: requests are judged by a sample passport, and compared with the time of the last event sent.

use jiff::Timestamp;
use qadam_clients::Host;
use qadam_domain::passport::Passports;
use serde_json::{Value, json};

use super::sources::Source;
use crate::{cli::Failure, show::text};

/// Puts the sample passports of the providers that the demo has there.
pub(super) async fn passports(client: &Host, sources: &[&'static Source]) -> Result<(), Failure> {
    for passport in Passports::sample()?.latest() {
        let of = |source: &&Source| passport.provider.id.as_ref().is_some_and(|id| id.as_str() == source.provider);
        if sources.iter().any(of) {
            let body = json!({ "passport": passport, "why": "a sample for the demo" });
            client.put_once::<Value>("/v1/services", &body).await?;
        }
    }
    Ok(())
}

/// How many requests are late, as of the last event: `reported`, `computed`, `open`, `as_of`.
pub(super) async fn overdue(client: &Host) -> Result<Value, Failure> {
    let mut last: Option<(Timestamp, String)> = None;
    let mut after = String::new();
    loop {
        let page: Value = client.get(&format!("/v1/events?limit=1000{after}")).await?;
        for event in page.get("items").and_then(Value::as_array).into_iter().flatten() {
            let time = event.get("occurred_at").cloned().unwrap_or_default();
            if let Ok(at) = text(&time, "instant").parse::<Timestamp>()
                && last.as_ref().is_none_or(|(latest, _)| at > *latest)
            {
                last = Some((at, text(&time, "local")));
            }
        }
        match page.get("next").and_then(Value::as_str) {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    let path = last.as_ref().map_or_else(String::new, |(at, _)| format!("?as_of={at}"));
    let mut overdue: Value = client.get(&format!("/v1/overdue/summary{path}")).await?;
    // As the source's clocks showed it, with its offset.
    if let (Some((_, local)), Some(shown)) = (last, overdue.get_mut("as_of")) {
        *shown = local.split('[').next().unwrap_or_default().into();
    }
    Ok(overdue)
}
