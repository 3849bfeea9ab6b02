//! A destination that messages are pushed to over HTTPS (HTTP/1.1): each attempt is one `POST` of
//! `application/vnd.qadam.message+json` with an `Idempotency-Key`, answered with a receipt.
//!
//! * Connections are kept and used again. One that the peer had closed before anything was sent is replaced in silence; every
//!   other break is an attempt's end, for then the peer may have the message.
//! * Redirections are not followed: a destination's address is configured.
//! * Certificates, keys and the token are read again when their files change; what cannot be read leaves the last in use.
//! * TLS tells the time by the host's clock.
//! * Errors name a host and nothing else of a URL, and nothing of a message.

pub(crate) mod answer;
pub(crate) mod connect;
pub(crate) mod files;
mod settings;
mod tls;

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::{Request, Response, Uri, body::Incoming, header};
use jiff::Timestamp;
use qadam_delivery::{
    Attempted, Code, Destination, Envelope, Failure, Sending, Sent, Statuses,
    envelope::MEDIA_TYPE,
    receipt::{ReceiptTrust, SIZE_LIMIT},
};

pub use self::settings::{PushError, PushSettings, ReceiptSettings};
use self::{
    connect::{Connections, lost},
    files::{Files, token},
};
use crate::fetch::address;

/// What time it is.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A destination, ready to be pushed to.
pub struct Push {
    uri: Uri,
    /// As it is named in errors.
    host: String,
    within: Duration,
    bearer: Option<std::path::PathBuf>,
    connections: Connections,
    receipts: Files<ReceiptTrust>,
    clock: Clock,
}

impl Push {
    /// A destination by its settings, whose paths are resolved.
    ///
    /// # Errors
    /// If the URL is none, a file cannot be read or does not hold what it should, or the message would cross the net in the clear.
    pub fn new(settings: &PushSettings, clock: Clock) -> Result<Self, PushError> {
        let (uri, host) = address(&settings.url).map_err(|error| PushError::Url(error.to_string()))?;
        settings.checked(&uri)?;
        if let Some(path) = &settings.bearer_file {
            token(path).map_err(|why| PushError::File { path: path.clone(), why })?;
        }
        let connections = Connections::new(&uri, &host, settings, Arc::clone(&clock))?;
        let receipts = settings.receipts.trust()?;
        let within = settings.timeout.unsigned_abs();
        Ok(Self { uri, host, within, bearer: settings.bearer_file.clone(), connections, receipts, clock })
    }

    async fn attempt(&self, sending: &Sending) -> Attempted {
        match tokio::time::timeout(self.within, self.exchange(sending)).await {
            Ok(attempted) => attempted,
            Err(_) => {
                let detail = format!("{}: no whole answer within {:?}", self.host, self.within);
                Attempted::failed(Statuses::default(), Failure::new(Code::Timeout, detail))
            }
        }
    }

    async fn exchange(&self, sending: &Sending) -> Attempted {
        let failed = |failure| Attempted::failed(Statuses::default(), failure);
        let request = match self.request(sending) {
            Ok(request) => request,
            Err(failure) => return failed(failure),
        };
        let (answer, connection) = match self.connections.send(request).await {
            Ok(answered) => answered,
            Err(failure) => return failed(failure),
        };
        let (parts, body) = answer.into_parts();
        let transport = format!("HTTP {}", parts.status.as_u16());
        let statuses = Statuses { transport: Some(transport), ..Statuses::default() };
        let now = (self.clock)();
        let body = match self.read(Response::from_parts(parts.clone(), body)).await {
            Ok(body) => body,
            // Nobody needs the body of an answer that says by its status what it is.
            Err(failure) if parts.status.is_success() => return Attempted::failed(statuses, failure),
            Err(_) => Bytes::new(),
        };
        self.connections.give_back(connection);
        answer::judge(&answer::Answered { host: &self.host, parts: &parts, body, now }, sending, &self.receipts.get())
    }

    fn request(&self, sending: &Sending) -> Result<Request<Full<Bytes>>, Failure> {
        let mut request = Request::post(self.uri.path_and_query().map_or("/", |path| path.as_str()))
            .header(header::HOST, self.uri.authority().map_or("", |authority| authority.as_str()))
            .header(header::CONTENT_TYPE, MEDIA_TYPE)
            .header(header::ACCEPT, qadam_delivery::receipt::MEDIA_TYPE)
            .header("Idempotency-Key", sending.idempotency_key())
            .header("Qadam-Attempt", sending.attempt);
        if let Some(path) = &self.bearer {
            // A token that cannot be had now may be there again soon.
            let token = token(path).map_err(|why| {
                Failure::new(Code::Unauthorised, format!("the token for {} cannot be had: {why}", self.host))
            })?;
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Full::new(Envelope::of(sending)));
        request.map_err(|_| Failure::new(Code::NotThere, format!("no request can be made for {}", self.host)))
    }

    async fn read(&self, answer: Response<Incoming>) -> Result<Bytes, Failure> {
        match Limited::new(answer.into_body(), SIZE_LIMIT).collect().await {
            Ok(body) => Ok(body.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => {
                let detail = format!("{} answered with more than {SIZE_LIMIT} bytes", self.host);
                Err(Failure::new(Code::InvalidReceipt, detail))
            }
            Err(error) => Err(lost(&self.host, &*error)),
        }
    }
}

impl Destination for Push {
    fn transport(&self) -> &'static str {
        "https"
    }

    fn send<'a>(&'a self, sending: &'a Sending) -> Sent<'a> {
        Box::pin(self.attempt(sending))
    }
}

/// Says nothing of a URL but its host.
impl fmt::Debug for Push {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Push").field("host", &self.host).field("within", &self.within).finish_non_exhaustive()
    }
}
