//! The sample that the demo sends.

use std::collections::{BTreeMap, BTreeSet};

use qadam_sdk::{Event, EventKind, Outcome, RecipientName, RecipientUpdate, RecordError, Stage, TextUpdate};

use crate::fragments::map;

const SAMPLE: &str = include_str!("../../samples/permits.xml-lines");

/// The events of each request, in the order of the lines.
fn histories() -> BTreeMap<String, Vec<Event>> {
    let mut histories = BTreeMap::<_, Vec<Event>>::new();
    for event in SAMPLE.lines().filter_map(|line| map(line).ok()).flatten() {
        histories.entry(event.request.clone()).or_default().push(event);
    }
    histories
}

fn closed() -> EventKind {
    EventKind::Stage(Stage::Closed(Outcome::Unstated))
}

#[test]
fn one_line_is_refused_by_its_unknown_activity() {
    let refused: Vec<_> =
        (1..).zip(SAMPLE.lines()).filter_map(|(number, line)| Some((number, map(line).err()?))).collect();
    assert_eq!(refused.len(), 1);
    let (number, error) = &refused[0];
    assert_eq!(*number, 47);
    assert!(
        matches!(error, RecordError::UnknownNativeStatus(unknown) if unknown.status == "T22 Inspect the building site")
    );
}

#[test]
fn events_by_stage() {
    let histories = histories();
    let count = |wanted: &dyn Fn(&Stage) -> bool| {
        let is_wanted = |event: &&Event| matches!(&event.kind, EventKind::Stage(stage) if wanted(stage));
        histories.values().flatten().filter(is_wanted).count()
    };
    assert_eq!(SAMPLE.lines().count(), 118);
    assert_eq!(histories.len(), 16);
    assert_eq!(count(&|stage| *stage == Stage::Accepted), 16);
    assert_eq!(count(&|stage| *stage == Stage::SentForExecution), 45);
    assert_eq!(count(&|stage| *stage == Stage::TakenIntoWork), 41);
    assert_eq!(count(&|stage| *stage == Stage::Executed), 2);
    assert_eq!(count(&|stage| *stage == Stage::AwaitingIssue), 2);
    assert_eq!(count(&|stage| matches!(stage, Stage::Closed(_))), 11);
}

#[test]
fn lines_are_in_the_order_of_time() {
    let events: Vec<_> = SAMPLE.lines().filter_map(|line| map(line).ok()).flatten().collect();
    let instants =
        events.iter().map(|event| (event.occurred_at.instant.seconds, event.occurred_at.instant.nanoseconds));
    assert!(instants.is_sorted());
}

#[test]
fn it_shows_what_real_histories_do() {
    let histories = histories();
    let any = |shows: &dyn Fn(&[Event]) -> bool| histories.values().any(|history| shows(history));
    let stages = |history: &[Event]| {
        let names = history.iter().map(|event| format!("{:?}", event.kind));
        names.collect::<BTreeSet<_>>().len()
    };
    let after_closing = |history: &[Event]| history.iter().skip_while(|event| event.kind != closed()).nth(1).is_some();
    let repeated = |history: &[Event]| {
        let words: BTreeSet<_> = history.iter().map(|event| &event.native_status).collect();
        words.len() < history.len()
    };
    let backward = |history: &[Event]| {
        history.windows(2).any(|pair| {
            pair[0].kind == EventKind::Stage(Stage::TakenIntoWork)
                && pair[1].kind == EventKind::Stage(Stage::SentForExecution)
        })
    };
    assert!(any(&|history| stages(history) == 6), "a request with all six stages");
    assert!(any(&after_closing), "activity after closing");
    assert!(any(&repeated), "an activity repeated by a new task");
    assert!(any(&backward), "a request that goes back");
    assert_eq!(histories.values().filter(|history| !history.iter().any(|event| event.kind == closed())).count(), 5);
}

#[test]
fn recipients_are_persons_and_legal_entities_with_valid_numbers() {
    let histories = histories();
    let mut requests_by_number = BTreeMap::<_, usize>::new();
    let mut entities = 0;
    for history in histories.values() {
        let fields = &history[0].fields;
        let TextUpdate::Set(number) = &fields.identification_number else { panic!("a number is set") };
        assert!(has_valid_check_digit(number), "{number}");
        *requests_by_number.entry(number.clone()).or_default() += 1;
        if let RecipientUpdate::Set(RecipientName::LegalEntity(_)) = fields.recipient {
            entities += 1;
        } else {
            // Seventh digit 1 or 2: born in the nineteenth century, so that nobody living holds the number.
            assert!(matches!(number.as_bytes()[6], b'1' | b'2'), "{number}");
        }
    }
    assert_eq!(entities, 2);
    assert_eq!(requests_by_number.get("070315299986"), Some(&2));
}

/// Government Resolution 565 of 11.06.2003: two passes with weights, modulo 11.
fn has_valid_check_digit(number: &str) -> bool {
    let digits: Vec<u32> = number.chars().filter_map(|digit| digit.to_digit(10)).collect();
    let sum = |shift: usize| {
        let weighted =
            digits.iter().take(11).enumerate().map(|(place, digit)| digit * ((place + shift) % 11 + 1) as u32);
        weighted.sum::<u32>() % 11
    };
    let check = if sum(0) == 10 { sum(2) } else { sum(0) };
    digits.len() == 12 && digits[11] == check
}
