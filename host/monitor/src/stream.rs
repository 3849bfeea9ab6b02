//! `GET /v1/events/stream`: the events as they are recorded, as server-sent events. A reader goes on where it was by the id
//! of the last event it has seen; what it does not take stays in the journal, not in memory.

mod places;
mod tail;

use std::{convert::Infallible, future::pending, sync::Arc, time::Duration};

use axum::{
    Extension,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::stream;
use qadam_domain::{ProviderId, ids::Cursor};
use serde::Deserialize;
use tokio::{sync::watch, time::Instant};
use utoipa::IntoParams;

pub(crate) use self::places::Streams;
use self::{places::Place, tail::Sheet};
use crate::{
    Api,
    access::{self, Caller, Role},
    problem::Problem,
    reading::{Asked, asked, cursor, provider},
    serve::Stopping,
};

/// Before the first event.
const START: Cursor = Cursor { epoch: 0, seq: 0, index: u16::MAX };

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct StreamQuery {
    /// Of one provider.
    provider: Option<String>,
    /// Cursor: the id of an event of the stream, or `next` of a page of events. The header `Last-Event-ID` comes first.
    after: Option<String>,
}

/// The events as they are recorded, as server-sent events: `event: event`, `id:` the cursor, `data:` an event as in the list.
/// A cursor without an event says how far the stream has come; comments show that it is alive. Whole for the role `monitor`,
/// masked for others; a provider's key has its own. Roles: provider, operator, monitor, auditor.
#[utoipa::path(get, path = "/v1/events/stream", tag = "events",
    params(StreamQuery, ("Last-Event-ID" = Option<String>, Header, description = "Cursor of the last event that was seen")),
    responses((status = 200, body = String, content_type = "text/event-stream"), (status = 400, body = Problem),
        (status = 403, body = Problem), (status = 410, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn events(
    State(api): State<Api>,
    caller: Caller,
    stopping: Option<Extension<Stopping>>,
    headers: HeaderMap,
    query: Asked<StreamQuery>,
) -> Result<Response, Problem> {
    let query = asked(query)?;
    let scope = caller.scope(query.provider.as_deref().map(provider).transpose()?)?;
    let last = match headers.get("last-event-id") {
        Some(id) => Some(id.to_str().map_err(|_| Problem::bad("cursor", "`Last-Event-ID` is no cursor"))?),
        None => query.after.as_deref(),
    };
    let at = cursor(last.filter(|text| !text.is_empty()))?.unwrap_or(START);
    let key = access::presented(&headers)?;
    let place = api.streams.enter(&caller.key)?;
    let beat = Duration::from_secs(api.limits.heartbeat_seconds);
    let mut reader = Reader {
        progress: api.ports.progress(),
        api,
        key,
        caller,
        scope,
        at,
        told: at,
        sheet: None,
        beat,
        due: Instant::now() + beat,
        stopping: stopping.map(|Extension(stopping)| stopping),
        _place: place,
    };
    // Read before anything is answered, so that a cursor of another journal is refused and not waited on.
    reader.read().await?;
    let opening = Bytes::from_static(b"retry: 2000\n\n");
    let frames = stream::unfold((reader, Some(opening)), |(mut reader, opening)| async move {
        let frame = match opening {
            Some(opening) => Some(opening),
            None => reader.next().await,
        };
        frame.map(|frame| (Ok::<_, Infallible>(frame), (reader, None)))
    });
    let head = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    Ok((StatusCode::OK, head, Body::from_stream(frames)).into_response())
}

/// One who reads. Polled only when its connection has room: one that is slow is just asked for less often.
struct Reader {
    api: Api,
    key: [u8; 32],
    caller: Caller,
    scope: Option<ProviderId>,
    /// Everything up to here it has been given, or need not be.
    at: Cursor,
    /// The last cursor that it was told.
    told: Cursor,
    /// What it is being given, and the next place in it.
    sheet: Option<(Arc<Sheet>, usize)>,
    progress: watch::Receiver<u64>,
    beat: Duration,
    due: Instant,
    stopping: Option<Stopping>,
    _place: Place,
}

impl Reader {
    /// What it gets next; nothing where the stream ends.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(frame) = self.take() {
                self.due = Instant::now() + self.beat;
                return Some(frame);
            }
            // A key that was revoked, or has another role by now, reads no further.
            if self.api.ports.caller(&self.key).as_ref() != Some(&self.caller) {
                return None;
            }
            match self.read().await {
                Ok(true) => continue,
                Ok(false) => {}
                // It comes back with its cursor.
                Err(problem) => {
                    tracing::debug!(detail = problem.detail, "a stream of events ends");
                    return None;
                }
            }
            let stopped = async {
                match &mut self.stopping {
                    Some(stopping) => stopping.wait().await,
                    None => pending().await,
                }
            };
            tokio::select! {
                () = stopped => return None,
                more = self.progress.changed() => if more.is_err() { return None },
                () = tokio::time::sleep_until(self.due) => {
                    self.due = Instant::now() + self.beat;
                    return Some(self.heartbeat());
                }
            }
        }
    }

    /// The next event of the sheet in hand.
    fn take(&mut self) -> Option<Bytes> {
        let (sheet, place) = self.sheet.as_mut()?;
        while let Some(frame) = sheet.frames.get(*place) {
            *place += 1;
            let wanted = self.scope.as_ref().is_none_or(|scope| *scope == frame.provider);
            if wanted && frame.at > self.at {
                (self.at, self.told) = (frame.at, frame.at);
                let whole = self.caller.role == Role::Monitor;
                return Some(if whole { frame.whole.clone() } else { frame.masked.clone() });
            }
        }
        self.at = self.at.max(sheet.to);
        self.sheet = None;
        None
    }

    /// Gets the next sheet; whether there was more.
    async fn read(&mut self) -> Result<bool, Problem> {
        // Marked as seen before it is read, so that what comes meanwhile wakes it.
        self.progress.mark_unchanged();
        let sheet = self.api.streams.tail.after(&self.api, self.scope.as_ref(), self.at).await?;
        let more = sheet.to > self.at;
        self.sheet = more.then_some((sheet, 0));
        Ok(more)
    }

    /// A comment, and how far this has come where that is news: a reader of few events need not look through the same of
    /// others again.
    fn heartbeat(&mut self) -> Bytes {
        if self.at == self.told {
            return Bytes::from_static(b": alive\n\n");
        }
        self.told = self.at;
        format!(": alive\nid: {}\n\n", self.at).into()
    }
}
