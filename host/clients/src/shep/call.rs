//! One question to the gateway, and its answer.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::{HeaderMap, Request, StatusCode, body::Incoming, header};
use qadam_delivery::{
    Code, Failure,
    receipt::SIZE_LIMIT,
    shep::{Body, envelope},
};

use super::{Shep, exchange::Progress, faults};
use crate::push::{answer::retry_after, connect::lost};

/// Most bytes of an answer: a receipt in Base64, with room for what stands around it.
const ANSWER_LIMIT: usize = SIZE_LIMIT * 3 / 2;

impl Shep {
    /// Asks, and answers the body that is no fault.
    pub(super) async fn call(
        &self,
        question: &Body,
        password: Option<&str>,
        progress: &mut Progress,
    ) -> Result<Body, Failure> {
        let request = self.request(question)?;
        let (answer, connection) = self.connections.send(request).await?;
        let (parts, body) = answer.into_parts();
        progress.statuses.transport = Some(format!("HTTP {}", parts.status.as_u16()));
        let bytes = self.whole(body).await;
        if bytes.is_ok() {
            self.connections.give_back(connection);
        }
        // A fault comes with 500 (SOAP 1.1 §6.2), or with whatever its sender thinks right.
        let read = bytes.and_then(|bytes| self.read(&bytes));
        match read {
            Ok(Body::Fault(fault)) => {
                let code = fault.codes().next().unwrap_or(&fault.words);
                progress.statuses.gateway = Some(faults::short(code, password));
                let failure = match parts.status {
                    // Where TLS or a proxy refuses us, the words that come with it are not the gateway's.
                    StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => self.status(parts.status),
                    _ => faults::failure(&self.host, &fault, &self.faults, password),
                };
                Err(self.later(failure, &parts.headers))
            }
            Ok(answer) if parts.status.is_success() => Ok(answer),
            Err(failure) if parts.status.is_success() => Err(failure),
            _ => Err(self.later(self.status(parts.status), &parts.headers)),
        }
    }

    fn request(&self, question: &Body) -> Result<Request<Full<Bytes>>, Failure> {
        let text = match &self.signing {
            // A key in a token may be away for a while.
            Some(signing) => signing.get().write(question).map_err(|error| {
                Failure::new(Code::Unauthorised, format!("what is for {} cannot be signed: {error}", self.host))
            })?,
            None => envelope::write(question),
        };
        let request = Request::post(self.uri.path_and_query().map_or("/", |path| path.as_str()))
            .header(header::HOST, self.uri.authority().map_or("", |authority| authority.as_str()))
            .header(header::CONTENT_TYPE, "text/xml; charset=utf-8")
            .header(header::ACCEPT, "text/xml")
            .header("SOAPAction", "\"\"")
            .body(Full::new(text.into()));
        request.map_err(|_| Failure::new(Code::NotThere, format!("no request can be made for {}", self.host)))
    }

    async fn whole(&self, body: Incoming) -> Result<Bytes, Failure> {
        match Limited::new(body, ANSWER_LIMIT).collect().await {
            Ok(body) => Ok(body.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => {
                let detail = format!("{} answered with more than {ANSWER_LIMIT} bytes", self.host);
                Err(Failure::new(Code::InvalidReceipt, detail))
            }
            Err(error) => Err(lost(&self.host, &*error)),
        }
    }

    /// What an answer holds; where signatures are looked at, what is signed of it.
    fn read(&self, bytes: &[u8]) -> Result<Body, Failure> {
        let invalid = |error: String| Failure::new(Code::InvalidReceipt, format!("{}: {error}", self.host));
        match &self.trusted {
            Some(trusted) => trusted.get().read(bytes, (self.clock)()).map_err(|error| invalid(error.to_string())),
            None => envelope::read(bytes).map_err(|error| invalid(error.to_string())),
        }
    }

    /// What an HTTP status means that comes without anything of the gateway's.
    fn status(&self, status: StatusCode) -> Failure {
        let (code, words) = match status.as_u16() {
            300..=399 => (Code::NotThere, "it is elsewhere now; where to is not followed"),
            401 | 403 | 407 => (Code::Unauthorised, "it does not let us"),
            404 | 405 | 410 => (Code::NotThere, "there is no such place"),
            413 => (Code::Oversize, "the message is too large for it"),
            408 | 425 | 429 | 500..=599 => (Code::Unavailable, "it cannot now"),
            _ => (Code::GatewayFault, "it does not say why"),
        };
        Failure::new(code, format!("{} answered HTTP {}: {words}", self.host, status.as_u16()))
    }

    fn later(&self, failure: Failure, headers: &HeaderMap) -> Failure {
        Failure { retry_after: retry_after(headers, (self.clock)()), ..failure }
    }
}
