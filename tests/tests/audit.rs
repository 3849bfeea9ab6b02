//! The audit: every act on the host and through it, with who, when and why; and the life of keys.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use qadam_tests::program::{Program, Setup};
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_qadam-under-test");

fn acts(host: &Program, what: &str) -> Vec<Value> {
    let all = host.all(&host.operator(), "/v1/audit");
    assert!(all.iter().all(|act| ["who", "at", "what", "subject"].iter().all(|name| act[name] != "")), "{all:?}");
    all.into_iter().filter(|act| act["what"] == what).collect()
}

fn ok(host: &Program, args: &[&str]) -> String {
    let data = host.data();
    let out = host.run(&[args, &["--data", data.to_str().unwrap()]].concat());
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}

#[test]
fn each_start_and_stop_is_audited_with_the_digest_of_the_configuration() {
    let mut host = Program::start(BINARY, Setup::default());
    host.stop();
    host.set_config("zone = 'Asia/Qyzylorda'".to_owned());
    host.restart();
    let starts = acts(&host, "start");
    assert_eq!((starts.len(), acts(&host, "stop").len()), (2, 1));
    let subject = |start: &Value| start["subject"].as_str().unwrap().to_owned();
    assert!(subject(&starts[0]).starts_with("configuration sha256:"), "{starts:?}");
    assert_ne!(subject(&starts[0]), subject(&starts[1]), "another configuration has another digest");
    let file = std::fs::read(host.folder().join("qadam.toml")).unwrap();
    let digest = data_encoding::HEXLOWER.encode(&qadam_store::sha256(&file));
    assert!(subject(&starts[1]).ends_with(&digest));
    assert_eq!(host.get("/v1/acts")["items"], json!([]), "nobody did anything to records or requests");
}

#[test]
fn what_is_done_to_keys_is_audited_once_with_who_and_why_also_over_restarts() {
    let mut host = Program::start(BINARY, Setup::default());
    let old = ok(&host, &["key", "new", "--role", "auditor", "--why", "the yearly review"]);
    host.until(|host| host.call(&old, "GET", "/v1/audit", &[], b"").status == 200);
    let new = ok(&host, &["key", "rotate", "auditor-1", "--why", "it was lent out"]);
    host.until(|host| host.call(&new, "GET", "/v1/audit", &[], b"").status == 200);
    assert_eq!(host.call(&old, "GET", "/v1/audit", &[], b"").status, 200, "both are valid while rotating");
    ok(&host, &["key", "revoke", "auditor-1"]);
    host.until(|host| host.call(&old, "GET", "/v1/audit", &[], b"").status == 401);
    assert_eq!(host.call(&new, "GET", "/v1/audit", &[], b"").status, 200);
    // While the host is stopped too.
    host.stop();
    ok(&host, &["key", "revoke", "auditor-2", "--why", "the review is over"]);
    host.restart();
    let of = |what: &str| -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        acts(&host, what).iter().map(|act| (text(&act["subject"]), text(&act["why"]))).collect()
    };
    let pair = |subject: &str, why: &str| (subject.to_owned(), why.to_owned());
    assert_eq!(
        of("make-key"),
        [
            pair("key operator-1", "there was none"),
            pair("key auditor-1", "the yearly review"),
            pair("key auditor-2", "it was lent out")
        ]
    );
    assert_eq!(of("limit-key"), [pair("key auditor-1", "it was lent out")]);
    assert_eq!(of("revoke-key"), [pair("key auditor-1", ""), pair("key auditor-2", "the review is over")]);
    let listed = host.json(&["audit", "--what", "revoke-key", "--json", "--data", host.data().to_str().unwrap()]);
    assert!(listed[1]["who"].as_str().unwrap().starts_with("uid "), "{listed}");
}

#[test]
fn the_operators_key_of_the_data_folder_is_rotated_in_its_place_and_a_key_may_expire() {
    let host = Program::start(BINARY, Setup::default());
    let old = host.operator();
    let new = ok(&host, &["key", "rotate", "operator-1", "--overlap", "PT1S"]);
    assert_eq!(host.operator(), new, "commands on this machine go on");
    host.until(|host| host.call(&new, "GET", "/v1/audit", &[], b"").status == 200);
    host.until(|host| host.call(&old, "GET", "/v1/audit", &[], b"").status == 401);
    let brief = ok(&host, &["key", "new", "--role", "monitor", "--expires-after", "PT3S"]);
    host.until(|host| host.call(&brief, "GET", "/v1/events", &[], b"").status == 200);
    host.until(|host| host.call(&brief, "GET", "/v1/events", &[], b"").status == 401);
    let listed: Value = serde_json::from_str(&ok(&host, &["key", "list", "--json"])).unwrap();
    let states: Vec<_> = listed.as_array().unwrap().iter().map(|key| key["state"].clone()).collect();
    assert_eq!(states, ["expired", "valid", "expired"]);
}

#[test]
fn what_requests_are_judged_by_and_what_is_done_to_the_queue_stands_in_the_audit_too() {
    let host = Program::start(BINARY, Setup::default());
    let from = "2026-01-14T10:00:00+05:00";
    ok(
        &host,
        &["outage", "declare", "--system", "IISCON", "--maintainer", "NIT", "--from", from, "--why", "announced"],
    );
    ok(&host, &["queue", "pause", "--destination", "monitoring", "--why", "maintenance"]);
    let (paused, opened, declared) =
        (acts(&host, "pause-delivery"), acts(&host, "open-destination"), acts(&host, "declare-outage"));
    assert_eq!(
        (paused.len(), opened.len(), declared.len()),
        (1, 1, 1),
        "{:?}",
        host.all(&host.operator(), "/v1/audit")
    );
    assert_eq!((&declared[0]["who"], &declared[0]["why"]), (&json!("operator-1"), &json!("announced")));
    assert_eq!((&opened[0]["who"], &opened[0]["subject"]), (&json!("host"), &json!("monitoring")));
}
