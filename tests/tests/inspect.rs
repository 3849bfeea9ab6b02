//! Looking into adapters: what their calls took, how they failed last and where, and a record run once more.

use qadam_tests::{components, http, probe, program::Program};
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_qadam-under-test");
const GOOD: &str = "request=R;key=a;stage=2;at=2024-05-01T10:00:00+05:00";

fn show(host: &Program) -> Value {
    host.get("/v1/adapters/probe")
}

fn replay(host: &Program, record: &str, component: &[u8]) -> http::Answer {
    let kind = [("content-type", "application/wasm")];
    host.call(&host.operator(), "POST", &format!("/v1/records/{record}/replay?why=a%20test"), &kind, component)
}

#[test]
fn calls_records_events_and_faults_of_an_adapter_are_counted_with_the_time_and_memory_they_took() {
    let host = probe::start(BINARY, "");
    let before = show(&host);
    assert_eq!((&before["used"]["records"], before.get("fault")), (&json!(0), None), "{before}");
    let bad = "request=R;key=c;stage=9;at=2024-05-01T10:00:00+05:00";
    let views = probe::decided(&host, "probe", &[GOOD, "request=S;key=b;stage=1;at=2024-05-01T10:00:00Z", bad]);
    assert_eq!(views[2]["outcome"], "refused");
    host.until(|host| show(host)["used"]["records"] == 3);
    let used = show(&host)["used"].clone();
    assert_eq!(used["events"], 2, "{used}");
    assert_eq!(used["refused"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum::<u64>(), 1, "{used}");
    assert_eq!(used["faults"], json!({}));
    for positive in ["calls", "cpu_micros", "memory_peak", "spent_micros"] {
        assert!(used[positive].as_u64() > Some(0), "{positive}: {used}");
    }
    let text = host.run(&["adapter", "show", "--provider", "probe", "--data", host.data().to_str().unwrap()]);
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("memory peak") && text.contains("refused: "), "{text}");
    let key = host.key("provider", Some("other"));
    host.until(|host| host.call(&key, "GET", "/v1/adapters/other", &[], b"").status == 404);
    assert_eq!(host.call(&key, "GET", "/v1/adapters/probe", &[], b"").status, 403, "a provider sees its own");
}

#[test]
fn a_trap_is_told_with_the_names_of_the_functions_and_its_record_can_be_replayed_with_another_component() {
    let host = probe::start(BINARY, "");
    let views = probe::decided(
        &host,
        "probe",
        &[GOOD, "request=T;key=t;stage=2;at=2024-05-01T10:00:00Z;native.iin=850101199993;TRAP;LOG"],
    );
    assert_eq!(views[1]["outcome"], "quarantined", "{views:?}");
    let record = views[1]["id"].as_str().unwrap();
    host.until(|host| show(host).get("fault").is_some());
    let seen = show(&host);
    let fault = &seen["fault"];
    assert_eq!((&fault["kind"], &fault["record"]), (&json!("trap"), &json!(record)), "{seen}");
    let names =
        |fault: &Value| fault["backtrace"].as_array().unwrap().iter().map(ToString::to_string).collect::<Vec<_>>();
    assert!(names(fault).iter().any(|name| name.contains("probe")), "the adapter's own functions are named: {fault}");
    assert!(seen["used"]["faults"]["trap"].as_u64() >= Some(1), "{seen}");

    let data = host.data();
    let masked = host.folder().join("masked.txt");
    let args = ["adapter", "replay", "--record", record, "--why", "it traps", "--data", data.to_str().unwrap()];
    let out = host.run(&[&args[..], &["--masked", masked.to_str().unwrap()]].concat());
    let said = String::from_utf8(out.stdout).unwrap();
    assert_eq!(out.status.code(), Some(1), "the adapter fails on it: {said}");
    assert!(said.contains("last fault: trap") && said.contains("  in "), "{said}");
    assert!(said.contains("log: error ") && !said.contains("850101199993"), "{said}");
    let masked = std::fs::read_to_string(masked).unwrap();
    assert!(!masked.contains("850101199993") && masked.contains('='), "{masked}");

    // Another component is tried on it, and serves nobody.
    let other = std::fs::read(components::permits()).unwrap();
    let tried = replay(&host, record, &other);
    assert_eq!(tried.status, 200, "{:?}", tried.body);
    let tried = tried.json();
    assert_eq!((&tried["adapter"]["name"], &tried["outcome"]), (&json!("permits-xes"), &json!("refused")), "{tried}");
    assert_eq!(show(&host)["adapter"]["name"], seen["adapter"]["name"]);
    assert_eq!(replay(&host, record, b"no component").status, 422);

    let good = replay(&host, views[0]["id"].as_str().unwrap(), b"").json();
    assert_eq!((&good["outcome"], &good["events"][0]["kind"]), (&json!("mapped"), &json!("stage")), "{good}");
    let audit = host.all(&host.operator(), "/v1/audit");
    let replays = audit.iter().filter(|act| act["what"] == "replay").count();
    assert_eq!(replays, 3, "each that asked an adapter is in the audit: {audit:?}");
    assert_eq!(probe::record(&host, record)["outcome"], "quarantined", "nothing has changed");
}
