//! 1336-9: the exchange goes through the e-government gateway, both ways; what was not delivered is recorded with an error code and
//! comes later, in the order of the queue.

use qadam_delivery::shep::{Body, DeliveryNotification, Moment, SendDeliveryNotification, envelope};
use qadam_tests::{
    gateway::{Gateway, SHORT_PAUSES},
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

#[test]
fn what_the_gateway_did_not_bring_is_recorded_with_its_error_code_and_goes_on_in_the_order_of_the_queue() {
    let mut gateway = Gateway::reserved();
    let host = education(&format!(
        "[seal]\nevents = 1\n[destinations.monitoring]\n{SHORT_PAUSES}\nshep = {}",
        gateway.settings()
    ));
    mapped(&host, &messages());
    let first = || host.get("/v1/queue/items?destination=monitoring")["items"][0].clone();
    host.until(|_| first()["attempts"].as_u64().is_some_and(|attempts| attempts > 1));
    assert_eq!(first()["gateway_state"], "NOT_DELIVERED");
    let message = first()["message"].as_str().unwrap().to_owned();
    let attempts = || host.get(&format!("/v1/messages/{message}/attempts")).as_array().unwrap().clone();
    let coded = |code: &str| attempts().into_iter().find(|attempt| attempt["code"] == code);

    // The gateway is there again, the receiver behind it is not.
    gateway.start_without_space();
    host.until(|_| coded("not-brought").is_some());
    gateway.give_space();
    host.until(|host| host.get("/v1/queue")["lanes"][0]["delivered"] == 4);

    let unreachable = coded("unreachable").unwrap();
    assert_eq!((&unreachable["by"], &unreachable["result"]), (&json!("shep-async"), &json!("failed")));
    assert!(unreachable["ended"].as_str().unwrap().contains("[Asia/Almaty]"), "local time: {unreachable}");
    let not_brought = coded("not-brought").unwrap();
    assert_eq!(not_brought["transport_status"], "HTTP 200");
    assert_eq!(not_brought["gateway_status"], "NOT_DELIVERED QADAM-UNAVAILABLE");
    let last = attempts().pop().unwrap();
    assert_eq!((&last["result"], &last["gateway_status"]), (&json!("delivered"), &json!("DELIVERED SCSS001")));

    let request = request(&host, "001");
    let history: Vec<&str> =
        request["history"].as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_eq!(gateway.effects(), history.iter().map(|id| ((*id).to_owned(), 0)).collect::<Vec<_>>());
}

#[test]
fn word_from_the_gateway_ends_the_wait_for_it() {
    let mut gateway = Gateway::reserved();
    let host = education(&format!(
        "[destinations.monitoring]\nretry = {{ first = \"PT24H\", most = \"PT24H\" }}\nshep = {}",
        gateway.settings()
    ));
    mapped(&host, &messages()[..1]);
    let queue = || host.get("/v1/queue")["destinations"][0].clone();
    host.until(|_| queue()["state"] == "failing");
    gateway.start_without_space();
    gateway.give_space();

    let at = Moment::read("2026-11-02T10:00:00+05:00").unwrap();
    let told = |service: &str| {
        let notification = DeliveryNotification {
            message_id: "m-1".to_owned(),
            service_id: service.to_owned(),
            at,
            receive_status: "NOT_DELIVERED".to_owned(),
            since: at,
            resend: "true".to_owned(),
            error: None,
        };
        envelope::write(&Body::SendDeliveryNotification(SendDeliveryNotification { notification, at, sender: None }))
    };
    let key = host.key("monitor", None);
    let tell = |text: &str| {
        let path = "/v1/gateway/notifications";
        host.call(&key, "POST", path, &[("content-type", "text/xml; charset=utf-8")], text.as_bytes())
    };
    host.until(|_| tell("<a/>").status == 500);
    for (text, code) in [(told("ANOTHER"), "QADAM-SERVICE"), ("<a/>".to_owned(), "QADAM-ENVELOPE")] {
        let answer = tell(&text);
        let Body::Fault(fault) = envelope::read(&answer.body).unwrap() else { unreachable!("{answer:?}") };
        assert_eq!((answer.status, fault.codes().next()), (500, Some(code)));
    }
    assert_eq!(queue()["state"], "failing", "nothing was tried for a word that is not for us");
    let answer = tell(&told("IIS_CON_EVENTS"));
    assert_eq!(answer.status, 200);
    assert!(matches!(envelope::read(&answer.body), Ok(Body::SendDeliveryNotificationResponse(_))));
    host.until(|host| host.get("/v1/queue")["lanes"][0]["delivered"] == 1);
}
