//! The samples that the demo sends.

use std::collections::{BTreeMap, BTreeSet};

use qadam_sdk::{Event, EventKind, Outcome, RecordError, Stage, TextUpdate};

use crate::messages::map;

/// One message a line.
pub(crate) const LINES: &str = include_str!("../../samples/education.xml-lines");

/// The events of each request, in the order of the lines.
fn histories() -> BTreeMap<String, Vec<Event>> {
    let mut histories = BTreeMap::<_, Vec<Event>>::new();
    for event in LINES.lines().filter_map(|line| map(line).ok()).flatten() {
        histories.entry(event.request.clone()).or_default().push(event);
    }
    histories
}

#[test]
fn one_line_is_refused_by_its_unknown_status() {
    let refused: Vec<_> =
        (1..).zip(LINES.lines()).filter_map(|(number, line)| Some((number, map(line).err()?))).collect();
    assert_eq!((LINES.lines().count(), refused.len()), (42, 1));
    let (number, error) = &refused[0];
    assert_eq!(*number, 41);
    assert!(matches!(error, RecordError::UnknownNativeStatus(unknown) if unknown.status == "QUEUE_FROZEN"));
}

#[test]
fn events_by_kind() {
    let histories = histories();
    let count =
        |wanted: &dyn Fn(&EventKind) -> bool| histories.values().flatten().filter(|event| wanted(&event.kind)).count();
    let stage = |wanted: Stage| count(&|kind| *kind == EventKind::Stage(wanted.clone()));
    assert_eq!(histories.len(), 10);
    assert_eq!(stage(Stage::Accepted), 11);
    assert_eq!(stage(Stage::SentForExecution), 7);
    assert_eq!(stage(Stage::TakenIntoWork), 9);
    assert_eq!(stage(Stage::Executed), 3);
    assert_eq!(stage(Stage::AwaitingIssue), 2);
    assert_eq!(stage(Stage::Closed(Outcome::Issued)), 2);
    assert_eq!(stage(Stage::Closed(Outcome::Unstated)), 1);
    assert_eq!(
        stage(Stage::Closed(Outcome::Refused(Some("Копия свидетельства о рождении не читается".to_owned())))),
        1
    );
    assert_eq!(count(&|kind| matches!(kind, EventKind::Suspended(Some(_)) | EventKind::Resumed(Some(_)))), 2);
    assert_eq!(count(&|kind| matches!(kind, EventKind::Prolonged(_))), 1);
    assert_eq!(count(&|kind| *kind == EventKind::Update), 2);
}

#[test]
fn it_shows_four_services_three_channels_a_correction_and_a_resend() {
    let histories = histories();
    let first = |value: &dyn Fn(&Event) -> String| {
        histories.values().map(|history| value(&history[0])).collect::<BTreeSet<_>>()
    };
    assert_eq!(first(&|event| format!("{:?}", event.fields.service_code)).len(), 4);
    assert_eq!(first(&|event| format!("{:?}", event.fields.channel)).len(), 3);
    assert_eq!(first(&|event| format!("{:?}", event.fields.composite_reference)).len(), 9, "two on one application");
    let same_key = |history: &Vec<Event>| {
        let mut pairs = history.iter().enumerate();
        pairs.find_map(|(at, event)| {
            history.iter().skip(at + 1).find(|later| later.key == event.key).map(|later| later != event)
        })
    };
    let repeated: Vec<_> = histories.values().filter_map(same_key).collect();
    assert_eq!(repeated, [false, true], "103 is sent again, 105 is corrected");
}

#[test]
fn every_request_names_a_person_whose_number_nobody_holds() {
    const SYNTHETIC: [&str; 6] =
        ["850101199993", "850101199983", "850228298198", "991231599997", "991231699993", "960229599998"];
    for history in histories().values() {
        let TextUpdate::Set(number) = &history[0].fields.identification_number else { panic!("a number is set") };
        assert!(SYNTHETIC.contains(&number.as_str()), "{number}");
    }
}

#[test]
fn credentials_are_obviously_none() {
    assert_eq!(LINES.matches("<password>not-a-secret</password>").count(), LINES.lines().count());
}
