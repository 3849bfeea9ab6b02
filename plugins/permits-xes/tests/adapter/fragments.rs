//! Fragments to map. The numbers are of the nineteenth century, and nobody holds them.

use permits_xes::PermitsXes;
use qadam_sdk::{Adapter, Event, RecordError, testing};

/// The data of a request, as every record of it has them.
pub(crate) const DATA: &str = r#"<date key="startdate" value="2012-03-12T00:00:00.000+01:00"/><string key="responsible" value="Clerk-01"/><date key="enddate_planned" value="2012-04-30T00:00:00.000+02:00"/><string key="department" value="General"/><string key="concept:name" value="permit-2012-041"/><string key="channel" value="Internet"/><date key="deadline" value="2012-04-23T00:00:00.000+02:00"/><string key="applicant:surname" value="Қайыпов"/><string key="applicant:name" value="Әнуар"/><string key="applicant:patronymic" value="Ғалымұлы"/><string key="applicant:iin" value="070315299986"/>"#;

/// An activity of that request.
pub(crate) const EVENT: &str = r#"<event><string key="org:group" value="Group 1"/><string key="concept:instance" value="step-7001"/><string key="org:resource" value="Clerk-07"/><string key="concept:name" value="T06 Determine necessity of stop advice"/><date key="time:timestamp" value="2012-03-12T09:00:00.250+01:00"/><string key="lifecycle:transition" value="complete"/></event>"#;

/// Its end.
pub(crate) const END: &str = r#"<date key="enddate" value="2012-04-02T16:30:00.000+02:00"/>"#;

/// A record of an activity.
pub(crate) fn activity() -> String {
    format!("<trace>{DATA}{EVENT}</trace>")
}

/// The closing record.
pub(crate) fn closing() -> String {
    format!("<trace>{DATA}{END}</trace>")
}

/// A record of an activity, one part of it replaced.
pub(crate) fn with(part: &str, replacement: &str) -> String {
    let whole = activity();
    assert!(whole.contains(part), "{part} is no part of the record");
    whole.replacen(part, replacement, 1)
}

pub(crate) fn map(body: impl Into<Vec<u8>>) -> Result<Vec<Event>, RecordError> {
    PermitsXes::map_record(&testing::record(body))
}

/// Maps a record that gives one event.
pub(crate) fn event(body: impl Into<Vec<u8>>) -> Event {
    let mut events = map(body).expect("is mapped");
    assert_eq!(events.len(), 1);
    events.remove(0)
}

pub(crate) fn refusal(body: impl Into<Vec<u8>>) -> RecordError {
    map(body).expect_err("is refused")
}

/// The text in windows-1251, for the letters that it has.
pub(crate) fn windows_1251(text: &str) -> Vec<u8> {
    let byte = |character: char| match u32::from(character) {
        ascii @ 0..0x80 => ascii as u8,
        letter @ 0x0410..0x0450 => (letter - 0x0410 + 0xC0) as u8,
        _ => panic!("{character} is not among the letters of this test"),
    };
    text.chars().map(byte).collect()
}
