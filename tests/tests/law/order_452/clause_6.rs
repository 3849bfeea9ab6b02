//! 452-6: the six stages. Histories that go back, repeat or arrive late are kept and flagged, never dropped.

use qadam_tests::records::{activity, closing};
use serde_json::json;

use crate::{host, request};

const TIMES: [&str; 6] = [
    "2011-03-01T09:00:00+01:00",
    "2011-03-02T09:00:00+01:00",
    "2011-03-03T09:00:00+01:00",
    "2011-03-04T09:00:00+01:00",
    "2011-03-05T09:00:00+01:00",
    "2011-03-06T09:00:00+01:00",
];

#[test]
fn a_request_goes_through_all_six_stages() {
    let host = host();
    let lines = [
        activity("c", "1", "Confirmation of receipt", TIMES[0]),
        activity("c", "2", "T02 Check confirmation of receipt", TIMES[1]),
        activity("c", "3", "T06 Determine necessity of stop advice", TIMES[2]),
        activity("c", "4", "T14 Determine document X request unlicensed", TIMES[3]),
        activity("c", "5", "T15 Print document X request unlicensed", TIMES[4]),
        closing("c", TIMES[5]),
    ];
    let names = ["accepted", "sent-for-execution", "taken-into-work", "executed", "awaiting-issue", "closed"];
    for (place, line) in lines.iter().enumerate() {
        let _ = host.submit(&[line], &[]);
        let request = request(&host, "c");
        assert_eq!((&request["stage"], &request["stage_number"]), (&json!(names[place]), &json!(place + 1)));
    }
    assert_eq!(request(&host, "c")["closed"], true);
}

#[test]
fn a_history_that_goes_back_repeats_and_comes_late_is_kept_whole_and_named() {
    let host = host();
    let lines = [
        activity("c", "1", "T06 Determine necessity of stop advice", TIMES[3]),
        activity("c", "2", "T02 Check confirmation of receipt", TIMES[4]),
        activity("c", "3", "T02 Check confirmation of receipt", TIMES[5]),
        activity("c", "4", "Confirmation of receipt", TIMES[0]),
    ];
    let _ = host.submit(&lines, &[]);
    let request = request(&host, "c");
    let named: Vec<_> = request["history"].as_array().unwrap().iter().map(|event| event["anomalies"].clone()).collect();
    assert_eq!(named, [json!([]), json!(["backward"]), json!(["repeated"]), json!(["backward", "out-of-order"])]);
    assert_eq!(request["stage"], "sent-for-execution", "the latest by the time it happened, not by receipt");
}

#[test]
fn activity_after_the_closing_is_kept_and_reopens_nothing() {
    let host = host();
    let late = activity("c", "9", "T06 Determine necessity of stop advice", TIMES[5]);
    let _ = host.submit(&[activity("c", "1", "Confirmation of receipt", TIMES[0]), closing("c", TIMES[1]), late], &[]);
    let request = request(&host, "c");
    assert_eq!((&request["stage"], &request["events"]), (&json!("closed"), &json!(3)));
    assert_eq!(request["history"][2]["anomalies"], json!(["backward", "after-closing"]));
}

#[test]
fn an_unknown_status_is_refused_and_never_taken_for_a_stage() {
    let host = host();
    let outcome = host.submit(&[activity("c", "1", "T21 Something new", TIMES[0])], &[]);
    assert_eq!(outcome["refused"][0]["cause"], "unknown-native-status");
    assert!(host.all(&host.operator(), "/v1/requests").is_empty());
}
