use proptest::prelude::*;

use super::*;
use crate::{
    event::{Correction, Withdrawal},
    fields::{Fields, Update},
    stage::Outcome,
};

fn at(second: i64) -> Moment {
    let instant = Timestamp::new(second, 0).unwrap();
    Moment { instant, offset: None, zone: None, literal: second.to_string() }
}

fn event(key: &str, kind: EventKind, second: i64) -> Event {
    Event {
        request: "r".into(),
        key: Some(key.into()),
        kind,
        occurred_at: at(second),
        native_status: key.into(),
        actor: None,
        fields: Fields::default(),
        native: vec![],
    }
}

fn stage(key: &str, stage: Stage, second: i64) -> Event {
    event(
        key,
        if stage == Stage::Closed { EventKind::Closed(Outcome::Unstated) } else { EventKind::Stage(stage) },
        second,
    )
}

fn history(events: &[Event]) -> Vec<History<'_>> {
    events
        .iter()
        .zip(1..)
        .map(|(event, seq)| History {
            at: EventRef { seq, index: 0 },
            event,
            fixed: Anomalies::NONE,
            replaces: None,
            dropped: false,
        })
        .collect()
}

fn fold(events: &[Event]) -> (RequestState, Vec<EventMark>) {
    RequestState::fold(&history(events))
}

#[test]
fn closing_is_terminal_and_later_activity_reopens_nothing() {
    let (state, marks) =
        fold(&[stage("a", Stage::Accepted, 1), stage("b", Stage::Closed, 5), stage("c", Stage::TakenIntoWork, 9)]);
    assert_eq!(state.stage(), Some(Stage::Closed));
    assert!(marks[2].derived.contains(Anomaly::AfterClosing));
    assert!(!marks[0].derived.contains(Anomaly::AfterClosing));
}

#[test]
fn an_explicit_reopening_opens_and_what_follows_is_no_anomaly() {
    let (state, marks) = fold(&[
        stage("a", Stage::Closed, 5),
        event("b", EventKind::Reopened(None), 7),
        stage("c", Stage::TakenIntoWork, 9),
    ]);
    assert_eq!(state.stage(), Some(Stage::TakenIntoWork));
    assert!(marks[2].derived.is_empty());
    let (state, _) = fold(&[
        stage("a", Stage::AwaitingIssue, 4),
        stage("b", Stage::Closed, 5),
        event("c", EventKind::Reopened(None), 7),
    ]);
    assert_eq!(state.stage(), Some(Stage::AwaitingIssue), "the stage before the closing that was undone");
}

#[test]
fn a_withdrawn_closing_no_longer_closes_even_if_the_withdrawal_came_first() {
    let withdrawal = event("w", EventKind::Withdrawn(Withdrawal { event: "b".into(), reason: None }), 6);
    let closing = stage("b", Stage::Closed, 5);
    for order in [[closing.clone(), withdrawal.clone()], [withdrawal, closing]] {
        let (state, marks) = fold(&order);
        assert!(!state.is_closed());
        assert_eq!(marks.iter().filter(|mark| mark.standing).count(), 1);
        assert_eq!(state.events, 2, "both are kept");
    }
}

#[test]
fn a_correction_replaces_time_and_stage() {
    let correction = |stage| Correction { event: "a".into(), stage, outcome: None, reason: None };
    let (state, marks) = fold(&[
        stage("a", Stage::Executed, 9),
        event("x", EventKind::Correction(correction(Some(Stage::TakenIntoWork))), 4),
    ]);
    assert_eq!(state.latest.map(|latest| (latest.stage, latest.occurred)), Some((Stage::TakenIntoWork, at(4).instant)));
    assert!(!marks[0].standing && marks[1].standing);
    let (state, _) = fold(&[stage("a", Stage::Executed, 9), event("x", EventKind::Correction(correction(None)), 4)]);
    assert_eq!(state.stage(), Some(Stage::Executed), "a correction without a stage leaves the stage as it was");
}

#[test]
fn the_same_key_with_other_content_is_a_correction_and_both_are_kept() {
    let (state, marks) = fold(&[stage("a", Stage::Accepted, 1), stage("a", Stage::SentForExecution, 2)]);
    assert_eq!((state.events, state.stage()), (2, Some(Stage::SentForExecution)));
    assert_eq!(marks.iter().map(|mark| mark.standing).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn intake_is_field_5_and_not_the_first_event() {
    let mut first = stage("a", Stage::Accepted, 1);
    first.fields.intake_at = Update::Set(at(3));
    let mut closing = stage("b", Stage::Closed, 2);
    closing.fields.completed_at = Update::Set(at(2));
    let (_, marks) = fold(&[first, closing]);
    assert!(marks[0].derived.contains(Anomaly::BeforeIntake));
    assert!(marks[1].derived.contains(Anomaly::CompletedBeforeIntake));
    assert!(!marks[1].derived.contains(Anomaly::BeforeIntake), "a closing is judged by its completion date");
}

#[test]
fn receipt_anomalies_compare_with_what_came_before() {
    let receipt =
        Receipt { received_at: at(100).instant, late_after: Some(SignedDuration::from_secs(50)), status_seen: true };
    let (state, _) = fold(&[stage("a", Stage::Executed, 60)]);
    let found = state.at_receipt(&stage("b", Stage::TakenIntoWork, 10), &receipt);
    let named: Vec<_> = found.iter().collect();
    assert_eq!(named, [Anomaly::Backward, Anomaly::Repeated, Anomaly::OutOfOrder, Anomaly::Late]);
    let quiet = Receipt { late_after: None, status_seen: false, ..receipt };
    assert!(state.at_receipt(&stage("b", Stage::Executed, 60), &quiet).is_empty());
}

#[test]
fn missing_fields_are_asked_for_by_stage() {
    let (state, _) = fold(&[stage("a", Stage::SentForExecution, 1)]);
    assert_eq!(state.missing().len(), 6, "1 to 5 and 7");
    let (state, _) = fold(&[stage("a", Stage::TakenIntoWork, 1)]);
    assert!(state.missing().contains(&FieldName::Executor));
    assert!(!state.missing().contains(&FieldName::CompletedAt));
    let (state, _) = fold(&[stage("a", Stage::Executed, 1)]);
    assert!(state.missing().contains(&FieldName::CompletedAt));
}

prop_compose! {
    fn any_event()(kind in 0..9u8, key in 0..6u8, other in 0..6u8, second in 0..12i64, field in 0..4u8) -> Event {
        let reason = None;
        let target = format!("k{other}");
        let kind = match kind {
            0 => EventKind::Stage(Stage::Accepted),
            1 => EventKind::Stage(Stage::SentForExecution),
            2 => EventKind::Stage(Stage::TakenIntoWork),
            3 => EventKind::Closed(Outcome::Issued),
            4 => EventKind::Reopened(None),
            5 => EventKind::Suspended(None),
            6 => EventKind::Update,
            7 => EventKind::Withdrawn(Withdrawal { event: target, reason }),
            _ => EventKind::Correction(Correction { event: target, stage: None, outcome: None, reason }),
        };
        let mut event = event(&format!("k{key}"), kind, second);
        match field {
            0 => event.fields.intake_at = Update::Set(at(second + 2)),
            1 => event.fields.completed_at = Update::Set(at(second)),
            2 => event.fields.intake_at = Update::Cleared,
            _ => {}
        }
        event
    }
}

proptest! {
    #[test]
    fn absorbing_one_by_one_equals_folding_the_whole(events in proptest::collection::vec(any_event(), 1..12)) {
        let mut state = RequestState::default();
        let mut marks: Vec<EventMark> = Vec::new();
        for (place, event) in events.iter().enumerate() {
            let seen = events[..place].iter().any(|e| e.key == event.key || target(e) == event.key.as_deref());
            if RequestState::absorbs(event, seen) {
                let mark = EventMark {
                    at: EventRef { seq: place as u64 + 1, index: 0 },
                    occurred: event.instant(),
                    stage: event.kind.stage(),
                    standing: true,
                    dropped: false,
                    fixed: Anomalies::NONE,
                    derived: Anomalies::NONE,
                };
                let changed = state.absorb(&mark, event);
                marks.push(mark);
                let derive = if changed { 0 } else { place };
                for mark in &mut marks[derive..] {
                    mark.derived = state.derived(mark);
                }
            } else {
                (state, marks) = fold(&events[..=place]);
            }
            let (folded, folded_marks) = fold(&events[..=place]);
            prop_assert_eq!(&state, &folded);
            prop_assert_eq!(&marks, &folded_marks);
        }
    }

    #[test]
    fn the_order_of_receipt_changes_neither_stage_nor_closing_nor_derived_anomalies(
        (events, shuffled) in proptest::collection::vec(any_event(), 1..10)
            .prop_map(|events| {
                // Distinct keys and no corrections: the order of versions of one event is meant to matter.
                let mut events: Vec<_> = events
                    .into_iter()
                    .filter(|e| target(e).is_none() && !matches!(e.fields.intake_at, Update::Cleared))
                    .collect();
                for (place, event) in events.iter_mut().enumerate() {
                    event.key = Some(format!("unique {place}"));
                    event.occurred_at = at(event.instant().as_second() * 16 + place as i64);
                }
                events
            })
            .prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle()))
    ) {
        let (one, one_marks) = fold(&events);
        let (two, two_marks) = fold(&shuffled);
        prop_assert_eq!(one.stage(), two.stage());
        prop_assert_eq!(one.is_closed(), two.is_closed());
        prop_assert_eq!(one.missing(), two.missing());
        for (event, mark) in events.iter().zip(&one_marks) {
            let other = shuffled.iter().position(|e| e.key == event.key).unwrap();
            prop_assert_eq!(mark.derived, two_marks[other].derived);
        }
    }
}
