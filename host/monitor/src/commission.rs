//! A package's way into production (1336-15): pilot, load test, promotion, retirement, and its history. That it is loaded, rolled back
//! and unloaded is in [`adapters`](crate::adapters), as for components that nobody signed. Every step is recorded.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    Api,
    access::{Caller, Role},
    adapters::refused,
    operate::{json, json_if_any, reasoned},
    ports::commission::{BenchView, PilotView, Promotion, PromotionView, StepView},
    problem::Problem,
    reading::{blocking, provider},
    view::AdapterView,
};

/// Most seconds of arrivals in a load test.
const LONGEST: u64 = 3600;

/// A pilot to be begun or ended.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Pilot {
    /// End it; begin it where absent.
    end: bool,
    /// The reason, kept with the step.
    why: String,
}

/// Begins the pilot of the candidate, or ends it. From then on it maps what is received, after that was decided; what it gives is
/// compared, counted and thrown away.
#[utoipa::path(post, path = "/v1/adapters/{provider}/pilot", tag = "adapters", params(("provider" = String, Path)),
    request_body = Pilot, responses((status = 200, body = AdapterView), (status = 409, body = Problem)))]
pub(crate) async fn pilot(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    content: Bytes,
) -> Result<Json<AdapterView>, Problem> {
    caller.needs(&[Role::Operator])?;
    let provider = provider(&id)?;
    let Pilot { end, why } = json_if_any(&content)?;
    let done = blocking(&api, move |ports| Ok(ports.pilot_adapter(&provider, end, &caller.key, &why))).await?;
    done.map(Json).map_err(refused)
}

/// What the pilot has shown so far, with the first differences, masked. Roles: operator, auditor.
#[utoipa::path(get, path = "/v1/adapters/{provider}/pilot", tag = "adapters", params(("provider" = String, Path)),
    responses((status = 200, body = PilotView), (status = 409, body = Problem)))]
pub(crate) async fn report(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<PilotView>, Problem> {
    caller.needs(&[Role::Operator, Role::Auditor])?;
    let provider = provider(&id)?;
    let report = blocking(&api, move |ports| Ok(ports.pilot_report(&provider))).await?;
    report.map(Json).map_err(refused)
}

/// A load test to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Bench {
    /// Seconds of arrivals, 1 to 3600. The work of a minute is done in as little time as the adapter takes.
    seconds: u64,
    /// The reason, kept with the step.
    why: String,
}

impl Default for Bench {
    fn default() -> Self {
        Self { seconds: 60, why: String::new() }
    }
}

/// Tries the candidate at the intensity that its maker declares, on its golden records, in this host's engine; the result is
/// recorded.
#[utoipa::path(post, path = "/v1/adapters/{provider}/bench", tag = "adapters", params(("provider" = String, Path)),
    request_body = Bench, responses((status = 200, body = BenchView), (status = 409, body = Problem)))]
pub(crate) async fn bench(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    content: Bytes,
) -> Result<Json<BenchView>, Problem> {
    caller.needs(&[Role::Operator])?;
    let provider = provider(&id)?;
    let Bench { seconds, why } = json_if_any(&content)?;
    if !(1..=LONGEST).contains(&seconds) {
        return Err(Problem::bad("seconds", format!("`seconds` is {seconds}; it must be 1 to {LONGEST}")));
    }
    let done = blocking(&api, move |ports| Ok(ports.bench_adapter(&provider, seconds, &caller.key, &why))).await?;
    done.map(Json).map_err(refused)
}

/// A package to be put to work.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Promote {
    /// Its id; the candidate where absent.
    package: Option<String>,
    /// Why it is done although something is missing.
    #[serde(rename = "override")]
    over: Option<String>,
    /// The reason, kept with the step.
    why: String,
}

/// Puts a package to work: the candidate, or one that was in production before. Where tests, pilot or load test are missing or
/// not as they should be, that takes an override with its reason, which is recorded with what was missing.
#[utoipa::path(post, path = "/v1/adapters/{provider}/promote", tag = "adapters", params(("provider" = String, Path)),
    request_body = Promote,
    responses((status = 200, body = PromotionView), (status = 403, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn promote(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    content: Bytes,
) -> Result<Json<PromotionView>, Problem> {
    caller.needs(&[Role::Operator])?;
    let provider = provider(&id)?;
    let Promote { package, over, why } = json_if_any(&content)?;
    if let Some(over) = &over {
        reasoned(over)?;
    }
    let promotion = Promotion { provider, package, over };
    let done = blocking(&api, move |ports| Ok(ports.promote_adapter(&promotion, &caller.key, &why))).await?;
    done.map(Json).map_err(refused)
}

/// A package to be taken out of use.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Retire {
    /// Its id.
    package: String,
    /// The reason, kept with the step.
    why: String,
}

/// Takes a package out of use for good. What serves cannot be retired.
#[utoipa::path(post, path = "/v1/adapters/{provider}/retire", tag = "adapters", params(("provider" = String, Path)),
    request_body = Retire, responses((status = 200, body = AdapterView), (status = 409, body = Problem)))]
pub(crate) async fn retire(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    content: Bytes,
) -> Result<Json<AdapterView>, Problem> {
    caller.needs(&[Role::Operator])?;
    let provider = provider(&id)?;
    let Retire { package, why } = json(&content)?;
    reasoned(&why)?;
    let done = blocking(&api, move |ports| Ok(ports.retire_adapter(&provider, &package, &caller.key, &why))).await?;
    done.map(Json).map_err(refused)
}

/// The last thousand steps of a provider's packages, in their order: who, when, why, and what came of it. Roles: operator,
/// monitor, auditor.
#[utoipa::path(get, path = "/v1/adapters/{provider}/history", tag = "adapters", params(("provider" = String, Path)),
    responses((status = 200, body = Vec<StepView>)))]
pub(crate) async fn history(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Vec<StepView>>, Problem> {
    caller.needs(&[Role::Operator, Role::Monitor, Role::Auditor])?;
    let provider = provider(&id)?;
    let steps = blocking(&api, move |ports| Ok(ports.adapter_history(&provider))).await?;
    steps.map(Json).map_err(refused)
}
