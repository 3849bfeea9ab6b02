//! Sealed messages, the evidence of single events (1277-6), and the time-stamping authority for development.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use qadam_domain::EventId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    Api,
    access::{Caller, Role},
    ports::{
        acts::{Asking, Subject},
        evidence::{Archive, MessageQuery, MessageView},
    },
    problem::Problem,
    reading::{Asked, asked, blocking, cursor, limit, provider},
    reveal::{Purpose, purpose},
    view::Page,
};

/// Who may see messages: they hold no personal data, but tell how much is going on.
const MAY_LIST: [Role; 3] = [Role::Operator, Role::Monitor, Role::Auditor];
/// Who may have the evidence of an event: all of its data.
const MAY_EXPORT: [Role; 2] = [Role::Operator, Role::Auditor];
/// Media types of RFC 3161 §3.4.
const QUERY: &str = "application/timestamp-query";
const REPLY: &str = "application/timestamp-reply";
/// Media type of an archive.
const ARCHIVE: &str = "application/vnd.qadam.evidence+zip";
/// Bytes of a time-stamp query.
const QUERY_LIMIT: usize = 4096;

/// Which messages.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessagesQuery {
    /// Of one provider.
    provider: Option<String>,
    /// For one destination. Where its policy asks for time-stamps, the list ends before the first message that has none.
    destination: Option<String>,
    /// Cursor.
    after: Option<String>,
    /// Items, 1 to 1000.
    limit: Option<usize>,
}

/// Sealed messages in the order of the journal: manifests with their signatures, and the ids of their events. `next` is always
/// where to go on, now or when there are more; a list without items has come to the end. Roles: operator, monitor, auditor.
#[utoipa::path(get, path = "/v1/messages", tag = "evidence", params(MessagesQuery),
    responses((status = 200, body = Page<MessageView>), (status = 403, body = Problem)))]
pub(crate) async fn messages(
    State(api): State<Api>,
    caller: Caller,
    query: Asked<MessagesQuery>,
) -> Result<Json<Page<MessageView>>, Problem> {
    caller.needs(&MAY_LIST)?;
    let query = asked(query)?;
    let (after, limit) = (cursor(query.after.as_deref())?, limit(query.limit));
    let wrong = |error: qadam_domain::ids::IdError| Problem::bad("destination", error.to_string());
    let wanted = MessageQuery {
        provider: query.provider.as_deref().map(provider).transpose()?,
        destination: query.destination.as_deref().map(|name| name.parse().map_err(wrong)).transpose()?,
    };
    blocking(&api, move |ports| ports.messages(&wanted, after, limit)).await.map(Json)
}

/// The evidence of an event: one archive that proves it to anyone who has only the authorities' certificates, offline. It holds
/// the event and its record whole, so a purpose is stated and kept. Roles: operator, auditor.
#[utoipa::path(post, path = "/v1/events/{id}/evidence", tag = "evidence", params(("id" = String, Path)),
    request_body = Purpose,
    responses((status = 200, description = "A ZIP file.", content_type = "application/vnd.qadam.evidence+zip", body = [u8]),
        (status = 400, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 410, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn archive(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    content: Bytes,
) -> Result<Response, Problem> {
    caller.needs(&MAY_EXPORT)?;
    let purpose = purpose(&content)?;
    let id: EventId = id.parse().map_err(|_| Problem::not_found("event"))?;
    let asking = Asking { subject: Subject::Event(id), who: caller.key, purpose };
    let archive = blocking(&api, move |ports| {
        let archive = ports.archive(id)?;
        if matches!(archive, Archive::Whole(_)) {
            ports.asked(&asking)?;
        }
        Ok(archive)
    });
    match archive.await? {
        Archive::Whole(bytes) => {
            let name = format!("attachment; filename=\"{id}.zip\"");
            Ok(([(header::CONTENT_TYPE, ARCHIVE.to_owned()), (header::CONTENT_DISPOSITION, name)], bytes)
                .into_response())
        }
        Archive::NotSealed => {
            let detail = "the event is recorded and waits to be sealed; messages are closed after seconds: try again, and see \
                          `qadam status` if it stays so";
            let mut problem = Problem::new(StatusCode::CONFLICT, "not-sealed", "Not sealed yet", detail);
            problem.retry_after = Some(2);
            Err(problem)
        }
        Archive::Erased => {
            let detail =
                "what was sealed was erased by policy; manifest, signature and time-stamp stay in /v1/messages";
            Err(Problem::new(StatusCode::GONE, "erased", "Erased", detail))
        }
        Archive::Unknown => Err(Problem::not_found("event")),
    }
}

/// A time-stamping authority for development (RFC 3161 §3.4): the host asks it where no other is configured. Its time is this
/// machine's, its key the host's own: it proves nothing to others. Open to all; 404 where it is not in use.
#[utoipa::path(post, path = "/development/timestamp", tag = "evidence",
    request_body(content = [u8], content_type = "application/timestamp-query"),
    responses((status = 200, content_type = "application/timestamp-reply", body = [u8]), (status = 400, body = Problem),
        (status = 404, body = Problem)))]
pub(crate) async fn development(
    State(api): State<Api>,
    headers: axum::http::HeaderMap,
    query: Bytes,
) -> Result<Response, Problem> {
    if headers.get(header::CONTENT_TYPE).is_none_or(|kind| kind.as_bytes() != QUERY.as_bytes()) {
        return Err(Problem::bad("media-type", format!("the body must be a time-stamp query, `{QUERY}`")));
    }
    if query.len() > QUERY_LIMIT {
        return Err(Problem::too_large("query-too-large", "bytes of the query", QUERY_LIMIT, query.len()));
    }
    let reply = blocking(&api, move |ports| Ok(ports.stamp(&query)));
    match reply.await? {
        Some(reply) => Ok(([(header::CONTENT_TYPE, REPLY)], reply).into_response()),
        None => Err(Problem::new(
            StatusCode::NOT_FOUND,
            "no-authority",
            "Not found",
            "this host has no time-stamping authority of its own: others are configured",
        )),
    }
}
