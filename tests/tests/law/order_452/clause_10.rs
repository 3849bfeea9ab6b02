//! 452-10: the actual time of intake and of every stage is fixed; the planned date is computed from the service's rules, and the
//! provider's own is kept beside it.

use qadam_tests::{
    records::{activity, closing},
    terms::{stage, taken},
};
use serde_json::json;

use crate::{host, request, scene};

#[test]
fn the_actual_time_of_each_stage_and_the_reported_planned_date_are_kept_as_stated() {
    let host = host();
    let accepted = "2011-03-01T10:00:00.123+01:00";
    let closed = "2011-03-28T09:30:00+02:00";
    let _ = host.submit(&[activity("c", "1", "Confirmation of receipt", accepted), closing("c", closed)], &[]);
    let request = request(&host, "c");
    let history = request["history"].as_array().unwrap();
    assert_eq!(history[0]["occurred_at"]["literal"], accepted);
    assert_eq!(history[0]["occurred_at"]["instant"], "2011-03-01T09:00:00.123Z");
    assert_eq!(history[1]["occurred_at"]["literal"], closed);
    assert_eq!(request["fields"]["planned-at"]["instant"], "2011-04-25T22:00:00Z");
    assert_eq!(request["fields"]["intake-at"]["instant"], "2011-02-28T08:00:00Z");
    for event in history {
        assert!(event["recorded_at"].as_str().unwrap() > "2026", "when we recorded it stands beside when it happened");
    }
}

#[test]
fn an_unreadable_time_refuses_the_record_and_says_where() {
    let host = host();
    let outcome = host.submit(&[activity("c", "1", "Confirmation of receipt", "yesterday")], &[]);
    let refused = &outcome["refused"][0];
    assert_eq!((refused["cause"].as_str(), refused["line"].as_u64()), (Some("unreadable-time"), Some(1)));
    assert!(refused["detail"].as_str().unwrap().contains("time:timestamp"), "{refused}");
}

#[test]
fn the_planned_date_is_computed_from_the_service_s_rules_and_the_provider_s_stands_beside_it() {
    let scene = scene("2026-01-10T12:00:00+05:00");
    scene.send(&[&taken("R")]);
    let term = scene.term("R");
    assert_eq!(term["taken"]["local"], "2026-01-09T10:00:00+05:00[Asia/Almaty]");
    assert_eq!((&term["service"]["code"], &term["service"]["term"]), (&json!("00803001"), &json!("5 working-days")));
    assert_eq!(term["planned"]["due"]["local"], "2026-01-16T23:59:59.999999999+05:00[Asia/Almaty]");
    assert_eq!(term["promised"]["local"], "2026-01-20T00:00:00+05:00[Asia/Almaty]");
    assert_eq!(term["compared"], "reported-later", "a difference is flagged");
}

#[test]
fn a_recomputation_makes_another_version_and_overwrites_none() {
    let scene = scene("2026-01-10T12:00:00+05:00");
    let prolonged = "request=R;key=p;kind=prolonged;planned=2026-01-30T23:59:59+05:00;ground=art. 73;\
                     at=2026-01-13T10:00:00+05:00;zone=Asia/Almaty";
    scene.send(&[&taken("R")]);
    scene.go_to("2026-01-13T12:00:00+05:00");
    scene.send(&[prolonged, &stage("R", 4, "2026-01-28T10:00")]);
    let versions = scene.term("R")["planned"]["versions"].clone();
    let day = |place: usize| versions[place]["due"]["local"].as_str().unwrap()[..10].to_owned();
    assert_eq!((day(0), day(1)), ("2026-01-16".into(), "2026-01-30".into()));
    assert_eq!((&versions[0]["causes"], &versions[1]["causes"]), (&json!(["intake"]), &json!(["events"])));
    assert!(versions[0]["made_at"]["instant"].as_str() < versions[1]["made_at"]["instant"].as_str());
}
