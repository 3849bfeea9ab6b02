//! 452-11: a request is overdue, computed automatically, when the planned date and the actual one differ.

use qadam_tests::terms::{stage, taken};
use serde_json::{Value, json};

use crate::scene;

#[test]
fn a_finished_request_is_late_by_its_first_event_at_stage_4_or_later_and_waiting_for_issue_adds_nothing() {
    let scene = scene("2026-02-20T12:00:00+05:00");
    scene.send(&[
        &taken("in-time"),
        &stage("in-time", 4, "2026-01-16T23:59"),
        &stage("in-time", 5, "2026-01-17T09:00"),
    ]);
    scene.send(&[&stage("in-time", 6, "2026-02-18T10:00")]);
    scene.send(&[&taken("late"), &stage("late", 6, "2026-01-17T00:00")]);
    let overdue = |number: &str| scene.term(number)["overdue"].clone();
    assert_eq!((&overdue("in-time")["is"], &overdue("late")["is"]), (&json!("in-time"), &json!("late")));
    assert_eq!(overdue("late")["rule"], "first-event-at-stage-four-or-later", "the rule is part of the answer");
    assert_eq!(overdue("late")["seconds"], 1, "midnight is the first instant that is late");
}

#[test]
fn an_open_request_is_overdue_from_the_minute_on_in_which_its_term_ended() {
    let scene = scene("2026-01-16T23:58:00+05:00");
    scene.send(&[&taken("R")]);
    let overdue = || scene.term("R")["overdue"].clone();
    assert_eq!((&overdue()["is"], &overdue()["rule"]), (&json!("running"), &json!("clock")));
    scene.go_to("2026-01-17T00:00:10+05:00");
    assert_eq!(overdue()["is"], "overdue");
    let listed = scene.host.get("/v1/overdue");
    assert_eq!((&listed["requests"][0]["number"], &listed["requests"][0]["minutes"]), (&json!("R"), &json!(1)));
}

#[test]
fn the_order_in_which_events_are_received_changes_nothing() {
    let scene = scene("2026-02-20T12:00:00+05:00");
    let events = |number: &str| {
        [
            taken(number),
            stage(number, 3, "2026-01-13T10:00"),
            stage(number, 4, "2026-01-19T10:00"),
            stage(number, 6, "2026-01-20T10:00"),
        ]
    };
    scene.send(&events("a").each_ref().map(String::as_str));
    let mut reversed = events("b");
    reversed.reverse();
    scene.send(&reversed.each_ref().map(String::as_str));
    let said = |number: &str| {
        let term = scene.term(number);
        let overdue = &term["overdue"];
        [&overdue["is"], &overdue["seconds"], &overdue["finished"], &term["verdict"]["blame"]].map(Value::clone)
    };
    assert_eq!(said("a"), said("b"));
}
