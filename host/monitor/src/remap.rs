//! `POST /v1/remap/preview` and `POST /v1/remap`: past records under the adapter that serves now.

use axum::{Json, body::Bytes, extract::State, http::StatusCode};
use qadam_domain::RecordId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    Api,
    access::{Caller, Role},
    intake::failed,
    operate::{Remapped, json, reasoned},
    ports::remap::{Decided, PreviewView, RemapError, Selection},
    problem::Problem,
    reading::{blocking, provider},
};

/// Which records, by all that is said.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Selected {
    /// Whose.
    provider: String,
    /// Ids of the records; all of the provider where absent. Those that wait are left out.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    records: Option<Vec<RecordId>>,
    /// Only those with this outcome.
    #[serde(default)]
    outcome: Option<Decided>,
    /// Only those received at or after this, RFC 3339.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    since: Option<jiff::Timestamp>,
    /// Only those received before this, RFC 3339.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    until: Option<jiff::Timestamp>,
}

impl Selected {
    fn selection(self) -> Result<Selection, Problem> {
        let Self { provider: id, records, outcome, since, until } = self;
        Ok(Selection { provider: provider(&id)?, records, outcome, since, until })
    }
}

/// A preview, to be applied.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Apply {
    /// The selection that was previewed.
    selection: Selected,
    /// The preview's plan.
    plan: String,
    /// The reason, kept in the record of acts.
    why: String,
}

/// Tells what mapping records again with the serving adapter would change. Nothing is changed.
#[utoipa::path(post, path = "/v1/remap/preview", tag = "adapters", request_body = Selected,
    responses((status = 200, body = PreviewView), (status = 404, body = Problem), (status = 413, body = Problem)))]
pub(crate) async fn preview(
    State(api): State<Api>,
    caller: Caller,
    content: Bytes,
) -> Result<Json<PreviewView>, Problem> {
    caller.needs(&[Role::Operator])?;
    let selection = json::<Selected>(&content)?.selection()?;
    let preview = blocking(&api, move |ports| Ok(ports.preview(&selection))).await?;
    preview.map(Json).map_err(refused)
}

/// Maps the previewed records again, as one recorded act: equal events keep their ids, changed ones are new events that
/// name what they correct, vanished ones are withdrawn.
#[utoipa::path(post, path = "/v1/remap", tag = "adapters", request_body = Apply,
    responses((status = 202, body = Remapped), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn apply(
    State(api): State<Api>,
    caller: Caller,
    content: Bytes,
) -> Result<(StatusCode, Json<Remapped>), Problem> {
    caller.needs(&[Role::Operator])?;
    let Apply { selection, plan, why } = json(&content)?;
    reasoned(&why)?;
    let selection = selection.selection()?;
    let done = blocking(&api, move |ports| Ok(ports.remap_as_previewed(&selection, &plan, &caller.key, &why))).await?;
    let records = done.map_err(refused)?;
    Ok((StatusCode::ACCEPTED, Json(Remapped { records })))
}

fn refused(error: RemapError) -> Problem {
    match error {
        RemapError::Nothing(detail) => {
            Problem::new(StatusCode::NOT_FOUND, "nothing-to-remap", "Nothing to map again", detail)
        }
        RemapError::TooMany { limit, actual } => {
            Problem::too_large("batch-too-large", "records to be mapped again", limit, actual)
        }
        RemapError::Stale(detail) => Problem::new(StatusCode::CONFLICT, "remap-stale", "Not as previewed", detail),
        RemapError::Port(error) => failed(error),
    }
}
