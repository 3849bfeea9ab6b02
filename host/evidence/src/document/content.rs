//! What a document says of the event itself, without what ties it to a recording.

use std::collections::BTreeMap;

use ring::digest::{SHA256, digest};
use serde_json::Value;

/// What another recording of the same event says otherwise: ids, which hold the store's epoch, times and digests of the record, the
/// adapter that mapped it, who answers for it.
const OF_THE_RECORDING: [&str; 9] =
    ["id", "record", "record_digest", "kept_digest", "received_at", "recorded_at", "certified", "adapter", "corrects"];

/// A digest of what a document says of the event, equal for two recordings of one event: SHA-256 of the document without its
/// members `id`, `record`, `record_digest`, `kept_digest`, `received_at`, `recorded_at`, `certified`, `adapter` and `corrects`, the
/// others in the order of their names and without white space. None where the bytes are no document.
///
/// A host that was restored from a backup records again, under other ids, what it is sent again of what it had recorded after the
/// backup. By this a receiver knows what it has already.
#[must_use]
pub fn content(document: &[u8]) -> Option<[u8; 32]> {
    let mut members: BTreeMap<String, Value> = serde_json::from_slice(document).ok()?;
    members.retain(|name, _| !OF_THE_RECORDING.contains(&name.as_str()));
    let bytes = serde_json::to_vec(&members).ok()?;
    digest(&SHA256, &bytes).as_ref().try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_recording_of_an_event_has_its_content_and_another_event_has_not() {
        let told = |id: &str, stage: &str| {
            let text = format!(
                r#"{{"format":"qadam-event/1","id":"{id}","number":"N-1","recorded_at":"{id}","adapter":{{"name":"{id}"}},
                "stage":"{stage}","fields":{{"b":1,"a":2}}}}"#
            );
            content(text.as_bytes()).unwrap()
        };
        assert_eq!(told("evt_1", "accepted"), told("evt_2", "accepted"));
        assert_ne!(told("evt_1", "accepted"), told("evt_1", "closed"));
        assert_eq!(content(b"[]"), None);
    }
}
