//! 1277-10: all times are local times of the place: instant, zone and literal are kept.

use qadam_tests::records::activity;

use crate::{host, request};

#[test]
fn a_time_is_shown_in_the_zone_of_its_place_and_as_received() {
    let host = host();
    let at = "2011-07-01T22:30:00Z";
    let _ = host.submit(&[activity("c", "1", "Confirmation of receipt", at)], &[]);
    let time = &request(&host, "c")["history"][0]["occurred_at"];
    assert_eq!(time["local"], "2011-07-02T00:30:00+02:00[Europe/Amsterdam]", "another day than in UTC");
    assert_eq!(time["literal"], at);
}
