//! What operators do about records that no adapter managed.

use axum::{Json, body::Bytes, extract::State, http::StatusCode};
use qadam_domain::RecordId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Api,
    access::{Caller, Role},
    problem::Problem,
    reading::{Asked, asked, blocking, provider},
    view::{Page, RecordView},
};

/// Quarantined records listed at once, and re-mapped at once.
const MOST: usize = 1000;

/// A body of JSON.
pub(crate) fn json<T: for<'a> Deserialize<'a>>(body: &Bytes) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| Problem::bad("body", format!("the body does not fit: {error}")))
}

/// The same where it may be left out.
pub(crate) fn json_if_any<T: for<'a> Deserialize<'a> + Default>(body: &Bytes) -> Result<T, Problem> {
    if body.is_empty() { Ok(T::default()) } else { json(body) }
}

/// A reason must be one.
pub(crate) fn reasoned(why: &str) -> Result<(), Problem> {
    if why.trim().is_empty() {
        return Err(Problem::bad("why", "`why` is blank; say the reason, it is kept in the record of acts"));
    }
    Ok(())
}

/// Of which provider.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuarantineQuery {
    /// Of one provider.
    provider: Option<String>,
}

/// Records that an adapter fails on; at most a thousand.
#[utoipa::path(get, path = "/v1/quarantine", tag = "adapters", params(QuarantineQuery),
    responses((status = 200, body = Page<RecordView>)))]
pub(crate) async fn quarantine(
    State(api): State<Api>,
    caller: Caller,
    query: Asked<QuarantineQuery>,
) -> Result<Json<Page<RecordView>>, Problem> {
    let provider = caller.scope(asked(query)?.provider.as_deref().map(provider).transpose()?)?;
    let items = blocking(&api, move |ports| ports.quarantine(provider.as_ref(), MOST)).await?;
    Ok(Json(Page { items, next: None }))
}

/// What to map again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Remap {
    /// Ids of the records; all quarantined ones of the provider where absent.
    #[schema(value_type = Option<Vec<String>>)]
    records: Option<Vec<RecordId>>,
    /// The provider, where `records` is absent.
    provider: Option<String>,
    /// The reason, kept in the record of acts.
    why: String,
}

/// How many are mapped again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Remapped {
    /// Records.
    pub(crate) records: usize,
}

/// Maps quarantined records again with the adapter that serves now.
#[utoipa::path(post, path = "/v1/quarantine/remap", tag = "adapters", request_body = Remap,
    responses((status = 202, body = Remapped), (status = 404, body = Problem)))]
pub(crate) async fn remap(
    State(api): State<Api>,
    caller: Caller,
    content: Bytes,
) -> Result<(StatusCode, Json<Remapped>), Problem> {
    caller.needs(&[Role::Operator])?;
    let Remap { records, provider: of, why } = json(&content)?;
    reasoned(&why)?;
    let of = of.as_deref().map(provider).transpose()?;
    let asked = records.as_ref().map_or(0, Vec::len);
    if asked > MOST {
        return Err(Problem::too_large("batch-too-large", "records to be mapped again", MOST, asked));
    }
    let views = blocking(&api, move |ports| match records {
        Some(ids) => ids.into_iter().filter_map(|id| ports.record(id).transpose()).collect(),
        None => ports.quarantine(of.as_ref(), MOST),
    })
    .await?;
    let views: Vec<RecordView> = views.into_iter().filter(|view| view.outcome == "quarantined").collect();
    if views.is_empty() || views.len() < asked {
        return Err(Problem::not_found("quarantined record"));
    }
    let count = views.len();
    blocking(&api, move |ports| ports.remap(&views, &caller.key, &why)).await?;
    Ok((StatusCode::ACCEPTED, Json(Remapped { records: count })))
}
