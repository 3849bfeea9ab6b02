//! Whose breach it is where the host itself passes requests on: verdicts cite the messages and what became of them.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

use std::net::{SocketAddr, TcpListener};

use qadam_tests::{
    peer::Peer,
    terms::{PASSPORT, Scene, stage, taken},
};
use serde_json::{Value, json};

const QADAM: &str = env!("CARGO_BIN_EXE_qadam-under-test");

/// A port where nobody listens yet.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A host that passes requests on to an executor there, on Monday 12 January 2026, and tells the monitoring system.
fn scene(executor: SocketAddr) -> Scene {
    let config = format!(
        "[seal]\nage = 'PT0.1S'\n[destinations.monitoring]\npull = {{}}\n[destinations.executor]\npassing = 'to-executor'\n\
         push = {{ url = 'http://{executor}/messages' }}\nretry = {{ first = 'PT0.05S', most = 'PT0.2S' }}\n"
    );
    Scene::start(QADAM, "2026-01-12T12:00:00+05:00", &config)
}

fn lane(scene: &Scene) -> Value {
    let lanes = scene.host.get("/v1/queue")["lanes"].as_array().unwrap().clone();
    lanes.into_iter().find(|lane| lane["destination"] == "executor").unwrap_or_default()
}

/// The first message that is for the executor.
fn message(scene: &Scene) -> Value {
    let messages = scene.host.get("/v1/messages")["items"].as_array().unwrap().clone();
    messages.into_iter().find(|message| message["destination"] == "executor").unwrap()["id"].clone()
}

fn sent(scene: &Scene, number: &str) {
    scene.send(&[&taken(number), &stage(number, 2, "2026-01-12T10:00")]);
}

fn blame(scene: &Scene, number: &str) -> (Value, Value) {
    let verdict = scene.term(number)["verdict"].clone();
    (verdict["blame"].clone(), verdict["cites"].clone())
}

#[test]
fn what_failed_on_the_way_to_the_executor_is_the_gateways_and_cites_the_message_also_when_it_arrives_too_late() {
    let (folder, executor) = (tempfile::tempdir().unwrap(), free());
    let scene = scene(executor);
    sent(&scene, "R");
    scene.host.until(|_| lane(&scene)["attempts"].as_u64() > Some(1));
    assert_eq!(scene.term("R")["verdict"], Value::Null, "there is time yet");
    scene.go_to("2026-01-25T12:00:00+05:00");
    let cites = json!([{ "fact": "delivery", "id": message(&scene) }]);
    scene.host.until(|_| blame(&scene, "R").0 == "gateway");
    assert_eq!(blame(&scene, "R").1, cites);
    let counted = || scene.total("2026-01", "")["breaches"].clone();
    assert_eq!(counted(), 1);
    let peer = Peer::at(folder.path(), executor);
    scene.host.until(|_| lane(&scene)["depth"] == 0 && !peer.effects().is_empty());
    assert_eq!(blame(&scene, "R"), (json!("gateway"), cites), "what came too late changes nothing");
    assert_eq!(scene.run(&["report", "audit"]).0, Some(0), "counters and facts agree");
    let shown = scene.run(&["request", "show", "probe/R", "--lang", "en"]).1;
    assert!(shown.contains(message(&scene).as_str().unwrap()), "{shown}");
}

#[test]
fn what_was_held_back_was_not_delivered_and_what_arrived_in_time_is_the_provider_s() {
    let (folder, executor) = (tempfile::tempdir().unwrap(), free());
    let (scene, peer) = (scene(executor), Peer::at(folder.path(), executor));
    sent(&scene, "IN-TIME");
    scene.host.until(|_| peer.effects().len() == 2);
    assert_eq!(scene.run(&["queue", "pause", "--destination", "executor", "--why", "a test"]).0, Some(0));
    sent(&scene, "HELD");
    scene.host.until(|_| lane(&scene)["depth"].as_u64() > Some(0));
    scene.go_to("2026-01-25T12:00:00+05:00");
    scene.host.until(|_| blame(&scene, "HELD").0 == "not-delivered");
    assert_eq!(blame(&scene, "IN-TIME").0, "provider");
    let cited = blame(&scene, "HELD").1[0].clone();
    assert_eq!(cited["fact"], "delivery");
    let attempts = scene.host.get(&format!("/v1/messages/{}/attempts", cited["id"].as_str().unwrap()));
    assert_eq!(attempts, json!([]), "the message that is cited was never sent");
    assert_eq!(scene.run(&["report", "audit"]).0, Some(0));
}

#[test]
fn an_exchange_that_outlasts_the_time_of_its_stage_is_an_alarm_and_shown_with_the_request() {
    let (folder, executor) = (tempfile::tempdir().unwrap(), free());
    let scene = scene(executor);
    let budget = "budgets = [{ stage = 'sent-for-execution', within = { amount = 3, unit = 'hours' } }]\n";
    let passport =
        PASSPORT.replace("version = 1", "version = 2").replace("[[passport]]\n", &format!("[[passport]]\n{budget}"));
    assert_eq!(scene.put_service(&passport), Some(0));
    sent(&scene, "R");
    scene.host.until(|_| lane(&scene)["attempts"].as_u64() > Some(1));
    let late = || {
        let conditions = scene.host.get("/v1/status")["conditions"].as_array().unwrap().clone();
        let ours = |told: &Value| told["detail"].as_str().unwrap().contains(" for executor ");
        conditions.into_iter().find(|condition| condition["condition"] == "exchange-late" && ours(condition))
    };
    // Sent for execution at ten.
    scene.go_to("2026-01-12T12:30:00+05:00");
    assert_eq!(late(), None, "there is time yet");
    scene.go_to("2026-01-12T14:00:00+05:00");
    scene.host.until(|_| late().is_some());
    let told = late().unwrap();
    assert_eq!((&told["provider"], &told["since"]), (&json!("probe"), &json!("2026-01-12T08:00:00Z")));
    assert!(told["detail"].as_str().unwrap().starts_with("1 events for executor"), "{told}");
    let exchange = |scene: &Scene| scene.term("R")["budgets"][0]["exchanges"].clone();
    let to_executor =
        exchange(&scene).as_array().unwrap().iter().find(|e| e["destination"] == "executor").unwrap().clone();
    assert_eq!((&to_executor["in_time"], &to_executor["message"]), (&json!(false), &message(&scene)));
    let _peer = Peer::at(folder.path(), executor);
    scene.host.until(|_| lane(&scene)["depth"] == 0 && late().is_none());
    let delivered =
        exchange(&scene).as_array().unwrap().iter().find(|e| e["destination"] == "executor").unwrap().clone();
    assert!(delivered["delivered"]["local"].as_str().unwrap().starts_with("2026-01-12T14:"), "{delivered}");
    assert_eq!(delivered["in_time"], false);
}
