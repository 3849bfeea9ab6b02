//! Personal data whole, for a purpose, and the record of who asked.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::path::PathBuf;

use qadam_powercut::{Shim, library, own_target_dir};
use qadam_tests::{
    http::Answer,
    program::{Program, Setup},
    records::{accepted, closing},
};
use serde_json::{Value, json};

const QADAM: &str = env!("CARGO_BIN_EXE_qadam-under-test");
const NUMBER: &str = "850101199993";

fn host() -> Program {
    let host = Program::start(QADAM, Setup { permits: true, ..Setup::default() });
    let _ = host.submit(&[accepted(1), accepted(2)], &[]);
    host
}

fn ids(host: &Program) -> Vec<String> {
    host.all(&host.operator(), "/v1/requests").iter().map(|view| view["id"].as_str().unwrap().to_owned()).collect()
}

fn records(host: &Program) -> Vec<String> {
    let list = host.all(&host.operator(), "/v1/providers/permits/records");
    list.iter().map(|view| view["id"].as_str().unwrap().to_owned()).collect()
}

fn reveal(host: &Program, key: &str, path: &str, purpose: &str) -> Answer {
    host.call(key, "POST", path, &[], json!({ "purpose": purpose }).to_string().as_bytes())
}

/// Acts of showing; others, as the loading of an adapter, aside.
fn acts(host: &Program, path: &str) -> Vec<Value> {
    let all = host.all(&host.operator(), path);
    all.into_iter().filter(|act| act["what"].as_str().unwrap().starts_with("reveal-")).collect()
}

#[test]
fn a_request_is_shown_whole_for_a_purpose_and_the_act_says_who_what_why_and_when() {
    let host = host();
    let auditor = host.key("auditor", None);
    host.until(|host| host.call(&auditor, "GET", "/v1/acts", &[], b"").status == 200);
    let id = &ids(&host)[0];
    let masked = host.get(&format!("/v1/requests/{id}"));
    assert_eq!(masked["fields"]["identification-number"], "8501*****993");
    let whole = reveal(&host, &auditor, &format!("/v1/requests/{id}/reveal"), "complaint 17 of the prosecutor");
    assert_eq!(whole.status, 200, "{whole:?}");
    let whole = whole.json();
    assert_eq!(
        (&whole["fields"]["identification-number"], &whole["fields"]["recipient"]),
        (&json!(NUMBER), &json!("Өтебаев Ғали"))
    );
    assert_eq!(whole["history"][0]["fields"]["identification-number"], NUMBER);
    let acts = acts(&host, "/v1/acts");
    assert_eq!(acts.len(), 1);
    assert_eq!(
        (&acts[0]["what"], &acts[0]["subject"], &acts[0]["who"], &acts[0]["why"]),
        (&json!("reveal-request"), &json!(id), &json!("auditor-1"), &json!("complaint 17 of the prosecutor"))
    );
    assert!(acts[0]["at"].as_str().unwrap() > "2026");
    // The clock aside, by which lateness is told.
    let still = |mut view: Value| {
        view["term"]["as_of"] = Value::Null;
        view["told"] = Value::Null;
        view
    };
    let again = host.get(&format!("/v1/requests/{id}"));
    assert!(!again.to_string().contains(NUMBER));
    assert_eq!(still(again), still(masked), "without a purpose it stays masked");
}

#[test]
fn who_asked_about_a_request_is_told_with_those_who_saw_its_records() {
    let host = host();
    let (requests, records, operator) = (ids(&host), records(&host), host.operator());
    for path in [
        format!("/v1/requests/{}/reveal", requests[0]),
        format!("/v1/records/{}/reveal", records[0]),
        format!("/v1/requests/{}/reveal", requests[1]),
    ] {
        assert_eq!(reveal(&host, &operator, &path, "a check").status, 200, "{path}");
    }
    let named = |path: String| acts(&host, &path).iter().map(|act| act["what"].clone()).collect::<Vec<_>>();
    assert_eq!(named(format!("/v1/requests/{}/acts", requests[0])), ["reveal-request", "reveal-record"]);
    assert_eq!(named(format!("/v1/requests/{}/acts", requests[1])), ["reveal-request"]);
    assert_eq!(named("/v1/acts".into()).len(), 3);
    let list = format!("/v1/requests/{}/acts?limit=1", requests[0]);
    let first = host.get(&list);
    assert_eq!(first["items"][0]["what"], "reveal-request");
    let rest = host.get(&format!("{list}&after={}", first["next"].as_str().unwrap()));
    assert_eq!((&rest["items"][0]["what"], rest.get("next")), (&json!("reveal-record"), None));
}

#[test]
fn a_native_record_is_shown_as_it_was_kept_text_or_not() {
    let host = host();
    let operator = host.operator();
    let id = &records(&host)[0];
    let shown = reveal(&host, &operator, &format!("/v1/records/{id}/reveal"), "what did the source send").json();
    assert_eq!((&shown["body"], &shown["gone"]), (&json!(accepted(1)), &json!(false)));
    assert_eq!(shown["record"]["id"], json!(id));
    let sent = host.call(&operator, "POST", "/v1/providers/permits/records", &[], b"\xff\xfe\x00");
    let id = sent.json()["records"][0]["id"].as_str().unwrap().to_owned();
    let shown = reveal(&host, &operator, &format!("/v1/records/{id}/reveal"), "what did the source send").json();
    assert_eq!((shown.get("body"), &shown["body_base64"]), (None, &json!("//4A")));
}

#[test]
fn a_secret_record_shows_that_its_body_was_never_kept() {
    let config = "[providers.permits]\nsecret = [{ name = 'stamp', pattern = 'key=\"case-1\"|case-1' }]\n";
    let host = Program::start(QADAM, Setup { config: config.into(), permits: true, ..Setup::default() });
    let _ = host.submit(&[accepted(1)], &[]);
    let id = &records(&host)[0];
    let shown = reveal(&host, &host.operator(), &format!("/v1/records/{id}/reveal"), "a check").json();
    assert_eq!((&shown["gone"], shown.get("body"), shown.get("body_base64")), (&json!(true), None, None));
}

#[test]
fn a_purpose_that_says_nothing_or_too_much_is_refused_and_nothing_is_shown_or_recorded() {
    let host = host();
    let (id, operator) = (&ids(&host)[0], host.operator());
    let path = format!("/v1/requests/{id}/reveal");
    let bodies = [
        json!({ "purpose": "" }),
        json!({ "purpose": " \n\t" }),
        json!({ "purpose": "..." }),
        json!({ "purpose": "x".repeat(501) }),
        json!({ "why": "a check" }),
        json!({ "purpose": "a check", "more": 1 }),
        json!({}),
    ];
    let texts = bodies.iter().map(ToString::to_string).chain([String::new(), "{".into(), NUMBER.into()]);
    for body in texts {
        let answer = host.call(&operator, "POST", &path, &[], body.as_bytes());
        let problem = answer.json();
        assert_eq!((answer.status, &problem["type"]), (400, &json!("urn:qadam:problem:purpose")), "{body}");
        assert!(problem["detail"].as_str().unwrap().ends_with("nothing was shown"), "{problem}");
        assert!(!problem.to_string().contains(NUMBER), "{problem}");
    }
    let long = reveal(&host, &operator, &path, &"я".repeat(501)).json();
    assert_eq!((&long["limit"], &long["actual"]), (&json!(500), &json!(501)));
    assert_eq!(reveal(&host, &operator, "/v1/requests/req_none/reveal", "a check").status, 404);
    assert_eq!(acts(&host, "/v1/acts"), Vec::<Value>::new());
    assert_eq!(reveal(&host, &operator, &path, &"я".repeat(500)).status, 200);
}

#[test]
fn an_act_that_cannot_be_synced_shows_nothing_and_one_that_was_answered_survives_a_kill() {
    let library: PathBuf = library(&own_target_dir().unwrap()).unwrap();
    let mut host = host();
    let id = ids(&host)[0].clone();
    let path = format!("/v1/requests/{id}/reveal");
    host.stop();
    let shadow = host.folder().join("shadow");
    let shim = Shim::watch(&library, &host.data(), &shadow).unwrap().only("journal");
    host.set_env(shim.env());
    host.restart();
    let operator = host.operator();
    assert_eq!(reveal(&host, &operator, &path, "before the fault").status, 200);
    shim.control().fail_syncs(true).unwrap();
    for _ in 0..3 {
        let refused = reveal(&host, &operator, &path, "during the fault");
        assert_eq!(refused.status, 503, "{refused:?}");
        assert!(!String::from_utf8_lossy(&refused.body).contains(NUMBER), "{refused:?}");
    }
    host.kill();
    host.set_env(Vec::new());
    host.restart();
    let acts = acts(&host, &format!("/v1/requests/{id}/acts"));
    assert_eq!(acts[0]["why"], "before the fault", "{acts:?}");
    assert_eq!(reveal(&host, &operator, &path, "after the fault").status, 200);
}

#[test]
fn the_record_of_acts_survives_the_loss_of_the_index_and_hides_numbers() {
    let mut host = host();
    let (id, operator) = (ids(&host)[0].clone(), host.operator());
    let purpose = format!("the recipient {NUMBER} complained");
    assert_eq!(reveal(&host, &operator, &format!("/v1/requests/{id}/reveal"), &purpose).status, 200);
    let before = acts(&host, "/v1/acts");
    assert_eq!(before[0]["why"], "the recipient 8501*****993 complained");
    host.stop();
    std::fs::remove_dir_all(host.data().join("index")).unwrap();
    host.restart();
    assert_eq!(acts(&host, "/v1/acts"), before);
    assert_eq!(acts(&host, &format!("/v1/requests/{id}/acts")), before);
    assert!(!host.log().contains(NUMBER));
}

#[test]
fn the_command_shows_a_request_whole_for_a_purpose_and_lists_the_acts() {
    let host = host();
    let data = host.data();
    let data = data.to_str().unwrap();
    let show = |more: &[&str]| {
        let out = host.run(&[&["request", "show", "permits/case-1", "--data", data], more].concat());
        (out.status.code(), String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
    };
    let (code, masked, _) = show(&[]);
    assert!(code == Some(0) && !masked.contains(NUMBER), "{masked}");
    let (code, whole, _) = show(&["--purpose", "a visitor asks"]);
    assert!(code == Some(0) && whole.contains(NUMBER) && whole.contains("Өтебаев Ғали"), "{whole}");
    let (code, nothing, said) = show(&["--purpose", " "]);
    assert!(code == Some(1) && nothing.is_empty() && said.contains("purpose says nothing"), "{said}");
    let listed = host.json(&["acts", "--data", data, "--about", "permits/case-1", "--json"]);
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["why"]), (1, &json!("a visitor asks")));
    let table = String::from_utf8(host.run(&["acts", "--data", data]).stdout).unwrap();
    assert!(table.contains("operator-1") && table.contains("a visitor asks"), "{table}");
}

#[test]
fn a_request_with_many_events_shows_each_whole() {
    let host = host();
    let _ = host.submit(&[closing("case-1", "2011-03-09T12:00:00+01:00")], &[]);
    let id = ids(&host)[0].clone();
    let whole = reveal(&host, &host.operator(), &format!("/v1/requests/{id}/reveal"), "a check").json();
    assert_eq!(whole["history"].as_array().unwrap().len(), 2);
    assert_eq!(whole["history"][1]["fields"]["recipient"], "Өтебаев Ғали");
}
