//! Messages to map. The people are synthetic: nobody holds these numbers.

use education_shep::EducationShep;
use qadam_sdk::{Adapter, Event, RecordError, testing};

/// An envelope of SOAP 1.1, the payload as it is in `data`; signed by its sender, with a header.
pub(crate) const NOTIFICATION: &str = include_str!("../../samples/notification.xml");
/// An envelope of SOAP 1.2 without prefixes, the payload in a CDATA section; its times have no offset.
pub(crate) const REQUEST: &str = include_str!("../../samples/request-cdata.xml");
/// A pulled message, the payload escaped.
pub(crate) const PULLED: &str = include_str!("../../samples/pulled-escaped.xml");
/// What the gateway answers to a call that failed.
pub(crate) const FAULT: &str = include_str!("../../samples/fault.xml");

/// The notification with one part replaced.
pub(crate) fn with(part: &str, replacement: &str) -> String {
    replaced(NOTIFICATION, part, replacement)
}

pub(crate) fn replaced(whole: &str, part: &str, replacement: &str) -> String {
    assert!(whole.contains(part), "{part} is no part of the message");
    whole.replacen(part, replacement, 1)
}

/// The notification of another status, with these elements beside the request's id.
pub(crate) fn status(word: &str, elements: &str) -> String {
    let other = with("<code>IN_PROCESSING</code>", &format!("<code>{word}</code>"));
    replaced(&other, "<externalRequestChainId>", &format!("{elements}<externalRequestChainId>"))
}

/// The notification without a status, with these elements instead.
pub(crate) fn silent(elements: &str) -> String {
    let (before, rest) = NOTIFICATION.split_once("<updatedValues>").expect("has a status");
    let (_, after) = rest.split_once("</updatedValues>").expect("is closed");
    let after = replaced(after, "<processingStatus>IN_PROGRESS</processingStatus>", "");
    format!("{before}{elements}{after}")
}

/// An updated value of a type.
pub(crate) fn updated(code: &str, kind: &str, value: &str) -> String {
    format!("<updatedValues><code>{code}</code><values><{kind}>{value}</{kind}></values></updatedValues>")
}

pub(crate) fn map(body: impl Into<Vec<u8>>) -> Result<Vec<Event>, RecordError> {
    EducationShep::map_record(&testing::record(body))
}

/// Maps a record that gives one event.
pub(crate) fn event(body: impl Into<Vec<u8>>) -> Event {
    let mut events = map(body).expect("is mapped");
    assert_eq!(events.len(), 1, "{events:?}");
    events.remove(0)
}

pub(crate) fn refusal(body: impl Into<Vec<u8>>) -> RecordError {
    map(body).expect_err("is refused")
}

/// Where a part stands in a message.
pub(crate) fn place(body: &str, part: &str) -> Option<u64> {
    body.find(part).map(|place| place as u64)
}
