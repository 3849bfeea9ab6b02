//! What an answer comes to.

use std::time::Duration;

use bytes::Bytes;
use data_encoding::BASE64;
use hyper::{HeaderMap, header, http::response::Parts};
use jiff::{SignedDuration, Timestamp};
use qadam_delivery::{
    Attempted, Code, Failure, Receipt, Sending, Statuses,
    receipt::{MEDIA_TYPE, ReceiptTrust, SIGNATURE_HEADER, Says, Stated},
};

/// Nobody is waited for longer.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(24);
/// More bytes of a signature are none.
const SIGNATURE_LIMIT: usize = 64 << 10;

/// An answer that came whole.
pub(super) struct Answered<'a> {
    pub(super) host: &'a str,
    pub(super) parts: &'a Parts,
    pub(super) body: Bytes,
    pub(super) now: Timestamp,
}

/// What an answer comes to.
pub(super) fn judge(answered: &Answered<'_>, sending: &Sending, trust: &ReceiptTrust) -> Attempted {
    let Answered { host, parts, body, now } = answered;
    let status = parts.status.as_u16();
    let mut statuses = Statuses { transport: Some(format!("HTTP {status}")), ..Statuses::default() };
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_receipt = kind.split(';').next().map(str::trim) == Some(MEDIA_TYPE);
    let failed = |statuses, code, detail: String| {
        let failure = Failure { retry_after: retry_after(&parts.headers, *now), ..Failure::new(code, detail) };
        Attempted::failed(statuses, failure)
    };
    if parts.status.is_success() || (is_receipt && parts.status.is_client_error()) {
        let signature = match signature(&parts.headers) {
            Ok(signature) => signature,
            Err(wrong) => return failed(statuses, Code::InvalidReceipt, format!("{host}: {wrong}")),
        };
        let read = Receipt::read(body, signature.as_deref(), sending, trust, *now);
        if let (Err(failure), Ok(Stated { says: Says::Refused { code, .. }, .. })) = (&read, Stated::parse(body))
            && failure.code == Code::Refused
        {
            statuses.business = Some(code);
        }
        let is_one = !matches!(&read, Err(failure) if failure.code == Code::InvalidReceipt);
        let result = match read {
            Ok(_) if !parts.status.is_success() => {
                let detail = format!("{host}: the receipt accepts, and its status is {status}");
                return failed(statuses, Code::InvalidReceipt, detail);
            }
            Err(failure) => Err(Failure { retry_after: retry_after(&parts.headers, *now), ..failure }),
            Ok(receipt) => Ok(receipt),
        };
        let reply = is_one.then(|| kept(body, &parts.headers));
        return Attempted { statuses, result, reply };
    }
    let (code, words) = match status {
        300..=399 => (Code::NotThere, "it is elsewhere now; where to is not followed"),
        401 | 403 | 407 => (Code::Unauthorised, "it does not let us"),
        404 | 405 | 410 => (Code::NotThere, "there is no such place"),
        408 | 425 | 429 | 500..=599 => (Code::Unavailable, "it cannot now"),
        413 => (Code::Oversize, "the message is too large for it"),
        // Whoever signs everything has not said this.
        400..=499 if trust.required => (Code::InvalidReceipt, "it refuses without a signed receipt"),
        400..=499 => (Code::Refused, "it refuses the message, and gives no receipt"),
        _ => (Code::InvalidReceipt, "this is no answer to a message"),
    };
    failed(statuses, code, format!("{host} answered HTTP {status}: {words}"))
}

/// The receipt's bytes as they came; where it was signed, then a line feed and the signature in base64.
fn kept(body: &Bytes, headers: &HeaderMap) -> Bytes {
    match headers.get(SIGNATURE_HEADER) {
        None => body.clone(),
        Some(signature) => [body, b"\n".as_slice(), signature.as_bytes()].concat().into(),
    }
}

fn signature(headers: &HeaderMap) -> Result<Option<Vec<u8>>, &'static str> {
    let Some(value) = headers.get(SIGNATURE_HEADER) else { return Ok(None) };
    if value.len() > SIGNATURE_LIMIT {
        return Err("the receipt's signature is larger than any");
    }
    BASE64.decode(value.as_bytes()).map(Some).map_err(|_| "the receipt's signature is no base64")
}

/// When the peer wants to be asked again: seconds, or a date (RFC 9110 §10.2.3).
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let pause = match text.parse::<u32>() {
        Ok(seconds) => SignedDuration::from_secs(seconds.into()),
        Err(_) => jiff::fmt::rfc2822::parse(text).ok()?.timestamp().duration_since(now),
    };
    (pause > SignedDuration::ZERO).then(|| pause.min(LONGEST_PAUSE).unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_asked_for_in_seconds_or_as_a_date_and_has_an_end() {
        let now: Timestamp = "1994-11-06T08:49:07Z".parse().unwrap();
        let after = |text: &str| {
            let headers = [(header::RETRY_AFTER, text.parse().unwrap())].into_iter().collect();
            retry_after(&headers, now).map(|pause| pause.as_secs())
        };
        assert_eq!(after("120"), Some(120));
        assert_eq!(after("Sun, 06 Nov 1994 08:49:37 GMT"), Some(30));
        assert_eq!(after("Sun, 06 Nov 1994 08:48:37 GMT"), None, "it is over");
        assert_eq!(after("99999999"), Some(86_400));
        assert_eq!((after("0"), after("-1"), after("soon"), after("")), (None, None, None, None));
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}
