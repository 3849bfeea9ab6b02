//! Personal data whole, for a stated purpose (invariant 10), and the record of who asked (1336-11.3). The act is durable
//! before anything is shown; where it cannot be recorded nothing is.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
};
use data_encoding::BASE64;
use qadam_domain::{RecordId, RequestId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Api,
    access::{Caller, Role},
    ports::acts::{ActView, Asking, Body, Subject},
    problem::Problem,
    reading::{Asked, asked, blocking, cursor, limit},
    view::{Page, RecordView, RequestView},
};

/// Who may see personal data whole, and read who did. Not the contact centre: what it tells a caller needs none of them.
pub(crate) const MAY: [Role; 2] = [Role::Operator, Role::Auditor];
/// Characters of a purpose.
const PURPOSE: usize = 500;

/// What for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Purpose {
    /// Why the data are needed; kept in the record of acts, 1 to 500 characters. Name no person in it.
    purpose: String,
}

/// A request whole, with its history. That it was asked for, by whom and what for, is in the record of acts. Roles: operator,
/// auditor.
#[utoipa::path(post, path = "/v1/requests/{id}/reveal", tag = "acts", params(("id" = String, Path)), request_body = Purpose,
    responses((status = 200, body = RequestView), (status = 400, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn request(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    content: Bytes,
) -> Result<Json<RequestView>, Problem> {
    caller.needs(&MAY)?;
    let purpose = purpose(&content)?;
    whole(&api, &caller, &id, purpose).await.map(Json)
}

/// A request whole, once the record of acts says that this caller asked, and what for.
pub(crate) async fn whole(api: &Api, caller: &Caller, id: &str, purpose: String) -> Result<RequestView, Problem> {
    caller.needs(&MAY)?;
    let id: RequestId = id.parse().map_err(|_| Problem::not_found("request"))?;
    let asking = Asking { subject: Subject::Request(id), who: caller.key.clone(), purpose };
    let view = blocking(api, move |ports| {
        let known = ports.request(id)?.is_some();
        if known { ports.asked(&asking).and_then(|()| ports.request(id)) } else { Ok(None) }
    });
    view.await?.ok_or_else(|| Problem::not_found("request"))
}

/// A native record with its body.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NativeView {
    /// What became of it.
    record: RecordView,
    /// The body as kept, where it is UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    /// The body as kept, where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
    /// There is none: it was marked secret and never kept, or was erased.
    gone: bool,
}

/// A native record with its body as kept. That it was asked for is in the record of acts, also under the requests that it is
/// about. Roles: operator, auditor.
#[utoipa::path(post, path = "/v1/records/{id}/reveal", tag = "acts", params(("id" = String, Path)), request_body = Purpose,
    responses((status = 200, body = NativeView), (status = 400, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn record(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    content: Bytes,
) -> Result<Json<NativeView>, Problem> {
    caller.needs(&MAY)?;
    let purpose = purpose(&content)?;
    let id: RecordId = id.parse().map_err(|_| Problem::not_found("record"))?;
    let asking = Asking { subject: Subject::Record(id), who: caller.key, purpose };
    let found = blocking(&api, move |ports| {
        let Some(record) = ports.record(id)? else { return Ok(None) };
        ports.asked(&asking)?;
        Ok(ports.body(id)?.map(|body| (record, body)))
    });
    let (record, body) = found.await?.ok_or_else(|| Problem::not_found("record"))?;
    let gone = body == Body::Gone;
    let (body, body_base64) = match body {
        Body::Gone => (None, None),
        Body::Kept(bytes) => match String::from_utf8(bytes) {
            Ok(text) => (Some(text), None),
            Err(error) => (None, Some(BASE64.encode(error.as_bytes()))),
        },
    };
    Ok(Json(NativeView { record, body, body_base64, gone }))
}

pub(crate) fn purpose(content: &Bytes) -> Result<String, Problem> {
    let Ok(Purpose { purpose }) = serde_json::from_slice(content) else {
        // What the parser says of a wrong body could repeat a part of it.
        let detail = "the body must be {\"purpose\": \"…\"}: say what the data are needed for; nothing was shown";
        return Err(Problem::bad("purpose", detail));
    };
    stated(&purpose)
}

/// A purpose that says something.
pub(crate) fn stated(purpose: &str) -> Result<String, Problem> {
    let wrong = |detail: String| Problem::bad("purpose", format!("{detail}; nothing was shown"));
    let length = purpose.trim().chars().count();
    if length > PURPOSE {
        let detail = format!("the purpose has {length} characters, the limit is {PURPOSE}");
        return Err(wrong(detail).limited(PURPOSE as u64, length as u64));
    }
    if !purpose.chars().any(char::is_alphabetic) {
        return Err(wrong(
            "the purpose says nothing; it is kept in the record of acts, so say what the data are for".into(),
        ));
    }
    Ok(purpose.trim().to_owned())
}

/// Which acts.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActsQuery {
    /// Cursor.
    pub(crate) after: Option<String>,
    /// Items, 1 to 1000.
    pub(crate) limit: Option<usize>,
}

/// The record of acts: who did what to what, when and why. Roles: operator, auditor.
#[utoipa::path(get, path = "/v1/acts", tag = "acts", params(ActsQuery),
    responses((status = 200, body = Page<ActView>), (status = 403, body = Problem)))]
pub(crate) async fn acts(
    State(api): State<Api>,
    caller: Caller,
    query: Asked<ActsQuery>,
) -> Result<Json<Page<ActView>>, Problem> {
    caller.needs(&MAY)?;
    listed(&api, None, asked(query)?).await
}

/// Who asked about a request, when and what for. Roles: operator, auditor.
#[utoipa::path(get, path = "/v1/requests/{id}/acts", tag = "acts", params(("id" = String, Path), ActsQuery),
    responses((status = 200, body = Page<ActView>), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn about(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    query: Asked<ActsQuery>,
) -> Result<Json<Page<ActView>>, Problem> {
    caller.needs(&MAY)?;
    let id: RequestId = id.parse().map_err(|_| Problem::not_found("request"))?;
    let known = blocking(&api, move |ports| ports.request(id)).await?.is_some();
    if known { listed(&api, Some(id.to_string()), asked(query)?).await } else { Err(Problem::not_found("request")) }
}

async fn listed(api: &Api, about: Option<String>, query: ActsQuery) -> Result<Json<Page<ActView>>, Problem> {
    let (after, limit) = (cursor(query.after.as_deref())?, limit(query.limit));
    blocking(api, move |ports| ports.acts(about.as_deref(), after, limit)).await.map(Json)
}
