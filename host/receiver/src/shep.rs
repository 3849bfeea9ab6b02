//! `POST /shep`: the e-government gateway's asynchronous channel in front of this receiver, for tests and integrators. A reference
//! of the gateway's manners, not of its scale.
//!
//! * `sendMessage` is answered at once; the receiver takes the message meanwhile, and its receipt is then a message of the same
//!   exchange (`correlationId`), which `getMessages` hands out. Receipts of receivers that sign carry the signature as a property.
//! * A message is known by its sender and `messageId`. The same again is answered as before and brought once; one that could not
//!   be brought is tried again; another under a used id is a fault.
//! * What became of messages is kept in memory, the last 10,000 of them. One that is not known any more, after a restart, is
//!   sent again by whoever asks in vain, and the receiver, which forgets nothing, knows it.

mod answer;
mod exchange;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::post,
};
use bytes::Bytes;
use jiff::{Timestamp, tz::TimeZone};
use qadam_delivery::{
    Envelope,
    shep::{
        Body, MAX_DOCUMENT, Moment, Password,
        envelope::write,
        wss::{Signing, Trusted},
    },
};

use self::exchange::{Exchange, Exchanges};
use crate::Receiver;

/// Most messages that are remembered.
const MOST: usize = 10_000;

/// How the gateway works.
#[derive(Clone, Debug, Default)]
pub struct GatewayOptions {
    /// Who may send, by name, with password. Empty: everybody.
    pub senders: BTreeMap<String, Password>,
    /// Whose signatures envelopes must have; none is asked for otherwise.
    pub trusted: Option<Trusted>,
    /// What signs the answers, but for faults of who cannot be answered otherwise.
    pub signing: Option<Signing>,
    /// The zone of the times that it writes.
    pub zone: Option<TimeZone>,
}

/// The gateway before a receiver.
pub struct Gateway {
    receiver: Arc<Receiver>,
    options: GatewayOptions,
    exchanges: Mutex<Exchanges>,
}

/// What is to be done after the answer: a message is to be brought.
struct Work {
    key: exchange::Key,
    envelope: Box<Envelope>,
}

impl Gateway {
    /// Before this receiver.
    #[must_use]
    pub fn new(receiver: Arc<Receiver>, options: GatewayOptions) -> Arc<Self> {
        Arc::new(Self { receiver, options, exchanges: Mutex::default() })
    }

    /// `POST /shep`.
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/shep", post(serve))
            .layer(DefaultBodyLimit::max(MAX_DOCUMENT))
            .with_state(Arc::clone(self))
    }

    fn now(&self) -> Timestamp {
        (self.receiver.options.clock)()
    }

    fn moment(&self) -> Moment {
        Moment::of(self.now(), self.options.zone.as_ref().unwrap_or(&TimeZone::UTC))
    }

    fn exchanges(&self) -> MutexGuard<'_, Exchanges> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Brings a message to the receiver, and notes what it says.
    fn bring(&self, work: &Work) {
        let taken = self.receiver.take(&work.envelope).and_then(|stated| self.receiver.issue(&stated));
        if let Err(error) = &taken {
            tracing::warn!(%error, message = %work.envelope.message, "a message was not brought to the receiver");
        }
        self.exchanges().brought(&work.key, taken, self.moment());
    }

    fn response(&self, body: &Body) -> Response {
        let status = if matches!(body, Body::Fault(_)) { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK };
        let text = match &self.options.signing {
            Some(signing) => signing.write(body),
            None => Ok(write(body)),
        };
        match text {
            Ok(text) => (status, [(header::CONTENT_TYPE, "text/xml; charset=utf-8")], text).into_response(),
            Err(error) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()).into_response(),
        }
    }
}

async fn serve(State(gateway): State<Arc<Gateway>>, body: Bytes) -> Response {
    let answering = Arc::clone(&gateway);
    let answered = tokio::task::spawn_blocking(move || {
        let (body, work) = answering.answer(&body);
        (answering.response(&body), work)
    });
    let (response, work) = match answered.await {
        Ok(answered) => answered,
        Err(error) => return (StatusCode::SERVICE_UNAVAILABLE, error.to_string()).into_response(),
    };
    if let Some(work) = work {
        // Not waited for: whoever sent it asks what became of it.
        drop(tokio::task::spawn_blocking(move || gateway.bring(&work)));
    }
    response
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").field("options", &self.options).finish_non_exhaustive()
    }
}

/// What one knows of it.
impl Gateway {
    /// How many messages it knows in each state, by the gateway's word.
    #[must_use]
    pub fn states(&self) -> BTreeMap<&'static str, usize> {
        let mut states = BTreeMap::new();
        for exchange in self.exchanges().all() {
            *states.entry(Exchange::state(exchange).word()).or_default() += 1;
        }
        states
    }
}
