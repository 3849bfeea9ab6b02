//! Evidence through the real program: what an auditor gets of one event, and what anyone finds who checks it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

use std::path::PathBuf;

use qadam_evidence::{
    Verdict,
    archive::{Contents, Relation, read},
    document::Document,
};
use qadam_tests::{
    openssl::Profile,
    probe::await_service,
    program::{Program, Setup},
    records::accepted,
    signing::SigningHost,
};
use serde_json::{Value, json};

const QADAM: &str = env!("CARGO_BIN_EXE_qadam-under-test");

fn config(service: &str) -> String {
    format!("[seal]\nage = 'PT0.1S'\n[providers.permits.settings]\nservice-name = '{service}'\n")
}

fn host() -> Program {
    Program::start(QADAM, Setup { config: config("Old name"), permits: true, ..Setup::default() })
}

/// All is sealed, and stamped.
fn stamped(host: &Program, messages: usize) {
    host.until(|host| {
        let page = host.get("/v1/messages?limit=1000");
        let items = page["items"].as_array().unwrap();
        items.len() >= messages && items.iter().all(|message| message.get("stamp").is_some())
    });
}

fn events(host: &Program) -> Vec<Value> {
    host.all(&host.operator(), "/v1/events")
}

/// Exports an event by the command, and verifies it by the command: what it says, and the archive.
fn exported(host: &Program, event: &Value) -> (Contents, Value) {
    exported_trusting(host, event, "")
}

/// The same, where other authorities are trusted too.
fn exported_trusting(host: &Program, event: &Value, authorities: &str) -> (Contents, Value) {
    let file: PathBuf = host.folder().join(format!("{}.zip", event["id"].as_str().unwrap()));
    let (data, file) = (host.data(), file.to_str().unwrap().to_owned());
    let id = event["id"].as_str().unwrap();
    let out =
        host.run(&["evidence", "export", id, "-o", &file, "--purpose", "a test", "--data", data.to_str().unwrap()]);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let ca = host.folder().join("trusted.pem");
    std::fs::write(&ca, std::fs::read_to_string(data.join("pki/ca.pem")).unwrap() + authorities).unwrap();
    let verified = host.run(&["evidence", "verify", &file, "--trust", ca.to_str().unwrap(), "--json"]);
    assert_eq!(verified.status.code(), Some(0), "{}", String::from_utf8_lossy(&verified.stdout));
    let told = serde_json::from_slice(&verified.stdout).unwrap();
    (read(&std::fs::read(&file).unwrap()).unwrap(), told)
}

#[test]
fn an_exported_event_verifies_and_that_it_was_asked_for_is_recorded_with_its_purpose() {
    let host = host();
    let _ = host.submit(&[accepted(1), accepted(2)], &[]);
    stamped(&host, 1);
    let event = events(&host).remove(0);
    let (contents, _) = exported(&host, &event);
    let document = Document::parse(&contents.sealed.event).unwrap();
    assert_eq!((json!(document.id), json!(document.number)), (event["id"].clone(), event["number"].clone()));
    assert_eq!(contents.record.unwrap().bytes.unwrap(), accepted(1).into_bytes(), "the record as it came");
    assert!(contents.development);
    let acts = host.get("/v1/acts");
    let act = acts["items"].as_array().unwrap().iter().find(|act| act["what"] == "export-evidence").unwrap().clone();
    assert_eq!((&act["subject"], &act["why"]), (&event["id"], &json!("a test")));
    assert_eq!(act["about"].as_array().unwrap().len(), 1, "it stands under its request too");
}

#[test]
fn evidence_verifies_after_a_re_mapping_on_both_sides_of_it() {
    let mut host = host();
    let _ = host.submit(&[accepted(1)], &[]);
    stamped(&host, 1);
    let before = events(&host).remove(0);
    host.stop();
    host.set_config(config("New name"));
    host.restart();
    await_service(&host, "permits", "serving");
    let data = host.data();
    let remap = ["adapter", "remap", "--data", data.to_str().unwrap(), "--provider", "permits", "--json"];
    let plan = host.json(&remap)["plan"].as_str().unwrap().to_owned();
    let _ = host.json(&[&remap[..], &["--apply", &plan, "--why", "the name was wrong"]].concat());
    host.until(|host| events(host).len() == 2);
    stamped(&host, 2);
    let after = events(&host).remove(1);
    assert_eq!(after["corrects"], before["id"]);
    for (event, relation, other, name) in
        [(&before, Relation::Later, &after, "New name"), (&after, Relation::Earlier, &before, "Old name")]
    {
        let (contents, _) = exported(&host, event);
        assert_eq!(contents.mappings.iter().map(|mapping| mapping.relation).collect::<Vec<_>>(), [relation]);
        let mapped = Document::parse(&contents.mappings[0].sealed.event).unwrap();
        assert_eq!(json!(mapped.id), other["id"]);
        assert!(String::from_utf8_lossy(&contents.mappings[0].sealed.event).contains(name));
    }
}

#[test]
fn the_evidence_of_a_signed_record_holds_its_signature_its_verdicts_and_what_told_them() {
    let host = SigningHost::start(QADAM, "signatures = { required = true }");
    let head = host.pki.issue(&Profile::head());
    let record = accepted(1);
    let signature = head.sign(record.as_bytes(), &["-cades"]);
    let taken = host.send(&record, &signature);
    assert_eq!(taken["outcome"], "mapped", "{taken}");
    stamped(&host.host, 1);
    let authorities = format!("{}{}", host.pki.root.pem(), host.pki.authority.pem());
    let (contents, _) = exported_trusting(&host.host, &events(&host.host)[0], &authorities);
    assert!(Document::parse(&contents.sealed.event).unwrap().certified, "sealed as certified");
    let kept = contents.record.unwrap();
    assert_eq!((kept.signature.as_deref(), kept.checks.verdict()), (Some(&signature[..]), Verdict::Valid));
    let lists = contents.revocation.iter().filter(|list| list.name.starts_with("list-")).count();
    assert_eq!(lists, 2, "the lists of root and authority that told, once each: {:?}", contents.revocation.len());
    assert_eq!(contents.revocation.len(), 3, "and that of the development authority");
}

#[test]
fn the_evidence_of_a_record_that_came_wrapped_verifies_its_signature_too() {
    let host = SigningHost::start(QADAM, "signatures = { required = true }");
    let head = host.pki.issue(&Profile::head());
    let taken = host.send_wrapped(&head.sign(accepted(1).as_bytes(), &["-cades", "-nodetach"]));
    assert_eq!(taken["outcome"], "mapped", "{taken}");
    stamped(&host.host, 1);
    let authorities = format!("{}{}", host.pki.root.pem(), host.pki.authority.pem());
    let (_, told) = exported_trusting(&host.host, &events(&host.host)[0], &authorities);
    let of_record = |check: &&Value| check["what"] == "record/native" && check["step"] == "signature";
    let check = told["checks"].as_array().unwrap().iter().find(of_record).unwrap();
    assert_eq!(check["verdict"], "valid", "{told}");
}

#[test]
fn what_cannot_be_exported_says_why() {
    let host =
        Program::start(QADAM, Setup { config: "[seal]\nage = 'PT24H'\n".into(), permits: true, ..Setup::default() });
    let _ = host.submit(&[accepted(1)], &[]);
    let event = events(&host).remove(0)["id"].as_str().unwrap().to_owned();
    let ask = |id: &str, body: &str| {
        let path = format!("/v1/events/{id}/evidence");
        let answer = host.call(&host.operator(), "POST", &path, &[], body.as_bytes());
        (answer.status, answer.json()["type"].as_str().unwrap().trim_start_matches("urn:qadam:problem:").to_owned())
    };
    let purpose = r#"{"purpose": "a test"}"#;
    assert_eq!(ask(&event, purpose), (409, "not-sealed".into()));
    assert_eq!(ask(&event, "{}"), (400, "purpose".into()));
    assert_eq!(ask("evt_00", purpose), (404, "not-found".into()));
    assert!(!host.get("/v1/acts").to_string().contains("export-evidence"), "nothing was shown");
}
