//! Retention: what was delivered is erased after the days that the policy says, its space is given back, and facts, counts and
//! answers stay; whatever interrupts it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

use std::{
    ffi::OsString,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use qadam_powercut::{Shim, library, own_target_dir};
use qadam_tests::{
    aftermath::{Run, answers, boot, copy, replace, settle, stop_and_check, tell},
    program::{Program, Setup},
    reader::Reader,
    records::{accepted, closing},
    runs,
    senders::Random,
};
use serde_json::{Value, json};

const QADAM: &str = env!("CARGO_BIN_EXE_qadam-under-test");
const DAY: u64 = 24 * 3600;
const POLICY: &str = "[seal]\nevents = 8\nage = 'PT0.1S'\n[retention]\nmessages-days = 30\nrecords-days = 60\n\
                      events-days = 90\n";

/// A host, and the clock that it tells the time by.
struct Ahead {
    host: Program,
    clock: PathBuf,
    _folder: tempfile::TempDir,
}

impl Ahead {
    fn start(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = folder.path().join("ahead");
        std::fs::write(&clock, "0").unwrap();
        let setup =
            Setup { permits: true, config: config.to_owned(), env: env(&clock, Vec::new()), ..Setup::default() };
        Self { host: Program::start(QADAM, setup), clock, _folder: folder }
    }

    fn days(&self, days: u64) {
        std::fs::write(&self.clock, (days * DAY + 3600).to_string()).unwrap();
    }
}

fn env(clock: &Path, mut more: Vec<(OsString, OsString)>) -> Vec<(OsString, OsString)> {
    more.push(("QADAM_TEST_CLOCK_AHEAD".into(), clock.to_owned().into()));
    more
}

fn preload() -> &'static PathBuf {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| library(&own_target_dir().unwrap()).unwrap())
}

/// A record as long as real ones are, of which the adapter makes no more.
fn long(record: &str, number: usize) -> String {
    let mut random = Random::new(number as u64);
    let noise: String = (0..100).map(|_| format!("{:016x}", random.below(u64::MAX))).collect();
    record.replacen("<trace>", &format!("<trace><string key=\"note\" value=\"{noise}\"/>"), 1)
}

/// Sends requests that are accepted and closed; the last ones stay open.
fn send(host: &Program, requests: usize, open: usize) {
    let mut lines: Vec<String> = (1..=requests).map(|n| long(&accepted(n), n)).collect();
    lines.extend((1..=requests - open).map(|n| closing(&format!("case-{n}"), "2011-03-03T10:00:00.000+01:00")));
    let _ = host.submit(&lines, &[]);
    settle(host);
}

/// Waits until everything is sealed, and acknowledges all of it.
fn deliver(host: &Program, reader: &Reader) {
    let events = host.get("/v1/summary")[0]["events"].as_u64().unwrap();
    host.until(|host| {
        let sealed =
            all_messages(host).iter().map(|message| message["events"].as_array().unwrap().len() as u64).sum::<u64>();
        let waiting = reader.waiting(host);
        waiting.iter().for_each(|message| reader.acknowledge(host, message));
        events == sealed && waiting.is_empty()
    });
}

fn erased(host: &Program, list: &str, cause: &str) -> usize {
    let items = host.all(&host.operator(), list);
    items.iter().filter(|item| item["erased"]["cause"] == cause).count()
}

const RECORDS: &str = "/v1/providers/permits/records";
const MESSAGES: &str = "/v1/messages";

fn all_messages(host: &Program) -> Vec<Value> {
    let (mut messages, mut after) = (Vec::new(), String::new());
    loop {
        let page = host.get(&format!("{MESSAGES}?limit=1000{after}"));
        let items = page["items"].as_array().unwrap();
        if items.is_empty() {
            return messages;
        }
        messages.extend(items.iter().cloned());
        after = format!("&after={}", page["next"].as_str().unwrap());
    }
}

fn erased_messages(host: &Program) -> usize {
    all_messages(host).iter().filter(|message| message["erased"]["cause"] == "messages-days").count()
}

fn found(host: &Program) -> usize {
    let body = json!({ "identification_number": "850101199993" }).to_string();
    let answer = host.call(&host.operator(), "POST", "/v1/requests/search", &[], body.as_bytes());
    answer.json()["items"].as_array().unwrap().len()
}

/// Bytes that the journal takes on the disk.
fn taken(host: &Program) -> u64 {
    let files = std::fs::read_dir(host.data().join("journal")).unwrap();
    files.map(|file| file.unwrap().metadata().unwrap().blocks() * 512).sum()
}

/// Answers without what an erasure takes away.
fn facts(host: &Program) -> Value {
    let mut all = answers(host);
    for list in all.values_mut() {
        strip(list);
    }
    json!(all)
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for name in [
                "erased",
                "actor",
                "native",
                "recipient",
                "executor",
                "ground",
                "identification-number",
                "identification-grade",
            ] {
                fields.remove(name);
            }
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

#[test]
fn what_is_delivered_is_erased_when_its_days_are_over_and_its_space_is_given_back() {
    let mut ahead = Ahead::start(POLICY);
    let reader = Reader::of(&ahead.host, "monitoring");
    send(&ahead.host, 200, 20);
    let host = &ahead.host;
    let half = reader.take(host, 190);
    let before = facts(host);
    let messages = all_messages(host);
    assert_eq!(found(host), 200);
    // Little is gained by these alone: they go when they are due for more than a week.
    ahead.days(38);
    let host = &ahead.host;
    host.until(|host| erased_messages(host) > 0);
    let gone: Vec<Value> = all_messages(host).into_iter().filter(|message| message["erased"].is_object()).collect();
    let events = gone.iter().map(|message| message["events"].as_array().unwrap().len());
    assert_eq!(events.sum::<usize>(), half, "those that were acknowledged, and no others");
    assert_eq!(erased(host, RECORDS, "records-days"), 0, "not before their time");
    for (was, is) in messages.iter().zip(all_messages(host)) {
        assert_eq!((&was["manifest"], &was["signature"], &was["id"]), (&is["manifest"], &is["signature"], &is["id"]));
    }
    let event = gone[0]["events"][0].as_str().unwrap();
    let purpose = json!({ "purpose": "a test" }).to_string();
    let operator = host.operator();
    let evidence = host.call(&operator, "POST", &format!("/v1/events/{event}/evidence"), &[], purpose.as_bytes());
    assert_eq!((evidence.status, evidence.json()["type"].as_str().unwrap()), (410, "urn:qadam:problem:erased"));
    // What was not delivered by then still can be.
    deliver(host, &reader);
    ahead.host.stop();
    let full = taken(&ahead.host);
    ahead.host.restart();
    // The second half was acknowledged on the 38th day.
    ahead.days(130);
    let host = &ahead.host;
    host.until(|host| erased(host, RECORDS, "records-days") == 380 && found(host) == 20);
    let record = host.get(&format!("{RECORDS}?limit=1"))["items"][0].clone();
    assert_eq!(record["erased"]["digest"], record["digest"], "of the record as it was received");
    assert_eq!(record["erased"]["why"], "`retention.records-days` is 60");
    assert_eq!(facts(host), before, "facts, stages, anomalies and counts stay");
    assert_eq!(erased_messages(host), all_messages(host).len());
    let acts = host.all(&host.operator(), "/v1/acts");
    assert!(acts.iter().any(|act| act["what"] == "erase-by-policy" && act["who"] == "host"), "{acts:?}");
    // Nobody is found by an erased number; open requests keep theirs.
    let open = host.all(&host.operator(), "/v1/requests?state=open");
    assert_eq!((open.len(), found(host)), (20, 20));
    let again = host.submit(&[long(&accepted(1), 1)], &[]);
    assert_eq!(again["duplicates"], 1, "a resend is still recognised");
    let selection = json!({ "provider": "permits", "records": [record["id"]] }).to_string();
    let remap = host.call(&host.operator(), "POST", "/v1/remap/preview", &[], selection.as_bytes());
    assert!(remap.status == 404 && remap.json()["detail"].as_str().unwrap().contains("were erased"), "{remap:?}");
    stop_and_check(&mut ahead.host);
    let left = taken(&ahead.host);
    assert!(left * 2 < full, "{left} of {full} bytes are left");
    tell(&format!("the journal took {full} bytes, and takes {left}"));
    std::fs::remove_dir_all(ahead.host.data().join("index")).unwrap();
    ahead.host.restart();
    let mut rebuilt = facts(&ahead.host);
    // The resend is a fact too.
    rebuilt["summary"] = before["summary"].clone();
    assert_eq!(rebuilt, before, "after a rebuild too");
}

#[test]
fn without_a_policy_nothing_is_ever_erased() {
    let ahead = Ahead::start("[seal]\nage = 'PT0.1S'\n");
    let reader = Reader::of(&ahead.host, "monitoring");
    send(&ahead.host, 5, 0);
    deliver(&ahead.host, &reader);
    ahead.days(20_000);
    let mut host = ahead.host;
    host.stop();
    host.restart();
    send(&host, 6, 0);
    let kept = |item: &Value| item["erased"].is_null();
    assert!(host.all(&host.operator(), RECORDS).iter().all(kept) && all_messages(&host).iter().all(kept));
}

/// All is delivered and due; nothing is erased yet.
fn due() -> (Ahead, Value) {
    let mut ahead = Ahead::start(POLICY);
    let reader = Reader::of(&ahead.host, "monitoring");
    send(&ahead.host, 60, 6);
    deliver(&ahead.host, &reader);
    let before = facts(&ahead.host);
    ahead.host.stop();
    ahead.days(123);
    (ahead, before)
}

fn all_is_erased(host: &Program) -> bool {
    erased(host, RECORDS, "records-days") == 114
        && erased_messages(host) == all_messages(host).len()
        && found(host) == 6
}

#[test]
fn a_kill_at_any_moment_of_it_loses_nothing_and_the_next_start_goes_on() {
    let (mut ahead, before) = due();
    let whole = ahead.host.folder().join("whole");
    copy(&ahead.host.data(), &whole);
    for seed in 0..u64::from(runs(4)) {
        let (run, mut random) = (format!("kill {seed}"), Random::new(seed));
        let _run = Run::named(run);
        replace(&ahead.host.data(), &whole);
        for _ in 0..3 {
            ahead.host.restart();
            std::thread::sleep(std::time::Duration::from_millis(random.below(400)));
            ahead.host.kill();
        }
        ahead.host.restart();
        ahead.host.until(all_is_erased);
        assert_eq!(facts(&ahead.host), before);
        stop_and_check(&mut ahead.host);
    }
}

#[test]
fn a_power_cut_at_any_operation_of_it_loses_nothing_and_the_next_start_goes_on() {
    let (mut ahead, before) = due();
    let whole = ahead.host.folder().join("whole");
    copy(&ahead.host.data(), &whole);
    let mut operations = 0;
    for seed in 0..u64::from(runs(8)) {
        let _run = Run::named(format!("cut {seed}"));
        replace(&ahead.host.data(), &whole);
        let shadow = ahead.host.folder().join(format!("shadow-{seed}"));
        let shim = Shim::watch(preload(), &ahead.host.data(), &shadow).unwrap().torn(seed);
        // The first run is to see how many operations on the disk there are.
        let mut random = Random::new(seed);
        shim.control().kill_at(if seed == 0 { 0 } else { 1 + random.below(operations) }).unwrap();
        ahead.host.set_env(env(&ahead.clock, shim.env()));
        if ahead.host.try_restart().is_ok() {
            let url = format!("{}/healthz", ahead.host.url());
            let gone = || qadam_tests::http::call("GET", &url, &[], "").is_err();
            ahead.host.until(|host| gone() || (seed == 0 && all_is_erased(host)));
            ahead.host.kill();
        }
        assert!(shim.control().attached().unwrap() > 0, "the library was not loaded");
        if seed == 0 {
            operations = shim.control().operations().unwrap();
            tell(&format!("{operations} operations on the disk"));
        }
        replace(&ahead.host.data(), &shadow);
        boot(&ahead.host.data());
        ahead.host.set_env(env(&ahead.clock, Vec::new()));
        ahead.host.restart();
        ahead.host.until(all_is_erased);
        assert_eq!(facts(&ahead.host), before);
        stop_and_check(&mut ahead.host);
    }
}

#[test]
fn a_full_disk_puts_it_off_and_nothing_is_lost() {
    let (mut ahead, before) = due();
    let shadow = ahead.host.folder().join("shadow");
    let shim = Shim::watch(preload(), &ahead.host.data(), &shadow).unwrap().only("rewriting");
    shim.control().disk_full(true).unwrap();
    ahead.host.set_env(env(&ahead.clock, shim.env()));
    ahead.host.restart();
    let host = &ahead.host;
    host.until(|host| host.log().contains("bodies are not erased now"));
    assert!(shim.control().faults().unwrap() > 0);
    assert_eq!(facts(host), before);
    let _ = host.submit(&[accepted(61)], &[]);
    shim.control().disk_full(false).unwrap();
    // Ten minutes later it is tried again.
    ahead.days(124);
    ahead.host.until(|host| erased(host, RECORDS, "records-days") == 114);
    stop_and_check(&mut ahead.host);
}
