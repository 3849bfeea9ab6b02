//! Looking into adapters: what their calls took, how they failed, and what one makes of a record.

use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};
use qadam_domain::RecordId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    Api,
    access::{Caller, Role},
    intake::{failed, read},
    operate::reasoned,
    ports::inspect::{InspectedView, ReplayRefused, ReplayView},
    problem::Problem,
    reading::{Asked, asked, blocking, provider},
};

/// A provider's adapter with what its calls took since it was loaded and how it failed last. A provider sees its own.
#[utoipa::path(get, path = "/v1/adapters/{provider}", tag = "adapters", params(("provider" = String, Path)),
    responses((status = 200, body = InspectedView), (status = 404, body = Problem)))]
pub(crate) async fn adapter(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<InspectedView>, Problem> {
    let provider = caller.scope(Some(provider(&id)?))?;
    let found = blocking(&api, move |ports| Ok(provider.and_then(|provider| ports.inspect(&provider)))).await?;
    found.map(Json).ok_or_else(|| Problem::not_found("adapter"))
}

/// Why a record is replayed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayQuery {
    /// The reason, for the audit.
    why: String,
}

/// Runs a record of the journal through its provider's adapter once more, or through the component that is sent, with the
/// provider's settings and limits, and tells what came of it: outcome, log lines, backtrace. Nothing of it is kept; that it was done
/// is in the audit. Roles: operator.
#[utoipa::path(post, path = "/v1/records/{id}/replay", tag = "adapters", params(("id" = String, Path), ReplayQuery),
    request_body(content = Vec<u8>, description = "A component to try; none for the adapter that serves", content_type = "application/wasm"),
    responses((status = 200, body = ReplayView), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn replay(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    query: Asked<ReplayQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<ReplayView>, Problem> {
    caller.needs(&[Role::Operator])?;
    let ReplayQuery { why } = asked(query)?;
    reasoned(&why)?;
    let id: RecordId = id.parse().map_err(|_| Problem::not_found("record"))?;
    let component = read(&api, &headers, body).await?;
    let done = blocking(&api, move |ports| {
        let component = Some(component.as_ref()).filter(|component| !component.is_empty());
        Ok(ports.replay(id, component, &caller.key, &why))
    });
    done.await?.map(Json).map_err(|refused| match refused {
        ReplayRefused::NotFound => Problem::not_found("record"),
        ReplayRefused::NoAdapter(detail) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "no-adapter", "No adapter can be asked", detail)
        }
        ReplayRefused::Port(error) => failed(error),
    })
}
