//! `POST /v1/providers/{id}/records`: one record as a raw body, or a batch as lines or multipart.

use std::time::Duration;

use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use qadam_domain::{ProviderId, RecordId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Api, ApiLimits,
    access::{Caller, Role, forbidden},
    lines,
    ports::{PortError, SentRecord, Submission},
    problem::Problem,
    reading::{blocking, provider},
    view::RecordView,
};

/// Media type of a batch with one record a line; the parameter `of` names that of the records.
pub(crate) const LINES: &str = "application/vnd.qadam.lines";

/// The receipt of a submission.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReceiptView {
    /// Records taken for the first time. They are durable.
    received: usize,
    /// Records whose bytes had been received before.
    duplicates: usize,
    /// Each record, in the order given.
    records: Vec<TakenView>,
}

/// One record of a receipt.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TakenView {
    /// Its id.
    #[schema(value_type = String)]
    id: RecordId,
    /// Its line or part, from 1, in a batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    /// Whether it had been received before.
    duplicate: bool,
    /// What became of it, if the caller preferred to wait and that was known in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<RecordView>,
}

/// Receives records. They are durable when this answers, and mapped afterwards.
#[utoipa::path(
    post, path = "/v1/providers/{provider}/records", tag = "records",
    params(
        ("provider" = String, Path, description = "The provider"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters; a repeat gets the same receipt"),
        ("Qadam-Signature" = Option<String>, Header, description = "A detached signature over one record: CMS SignedData in DER, base64. In multipart it is a header of the part. A record may also be wrapped: application/pkcs7-mime; content=\"TYPE\""),
        ("Prefer" = Option<String>, Header, description = "`wait=N`: wait up to N seconds for outcomes"),
    ),
    request_body(content = Vec<u8>, description = "One record; or a batch as application/vnd.qadam.lines or multipart"),
    responses((status = 202, body = ReceiptView), (status = 400, body = Problem), (status = 413, body = Problem), (status = 503, body = Problem)),
)]
pub(crate) async fn submit(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    caller.needs(&[Role::Provider, Role::Operator])?;
    let provider = provider(&id)?;
    if !caller.sees(&provider) {
        return Err(forbidden("this key sends records of its own provider only"));
    }
    if !api.ports.knows(&provider) {
        return Err(Problem::new(
            StatusCode::NOT_FOUND,
            "unknown-provider",
            "Unknown provider",
            format!("no provider `{provider}` is configured, has an adapter or a key; nothing was received"),
        ));
    }
    let idempotency_key = idempotency_key(&headers)?;
    let wait = wait(&headers, api.limits.wait_seconds);
    let body = read(&api, &headers, body).await?;
    let (records, lines) = records(&api.limits, &headers, body).await?;
    let submission = Submission { provider: provider.clone(), sender: caller.key, idempotency_key, records };
    let taken = api.ports.submit(submission).await.map_err(failed)?;
    let duplicates = taken.iter().filter(|taken| taken.duplicate).count();
    let mut receipt = ReceiptView {
        received: taken.len() - duplicates,
        duplicates,
        records: taken
            .iter()
            .zip(lines)
            .map(|(taken, line)| TakenView { id: taken.id, line, duplicate: taken.duplicate, outcome: None })
            .collect(),
    };
    let mut applied = None;
    if let Some(within) = wait {
        let waited = outcomes(&api, &provider, &mut receipt, within).await?;
        applied = waited.then(|| format!("wait={}", within.as_secs()));
    }
    let mut response = (StatusCode::ACCEPTED, axum::Json(receipt)).into_response();
    if let Some(applied) = applied.and_then(|applied| HeaderValue::from_str(&applied).ok()) {
        response.headers_mut().insert("preference-applied", applied);
    }
    Ok(response)
}

async fn outcomes(
    api: &Api,
    provider: &ProviderId,
    receipt: &mut ReceiptView,
    within: Duration,
) -> Result<bool, Problem> {
    let ids: Vec<RecordId> = receipt.records.iter().map(|record| record.id).collect();
    // The records are durable: whatever fails from here on is no reason to send them again.
    if !api.ports.decided(provider, &ids, within).await.unwrap_or(false) {
        return Ok(false);
    }
    let views =
        blocking(api, move |ports| ids.into_iter().map(|id| ports.record(id)).collect::<Result<Vec<_>, _>>()).await;
    for (record, view) in receipt.records.iter_mut().zip(views.unwrap_or_default()) {
        record.outcome = view;
    }
    Ok(true)
}

/// The whole body, within its limits of size and time.
pub(crate) async fn read(api: &Api, headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    if let Some(encoding) = headers.get(header::CONTENT_ENCODING).filter(|encoding| *encoding != "identity") {
        let detail = format!("the content encoding {encoding:?} is not taken; send the records as they are");
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content-encoding", "Not taken", detail));
    }
    let limit = api.limits.body_bytes;
    let stated = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if let Some(stated) = stated.filter(|stated| *stated > limit) {
        return Err(Problem::too_large("body-too-large", "bytes of the body", limit, stated));
    }
    match tokio::time::timeout(api.body_time(), Limited::new(body, limit).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            Err(Problem::too_large("body-too-large", "bytes of the body, at least", limit, limit + 1))
        }
        Ok(Err(error)) => {
            Err(Problem::bad("body", format!("the body did not arrive whole: {error}; nothing was received")))
        }
        Err(_) => {
            let detail = format!("the body did not arrive within {} s; nothing was received", api.limits.body_seconds);
            Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "body-too-slow", "Too slow", detail))
        }
    }
}

type Records = (Vec<SentRecord>, Vec<Option<u64>>);

/// The records of a body, and the line or part of each.
pub(crate) async fn records(limits: &ApiLimits, headers: &HeaderMap, body: Bytes) -> Result<Records, Problem> {
    let stated =
        headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("application/octet-stream");
    let (kind, parameters) = stated.split_once(';').unwrap_or((stated, ""));
    let kind = kind.trim().to_ascii_lowercase();
    if headers.get_all(SIGNATURE).iter().count() > 1 {
        let detail =
            "there are several headers Qadam-Signature; several signers stand in one CMS; nothing was received";
        return Err(Problem::bad("signature", detail));
    }
    let signature = signature(headers.get(SIGNATURE), None)?;
    let mut numbered: Vec<(Option<u64>, SentRecord)> = Vec::new();
    if signature.is_some() && (kind == LINES || kind.starts_with("multipart/")) {
        let detail = "the header Qadam-Signature is of one record, and this is a batch: send the record alone, or its \
                      signature as a header of its part (multipart); nothing was received";
        return Err(Problem::bad("signature", detail));
    }
    if kind == LINES {
        let of = parameter(parameters, "of").unwrap_or("application/octet-stream").to_owned();
        let record = |body| SentRecord { content_type: of.clone(), body, signature: None };
        numbered.extend(lines::lines(&body)?.into_iter().map(|(line, body)| (Some(line), record(body))));
    } else if kind.starts_with("multipart/") {
        let boundary = multer::parse_boundary(stated.replacen(&kind, "multipart/form-data", 1))
            .map_err(|error| Problem::bad("multipart", format!("the content type has no boundary: {error}")))?;
        for (part, number) in lines::parts(body, boundary).await?.into_iter().zip(1..) {
            let content_type = part.content_type.unwrap_or_else(|| "application/octet-stream".into());
            let signature = self::signature(part.signature.as_ref(), Some(number))?;
            numbered.push((Some(number), SentRecord { content_type, body: part.body, signature }));
        }
    } else {
        numbered.push((None, SentRecord { content_type: stated.chars().take(200).collect(), body, signature }));
    }
    if numbered.len() > limits.batch_records {
        return Err(Problem::too_large(
            "batch-too-large",
            "records of the batch",
            limits.batch_records,
            numbered.len(),
        ));
    }
    for (line, SentRecord { body: record, .. }) in &numbered {
        if record.len() > limits.record_bytes {
            let problem =
                Problem::too_large("record-too-large", "bytes of a record", limits.record_bytes, record.len());
            return Err(problem.at_line(*line));
        }
        if record.is_empty() {
            return Err(Problem::bad("empty-record", "a record is empty; nothing was received").at_line(*line));
        }
    }
    if numbered.is_empty() {
        return Err(Problem::bad("empty-batch", "the batch has no record; nothing was received"));
    }
    let (mut records, mut lines) = (Vec::with_capacity(numbered.len()), Vec::with_capacity(numbered.len()));
    for (line, record) in numbered {
        records.push(record);
        lines.push(line);
    }
    Ok((records, lines))
}

/// The header with a record's signature.
pub(crate) const SIGNATURE: &str = "qadam-signature";
/// Bytes of a signature.
const SIGNATURE_LIMIT: usize = 64 << 10;

/// A detached signature, of a request or of a part of it.
fn signature(header: Option<&HeaderValue>, part: Option<u64>) -> Result<Option<Bytes>, Problem> {
    let Some(text) = header else { return Ok(None) };
    let wrong = |detail: String| Problem::bad("signature", format!("{detail}; nothing was received")).at_line(part);
    let decoded = data_encoding::BASE64.decode(text.as_bytes());
    let bytes = decoded.map_err(|error| wrong(format!("the header Qadam-Signature must be CMS in base64: {error}")))?;
    if bytes.len() > SIGNATURE_LIMIT || bytes.is_empty() {
        let detail = format!("the signature has {} bytes, the limit is {SIGNATURE_LIMIT}", bytes.len());
        return Err(wrong(detail).limited(SIGNATURE_LIMIT as u64, bytes.len() as u64));
    }
    Ok(Some(bytes.into()))
}

fn parameter<'a>(parameters: &'a str, name: &str) -> Option<&'a str> {
    parameters.split(';').find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        (key.trim().eq_ignore_ascii_case(name)).then(|| value.trim().trim_matches('"'))
    })
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let text = key.to_str().unwrap_or_default();
    let visible = text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    if text.is_empty() || text.len() > 255 || !visible {
        let detail = "the idempotency key must be 1 to 255 visible ASCII characters; nothing was received";
        return Err(Problem::bad("idempotency-key", detail).limited(255, key.len() as u64));
    }
    Ok(Some(text.to_owned()))
}

/// `Prefer: wait=N` (RFC 7240 §4.3). What cannot be understood or granted is left out, as the RFC has it.
fn wait(headers: &HeaderMap, most: u64) -> Option<Duration> {
    let preferences = headers.get_all("prefer").into_iter().filter_map(|value| value.to_str().ok());
    let seconds = preferences
        .flat_map(|value| value.split(','))
        .find_map(|preference| parameter(preference, "wait")?.parse::<u64>().ok())?;
    Some(Duration::from_secs(seconds.min(most)))
}

/// A port's failure, for the caller.
pub(crate) fn failed(error: PortError) -> Problem {
    let later = |name, detail: String| {
        let mut problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, name, "Try again later", detail);
        problem.retry_after = Some(5);
        problem
    };
    match error {
        PortError::Busy(detail) => later("busy", format!("{detail}; nothing was received")),
        PortError::Unavailable(detail) => later("unavailable", detail),
        PortError::KeyReused => Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency-key-reused",
            "The key was used before",
            "this idempotency key was used before for other records; use a new key for new records",
        ),
        PortError::Internal(detail) => Problem::internal(&detail),
    }
}
