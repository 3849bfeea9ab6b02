//! What is wrong, since when, whom it affects, and what to do: by the command, the API and the receiver of alarms.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

use std::path::PathBuf;

use qadam_powercut::{Shim, library, own_target_dir};
use qadam_tests::{
    probe::{self, await_service, sent},
    program::{Program, Setup},
    receiver::Receiver,
    records::accepted,
};
use serde_json::{Value, json};

const QADAM: &str = env!("CARGO_BIN_EXE_qadam-under-test");

fn host(config: &str) -> Program {
    Program::start(QADAM, Setup { config: config.into(), permits: true, ..Setup::default() })
}

fn conditions(host: &Program) -> Vec<Value> {
    host.get("/v1/status")["conditions"].as_array().unwrap().clone()
}

fn names(host: &Program) -> Vec<String> {
    conditions(host).iter().map(|condition| condition["condition"].as_str().unwrap().to_owned()).collect()
}

/// What `qadam status` says and ends with.
fn status(host: &Program, more: &[&str]) -> (Option<i32>, String, String) {
    let data = host.data();
    let out = host.run(&[&["status", "--data", data.to_str().unwrap()], more].concat());
    (out.status.code(), String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
}

#[test]
fn where_all_is_well_that_is_one_line_in_each_language_and_the_command_ends_well() {
    let host = host("");
    host.until(|host| probe::adapter(host, "permits")["service"] == "serving");
    let _ = host.submit(&[accepted(1)], &[]);
    for (lang, line) in [("en", "all is well\n"), ("ru", "всё в порядке\n"), ("kk", "бәрі дұрыс\n")]
    {
        assert_eq!(status(&host, &["--lang", lang]), (Some(0), line.into(), String::new()));
    }
    let seen = host.json(&["status", "--json", "--data", host.data().to_str().unwrap()]);
    assert_eq!((&seen["ok"], &seen["conditions"], &seen["waiting"]), (&json!(true), &json!([]), &json!([])));
    assert!(seen["store"]["disk_free_bytes"].as_u64().unwrap() > 0, "{seen}");
    assert_eq!(seen["adapters"], json!([{ "provider": "permits", "service": "serving" }]));
}

#[test]
fn records_without_an_adapter_are_told_with_their_age_and_the_command_that_mends_it() {
    let host = host("[providers.lost]\n");
    let ids = sent(&host, "lost", &["<a/>", "<b/>"]);
    host.until(|host| names(host) == ["adapter-absent"]);
    let seen = host.get("/v1/status");
    let (condition, waiting) = (&seen["conditions"][0], &seen["waiting"][0]);
    assert_eq!((&condition["provider"], &condition["records"]), (&json!("lost"), &json!(2)));
    assert_eq!(condition["next"], "qadam adapter load --provider lost FILE.wasm");
    assert_eq!((&waiting["oldest"], &waiting["records"]), (&json!(ids[0]), &json!(2)));
    assert_eq!(condition["since"], waiting["received_at"], "since the oldest of them waits");
    assert!(waiting["age_seconds"].as_i64().unwrap() >= 0);
    let (code, said, complaint) = status(&host, &["--lang", "ru"]);
    assert_eq!((code, complaint.as_str()), (Some(1), "qadam: one thing is wrong\n"));
    let data = host.data();
    for part in [
        "1. нет адаптера: записи ждут\n",
        "lost, 2 записей\n",
        &format!("qadam adapter load --provider lost FILE.wasm --data {}\n", data.display()),
        &ids[0],
    ] {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
    assert!(status(&host, &["--lang", "kk"]).1.contains("адаптер жоқ"));
}

#[test]
fn failing_suspended_and_unloadable_adapters_and_quarantine_are_told_and_end() {
    let config = "[pipeline]\nsuspend-after = 2\n[providers.probe]\n[providers.broken]\nadapter = 'probe.wasm'\n\
                  [providers.broken.settings]\nbroken = 'all'\n";
    let host = probe::start(QADAM, config);
    probe::put(&host, "permits.wasm", b"no component");
    host.until(|host| names(host) == ["adapter-load-error"]);
    let ready = host.get("/readyz");
    assert_eq!(ready["ready"], true, "records wait; that is no reason to send them elsewhere");
    let reasons = ready["reasons"].to_string();
    assert!(reasons.contains("the file of permits's adapter cannot be put to work"), "{reasons}");
    let metrics = String::from_utf8(host.call(&host.operator(), "GET", "/metrics", &[], b"").body.to_vec()).unwrap();
    assert!(metrics.contains("qadam_adapter_load_error{provider=\"permits\"} 1"), "{metrics}");
    let good = |number: usize| format!("request=r-{number};key=k;stage=1;at=2024-05-01T10:00:00+05:00");
    let _ = probe::decided(&host, "probe", &[&good(1), &format!("TRAP;{}", good(2)), &good(3)]);
    let _ = sent(&host, "broken", &[&good(1), &good(2), &good(3)]);
    await_service(&host, "broken", "suspended");
    host.until(|host| names(host) == ["adapter-suspended", "adapter-load-error", "quarantine"]);
    let all = conditions(&host);
    assert_eq!((&all[0]["provider"], &all[0]["records"]), (&json!("broken"), &json!(3)));
    assert_eq!((&all[2]["provider"], &all[2]["records"]), (&json!("probe"), &json!(1)));
    assert_eq!(all[2]["next"], "qadam adapter remap --provider probe --why TEXT");
    let (code, said, complaint) = status(&host, &[]);
    assert_eq!((code, complaint.as_str()), (Some(1), "qadam: 3 things are wrong\n"));
    assert!(said.contains("1. the adapter is suspended: records wait\n"), "{said}");
    std::fs::remove_file(host.adapters().join("permits.wasm")).unwrap();
}

#[test]
fn a_disk_with_less_space_than_wanted_is_told() {
    let host = host("[alarms]\ndisk-free-mib = 1000000000\n");
    host.until(|host| names(host) == ["disk-space"]);
    assert_eq!(conditions(&host)[0].get("provider"), None, "it affects everyone");
    assert!(status(&host, &[]).1.contains("everyone"));
}

#[test]
fn a_poisoned_journal_is_told_first_and_the_status_still_answers() {
    let library: PathBuf = library(&own_target_dir().unwrap()).unwrap();
    let mut host = host("");
    host.stop();
    let shim = Shim::watch(&library, &host.data(), &host.folder().join("shadow")).unwrap().only("journal");
    host.set_env(shim.env());
    host.restart();
    shim.control().fail_syncs(true).unwrap();
    host.until(|host| {
        let answer = host.call(&host.operator(), "POST", "/v1/providers/permits/records", &[], accepted(1).as_bytes());
        answer.status == 503 && names(host).first().is_some_and(|name| name == "journal-poisoned")
    });
    let (code, said, _) = status(&host, &["--lang", "en"]);
    assert_eq!(code, Some(1));
    assert!(said.starts_with("1. the journal takes nothing until a restart\n"), "{said}");
    assert!(said.contains("qadam serve --data "), "{said}");
}

#[test]
fn a_host_that_does_not_answer_is_no_good_status() {
    let mut host = host("");
    host.stop();
    let (code, said, complaint) = status(&host, &[]);
    assert_eq!((code, said.as_str()), (Some(1), ""));
    assert!(complaint.contains("no host runs on this folder"), "{complaint}");
}

/// A host whose alarms go to a receiver at once.
fn alarmed(receiver: &Receiver, more: &str) -> Program {
    let url = receiver.url();
    host(&format!("[providers.lost]\n[alarms]\nwebhook = '{url}'\nafter = 'PT0S'\n{more}"))
}

fn told(receiver: &Receiver) -> Vec<(String, String)> {
    let text = |notice: &Value, name: &str| notice[name].as_str().unwrap().to_owned();
    receiver.taken().iter().map(|notice| (text(notice, "condition"), text(notice, "event"))).collect()
}

fn turns(names: &[(&str, &str)]) -> Vec<(String, String)> {
    names.iter().map(|(condition, event)| ((*condition).to_owned(), (*event).to_owned())).collect()
}

#[test]
fn an_alarm_is_told_once_when_it_begins_and_once_when_it_ends_without_personal_data() {
    let receiver = Receiver::start();
    let token = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(token.path(), "s3cret\n").unwrap();
    let host = alarmed(&receiver, &format!("token-file = '{}'\n", token.path().display()));
    host.until(|host| probe::adapter(host, "permits")["service"] == "serving");
    let _ = sent(&host, "lost", &[&accepted(1)]);
    host.until(|_| receiver.taken().len() == 1);
    let begun = receiver.taken()[0].clone();
    assert_eq!((&begun["condition"], &begun["event"]), (&json!("adapter-absent"), &json!("arisen")));
    assert_eq!((&begun["provider"], &begun["records"]), (&json!("lost"), &json!(1)));
    assert_eq!(begun["next"], "qadam adapter load --provider lost FILE.wasm");
    assert_eq!(begun["since"], conditions(&host)[0]["since"]);
    std::fs::copy(host.adapters().join("permits.wasm"), host.adapters().join("lost.wasm")).unwrap();
    host.until(|_| receiver.taken().len() == 2);
    let ended = receiver.taken()[1].clone();
    assert_eq!((&ended["id"], &ended["event"]), (&begun["id"], &json!("ended")));
    assert!(ended["ended"].as_str() >= begun["since"].as_str());
    host.until(|host| host.get("/v1/status")["alarms"] == json!({ "receiver": true, "undelivered": 0 }));
    assert_eq!(told(&receiver), turns(&[("adapter-absent", "arisen"), ("adapter-absent", "ended")]), "once each");
    assert!(receiver.tokens().iter().all(|token| token == "Bearer s3cret"));
    let all = Value::from(receiver.taken()).to_string();
    assert!(!all.contains("850101199993") && !all.contains("Өтебаев"), "{all}");
    assert!(!host.log().contains("s3cret"));
}

#[test]
fn a_receiver_that_refuses_or_is_dead_gets_the_alarm_later_and_stops_nothing() {
    let receiver = Receiver::start();
    receiver.refuse(true);
    let mut host = alarmed(&receiver, "");
    host.until(|host| probe::adapter(host, "permits")["service"] == "serving");
    let _ = sent(&host, "lost", &[&accepted(1)]);
    host.until(|host| names(host).contains(&"alarms-undelivered".to_owned()));
    let alarms = host.get("/v1/status")["alarms"].clone();
    assert_eq!((&alarms["undelivered"], &alarms["last_error"]), (&json!(1), &json!("the receiver answered 500")));
    assert!(!alarms.to_string().contains("/hook"), "its path may be a secret");
    assert_eq!(host.submit(&[accepted(2)], &[])["accepted"], 1, "intake goes on");
    // Killed before it is mapped, it would wait for its adapter at the next start: an alarm of its own.
    host.until(|host| host.all(&host.operator(), "/v1/providers/permits/records?outcome=pending").is_empty());
    // What was not taken survives the host, and what was taken is not told again.
    host.kill();
    host.restart();
    receiver.refuse(false);
    host.until(|_| !receiver.taken().is_empty());
    host.until(|host| host.get("/v1/status")["alarms"] == json!({ "receiver": true, "undelivered": 0 }));
    host.kill();
    host.restart();
    std::fs::copy(host.adapters().join("permits.wasm"), host.adapters().join("lost.wasm")).unwrap();
    host.until(|host| told(&receiver).len() > 1 && names(host).is_empty());
    assert_eq!(told(&receiver), turns(&[("adapter-absent", "arisen"), ("adapter-absent", "ended")]));
    assert_eq!(receiver.taken()[0]["id"], receiver.taken()[1]["id"]);
    host.stop();
}

#[test]
fn a_host_with_a_silent_receiver_starts_works_and_stops() {
    // It accepts connections, by its backlog, and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let mut host = host(&format!("[providers.lost]\n[alarms]\nwebhook = '{url}'\nafter = 'PT0S'\n"));
    let _ = sent(&host, "lost", &[&accepted(1)]);
    host.until(|host| host.get("/v1/status")["alarms"]["undelivered"] == 1);
    assert_eq!(host.submit(&[accepted(2)], &[])["accepted"], 1);
    host.stop();
}
