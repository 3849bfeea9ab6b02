//! 1336-15: an adapter comes into production by way of test stand, pilot and load test, each with its recorded results.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

use qadam_tests::{
    components::{mended_probe, probe_as},
    packages::{Maker, trust},
    probe::{adapter, decided, mapped, sent},
    program::{Program, Setup},
    workshop::{Said, Workshop},
};
use serde_json::Value;

const BINARY: &str = env!("CARGO_BIN_EXE_qadam-under-test");

fn ok(said: Said) -> Said {
    assert_eq!(said.code, 0, "{}\n{}", said.out, said.err);
    said
}

fn host(provider: &str, trusted: &str, criteria: &str) -> Program {
    let config = format!("[adapters]\npromotion = {{ {criteria} }}\n[providers.{provider}]");
    let host = Program::start(BINARY, Setup { config, signed_only: true, ..Setup::default() });
    trust(&host, trusted);
    host.until(|host| host.log().contains("the trust store of packages has changed"));
    host
}

/// `qadam adapter VERB --provider ID` against a host: exit code, standard output, standard error.
fn command(host: &Program, verb: &str, provider: &str, more: &[&str]) -> (i32, String, String) {
    let data = host.data();
    let mut args = vec!["adapter", verb, "--data", data.to_str().unwrap(), "--provider", provider];
    args.extend(more);
    let out = host.run(&args);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
}

/// The same where it must succeed: its JSON.
fn json(host: &Program, verb: &str, provider: &str, more: &[&str]) -> Value {
    let (code, out, err) = command(host, verb, provider, &[&["--json"], more].concat());
    assert_eq!(code, 0, "{verb}: {out}\n{err}\n{}", host.log());
    serde_json::from_str(out.lines().last().unwrap()).unwrap()
}

/// Sends rows of the template's form.
fn send(host: &Program, rows: &[String]) -> Vec<String> {
    let headers = [("content-type", "application/vnd.qadam.lines; of=text/csv")];
    let body = rows.join("\n");
    let answer = host.call(&host.operator(), "POST", "/v1/providers/archive/records", &headers, body.as_bytes());
    assert_eq!(answer.status, 202, "{:?}", answer.body);
    let receipt = answer.json();
    receipt["records"].as_array().unwrap().iter().map(|taken| taken["id"].as_str().unwrap().to_owned()).collect()
}

/// Five records of a request; two of them name who works on it.
fn rows(request: &str) -> Vec<String> {
    let row =
        |status: &str, hour: u32, desk: &str| format!("{request};{status};2026-03-02T{hour:02}:00:00+05:00;{desk}");
    vec![
        row("accepted", 9, ""),
        row("sent", 10, ""),
        row("in work", 11, "Desk 4"),
        row("done", 12, "Desk 4"),
        row("ready", 13, ""),
    ]
}

fn record(host: &Program, id: &str) -> Value {
    host.get(&format!("/v1/records/{id}"))
}

fn all_mapped(host: &Program, ids: &[String]) {
    host.until(|host| ids.iter().all(|id| record(host, id)["outcome"] == "mapped"));
}

fn executor(host: &Program, number: &str) -> Value {
    host.get(&format!("/v1/requests?provider=archive&number={number}"))["items"][0]["fields"]["executor"].clone()
}

fn pilot(host: &Program, provider: &str) -> Value {
    adapter(host, provider)["candidate"]["pilot"].clone()
}

fn steps(host: &Program, provider: &str) -> Vec<(String, String)> {
    let history = host.get(&format!("/v1/adapters/{provider}/history"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    history.as_array().unwrap().iter().map(|step| (text(&step["version"]), text(&step["step"]))).collect()
}

#[test]
fn an_adapter_goes_from_its_template_through_test_pilot_and_load_test_into_production_and_out_of_it() {
    let workshop = Workshop::open(BINARY, "commissioning");
    ok(workshop.adapter(&["new", "archive"]));
    let made = ok(workshop.adapter(&["key", "new", "maker.key"]));
    let public = made.out.trim();
    assert!(public.starts_with("ed25519:"), "{public}");
    assert_eq!(ok(workshop.adapter(&["key", "show", "maker.key"])).out.trim(), public);
    let pack = |file: &str| {
        let said = ["--key", "maker.key", "--licence", "Apache-2.0", "--contact", "the archive's computing office"];
        ok(workshop.adapter(&[&["pack", "archive", "-o", file], &said[..]].concat()));
        workshop.folder().join(file)
    };
    let first = pack("one.qadam");
    let inspected = ok(workshop.adapter(&["inspect", "one.qadam", "--json"])).out;
    let inspected: Value = serde_json::from_str(&inspected).unwrap();
    assert_eq!(
        (&inspected["manifest"]["name"], &inspected["signed_by"]["public"]),
        (&"archive".into(), &public.into())
    );
    assert!(inspected["parts"].as_u64() > Some(3), "{inspected}");

    // Test.
    let trusted = format!("[office]\npublic = '{public}'\nproviders = ['archive']");
    let mut host = host("archive", &trusted, "pilot-records = 5");
    let view = json(&host, "load", "archive", &[first.to_str().unwrap(), "--why", "the first"]);
    assert_eq!((&view["service"], &view["candidate"]["phase"]), (&"absent".into(), &"test".into()), "{view}");

    // Pilot, alone: nothing serves yet, so the records wait, and nothing is to be compared with.
    json(&host, "pilot", "archive", &[]);
    let waiting = send(&host, &rows("R-1"));
    host.until(|host| pilot(host, "archive")["records"] == 5);
    assert_eq!(
        (&pilot(&host, "archive")["alone"], &pilot(&host, "archive")["outcomes"]["nothing → mapped"]),
        (&5.into(), &5.into())
    );
    assert!(waiting.iter().all(|id| record(&host, id)["outcome"] == "pending"));
    assert_eq!(host.get("/v1/events")["items"].as_array().unwrap().len(), 0, "what a pilot gives goes nowhere");
    let (code, _, err) = command(&host, "promote", "archive", &[]);
    assert!(code == 1 && err.contains("there was no load test") && !err.contains("pilot"), "{err}");

    // Load test, and production: without an override.
    let bench = json(&host, "bench", "archive", &["--seconds", "5"]);
    assert_eq!((&bench["keeps_up"], &bench["results"]["records"]), (&true.into(), &100.into()), "{bench}");
    let promoted = json(&host, "promote", "archive", &["--why", "all is as it should be"]);
    assert_eq!((&promoted["adapter"]["service"], &promoted["overridden"]), (&"serving".into(), &Value::Array(vec![])));
    all_mapped(&host, &waiting);

    // A second version, which writes the executor otherwise.
    workshop.edit("archive/Cargo.toml", "version = \"0.1.0\"", "version = \"0.2.0\"");
    workshop.edit(
        "archive/src/lib.rs",
        "(!executor.is_empty()).then_some(executor)",
        "(!executor.is_empty()).then(|| executor.to_uppercase())",
    );
    ok(workshop.adapter(&["test", "archive", "--update"]));
    let second = pack("two.qadam");
    let package = json(&host, "load", "archive", &[second.to_str().unwrap()])["candidate"]["package"].clone();
    json(&host, "pilot", "archive", &[]);
    let beside = send(&host, &rows("R-2"));
    all_mapped(&host, &beside);
    host.until(|host| pilot(host, "archive")["records"] == 5);
    host.stop();
    host.restart();
    host.until(|host| pilot(host, "archive")["records"] == 5);
    let events = host.get("/v1/events")["items"].as_array().unwrap().len();
    let shown = pilot(&host, "archive");
    assert_eq!((&shown["same"], &shown["differing"], &shown["faults"]), (&3.into(), &2.into(), &0.into()), "{shown}");
    assert_eq!((&shown["fields"]["executor"], &shown["events"]["changed"]), (&2.into(), &2.into()), "{shown}");
    assert_eq!((executor(&host, "R-2"), events), ("Desk 4".into(), 10), "what serves is what counts");

    json(&host, "bench", "archive", &["--seconds", "5"]);
    let (code, _, err) = command(&host, "promote", "archive", &[]);
    assert!(code == 1 && err.contains("records that differ in the pilot: 2, at most 0"), "{err}");
    let why = "the register writes desks in capitals";
    let promoted = json(&host, "promote", "archive", &["--override", why]);
    assert_eq!(
        (&promoted["drained"], promoted["overridden"].as_array().unwrap().len()),
        (&true.into(), 1),
        "{promoted}"
    );
    let live = send(&host, &rows("R-3"));
    all_mapped(&host, &live);
    assert_eq!(
        (executor(&host, "R-3"), &record(&host, &live[0])["adapter"]["version"]),
        ("DESK 4".into(), &"0.2.0".into())
    );

    // Back, and out of use.
    let back = json(&host, "rollback", "archive", &["--why", "the register does not"]);
    assert_eq!(back["adapter"]["version"], "0.1.0");
    let live = send(&host, &rows("R-4"));
    all_mapped(&host, &live);
    assert_eq!(executor(&host, "R-4"), "Desk 4");
    let package = package.as_str().unwrap();
    json(&host, "retire", "archive", &["--package", package, "--why", "it was a mistake"]);
    for (verb, more) in
        [("promote", vec!["--package", package, "--override", "again"]), ("load", vec![second.to_str().unwrap()])]
    {
        let (code, _, err) = command(&host, verb, "archive", &more);
        assert!(code == 1 && err.contains("is retired"), "{verb}: {err}");
    }
    let (code, _, err) = command(&host, "rollback", "archive", &[]);
    assert!(code == 1 && err.contains("no earlier adapter"), "{err}");
    let step = |version: &str, step: &str| (version.to_owned(), step.to_owned());
    let mut told = steps(&host, "archive");
    told.retain(|(_, step)| step != "piloted");
    assert_eq!(
        told,
        [
            step("0.1.0", "tested"),
            step("0.1.0", "pilot-begun"),
            step("0.1.0", "benched"),
            step("0.1.0", "promoted"),
            step("0.2.0", "tested"),
            step("0.2.0", "pilot-begun"),
            step("0.2.0", "benched"),
            step("0.1.0", "relieved"),
            step("0.2.0", "promoted"),
            step("0.2.0", "rolled-back"),
            step("0.1.0", "restored"),
            step("0.2.0", "retired"),
        ]
    );
    let (code, out, _) = command(&host, "history", "archive", &[]);
    assert!(code == 0 && out.contains(why) && out.contains("operator-1"), "{out}");
}

#[test]
fn a_pilot_that_fails_on_everything_ends_by_itself_and_what_serves_maps_every_record() {
    let maker = Maker::new();
    let host = host("probe", &maker.trusted("maker", "'probe'", ""), "pilot-records = 1");
    let golden = ["request=G1;key=a;stage=1;at=2024-05-01T10:00:00+05:00"];
    let load = |bytes: Vec<u8>| {
        let file = host.folder().join("package.qadam");
        std::fs::write(&file, bytes).unwrap();
        json(&host, "load", "probe", &[file.to_str().unwrap()])
    };
    load(maker.packed(&mended_probe(), &golden, |_| {}));
    json(&host, "promote", "probe", &["--override", "a test"]);
    load(maker.packed(&probe_as("hostile"), &golden, |_| {}));
    json(&host, "pilot", "probe", &[]);
    let lines: Vec<String> =
        (0..60).map(|nth| format!("request=R{nth};key=k;stage=1;at=2024-05-01T10:00:00+05:00;TRAP")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    mapped(&host, "probe", &lines);
    host.until(|host| pilot(host, "probe")["faults"].as_u64() > Some(50));
    host.until(|host| adapter(host, "probe")["candidate"]["phase"] == "test");
    let view = adapter(&host, "probe");
    assert_eq!((&view["service"], &view["last_fault"]), (&"serving".into(), &Value::Null), "{view}");
    assert_eq!(host.get("/v1/quarantine")["items"].as_array().unwrap().len(), 0);
    let history = host.get("/v1/adapters/probe/history");
    let last = history.as_array().unwrap().last().unwrap();
    assert_eq!((&last["step"], &last["who"]), (&"pilot-ended".into(), &"host".into()));
    assert!(last["why"].as_str().unwrap().contains("failed on too many"), "{last}");
    decided(&host, "probe", &["request=after;key=k;stage=1;at=2024-05-01T10:00:00+05:00"]);
}

#[test]
fn a_package_that_fails_its_tests_is_not_promoted_without_a_reason_and_the_failure_is_told() {
    let maker = Maker::new();
    let host = host("probe", &maker.trusted("maker", "'probe'", ""), "pilot-records = 1");
    let package = maker.packed(&mended_probe(), &[], |manifest| manifest.version = "9.9.9".into());
    let file = host.folder().join("package.qadam");
    std::fs::write(&file, package).unwrap();
    let (code, out, err) = command(&host, "load", "probe", &[file.to_str().unwrap()]);
    assert_eq!(code, 1, "{out}\n{err}");
    assert!(out.contains("the manifest says \"9.9.9\"") && out.contains("it holds no records"), "{out}");
    let (code, _, err) = command(&host, "promote", "probe", &[]);
    assert!(code == 1 && err.contains("tests failed: describe, golden"), "{err}");
    let (code, _, err) = command(&host, "bench", "probe", &[]);
    assert!(code == 1 && err.contains("golden records"), "{err}");
    let ids = sent(&host, "probe", &["request=R;key=k;stage=1;at=2024-05-01T10:00:00+05:00"]);
    assert_eq!(record(&host, &ids[0])["outcome"], "pending");
    let listed = host.run(&["adapter", "list", "--data", host.data().to_str().unwrap()]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains("TEST STAND") && listed.contains("): test"), "{listed}");
}
