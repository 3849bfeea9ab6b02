//! The receiver's HTTP.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use bytes::Bytes;
use qadam_delivery::{
    Envelope, envelope,
    receipt::{MEDIA_TYPE, SIGNATURE_HEADER, Says},
};
use serde::{Deserialize, Serialize};

use crate::{Counts, Effect, Issued, LaneView, Receiver, TakeError, effects::read_on};

/// Most events of a page, beyond which no further disclosure is begun.
const PAGE: usize = 1000;

impl Receiver {
    /// `POST /messages` takes a push; `GET /events?after=&limit=`, `/lanes` and `/status` say what it has.
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/messages", post(take))
            .route("/events", get(events))
            .route("/lanes", get(lanes))
            .route("/status", get(status))
            .layer(DefaultBodyLimit::max(envelope::SIZE_LIMIT))
            .with_state(Arc::clone(self))
    }

    /// Events in the order in which they took effect, those after a disclosure; and the one to go on after.
    ///
    /// # Errors
    /// If the list cannot be read.
    pub fn effects(&self, after: u64, limit: usize) -> std::io::Result<(Vec<Effect>, Option<u64>)> {
        let (mut found, mut last) = (Vec::new(), after);
        let known = self.known();
        let Some(place) = usize::try_from(after).ok().and_then(|after| known.places.get(after)).copied() else {
            return Ok((found, None));
        };
        let total = known.places.len() as u64;
        drop(known);
        read_on(&self.places.effects, place, |took| {
            last = took.seq;
            let known = self.known();
            for (_, event, request, _) in took.events {
                let again = known.repeated(&took.destination, &took.provider, event);
                found.push(Effect {
                    seq: took.seq,
                    event,
                    request,
                    message: took.message,
                    destination: took.destination.clone(),
                    provider: took.provider.clone(),
                    number: took.number,
                    at: took.at,
                    again,
                });
            }
            found.len() >= limit || last >= total
        })?;
        Ok((found, (last < total).then_some(last)))
    }

    /// How much it has.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.known().counts.clone()
    }

    /// What each lane has, and lacks.
    #[must_use]
    pub fn lanes(&self) -> Vec<LaneView> {
        self.known().lanes()
    }

    /// Why it takes nothing more until a restart, if so.
    #[must_use]
    pub fn broken(&self) -> Option<String> {
        self.shelf().broken.clone()
    }
}

async fn take(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some(envelope::MEDIA_TYPE) {
        let detail = format!("messages come as {}", envelope::MEDIA_TYPE);
        return problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type", detail);
    }
    let taking = tokio::task::spawn_blocking(move || taken(&receiver, &body));
    taking.await.unwrap_or_else(|error| problem(StatusCode::SERVICE_UNAVAILABLE, "unavailable", error.to_string()))
}

fn taken(receiver: &Receiver, body: &[u8]) -> Response {
    let envelope = match Envelope::parse(body) {
        Ok(envelope) => envelope,
        Err(error) => return problem(StatusCode::BAD_REQUEST, "format", error.to_string()),
    };
    let answered = receiver.take(&envelope).and_then(|stated| {
        let refused = matches!(stated.says, Says::Refused { .. });
        let status = if refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        Ok((status, receiver.issue(&stated)?))
    });
    match answered {
        Ok((status, Issued { body, signature })) => {
            let signature = signature.map(|signature| [(SIGNATURE_HEADER, signature)]);
            let kind = [(header::CONTENT_TYPE, MEDIA_TYPE)];
            match signature {
                Some(signature) => (status, kind, signature, body).into_response(),
                None => (status, kind, body).into_response(),
            }
        }
        Err(error) => {
            tracing::warn!(%error, message = %envelope.message, "a message was not taken");
            let (status, name) = match &error {
                TakeError::Full(_) => (StatusCode::INSUFFICIENT_STORAGE, "full"),
                TakeError::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
                TakeError::Stranger(_) => (StatusCode::FORBIDDEN, "stranger"),
            };
            problem(status, name, error.to_string())
        }
    }
}

/// A problem (RFC 9457).
fn problem(status: StatusCode, name: &str, detail: String) -> Response {
    #[derive(Serialize)]
    struct Problem {
        r#type: String,
        status: u16,
        detail: String,
    }
    let body = Json(Problem { r#type: format!("urn:qadam:receiver:{name}"), status: status.as_u16(), detail });
    let kind = [(header::CONTENT_TYPE, "application/problem+json")];
    if status.is_server_error() {
        return (status, kind, [(header::RETRY_AFTER, "5")], body).into_response();
    }
    (status, kind, body).into_response()
}

#[derive(Deserialize)]
#[serde(default)]
struct Page {
    after: u64,
    limit: usize,
}

impl Default for Page {
    fn default() -> Self {
        Self { after: 0, limit: PAGE }
    }
}

#[derive(Serialize)]
struct Events {
    items: Vec<Effect>,
    next: Option<u64>,
}

async fn events(State(receiver): State<Arc<Receiver>>, Query(page): Query<Page>) -> Response {
    let read = move || receiver.effects(page.after, page.limit.clamp(1, PAGE));
    match tokio::task::spawn_blocking(read).await.map_err(std::io::Error::other).flatten() {
        Ok((items, next)) => Json(Events { items, next }).into_response(),
        Err(error) => problem(StatusCode::SERVICE_UNAVAILABLE, "unavailable", error.to_string()),
    }
}

async fn lanes(State(receiver): State<Arc<Receiver>>) -> Json<Vec<LaneView>> {
    Json(receiver.lanes())
}

#[derive(Serialize)]
struct Status {
    name: String,
    #[serde(flatten)]
    counts: Counts,
    /// What is asked of a seal.
    seals: &'static str,
    /// Whether receipts are signed.
    signs: bool,
    /// Why nothing more is taken until a restart.
    #[serde(skip_serializing_if = "Option::is_none")]
    broken: Option<String>,
}

async fn status(State(receiver): State<Arc<Receiver>>) -> Json<Status> {
    let seals = if receiver.options.trust.is_empty() {
        "the signature must be right; whose it is is not asked, nor whether it was revoked"
    } else {
        "the signature must be right and lead to a trusted certificate; whether it was revoked is not asked"
    };
    let signs = receiver.options.signer.is_some();
    let (name, counts, broken) = (receiver.name().to_owned(), receiver.counts(), receiver.broken());
    Json(Status { name, counts, seals, signs, broken })
}
