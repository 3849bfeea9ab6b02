//! `GET /v1/status`: what is wrong, since when, whom it affects, and the command to type next.

use axum::{Json, extract::State};
use jiff::{SignedDuration, Timestamp};
use qadam_domain::{Condition, ProviderId, RecordId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Api,
    access::{Caller, Role},
    ports::watch::{Observed, Thresholds, Undelivered, Undelivering, Unstamped, Waiting},
    problem::Problem,
    reading::blocking,
    view::Words,
};

/// How the host is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StatusView {
    /// Whether nothing is wrong.
    pub ok: bool,
    /// When this was seen, RFC 3339.
    pub at: String,
    /// What is wrong, the gravest first.
    pub conditions: Vec<ConditionView>,
    /// What waits to be mapped.
    pub waiting: Vec<WaitingView>,
    /// Records set aside.
    pub quarantined: Vec<QuarantinedView>,
    /// The adapters.
    pub adapters: Vec<ServiceView>,
    /// Journal, index and disk.
    pub store: StoreView,
    /// Where alarms go.
    pub alarms: AlarmsView,
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConditionView {
    /// Stable name, `adapter-suspended`.
    #[schema(value_type = String)]
    pub condition: Condition,
    /// In words.
    pub in_words: Words,
    /// Since when, RFC 3339.
    pub since: String,
    /// Whose records it affects; everyone's where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub provider: Option<ProviderId>,
    /// How many records it affects, where that can be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records: Option<u64>,
    /// What was seen.
    pub detail: String,
    /// The command to type next, without the options that name the host.
    pub next: String,
}

/// Records of a provider that wait to be mapped.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WaitingView {
    /// Whose.
    #[schema(value_type = String)]
    pub provider: ProviderId,
    /// How many.
    pub records: u64,
    /// The oldest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub oldest: Option<RecordId>,
    /// When it was received, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received_at: Option<String>,
    /// Its age in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_seconds: Option<i64>,
}

/// Records of a provider that are set aside.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct QuarantinedView {
    /// Whose.
    #[schema(value_type = String)]
    pub provider: ProviderId,
    /// How many.
    pub records: u64,
}

/// An adapter.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ServiceView {
    /// Whose records it maps.
    #[schema(value_type = String)]
    pub provider: ProviderId,
    /// `serving`, `failing`, `suspended` or `absent`.
    pub service: &'static str,
}

/// Journal, index and disk.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StoreView {
    /// Entries in the journal.
    pub entries: u64,
    /// Entries that the index has yet to apply.
    pub lag: u64,
    /// Bytes of the journal.
    pub journal_bytes: u64,
    /// Bytes of the index.
    pub index_bytes: u64,
    /// Bytes that are free on the disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_free_bytes: Option<u64>,
    /// Bytes that the disk has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_bytes: Option<u64>,
}

/// Where alarms go.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct AlarmsView {
    /// Whether there is a receiver.
    pub receiver: bool,
    /// Alarms that wait to be taken.
    pub undelivered: usize,
    /// Why the last attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

/// What is wrong, the provider and the lasting part of it apart; since when, where what was seen tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub condition: Condition,
    /// Whose records it affects.
    pub provider: Option<ProviderId>,
    /// Since when; where it is none, since it was first seen.
    pub since: Option<Timestamp>,
    /// How many records it affects.
    pub records: Option<u64>,
    /// What was seen.
    pub detail: String,
    /// The command to type next.
    pub next: String,
}

/// An outage of the authorities is an alarm and stops nothing (invariant 6).
fn of_unstamped(seen: &Observed, thresholds: &Thresholds) -> Option<Finding> {
    let Unstamped { messages, since: Some(since), reason } = &seen.unstamped else { return None };
    let age = seen.at.duration_since(*since);
    if age <= thresholds.unstamped_age {
        return None;
    }
    let said = reason.as_deref().unwrap_or("no authority has answered yet");
    Some(Finding {
        condition: Condition::Unstamped,
        provider: None,
        since: Some(*since),
        records: None,
        detail: format!(
            "{messages} messages wait, the oldest for {} s; they are signed, and stamped when an authority answers: {said}",
            age.as_secs()
        ),
        next: "qadam status".to_owned(),
    })
}

/// Judges what was seen, the gravest first.
#[must_use]
pub fn findings(seen: &Observed, thresholds: &Thresholds) -> Vec<Finding> {
    let mut found = Vec::new();
    let host = |condition, detail: String, next: &str| Finding {
        condition,
        provider: None,
        since: None,
        records: None,
        detail,
        next: next.to_owned(),
    };
    if let Some(reason) = &seen.poisoned {
        found.push(host(Condition::JournalPoisoned, reason.clone(), "qadam serve"));
    }
    if let Some(reason) = &seen.unreadable {
        found.push(host(Condition::IndexUnavailable, reason.clone(), "qadam status"));
    }
    if let Some((free, all)) = seen.disk.filter(|(free, _)| *free < thresholds.disk_free) {
        let detail =
            format!("{} MiB of {} MiB are free, {} should be", free >> 20, all >> 20, thresholds.disk_free >> 20);
        found.push(host(Condition::DiskSpace, detail, "df -h"));
    }
    let waiting: u64 = seen.waiting.iter().map(|waiting| waiting.records).sum();
    if waiting > thresholds.waiting_records {
        let detail = format!("{waiting} records wait, the limit is {}", thresholds.waiting_records);
        found.push(host(Condition::IntakeFull, detail, "qadam adapter list"));
    }
    let lag = seen.entries.saturating_sub(seen.applied);
    // Half of what turns records away, so that somebody looks before.
    if lag > thresholds.index_lag / 2 {
        let detail = format!("{lag} entries behind; at {} intake turns records away", thresholds.index_lag);
        found.push(host(Condition::IndexLag, detail, "qadam status"));
    }
    for adapter in &seen.adapters {
        found.extend(of_adapter(adapter, seen.waiting.iter().find(|waiting| waiting.provider == adapter.provider)));
    }
    for waiting in &seen.waiting {
        found.extend(of_waiting(waiting, seen, thresholds));
    }
    for (provider, records, since) in &seen.quarantined {
        found.push(Finding {
            condition: Condition::Quarantine,
            provider: Some(provider.clone()),
            since: *since,
            records: Some(*records),
            detail: format!("the adapter fails on {records} records and manages others; mend it, then map them again"),
            next: format!("qadam adapter remap --provider {provider} --why TEXT"),
        });
    }
    if let Some((since, reason)) = &seen.unsealed {
        let since = Some(*since);
        found.push(Finding { since, ..host(Condition::SealingStopped, reason.clone(), "qadam status") });
    }
    found.extend(of_unstamped(seen, thresholds));
    found.extend(seen.delivery.iter().filter_map(|lane| of_delivery(lane, seen.at, thresholds)));
    for (destination, provider, events, since) in &seen.late_exchanges {
        let detail = format!("{events} events for {destination} have not arrived in the time allotted to their stage");
        let (since, provider) = (Some(*since), Some(provider.clone()));
        found.push(Finding { since, provider, ..host(Condition::ExchangeLate, detail, "qadam queue status") });
    }
    if let Some((since, reason)) = &seen.uncounted {
        found.push(Finding { since: Some(*since), ..host(Condition::TermsStopped, reason.clone(), "qadam status") });
    }
    if let Some(certificate) = &seen.certificate {
        let finding = host(Condition::TlsCertificate, certificate.reason.clone(), "qadam serve --check-config");
        found.push(Finding { since: Some(certificate.since), ..finding });
    }
    if let Some(undelivered) = &seen.undelivered {
        let finding = host(Condition::AlarmsUndelivered, undelivered.reason.clone(), "qadam serve --check-config");
        found.push(Finding { since: Some(undelivered.since), ..finding });
    }
    found.sort_by(|a, b| (a.condition, &a.provider).cmp(&(b.condition, &b.provider)));
    found
}

fn of_delivery(lane: &Undelivering, now: Timestamp, thresholds: &Thresholds) -> Option<Finding> {
    let Undelivering { destination, provider, what } = lane;
    let (condition, since, detail, next) = match what {
        Undelivered::Failing(since, messages, why) => {
            if now.duration_since(*since) <= thresholds.failing_age {
                return None;
            }
            let detail = format!("{destination} takes nothing; {messages} messages wait, none is lost: {why}");
            (Condition::DeliveryFailing, Some(*since), detail, "qadam queue status".to_owned())
        }
        Undelivered::Stuck(messages, why) => {
            let detail = format!("the host cannot send to {destination}; {messages} messages wait: {why}");
            (Condition::DeliveryFailing, None, detail, "qadam queue status".to_owned())
        }
        Undelivered::Dead(letters, held) => {
            let detail = format!(
                "{destination} refused {letters} events, or they were given up; {held} messages of the same requests wait"
            );
            (Condition::DeadLetters, None, detail, format!("qadam queue dead --destination {destination}"))
        }
        Undelivered::Paused(messages) => {
            let detail = format!("delivery to {destination} is paused; {messages} messages wait");
            let next = format!("qadam queue resume --destination {destination} --why TEXT");
            (Condition::DeliveryPaused, None, detail, next)
        }
    };
    Some(Finding { condition, provider: provider.clone(), since, records: None, detail, next })
}

fn of_adapter(adapter: &crate::view::AdapterView, waiting: Option<&Waiting>) -> Vec<Finding> {
    let provider = &adapter.provider;
    let records = waiting.map_or(0, |waiting| waiting.records);
    let finding = |condition, since, detail: &str, next: String| Finding {
        condition,
        provider: Some(provider.clone()),
        since,
        records: Some(records),
        detail: detail.to_owned(),
        next,
    };
    let load = format!("qadam adapter load --provider {provider} FILE.wasm");
    // Back to the one before, where there was one.
    let back =
        if adapter.previous.is_some() { format!("qadam adapter rollback --provider {provider}") } else { load.clone() };
    let fault = adapter.last_fault.as_deref().unwrap_or("it failed");
    let mut found = Vec::new();
    match adapter.service {
        "suspended" => found.push(finding(Condition::AdapterSuspended, None, fault, back.clone())),
        "failing" => found.push(finding(Condition::AdapterFailing, None, fault, "qadam adapter list".into())),
        "absent" if records > 0 => {
            let since = waiting.and_then(|waiting| waiting.oldest).map(|(_, at)| at);
            found.push(finding(Condition::AdapterAbsent, since, "none is in service", back.clone()));
        }
        _ => {}
    }
    if let Some(reason) = &adapter.distrusted {
        found.push(finding(Condition::AdapterDistrusted, None, reason, back.clone()));
    }
    if let Some(reason) = &adapter.load_error {
        let since = adapter.load_error_at.as_deref().and_then(|at| at.parse().ok());
        found.push(finding(Condition::AdapterLoadError, since, reason, load));
    }
    found
}

/// What waits although no adapter is known to fail on it, or has no adapter at all.
fn of_waiting(waiting: &Waiting, seen: &Observed, thresholds: &Thresholds) -> Option<Finding> {
    let Waiting { provider, records, oldest } = waiting;
    let adapter = seen.adapters.iter().find(|adapter| adapter.provider == *provider);
    let since = oldest.map(|(_, at)| at);
    let finding = |condition, detail: String, next| Finding {
        condition,
        provider: Some(provider.clone()),
        since,
        records: Some(*records),
        detail,
        next,
    };
    let Some(adapter) = adapter else {
        let next = format!("qadam adapter load --provider {provider} FILE.wasm");
        return Some(finding(Condition::AdapterAbsent, "none is in service".to_owned(), next));
    };
    let age = since.map_or(SignedDuration::ZERO, |at| seen.at.duration_since(at));
    (adapter.service == "serving" && age > thresholds.waiting_age).then(|| {
        let detail = format!(
            "the oldest waits for {} s, at most {} s are usual",
            age.as_secs(),
            thresholds.waiting_age.as_secs()
        );
        finding(Condition::RecordsWaiting, detail, "qadam adapter list".to_owned())
    })
}

/// How the host is: what is wrong, since when, whom it affects, and what to do next. No personal data. Roles: operator,
/// auditor.
#[utoipa::path(get, path = "/v1/status", tag = "health",
    responses((status = 200, body = StatusView), (status = 403, body = Problem)))]
pub(crate) async fn status(State(api): State<Api>, caller: Caller) -> Result<Json<StatusView>, Problem> {
    caller.needs(&[Role::Operator, Role::Auditor])?;
    blocking(&api, |ports| ports.status()).await.map(Json)
}
