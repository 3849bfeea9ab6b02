//! 452-7: the eight data fields. A missing one is named and makes the request incomplete; the event is kept.

use qadam_tests::records::{accepted, activity, closing};
use serde_json::json;

use crate::{host, request};

#[test]
fn the_eight_fields_reach_the_monitoring_system() {
    let host = host();
    let monitor = host.key("monitor", None);
    let _ = host.submit(&[accepted(1), closing("case-1", "2011-03-09T12:00:00+01:00")], &[]);
    host.until(|host| host.call(&monitor, "GET", "/v1/events", &[], b"").status == 200);
    let events = host.all(&monitor, "/v1/events");
    let fields = &events[1]["fields"];
    assert_eq!(fields["recipient"], "Өтебаев Ғали", "1, the patronymic is optional");
    assert_eq!(fields["identification-number"], "850101199993", "2");
    assert_eq!(fields["service-name"], "Environmental permit", "3");
    assert_eq!(fields["intake-place"], "Internet", "4");
    assert_eq!(fields["intake-at"]["literal"], "2011-02-28T09:00:00.000+01:00", "5");
    assert_eq!(fields["executor"], "R1", "6");
    assert_eq!(fields["planned-at"]["literal"], "2011-04-26T00:00:00.000+02:00", "7");
    assert_eq!(fields["completed-at"]["literal"], "2011-03-09T12:00:00+01:00", "8");
    assert_eq!(request(&host, "case-1")["missing"], json!([]));
}

#[test]
fn a_missing_field_is_named_from_the_stage_that_asks_for_it_and_the_event_is_kept() {
    let host = host();
    let at = "2011-03-01T10:00:00+01:00";
    let bare = |task, name| {
        let line = activity("c", task, name, at);
        line.replace("<string key=\"responsible\" value=\"R1\"/>", "")
            .replace("<string key=\"applicant:iin\" value=\"850101199993\"/>", "")
    };
    let _ = host.submit(&[bare("1", "Confirmation of receipt")], &[]);
    assert_eq!(request(&host, "c")["missing"], json!(["identification-number"]));
    let _ = host.submit(&[bare("2", "T06 Determine necessity of stop advice")], &[]);
    assert_eq!(request(&host, "c")["missing"], json!(["identification-number", "executor"]));
    let _ = host.submit(&[bare("3", "T14 Determine document X request unlicensed")], &[]);
    let request = request(&host, "c");
    assert_eq!(request["missing"], json!(["identification-number", "executor", "completed-at"]));
    assert_eq!(request["events"], 3);
    assert_eq!(host.get("/v1/summary")[0]["requests"]["incomplete"], 1);
}

#[test]
fn two_requests_of_one_recipient_are_found_by_the_number_in_a_body() {
    let host = host();
    let _ = host.submit(&[accepted(1), accepted(2)], &[]);
    let data = host.data();
    let out = host
        .run_with(&["request", "find", "--iin-stdin", "--json", "--data", data.to_str().unwrap()], "850101199993\n");
    assert!(out.status.success(), "{out:?}");
    let found: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let numbers: Vec<_> = found.as_array().unwrap().iter().map(|request| request["number"].as_str().unwrap()).collect();
    assert_eq!(numbers, ["case-1", "case-2"]);
    assert!(!String::from_utf8_lossy(&out.stdout).contains("850101199993"), "lists are masked");
}
