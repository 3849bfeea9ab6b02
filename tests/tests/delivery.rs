//! Delivery through the real program: every recorded event reaches its destination once in effect and in order, and operators can see
//! and do what they need.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

use std::collections::BTreeMap;

use qadam_delivery::Envelope;
use qadam_tests::{
    peer::{Peer, Refuses},
    program::{Program, Setup},
    records::{accepted, activity},
};
use serde_json::{Value, json};

const QADAM: &str = env!("CARGO_BIN_EXE_qadam-under-test");

/// Messages small and quick, so that few events make many; pauses short.
fn config(destinations: &str) -> String {
    format!("[seal]\nevents = 4\nage = 'PT0.1S'\n{destinations}")
}

fn pushed(url: &str) -> String {
    format!("[destinations.monitoring]\npush = {{ url = '{url}' }}\nretry = {{ first = 'PT0.05S', most = 'PT0.2S' }}\n")
}

fn host(destinations: &str) -> Program {
    Program::start(QADAM, Setup { config: config(destinations), permits: true, ..Setup::default() })
}

/// Some events of each of these requests, one after another.
fn send(host: &Program, requests: &[&str], round: usize) {
    let line = |request: &&str| {
        let task = format!("{request}-{round}");
        activity(request, &task, "Confirmation of receipt", &format!("2011-03-{:02}T10:00:00.000+01:00", round + 1))
    };
    let lines: Vec<String> = requests.iter().map(line).collect();
    let _ = host.submit(&lines, &[]);
}

fn events(host: &Program) -> Vec<String> {
    let ids = host.all(&host.operator(), "/v1/events");
    ids.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
}

fn lane(host: &Program) -> Value {
    let lanes = host.get("/v1/queue")["lanes"].as_array().unwrap().clone();
    lanes.into_iter().find(|lane| lane["provider"] == "permits").unwrap_or_default()
}

fn effects(peer: &Peer) -> Vec<String> {
    peer.effects().iter().map(|effect| effect.event.to_string()).collect()
}

/// Runs a command on the queue that must succeed.
fn queue(host: &Program, args: &[&str]) -> String {
    let data = host.data();
    let out = host.run(&[&["queue"], args, &["--data", data.to_str().unwrap()]].concat());
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

#[test]
fn every_recorded_event_is_delivered_once_and_in_the_order_of_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let peer = Peer::start(folder.path());
    let host = host(&pushed(&peer.url()));
    let lines: Vec<String> = (0..50).map(accepted).collect();
    let _ = host.submit(&lines, &[]);
    host.until(|host| effects(&peer).len() == events(host).len() && lane(host)["depth"] == 0);
    assert_eq!(effects(&peer), events(&host));
    assert!(peer.effects().iter().all(|effect| effect.again == 0), "none came twice");
    let lane = lane(&host);
    assert_eq!(
        (&lane["delivered"], &lane["events"], &lane["dead"]),
        (&json!(events(&host).len()), &json!(0), &json!(0))
    );
    let message = host.get("/v1/messages?limit=1")["items"][0]["id"].as_str().unwrap().to_owned();
    let attempts = host.get(&format!("/v1/messages/{message}/attempts"));
    assert_eq!((&attempts[0]["result"], &attempts[0]["by"]), (&json!("delivered"), &json!("https")));
    assert_eq!(attempts[0]["transport_status"], "HTTP 200");
    assert!(attempts[0]["began"].as_str().unwrap().ends_with("+05:00[Asia/Almaty]"), "{attempts}");
    host.until(|host| host.get("/v1/messages?limit=1")["items"][0]["stamp"].is_object());
    host.until(|_| peer.receiver().counts().stamped == peer.receiver().counts().messages);
    assert!(!host.log().contains("850101199993"), "no personal data in the log");
}

#[test]
fn what_the_receiver_refuses_holds_its_request_only_and_goes_first_when_it_is_requeued() {
    let folder = tempfile::tempdir().unwrap();
    let peer = Peer::start(folder.path());
    let host = host(&pushed(&peer.url()));
    peer.refuse(Refuses { requests: ["case-a".to_owned()].into(), ..Refuses::default() });
    for round in 0..3 {
        send(&host, &["case-a", "case-b"], round);
        host.until(|host| lane(host)["depth"] == 0 && lane(host)["dead"] == 1);
    }
    let of = |request: &str| peer.effects().iter().filter(|effect| effect.request == request).count();
    assert_eq!((of("case-a"), of("case-b")), (0, 3), "others are not held");
    let letters = host.get("/v1/queue/dead?code=refused");
    assert_eq!(letters.as_array().unwrap().len(), 1, "later events of the request wait, they are not refused too");
    assert_eq!((&letters[0]["request"], &letters[0]["theirs"]), (&json!("case-a"), &json!("E-REQUEST")));
    let status = host.get("/v1/status");
    let condition = status["conditions"].as_array().unwrap().iter().find(|c| c["condition"] == "dead-letters").unwrap();
    assert!(condition["next"].as_str().unwrap().starts_with("qadam queue dead"), "{condition}");
    assert!(queue(&host, &["dead"]).contains("case-a"));

    peer.refuse(Refuses::default());
    let done =
        queue(&host, &["requeue", "--destination", "monitoring", "--code", "refused", "--why", "they mended it"]);
    assert_eq!(done.trim(), "1 letters requeued");
    host.until(|_| of("case-a") == 3);
    let order: BTreeMap<String, Vec<String>> = peer.effects().iter().fold(BTreeMap::new(), |mut order, effect| {
        order.entry(effect.request.clone()).or_insert_with(Vec::new).push(effect.event.to_string());
        order
    });
    let recorded: Vec<String> = events(&host).into_iter().filter(|event| order["case-a"].contains(event)).collect();
    assert_eq!(order["case-a"], recorded, "in the order of the journal");
    host.until(|host| lane(host)["held"] == 0 && lane(host)["dead"] == 0 && lane(host)["events"] == 0);
    let acts = host.get("/v1/acts?limit=1000");
    let act = acts["items"].as_array().unwrap().iter().find(|act| act["what"] == "requeue-letters").unwrap();
    assert_eq!((&act["why"], &act["subject"]), (&json!("they mended it"), &json!("monitoring/permits")));
}

#[test]
fn a_message_refused_as_a_whole_is_sent_event_by_event_and_costs_only_what_is_refused_alone() {
    let folder = tempfile::tempdir().unwrap();
    let peer = Peer::start(folder.path());
    let host = host(&pushed(&peer.url()));
    queue(&host, &["pause", "--destination", "monitoring", "--why", "so that they come together"]);
    peer.refuse(Refuses { messages: ["case-b".to_owned()].into(), ..Refuses::default() });
    send(&host, &["case-a", "case-b", "case-c", "case-d"], 0);
    host.until(|host| lane(host)["events"] == 4);
    assert_eq!(peer.calls(), 0);
    queue(&host, &["resume", "--destination", "monitoring", "--why", "now"]);
    host.until(|host| lane(host)["depth"] == 0);
    let requests: Vec<String> = peer.effects().into_iter().map(|effect| effect.request).collect();
    assert_eq!(requests, ["case-a", "case-c", "case-d"]);
    let letters = host.get("/v1/queue/dead");
    assert_eq!((&letters[0]["request"], &letters[0]["theirs"]), (&json!("case-b"), &json!("E-WHOLE")));
    queue(&host, &["skip", "--destination", "monitoring", "--all", "--why", "it was a test"]);
    send(&host, &["case-b"], 1);
    peer.refuse(Refuses::default());
    host.until(|_| peer.effects().len() == 4);
    assert_eq!(lane(&host)["dead"], 0);
}

#[test]
fn a_destination_that_is_away_gets_one_attempt_at_a_time_and_everything_when_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let (address, url) = {
        let peer = Peer::start(&folder.path().join("first"));
        (peer.address(), peer.url())
    };
    let mut host = host(&pushed(&url));
    for round in 0..3 {
        send(&host, &["case-a", "case-b"], round);
    }
    let failed = |host: &Program| lane(host)["last_error"]["code"] == "unreachable";
    host.until(failed);
    let first = host.get("/v1/messages?limit=1")["items"][0]["id"].as_str().unwrap().to_owned();
    let attempts = |host: &Program| host.get(&format!("/v1/messages/{first}/attempts")).as_array().unwrap().len();
    host.until(|host| attempts(host) >= 4);
    for message in &host.get("/v1/messages?limit=10")["items"].as_array().unwrap()[1..] {
        let tried = host.get(&format!("/v1/messages/{}/attempts", message["id"].as_str().unwrap()));
        assert_eq!(tried, json!([]), "a lane is in order: only its first message is tried");
    }
    let view = host.get("/v1/queue");
    assert_eq!(
        (&view["destinations"][0]["state"], &view["destinations"][0]["code"]),
        (&json!("failing"), &json!("unreachable"))
    );
    let told = queue(&host, &["status"]);
    let row = told.lines().find(|line| line.contains("permits")).unwrap();
    assert!(row.contains("unreachable") && row.split_whitespace().nth(3) == Some("6"), "six events wait: {told}");
    host.kill();
    host.restart();
    let peer = Peer::at(&folder.path().join("second"), address);
    queue(&host, &["retry", "--destination", "monitoring", "--why", "they are back"]);
    host.until(|host| effects(&peer) == events(host));
}

#[test]
fn a_period_is_replayed_to_a_receiver_that_lost_what_it_had() {
    let folder = tempfile::tempdir().unwrap();
    let peer = Peer::start(&folder.path().join("first"));
    let (address, host) = (peer.address(), host(&pushed(&peer.url())));
    send(&host, &["case-a", "case-b"], 0);
    send(&host, &["case-a"], 1);
    host.until(|host| effects(&peer) == events(host) && lane(host)["depth"] == 0);
    drop(peer);
    let peer = Peer::at(&folder.path().join("second"), address);
    let period = ["--from", "2020-01-01T00:00:00Z", "--before", "2200-01-01T00:00:00Z"];
    let done =
        queue(&host, &[&["replay", "--destination", "monitoring", "--why", "they lost it"][..], &period].concat());
    assert!(done.contains("messages are delivered once more"), "{done}");
    host.until(|host| effects(&peer) == events(host));
    let none = ["--from", "2020-01-01T00:00:00Z", "--before", "2020-01-02T00:00:00Z"];
    let done = queue(&host, &[&["replay", "--destination", "monitoring", "--why", "none"][..], &none].concat());
    assert!(done.starts_with("0 messages"), "{done}");
}

#[test]
fn a_reader_comes_for_its_messages_and_they_wait_until_its_receipt_is_there() {
    let host = host("[destinations.first]\npull = {}\n[destinations.second]\npull = { keys = ['nobody'] }\n");
    send(&host, &["case-a", "case-b"], 0);
    let key = host.key("monitor", None);
    host.until(|host| host.call(&key, "GET", "/v1/queue", &[], b"").status == 200);
    let waiting = || {
        let answer = host.call(&key, "GET", "/v1/messages/waiting?destination=first", &[], b"");
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        answer.json()["items"].as_array().unwrap().clone()
    };
    host.until(|_| waiting().iter().map(|message| message["events"].as_array().unwrap().len()).sum::<usize>() == 2);
    let envelope = waiting().remove(0);
    assert_eq!(waiting()[0], envelope, "it waits, and is the same");
    let id = envelope["message"].as_str().unwrap().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let peer = Peer::start(folder.path());
    let read = Envelope::parse(envelope.to_string().as_bytes()).unwrap();
    let receipt = peer.receiver().take(&read).unwrap();
    let path = format!("/v1/messages/{id}/receipt");
    let wrong = String::from_utf8(receipt.to_bytes()).unwrap().replace("accepted", "taken");
    let answer = host.call(&key, "POST", &path, &[], wrong.as_bytes());
    assert_eq!(answer.status, 422, "{:?}", answer.body);
    let answer = host.call(&key, "POST", &path, &[], &receipt.to_bytes());
    assert_eq!((answer.status, &answer.json()["result"]), (200, &json!("delivered")), "{:?}", answer.body);
    let answer = host.call(&key, "POST", &path, &[], &receipt.to_bytes());
    assert_eq!(answer.status, 409, "it was acknowledged");
    assert!(waiting().iter().all(|message| message["message"] != id.as_str() || message["stamp"] == true));
    let attempts = host.get(&format!("/v1/messages/{id}/attempts"));
    assert_eq!((attempts.as_array().unwrap().len(), &attempts[0]["result"]), (1, &json!("delivered")), "{attempts}");
    let answer = host.call(&key, "GET", "/v1/messages/waiting?destination=second", &[], b"");
    assert_eq!(answer.status, 403, "each reader has its own queue, and may name its keys");
    let first = host.get("/v1/queue")["lanes"].as_array().unwrap().len();
    assert_eq!(first, 2, "readers do not wait for each other");
}

#[test]
fn an_event_that_its_destination_cannot_take_for_its_size_is_a_dead_letter_that_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let peer = Peer::start(folder.path());
    let host = host(&format!("{}max-bytes = 1024\n", pushed(&peer.url())));
    send(&host, &["case-a"], 0);
    host.until(|host| lane(host)["dead"] == 1);
    let letters = host.get("/v1/queue/dead?code=oversize");
    assert!(letters[0]["reason"].as_str().unwrap().contains("the destination takes 1024"), "{letters}");
    assert_eq!(peer.calls(), 0);
}
