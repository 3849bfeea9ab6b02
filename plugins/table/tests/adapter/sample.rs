//! The sample: an archive's export in KZ-1048, its mapping, row by row as it is sent.

use std::collections::BTreeSet;

use qadam_sdk::encoding::Encoding;
use qadam_sdk::{EventKind, Outcome, RecordError, Stage};
use table::Mapping;

const EXPORT: &[u8] = include_bytes!("../../samples/archive.csv");
const MAPPING: &str = include_str!("../../samples/archive.mapping.toml");

#[test]
fn the_sample_is_what_the_demo_shows() {
    assert!(Encoding::Utf8.decode(EXPORT).is_err(), "it is in the old encoding");
    let text = Encoding::Kz1048.decode(EXPORT).expect("KZ-1048").as_str().to_owned();
    let (head, rest) = text.split_once("\r\n").expect("a header");
    // The one line break within quotes.
    let rows: Vec<String> = rest.replace(":\r\n", ":\u{1}").lines().map(|row| row.replace('\u{1}', "\r\n")).collect();
    assert_eq!(rows.len(), 44);
    let mapping = Mapping::read(MAPPING).expect("right");
    let mapped: Vec<_> = rows
        .iter()
        .map(|row| mapping.map(&Encoding::Kz1048.encode(&format!("{head}\n{row}")).expect("KZ-1048")))
        .collect();
    let refused: Vec<_> = mapped.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
    assert_eq!(refused.len(), 1);
    assert!(
        matches!(refused[0], RecordError::UnknownNativeStatus(found) if found.status == "Жұмыста ма?" && found.field == "Мәртебе")
    );
    let events: Vec<_> = mapped.into_iter().flatten().flatten().collect();
    let requests: BTreeSet<_> = events.iter().map(|event| event.request.as_str()).collect();
    assert_eq!((events.len(), requests.len()), (43, 10));
    let closed = |outcome: fn(&Outcome) -> bool| {
        events
            .iter()
            .filter(|event| matches!(&event.kind, EventKind::Stage(Stage::Closed(how)) if outcome(how)))
            .count()
    };
    assert_eq!(closed(|how| matches!(how, Outcome::Issued)), 2);
    assert_eq!(closed(|how| matches!(how, Outcome::Refused(Some(_)))), 2);
    assert!(events.iter().any(|event| matches!(event.kind, EventKind::Prolonged(_))));
    let note = events.iter().flat_map(|event| &event.native).find(|native| native.value.contains('\n'));
    assert_eq!(note.map(|native| native.value.as_str()), Some("Екі құжат:\r\nкуәлік, анықтама"));
}
