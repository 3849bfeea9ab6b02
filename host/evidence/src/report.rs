//! The document of a monthly report (452-12): sealed and delivered like an event, in a lane of the host's own.

use jiff::Timestamp;
use qadam_domain::{EventId, ProviderId};
use serde::Serialize;

use crate::document::DocumentError;

/// The format's name, first in every such document.
pub const FORMAT: &str = "qadam-report/1";

/// A report, and when it was made.
#[derive(Clone, Copy, Debug)]
pub struct MonthlyReport<'a> {
    /// Its id.
    pub id: EventId,
    /// What stands in the place of a request's number: `report/2026-01`.
    pub number: &'a str,
    /// As of when.
    pub as_of: Timestamp,
    /// When it was made.
    pub recorded_at: Timestamp,
    /// The report as it is kept: JSON.
    pub report: &'a [u8],
}

/// The document: JSON in UTF-8 on one line, names in a fixed order. `report` is the last, and is in it to the byte: what stands
/// between `"report":` and the last brace. These bytes are what is hashed and delivered.
///
/// # Errors
/// If it cannot be written.
pub fn report(report: &MonthlyReport<'_>) -> Result<Vec<u8>, DocumentError> {
    #[derive(Serialize)]
    struct Head<'a> {
        format: &'static str,
        id: EventId,
        provider: ProviderId,
        number: &'a str,
        as_of: Timestamp,
        recorded_at: Timestamp,
    }
    let MonthlyReport { id, number, as_of, recorded_at, .. } = *report;
    let head = Head { format: FORMAT, id, provider: ProviderId::host(), number, as_of, recorded_at };
    let mut bytes = serde_json::to_vec(&head).map_err(|error| DocumentError::Write(error.to_string()))?;
    bytes.pop();
    bytes.extend_from_slice(b",\"report\":");
    bytes.extend_from_slice(report.report);
    bytes.push(b'}');
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_in_its_document_to_the_byte() {
        let at: Timestamp = "2026-02-10T19:00:00Z".parse().unwrap();
        let kept: &[u8] = br#"{ "month" : "2026-01","x":1.50}"#;
        let id = EventId { epoch: 1, seq: 7, index: 0 };
        let bytes =
            report(&MonthlyReport { id, number: "report/2026-01", as_of: at, recorded_at: at, report: kept }).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with(r#"{"format":"qadam-report/1","id":"evt_"#), "{text}");
        let (_, rest) = text.split_once(r#""report":"#).unwrap();
        assert_eq!(rest.strip_suffix('}').unwrap().as_bytes(), kept);
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&read["provider"], &read["report"]["month"]), (&"qadam".into(), &"2026-01".into()));
    }
}
