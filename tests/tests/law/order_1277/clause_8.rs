//! 1277-8: the channel and place of intake are part of each status.

use qadam_tests::records::accepted;

use crate::{host, request};

#[test]
fn channel_and_place_of_intake_come_with_the_request() {
    let host = host();
    let desk = accepted(2).replace("value=\"Internet\"", "value=\"Desk\"");
    let post = accepted(3).replace("value=\"Internet\"", "value=\"Post\"");
    let _ = host.submit(&[accepted(1), desk, post], &[]);
    for (number, place, channel) in
        [("case-1", "Internet", "portal"), ("case-2", "Desk", "provider"), ("case-3", "Post", "other: Post")]
    {
        let fields = &request(&host, number)["fields"];
        assert_eq!((fields["intake-place"].as_str(), fields["channel"].as_str()), (Some(place), Some(channel)));
    }
}
