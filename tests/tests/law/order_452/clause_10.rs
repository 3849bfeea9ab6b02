//! 452-10: the actual time of intake and of every stage is fixed; the provider's planned date is kept.

use qadam_tests::records::{activity, closing};

use crate::{host, request};

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
