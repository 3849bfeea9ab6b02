//! What bodies from outside come to before anything is asked of the rest of the host: for the fuzzer, and for tests that run the
//! same functions.

use axum::http::{HeaderMap, HeaderValue, header};
use bytes::Bytes;

use crate::{
    ApiLimits,
    adapters::Why,
    backup::BackupBody,
    intake::{self, SIGNATURE},
    operate::{Remap, json},
    ports::terms::NewOutage,
    queue::Order,
    reading, remap, reveal,
    terms::{Contest, EditCalendar, EndOutage, PutService, SetRules},
};

/// How many records a body of this media type holds, as it would be received; none where it is refused.
pub async fn records(content_type: &[u8], signature: Option<&[u8]>, body: Bytes) -> Option<usize> {
    let limits = ApiLimits::default();
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_bytes(content_type).ok()?);
    if let Some(signature) = signature {
        headers.insert(SIGNATURE, HeaderValue::from_bytes(signature).ok()?);
    }
    let (records, lines) = intake::records(&limits, &headers, body).await.ok()?;
    (records.len() == lines.len()).then_some(records.len())
}

/// How many of the API's bodies of JSON these bytes are: a search, a purpose, orders on queue, adapters, terms and backups.
#[must_use]
pub fn orders(body: &Bytes) -> usize {
    [
        reading::wanted(body).is_ok(),
        reveal::purpose(body).is_ok(),
        json::<Order>(body).is_ok(),
        json::<Remap>(body).is_ok(),
        json::<remap::Selected>(body).is_ok(),
        json::<remap::Apply>(body).is_ok(),
        json::<Why>(body).is_ok(),
        json::<BackupBody>(body).is_ok(),
        json::<PutService>(body).is_ok(),
        json::<EditCalendar>(body).is_ok(),
        json::<SetRules>(body).is_ok(),
        json::<NewOutage>(body).is_ok(),
        json::<EndOutage>(body).is_ok(),
        json::<Contest>(body).is_ok(),
        reading::cursor(std::str::from_utf8(body).ok()).is_ok(),
    ]
    .into_iter()
    .filter(|fits| *fits)
    .count()
}
