//! What was once written can be read: a committed journal of each format that ever landed, and a committed component of
//! each released version of the contract.
//!
//! `QADAM_WRITE_FIXTURES=1` writes them anew. That is only right for a format that has not landed yet.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::path::{Path, PathBuf};

use qadam_tests::{
    components,
    packages::{Maker, trust},
    program::{Program, Setup},
    reader::Reader,
    records::{accepted, activity, closing},
    terms::{Scene, stage, taken},
};
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_qadam-under-test");

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn writing() -> bool {
    std::env::var_os("QADAM_WRITE_FIXTURES").is_some()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// Keeps a host's journal, and what it answers by it.
fn keep(host: &mut Program, folder: &Path, answers: &Value) {
    std::fs::create_dir_all(folder).unwrap();
    host.stop();
    copy(&host.data().join("journal"), &folder.join("journal"));
    std::fs::write(folder.join("answers.json"), serde_json::to_string_pretty(answers).unwrap() + "\n").unwrap();
}

/// A host on a kept journal and nothing else, and what was answered by it then.
fn opened(folder: &Path, setup: Setup) -> (Program, Value) {
    let mut host = Program::start(BINARY, setup);
    host.stop();
    std::fs::remove_dir_all(host.data().join("journal")).unwrap();
    std::fs::remove_dir_all(host.data().join("index")).unwrap();
    copy(&folder.join("journal"), &host.data().join("journal"));
    host.restart();
    let wanted = std::fs::read(folder.join("answers.json")).unwrap();
    (host, serde_json::from_slice(&wanted).unwrap())
}

/// What a reader of the API sees of a store, without the moments at which it was written.
fn answers(host: &Program) -> Value {
    let operator = host.operator();
    json!({
        "events": host.all(&operator, "/v1/events"),
        "requests": host.all(&operator, "/v1/requests"),
        "records": host.all(&operator, "/v1/providers/permits/records"),
        "duplicates": host.all(&operator, "/v1/providers/permits/records?outcome=duplicate").len(),
        "summary": host.get("/v1/summary"),
    })
}

#[test]
fn a_journal_of_format_1_gives_the_answers_that_it_gave() {
    let folder = fixtures().join("journal-1");
    if writing() {
        let mut host = Program::start(BINARY, Setup { permits: true, ..Setup::default() });
        let lines = [
            accepted(1),
            activity("case-1", "t2", "T06 Determine necessity of stop advice", "2011-03-02T10:00:00+01:00"),
            closing("case-1", "2011-03-03T10:00:00+01:00"),
            activity("case-1", "t2", "T06 Determine necessity of stop advice", "2011-03-02T11:00:00+01:00"),
            accepted(2),
            "<trace/>".to_owned(),
        ];
        let _ = host.submit(&lines, &[]);
        let _ = host.submit(&lines[..1], &[]);
        host.until(|host| host.get("/v1/summary")[0]["records"]["duplicate"] == 1);
        let answers = answers(&host);
        keep(&mut host, &folder, &answers);
    }
    let (host, wanted) = opened(&folder, Setup::default());
    let found = answers(&host);
    for part in ["events", "requests", "records", "duplicates", "summary"] {
        includes(&found[part], &wanted[part], part);
    }
}

/// Everything that was answered is answered the same; fields may have been added since.
fn includes(found: &Value, wanted: &Value, at: &str) {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            for (key, value) in wanted {
                includes(&found[key], value, &format!("{at}.{key}"));
            }
        }
        (Value::Array(found), Value::Array(wanted)) => {
            assert_eq!(found.len(), wanted.len(), "{at}");
            for (place, (one, other)) in found.iter().zip(wanted).enumerate() {
                includes(one, other, &format!("{at}[{place}]"));
            }
        }
        _ => assert_eq!(found, wanted, "{at}"),
    }
}

#[test]
fn a_journal_of_format_1_with_messages_gives_them_back_and_seals_nothing_again() {
    let folder = fixtures().join("journal-1-messages");
    let messages = |host: &Program| host.get("/v1/messages?limit=1000")["items"].clone();
    if writing() {
        let config = "[seal]\nevents = 1\n".into();
        let mut host = Program::start(BINARY, Setup { permits: true, config, ..Setup::default() });
        let _ = host.submit(&[accepted(1), accepted(2)], &[]);
        host.until(|host| {
            let messages = messages(host);
            let messages = messages.as_array().unwrap();
            messages.len() == 2 && messages.iter().all(|message| message.get("stamp").is_some())
        });
        let answers = messages(&host);
        keep(&mut host, &folder, &answers);
    }
    let (host, wanted) = opened(&folder, Setup { permits: true, ..Setup::default() });
    includes(&messages(&host), &wanted, "messages");
    // The next message goes on where the last one ended.
    let _ = host.submit(&[accepted(3)], &[]);
    host.until(|host| messages(host).as_array().unwrap().len() == 3);
    assert_eq!(messages(&host)[2]["number"], 3);
}

#[test]
fn a_journal_of_format_1_whose_bodies_were_erased_says_so_and_keeps_its_facts() {
    let folder = fixtures().join("journal-1-erased");
    let erased = |host: &Program| {
        let records = host.all(&host.operator(), "/v1/providers/permits/records");
        records.iter().filter(|record| record["erased"]["cause"] == "records-days").count()
    };
    let all = |host: &Program| {
        let mut answers = answers(host);
        answers["messages"] = host.get("/v1/messages?limit=1000")["items"].clone();
        answers
    };
    if writing() {
        let days = "messages-days = 0\nrecords-days = 0\nevents-days = 0\n";
        let config = format!("[seal]\nevents = 1\n[retention]\n{days}");
        let mut host = Program::start(BINARY, Setup { permits: true, config, ..Setup::default() });
        let _ = host.submit(&[accepted(1), closing("case-1", "2011-03-03T10:00:00+01:00"), accepted(2)], &[]);
        host.until(|host| {
            let messages = host.get("/v1/messages?limit=1000")["items"].clone();
            messages
                .as_array()
                .is_some_and(|messages| messages.len() == 3 && messages.iter().all(|m| !m["stamp"].is_null()))
        });
        let reader = Reader::of(&host, "monitoring");
        reader.take(&host, 3);
        // What is due is looked for at the start.
        host.stop();
        host.restart();
        host.until(|host| erased(host) == 3);
        host.stop();
        host.restart();
        let answers = all(&host);
        keep(&mut host, &folder, &answers);
    }
    let (mut host, wanted) = opened(&folder, Setup::default());
    let found = all(&host);
    for part in ["events", "requests", "records", "summary", "messages"] {
        includes(&found[part], &wanted[part], part);
    }
    assert_eq!(erased(&host), 3);
    qadam_tests::aftermath::stop_and_check(&mut host);
}

#[test]
fn a_journal_of_format_1_with_passports_contests_reports_and_steps_of_packages_gives_them_back() {
    let folder = fixtures().join("journal-1-terms");
    let request = |host: &Program| host.get("/v1/requests?limit=1")["items"][0]["id"].as_str().unwrap().to_owned();
    let all = |host: &Program| {
        let report = host.get("/v1/reports/monthly?month=2026-01&as_of=2026-02-10");
        json!({
            "calendar": host.get("/v1/calendar?year=2026")["edits"],
            "services": host.get("/v1/services"),
            "contests": host.get(&format!("/v1/requests/{}", request(host)))["term"]["contests"],
            "report": { "total": report["total"], "services": report["services"] },
            "kept": host.get("/v1/reports")["items"][0]["digest"],
            "steps": host.get("/v1/adapters/probe/history"),
        })
    };
    if writing() {
        let mut scene = Scene::start(BINARY, "2026-01-25T12:00:00+05:00", "");
        scene.send(&[&taken("R"), &stage("R", 3, "2026-01-13T10:00"), &stage("R", 4, "2026-01-19T10:00")]);
        let edit = "[[edit]]\nadd = { date = '2026-03-04', kind = 'holiday', weeks = 'both', name = 'A day off by an act', \
                    act = 'an act', status = 'confirmed', published = '2026-01-20' }\n";
        assert_eq!(scene.file("calendar", edit), Some(0));
        let id = request(&scene.host);
        assert_eq!(scene.run(&["request", "contest", &id, "--reason", "a test", "--claims", "gateway"]).0, Some(0));
        let maker = Maker::new();
        trust(&scene.host, &maker.trusted("maker", "'probe'", ""));
        let package = scene.host.folder().join("package.qadam");
        let golden = ["request=G1;key=a;stage=1;at=2024-05-01T10:00:00+05:00"];
        std::fs::write(&package, maker.packed(&std::fs::read(components::probe()).unwrap(), &golden, |_| {})).unwrap();
        let load = ["adapter", "load", "--provider", "probe", package.to_str().unwrap()];
        let (code, said) = scene.run(&load);
        assert_eq!(code, Some(0), "{said}");
        scene.go_to("2026-02-13T12:00:00+05:00");
        scene.host.until(|host| host.get("/v1/reports")["items"][0]["messages"][0].is_object());
        let answers = all(&scene.host);
        keep(&mut scene.host, &folder, &answers);
    }
    let (mut host, wanted) = opened(&folder, Setup { config: "[providers.probe]\n".into(), ..Setup::default() });
    includes(&all(&host), &wanted, "terms");
    qadam_tests::aftermath::stop_and_check(&mut host);
}

/// SHA-256 of the committed component of contract 0.1.0.
const COMPONENT: &str = "a318a81a49a85dae729c30c31fd94929b421495795e739c31c74f35e2ef4bcbc";

#[test]
fn a_component_of_contract_0_1_0_keeps_working() {
    let path = fixtures().join("permits-xes-0.1.0.wasm");
    if writing() {
        std::fs::copy(components::permits(), &path).unwrap();
    }
    let host = Program::start(BINARY, Setup { config: "[providers.permits]\n".into(), ..Setup::default() });
    std::fs::copy(path, host.adapters().join("permits.wasm")).unwrap();
    let outcome = host.submit(&[accepted(1), closing("case-1", "2011-03-03T10:00:00+01:00")], &[]);
    assert_eq!((&outcome["pending"], outcome["refused"].as_array().unwrap().len()), (&json!(0), 0));
    assert_eq!(host.get("/v1/summary")[0]["requests"]["closed"], 1);
    let run = &host.get("/v1/adapters")[0]["adapter"];
    assert_eq!((&run["contract"], &run["component"]), (&"qadam:adapter@0.1.0".into(), &COMPONENT.into()));
    // It is the one that was kept then, not one that was built today.
    let event = &host.all(&host.operator(), "/v1/events")[0];
    let record = host.get(&format!("/v1/records/{}", event["record"].as_str().unwrap()));
    assert_eq!(record["adapter"]["component"], COMPONENT);
}
