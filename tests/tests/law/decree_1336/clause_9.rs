//! 1336-9, its part for intake: messages come through the e-government gateway; what was not delivered comes later, in the order
//! of the queue. The errors of our own sending are the delivery's.

use qadam_tests::{
    notifications::{Message, RECORDS, SERVICES, decided, mapped, request},
    probe::texts,
};
use serde_json::{Value, json};

use crate::education;

fn messages() -> Vec<Message> {
    let words = ["REGISTERED", "LAUNCHED", "STARTED", "FINISHED"];
    let message = |(at, word): (usize, &&str)| {
        Message::status(&format!("m-{at}"), "001", word, &format!("2024-05-{:02}T10:00:00+05:00", 6 + at))
    };
    let mut messages: Vec<_> = words.iter().enumerate().map(message).collect();
    messages[0] = messages[0].clone().intake(SERVICES[1], "IIS_CON");
    messages
}

#[test]
fn a_message_in_the_gateway_s_envelope_is_taken_and_any_other_is_refused_at_its_place() {
    let host = education("");
    mapped(&host, &messages());
    assert_eq!(request(&host, "001")["stage"], "executed");

    let envelope = messages()[0].envelope();
    let without = envelope.replace("<messageType>NOTIFICATION</messageType>", "");
    let view = decided(&host, &without);
    assert_eq!((&view["outcome"], &view["cause"]["name"]), (&json!("refused"), &json!("malformed")));
    assert_eq!(view["cause"]["field"], "sendMessage/request/messageInfo/messageType");
    assert_eq!(view["cause"]["offset"], without.find("<messageDate>").unwrap());
    let two = envelope.replace("</S:Body>", "</S:Body><S:Body/>");
    assert_eq!(decided(&host, &two)["cause"]["field"], "Envelope/Body", "which of them was signed cannot be told");
    assert_eq!(request(&host, "001")["events"], 4);
}

#[test]
fn what_piled_up_while_the_link_was_down_is_taken_in_the_order_of_the_queue_and_adds_nothing_twice() {
    let host = education("");
    let messages = messages();
    mapped(&host, &messages[..2]); // and then the link broke, before the second one was acknowledged
    let backlog: Vec<String> = messages[1..].iter().map(Message::envelope).collect();
    let headers = [("content-type", "application/vnd.qadam.lines; of=text/xml"), ("prefer", "wait=30")];
    let answer = host.call(&host.operator(), "POST", RECORDS, &headers, backlog.join("\n").as_bytes());
    assert_eq!((answer.status, &answer.json()["duplicates"]), (202, &json!(1)));
    host.until(|host| request(host, "001")["events"] == 4);
    let request = request(&host, "001");
    let history = request["history"].as_array().unwrap();
    let keys: Vec<&str> = history.iter().map(|event| event["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["m-0", "m-1", "m-2", "m-3"]);
    assert!(history.iter().map(|event: &Value| texts(&event["anomalies"])).all(|named| named.is_empty()), "{request}");
}
