//! 1277-5.1: statuses come from the providers' systems, here over HTTP, and go on as events that the monitoring system
//! reads.

use qadam_tests::records::accepted;

use crate::host;

#[test]
fn a_record_in_is_an_event_out_in_the_order_of_the_journal() {
    let host = host();
    let monitor = host.key("monitor", None);
    let _ = host.submit(&(0..50).map(accepted).collect::<Vec<_>>(), &[]);
    host.until(|host| host.call(&monitor, "GET", "/v1/events", &[], b"").status == 200);
    let events = host.all(&monitor, "/v1/events?provider=permits");
    let keys: Vec<_> = events.iter().map(|event| event["key"].as_str().unwrap().to_owned()).collect();
    assert_eq!(keys, (0..50).map(|number| format!("task-{number}")).collect::<Vec<_>>());
}

#[test]
fn a_reader_goes_on_where_its_cursor_says_and_misses_nothing() {
    let host = host();
    let operator = host.operator();
    let _ = host.submit(&(0..5).map(accepted).collect::<Vec<_>>(), &[]);
    let first = host.get("/v1/events?limit=3");
    let cursor = first["next"].as_str().unwrap();
    let _ = host.submit(&(5..7).map(accepted).collect::<Vec<_>>(), &[]);
    let rest = host.all(&operator, &format!("/v1/events?after={cursor}"));
    assert_eq!(rest.len(), 4);
}
