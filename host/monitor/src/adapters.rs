//! The adapters of a running host: loaded, rolled back, unloaded, resumed. Every one of these is an act in the journal.

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    Api,
    access::{Caller, Role},
    intake::{failed, read},
    operate::{json, json_if_any, reasoned},
    ports::AdapterError,
    problem::Problem,
    reading::{Asked, asked, blocking, provider},
    view::AdapterView,
};

/// The adapters in service. A provider sees its own.
#[utoipa::path(get, path = "/v1/adapters", tag = "adapters", responses((status = 200, body = Vec<AdapterView>)))]
pub(crate) async fn adapters(State(api): State<Api>, caller: Caller) -> Result<Json<Vec<AdapterView>>, Problem> {
    let mut views = blocking(&api, |ports| Ok(ports.adapters())).await?;
    views.retain(|view| caller.sees(&view.provider));
    Ok(Json(views))
}

/// Why a component is loaded or an adapter unloaded.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Reason {
    /// The reason, kept in the record of acts; may be left out.
    why: String,
}

/// Puts a component to work for a provider, where this host takes unsigned ones; or takes a package onto the provider's test stand
/// and tests it, from where `pilot`, `bench` and `promote` lead it into production. What served before serves until the new one is compiled and has said what it
/// is; the next batch is the new one's. If this is refused, nothing has changed.
#[utoipa::path(put, path = "/v1/adapters/{provider}", tag = "adapters", params(("provider" = String, Path), Reason),
    request_body(content = Vec<u8>, description = "The component, or the package", content_type = "application/wasm"),
    responses((status = 200, body = AdapterView), (status = 403, body = Problem), (status = 409, body = Problem),
        (status = 413, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn load(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    query: Asked<Reason>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<AdapterView>, Problem> {
    caller.needs(&[Role::Operator])?;
    let (provider, Reason { why }) = (provider(&id)?, asked(query)?);
    let component = read(&api, &headers, body).await?;
    let loaded = blocking(&api, move |ports| Ok(ports.load_adapter(&provider, &component, &caller.key, &why))).await?;
    loaded.map(Json).map_err(refused)
}

/// Takes an adapter out of service. Its records wait; a rollback brings it back.
#[utoipa::path(delete, path = "/v1/adapters/{provider}", tag = "adapters",
    params(("provider" = String, Path), Reason),
    responses((status = 200, body = AdapterView), (status = 409, body = Problem)))]
pub(crate) async fn unload(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    query: Asked<Reason>,
) -> Result<Json<AdapterView>, Problem> {
    caller.needs(&[Role::Operator])?;
    let (provider, Reason { why }) = (provider(&id)?, asked(query)?);
    let unloaded = blocking(&api, move |ports| Ok(ports.unload_adapter(&provider, &caller.key, &why))).await?;
    unloaded.map(Json).map_err(refused)
}

/// Why somebody does something.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Why {
    /// The reason, kept in the record of acts.
    #[serde(default)]
    why: String,
}

/// Brings back the adapter before the one that serves; again, and the newer one is back.
#[utoipa::path(post, path = "/v1/adapters/{provider}/rollback", tag = "adapters", params(("provider" = String, Path)),
    request_body = Why, responses((status = 200, body = AdapterView), (status = 409, body = Problem)))]
pub(crate) async fn rollback(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    content: Bytes,
) -> Result<Json<AdapterView>, Problem> {
    caller.needs(&[Role::Operator])?;
    let provider = provider(&id)?;
    let Why { why } = json_if_any(&content)?;
    let back = blocking(&api, move |ports| Ok(ports.rollback_adapter(&provider, &caller.key, &why))).await?;
    back.map(Json).map_err(refused)
}

/// Lets a suspended adapter work again.
#[utoipa::path(post, path = "/v1/adapters/{provider}/resume", tag = "adapters", params(("provider" = String, Path)),
    request_body = Why, responses((status = 204), (status = 404, body = Problem)))]
pub(crate) async fn resume(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    content: Bytes,
) -> Result<StatusCode, Problem> {
    caller.needs(&[Role::Operator])?;
    let (provider, Why { why }) = (provider(&id)?, json(&content)?);
    reasoned(&why)?;
    let known = blocking(&api, move |ports| ports.resume(&provider, &caller.key, &why)).await?;
    if known { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found("adapter")) }
}

pub(crate) fn refused(error: AdapterError) -> Problem {
    match error {
        AdapterError::Unsigned(detail) => {
            Problem::new(StatusCode::FORBIDDEN, "adapter-unsigned", "The component is not signed", detail)
        }
        AdapterError::Distrusted(name, detail) => {
            Problem::new(StatusCode::FORBIDDEN, &format!("adapter-{name}"), "The package is not trusted here", detail)
        }
        AdapterError::Refused(name, detail) => {
            let title = "That step cannot be taken now";
            Problem::new(StatusCode::CONFLICT, &format!("adapter-{name}"), title, detail)
        }
        AdapterError::Component(name, detail) => {
            let detail = format!("{detail}. What served before goes on serving.");
            let title = "The component cannot serve";
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, &format!("adapter-{name}"), title, detail)
        }
        AdapterError::Nothing(detail) => {
            Problem::new(StatusCode::CONFLICT, "no-such-adapter", "There is nothing to change", detail)
        }
        AdapterError::Port(error) => failed(error),
    }
}
