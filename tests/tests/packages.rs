//! Whose packages a host takes, for whom, and what becomes of one that it took when its key is not trusted any more.

#![expect(clippy::indexing_slicing, reason = "a test that fails may panic")]

use qadam_domain::{Allowance, Limit};
use qadam_tests::{
    components::{self, mended_probe, rebuilt},
    packages::{Maker, trust, without},
    probe::{adapter, await_service, mapped, put, record, sent},
    program::{Program, Setup},
};
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_qadam-under-test");
const GOLDEN: [&str; 2] = [
    "request=G1;key=a;stage=1;at=2024-05-01T10:00:00+05:00",
    "request=G1;key=b;stage=3;at=2024-05-02T10:00:00+05:00;executor=desk",
];

fn line(number: &str) -> String {
    format!("request={number};key=k;stage=1;at=2024-05-01T10:00:00+05:00")
}

/// A host that takes signed ones only, and trusts a maker for the probe.
fn host(maker: &Maker, config: &str) -> Program {
    let config = format!("{config}\n[providers.probe]");
    let host = Program::start(BINARY, Setup { config, signed_only: true, ..Setup::default() });
    trust(&host, &maker.trusted("maker", "'probe'", ""));
    host
}

fn load(host: &Program, bytes: &[u8]) -> (u16, Value) {
    let answer = host.call(&host.operator(), "PUT", "/v1/adapters/probe", &[], bytes);
    (answer.status, answer.json())
}

/// Loads what must be taken, once the host has seen its trust store.
fn taken(host: &Program, bytes: &[u8]) -> Value {
    host.until(|host| load(host, bytes).0 != 403);
    adapter(host, "probe")
}

fn post(host: &Program, what: &str, body: Value) -> (u16, Value) {
    let path = format!("/v1/adapters/probe/{what}");
    let answer = host.call(&host.operator(), "POST", &path, &[], body.to_string().as_bytes());
    (answer.status, answer.json())
}

fn promoted(host: &Program) -> Value {
    let (status, answer) = post(host, "promote", json!({ "override": "a test of trust" }));
    assert_eq!(status, 200, "{answer}");
    answer
}

fn conditions(host: &Program) -> String {
    host.get("/v1/status")["conditions"].to_string()
}

#[test]
fn a_trusted_package_is_tested_waits_for_promotion_and_then_maps_the_records_that_waited() {
    let maker = Maker::new();
    let host = host(&maker, "");
    let package = maker.packed(&std::fs::read(components::probe()).unwrap(), &GOLDEN, |_| {});
    let view = taken(&host, &package);
    let candidate = &view["candidate"];
    assert_eq!((&view["service"], &candidate["phase"]), (&"absent".into(), &"test".into()), "{view}");
    assert_eq!(candidate["signature"], format!("maker ({})", maker.id()));
    let checks = candidate["test"]["checks"].as_array().unwrap();
    let names: Vec<&str> = checks.iter().map(|check| check["name"].as_str().unwrap()).collect();
    for name in
        ["describe", "golden/sample", "same-answer-twice", "alone-as-together", "any-order", "largest-batch", "garbage"]
    {
        assert!(names.contains(&name), "{names:?}");
    }
    assert!(checks.iter().all(|check| check["passed"] == true), "{checks:?}");
    let ids = sent(&host, "probe", &[&line("R1")]);
    assert_eq!(record(&host, &ids[0])["outcome"], "pending");
    let (status, problem) = post(&host, "promote", json!({ "why": "it is time" }));
    assert_eq!((status, &problem["type"]), (409, &"urn:qadam:problem:adapter-unmet".into()), "{problem}");
    for missing in ["there was no pilot", "there was no load test"] {
        assert!(problem["detail"].as_str().unwrap().contains(missing), "{problem}");
    }
    let done = promoted(&host);
    assert_eq!(done["overridden"].as_array().unwrap().len(), 2, "{done}");
    host.until(|host| record(host, &ids[0])["outcome"] == "mapped");
    let view = adapter(&host, "probe");
    assert_eq!((&view["commissioned"], &view["candidate"]), (&true.into(), &Value::Null), "{view}");
    let history = host.get("/v1/adapters/probe/history");
    let last = history.as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["step"], &last["who"], &last["why"]),
        (&"promoted".into(), &"operator-1".into(), &"a test of trust".into())
    );
    assert_eq!(last["results"]["overridden"], done["overridden"]);
}

#[test]
fn what_is_unsigned_foreign_tampered_or_made_for_others_is_refused_with_the_reason_and_changes_nothing() {
    let (maker, stranger) = (Maker::new(), Maker::new());
    let host = host(&maker, "");
    let component = std::fs::read(components::probe()).unwrap();
    let package = maker.packed(&component, &GOLDEN, |_| {});
    taken(&host, &package);
    let before = adapter(&host, "probe");
    let mut flipped = package.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    for (what, bytes, status, kind, said) in [
        ("a component", component.clone(), 403, "adapter-unsigned", "--allow-unsigned"),
        ("no signature", without(&package, "signature"), 422, "adapter-package-missing", "not signed"),
        ("no component", without(&package, "component.wasm"), 422, "adapter-package-missing", "component.wasm"),
        ("a flipped bit", flipped, 422, "adapter-package-form", "component.wasm"),
        ("cut off", package[..middle].to_vec(), 422, "adapter-package-form", "cut off"),
        (
            "foreign",
            stranger.packed(&component, &GOLDEN, |_| {}),
            403,
            "adapter-package-foreign",
            "not in this host's trust store",
        ),
        (
            "for another provider",
            maker.packed(&component, &GOLDEN, |m| m.providers = vec!["permits".parse().unwrap()]),
            403,
            "adapter-package-provider",
            "`permits`",
        ),
        (
            "of another contract",
            maker.packed(&component, &GOLDEN, |m| m.contract = "qadam:adapter@9.0.0".into()),
            422,
            "adapter-package-contract",
            "9.0.0",
        ),
        (
            "text in a package",
            {
                let mut other = b"PK\x03\x04".to_vec();
                other.extend([7; 99]);
                other
            },
            422,
            "adapter-package-form",
            "damaged",
        ),
    ] {
        let (answered, problem) = load(&host, &bytes);
        assert_eq!(answered, status, "{what}: {problem}");
        assert!(
            problem["type"].as_str().unwrap().starts_with(&format!("urn:qadam:problem:{kind}")),
            "{what}: {problem}"
        );
        assert!(problem["detail"].as_str().unwrap().contains(said), "{what}: {problem}");
        assert_eq!(adapter(&host, "probe"), before, "{what}");
    }
    trust(&host, &maker.trusted("maker", "'permits'", ""));
    host.until(|host| load(host, &package).1["type"] == "urn:qadam:problem:adapter-package-key-provider");
    let file = host.folder().join("probe.qadam");
    std::fs::write(&file, &package).unwrap();
    let data = host.data();
    let inspect = ["adapter", "inspect", file.to_str().unwrap(), "--data", data.to_str().unwrap()];
    let out = host.run(&inspect);
    assert_eq!(out.status.code(), Some(1), "{out:?}");
    assert!(String::from_utf8_lossy(&out.stdout).contains("trusts for other providers"), "{out:?}");
}

#[test]
fn limits_beyond_the_ceiling_are_granted_as_far_as_the_ceiling_and_others_as_wanted() {
    let maker = Maker::new();
    let host = host(&maker, "[adapters]\nlimits = { batch-ms = 1500 }");
    let wanted = Allowance::default().with(Limit::BatchMs, 60_000).with(Limit::MemoryBytes, 33_554_432);
    let package = maker.packed(&mended_probe(), &GOLDEN, |manifest| manifest.limits = wanted);
    taken(&host, &package);
    promoted(&host);
    let limits = adapter(&host, "probe")["limits"].clone();
    assert_eq!((&limits["batch-ms"], &limits["memory-bytes"]), (&1500.into(), &33_554_432.into()));
}

#[test]
fn a_package_whose_key_is_revoked_serves_on_with_an_alarm_and_after_a_restart_no_more_and_no_override_brings_it_back() {
    let maker = Maker::new();
    let mut host = host(&maker, "");
    let component = std::fs::read(components::probe()).unwrap();
    let package = maker.packed(&component, &GOLDEN, |_| {});
    taken(&host, &package);
    promoted(&host);
    mapped(&host, "probe", &[&line("before")]);
    host.stop();
    host.restart();
    await_service(&host, "probe", "serving");
    assert!(!conditions(&host).contains("adapter-distrusted"));
    let next = maker.packed(&rebuilt(&component, "next"), &GOLDEN, |_| {});
    taken(&host, &next);
    let revoked = "revoked = { since = 2026-01-01T00:00:00Z, why = 'the laptop was stolen' }";
    trust(&host, &maker.trusted("maker", "'probe'", revoked));
    host.until(|host| conditions(host).contains("adapter-distrusted"));
    assert!(adapter(&host, "probe")["distrusted"].as_str().unwrap().contains("the laptop was stolen"));
    mapped(&host, "probe", &[&line("meanwhile")]);
    assert!(host.get("/readyz")["reasons"].to_string().contains("not trusted"));
    for (what, body) in [("promote", json!({ "override": "I insist" })), ("pilot", json!({}))] {
        let (status, problem) = post(&host, what, body);
        assert_eq!((status, &problem["type"]), (403, &"urn:qadam:problem:adapter-package-revoked".into()), "{problem}");
    }
    host.stop();
    host.restart();
    host.until(|host| adapter(host, "probe")["load_error"].as_str().is_some());
    assert!(adapter(&host, "probe")["load_error"].as_str().unwrap().contains("the laptop was stolen"));
    let ids = sent(&host, "probe", &[&line("after")]);
    assert_eq!(
        (&record(&host, &ids[0])["outcome"], &adapter(&host, "probe")["service"]),
        (&"pending".into(), &"absent".into())
    );
    let other = Maker::new();
    let both = maker.trusted("maker", "'probe'", revoked) + &other.trusted("other", "'probe'", "");
    trust(&host, &both);
    taken(&host, &other.packed(&component, &GOLDEN, |_| {}));
    promoted(&host);
    host.until(|host| record(host, &ids[0])["outcome"] == "mapped");
    assert!(!conditions(&host).contains("adapter-distrusted"));
}

#[test]
fn a_package_in_the_watched_folder_comes_to_the_test_stand_once() {
    let maker = Maker::new();
    let host = host(&maker, "");
    let package = maker.packed(&mended_probe(), &GOLDEN, |_| {});
    taken(&host, &package);
    let other = maker.packed(&rebuilt(&mended_probe(), "two"), &GOLDEN, |_| {});
    put(&host, "probe.qadam", &other);
    host.until(|host| host.get("/v1/adapters/probe/history").as_array().unwrap().len() == 2);
    let history = host.get("/v1/adapters/probe/history");
    assert_eq!((&history[1]["who"], &history[1]["step"]), (&"folder".into(), &"tested".into()));
    put(&host, "probe.qadam", b"PK\x03\x04 and nothing more");
    host.until(|host| adapter(host, "probe")["load_error"].as_str().is_some_and(|error| error.contains("damaged")));
    assert_eq!(host.get("/v1/adapters/probe/history").as_array().unwrap().len(), 2);
    let stranger = Maker::new();
    put(&host, "probe.qadam", &stranger.packed(&mended_probe(), &GOLDEN, |_| {}));
    host.until(|host| adapter(host, "probe")["load_error"].as_str().is_some_and(|error| error.contains("trust store")));
    trust(&host, &stranger.trusted("stranger", "'probe'", ""));
    host.until(|host| host.get("/v1/adapters/probe/history").as_array().unwrap().len() == 3);
    assert_eq!(adapter(&host, "probe")["load_error"], Value::Null);
}

#[test]
fn a_wrong_trust_store_changes_nothing_in_a_running_host_and_stops_one_that_starts() {
    let maker = Maker::new();
    let mut host = host(&maker, "");
    let package = maker.packed(&mended_probe(), &GOLDEN, |_| {});
    taken(&host, &package);
    trust(&host, "[maker]\npublic = 'nonsense'");
    host.until(|host| host.log().contains("the trust store is not read again"));
    assert_eq!(load(&host, &package).0, 200);
    host.stop();
    let error = host.try_restart().unwrap_err();
    assert!(error.contains("trust.toml"), "{error}");
}
