//! Messages: every recorded event is sealed once, in order, and stamped when an authority can be reached.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

use std::collections::BTreeMap;

use data_encoding::{BASE64, HEXLOWER};
use qadam_tests::{
    authority::Authority,
    program::{Program, Setup},
    records::accepted,
};
use serde_json::{Value, json};

const QADAM: &str = env!("CARGO_BIN_EXE_qadam-under-test");
/// Messages small and quick, so that few events make many.
const SMALL: &str = "[seal]\nevents = 4\nage = 'PT0.1S'\n";

fn host(config: &str) -> Program {
    Program::start(QADAM, Setup { config: config.into(), permits: true, ..Setup::default() })
}

/// All messages, from the first on.
fn messages(host: &Program) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page = host.get(&format!("/v1/messages?limit=100{after}"));
        let items = page["items"].as_array().unwrap().clone();
        if items.is_empty() {
            return all;
        }
        all.extend(items);
        after = format!("&after={}", page["next"].as_str().unwrap());
    }
}

fn events(host: &Program) -> Vec<String> {
    let ids = host.all(&host.operator(), "/v1/events");
    ids.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
}

fn sealed(messages: &[Value]) -> Vec<String> {
    let ids = messages.iter().flat_map(|message| message["events"].as_array().unwrap());
    ids.map(|id| id.as_str().unwrap().to_owned()).collect()
}

fn manifest(message: &Value) -> (Vec<u8>, Value) {
    let bytes = BASE64.decode(message["manifest"].as_str().unwrap().as_bytes()).unwrap();
    let read = serde_json::from_slice(&bytes).unwrap();
    (bytes, read)
}

fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref())
}

/// Every event is in one message, in the order of the journal, and each manifest names the one before it.
fn whole(host: &Program) {
    host.until(|host| sealed(&messages(host)).len() >= events(host).len());
    let messages = messages(host);
    assert_eq!(sealed(&messages), events(host));
    let mut lanes: BTreeMap<String, (u64, Value)> = BTreeMap::new();
    for message in &messages {
        let (bytes, manifest) = manifest(message);
        let lane = lanes.entry(message["provider"].to_string()).or_insert((0, Value::Null));
        assert_eq!((&manifest["number"], &manifest["previous"]), (&json!(lane.0 + 1), &lane.1));
        assert_eq!(manifest["events"].as_array().unwrap().len(), message["events"].as_array().unwrap().len());
        *lane = (lane.0 + 1, json!(sha256(&bytes)));
    }
}

#[test]
fn every_event_is_sealed_once_and_in_order_over_kills_and_restarts() {
    let mut host = host(SMALL);
    let mut number = 0;
    for round in 0..4 {
        let lines: Vec<String> = (0..9)
            .map(|_| {
                number += 1;
                accepted(number)
            })
            .collect();
        let _ = host.submit(&lines, &[]);
        // At whatever moment of the sealing this is.
        if round % 2 == 0 {
            host.kill()
        } else {
            host.stop()
        }
        host.restart();
    }
    assert_eq!(events(&host).len(), 36);
    whole(&host);
}

#[test]
fn a_re_mapping_that_gives_the_same_events_seals_nothing_again() {
    let host = host(SMALL);
    let _ = host.submit(&[accepted(1), accepted(2)], &[]);
    whole(&host);
    let before = messages(&host).len();
    let data = host.data();
    let remap = ["adapter", "remap", "--data", data.to_str().unwrap(), "--provider", "permits", "--json"];
    let plan = host.json(&remap)["plan"].as_str().unwrap().to_owned();
    let _ = host.json(&[&remap[..], &["--apply", &plan, "--why", "a test"]].concat());
    let _ = host.submit(&[accepted(3)], &[]);
    whole(&host);
    assert_eq!(messages(&host).len(), before + 1, "only the new event is in a new message");
}

#[test]
fn what_the_host_seals_with_its_own_key_says_that_no_provider_certified_it() {
    let host = host(SMALL);
    let _ = host.submit(&[accepted(1)], &[]);
    whole(&host);
    let message = messages(&host).remove(0);
    assert_eq!((&message["certified"], &message["development"]), (&json!(false), &json!(true)));
    assert_eq!(message["certification"], "not certified by the provider");
    assert_eq!(host.get("/v1/events")["items"][0]["certification"], "not certified by the provider");
}

#[test]
fn messages_are_stamped_by_the_hosts_own_authority_where_no_other_is_configured() {
    let host = host(SMALL);
    let _ = host.submit(&[accepted(1)], &[]);
    host.until(|host| messages(host).first().is_some_and(|message| message.get("stamp").is_some()));
    let authority = messages(&host)[0]["stamp"]["authority"].as_str().unwrap().to_owned();
    assert!(authority.starts_with("127.0.0.1"), "{authority}");
}

/// Invariant 6.
#[test]
fn authorities_down_for_72_hours_stop_neither_intake_nor_signing_nor_permitted_delivery_and_all_is_stamped_after() {
    let mut authority = Authority::new();
    let config = format!(
        "{SMALL}[timestamp]\nauthorities = ['{}', '{}']\nroots = '{}'\n[destinations.monitoring]\n\
         [destinations.strict]\nunstamped = false\n",
        authority.url("first"),
        authority.url("second"),
        authority.roots().display(),
    );
    let folder = tempfile::tempdir().unwrap();
    let clock = folder.path().join("ahead");
    std::fs::write(&clock, "0").unwrap();
    let env = vec![("QADAM_TEST_CLOCK_AHEAD".into(), clock.clone().into_os_string())];
    let host = Program::start(QADAM, Setup { config, permits: true, env, ..Setup::default() });
    let _ = host.submit(&[accepted(1)], &[]);
    host.until(|host| messages(host).iter().filter(|message| message.get("stamp").is_some()).count() == 2);

    authority.stop();
    for hours in [24, 48, 72] {
        let _ = host.submit(&[accepted(hours), accepted(hours + 1)], &[]);
        // Sealed before the clock goes on.
        whole_of(&host, "strict");
        std::fs::write(&clock, (hours * 3600).to_string()).unwrap();
    }
    whole_of(&host, "monitoring");
    assert_eq!(host.call(&host.operator(), "GET", "/readyz", &[], b"").status, 200);
    let alarm = |host: &Program| {
        let conditions = host.get("/v1/status")["conditions"].as_array().unwrap().clone();
        conditions.into_iter().find(|condition| condition["condition"] == "unstamped")
    };
    host.until(|host| alarm(host).is_some());
    assert!(alarm(&host).unwrap()["detail"].as_str().unwrap().contains("the oldest for 2592"), "{:?}", alarm(&host));
    let delivered = |destination: &str| host.get(&format!("/v1/messages?destination={destination}&limit=1000"));
    assert_eq!(
        sealed(delivered("monitoring")["items"].as_array().unwrap()).len(),
        7,
        "unstamped, as its policy permits"
    );
    assert_eq!(sealed(delivered("strict")["items"].as_array().unwrap()).len(), 1, "only what was stamped before");

    authority.ahead(72 * 3600);
    authority.restart();
    host.until(|host| messages(host).iter().all(|message| message.get("stamp").is_some()));
    assert_eq!(sealed(delivered("strict")["items"].as_array().unwrap()).len(), 7);
    let stamps: Vec<String> =
        messages(&host).iter().map(|message| message["stamp"]["at"].as_str().unwrap().to_owned()).collect();
    assert!(stamps.is_sorted(), "stamped in the order in which they were sealed: {stamps:?}");
    host.until(|host| alarm(host).is_none());
}

#[test]
fn a_key_whose_certificate_has_expired_seals_nothing_and_says_so_and_no_event_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let clock = folder.path().join("ahead");
    std::fs::write(&clock, (11 * 365 * 86400).to_string()).unwrap();
    let env = vec![("QADAM_TEST_CLOCK_AHEAD".into(), clock.clone().into_os_string())];
    let mut host = host(SMALL);
    host.stop();
    host.set_env(env);
    host.restart();
    let _ = host.submit(&[accepted(1)], &[]);
    let stopped = |host: &Program| {
        let conditions = host.get("/v1/status")["conditions"].as_array().unwrap().clone();
        conditions.into_iter().find(|condition| condition["condition"] == "sealing-stopped")
    };
    host.until(|host| stopped(host).is_some());
    assert!(stopped(&host).unwrap()["detail"].as_str().unwrap().contains("until the key is renewed"));
    assert!(messages(&host).is_empty());
    std::fs::write(&clock, "0").unwrap();
    whole(&host);
    host.until(|host| stopped(host).is_none());
}

/// Every event is in one message of a destination.
fn whole_of(host: &Program, destination: &str) {
    let of = |host: &Program| -> Vec<Value> {
        messages(host).into_iter().filter(|message| message["destination"] == destination).collect()
    };
    host.until(|host| sealed(&of(host)).len() >= events(host).len());
    assert_eq!(sealed(&of(host)), events(host));
}
