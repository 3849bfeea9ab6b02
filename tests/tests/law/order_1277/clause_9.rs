//! 1277-9 (its part for intake): the fact of each receipt is recorded, resends too.

use qadam_tests::records::accepted;

use crate::host;

#[test]
fn each_receipt_is_a_fact_with_sender_time_and_digest_and_a_resend_adds_no_event() {
    let host = host();
    let key = host.key("provider", Some("permits"));
    host.until(|host| host.call(&key, "GET", "/v1/summary", &[], b"").status == 200);
    let body = accepted(1);
    for _ in 0..3 {
        let answer =
            host.call(&key, "POST", "/v1/providers/permits/records", &[("prefer", "wait=30")], body.as_bytes());
        assert_eq!(answer.status, 202);
    }
    let records = host.all(&key, "/v1/providers/permits/records");
    assert_eq!(records.len(), 1);
    assert_eq!(records[0]["sender"], "permits-1");
    assert_eq!(records[0]["digest"].as_str().unwrap().len(), 64);
    host.until(|host| host.all(&key, "/v1/providers/permits/records?outcome=duplicate").len() == 2);
    assert_eq!(host.all(&key, "/v1/events").len(), 1);
}
