//! The main job on the real log of a municipality: 9,906 records that nobody here wrote.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

use std::collections::{BTreeMap, BTreeSet};

use qadam_tests::{
    program::{Program, Setup},
    shared,
};
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_qadam-under-test");
const SERVICE: &str = "[providers.permits.settings]\nservice-name = \"Environmental permit (receipt phase)\"\n";

fn host() -> Program {
    Program::start(BINARY, Setup { config: SERVICE.into(), permits: true, ..Setup::default() })
}

/// The value of an attribute of the log, by its key.
fn attribute<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = line.split_once(&format!("key=\"{key}\" value=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

/// Number, stage and closing of every request.
fn requests(host: &Program) -> BTreeMap<String, (Value, Value)> {
    host.all(&host.operator(), "/v1/requests?provider=permits")
        .into_iter()
        .map(|request| {
            (request["number"].as_str().unwrap().to_owned(), (request["stage"].clone(), request["closed"].clone()))
        })
        .collect()
}

/// A shuffle that is the same each time.
fn shuffled(lines: &[String]) -> Vec<String> {
    let mut lines = lines.to_vec();
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for place in (1..lines.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        lines.swap(place, usize::try_from(state % (place as u64 + 1)).unwrap());
    }
    lines
}

#[test]
fn the_demo_reports_the_log_exactly() {
    let Some(file) = shared::data("permits.xml-lines.gz") else { return };
    let host = Program::start(BINARY, Setup::default());
    let folder = tempfile::tempdir().unwrap();
    let (archive, ca) = (folder.path().join("event.zip"), folder.path().join("ca.pem"));
    let (archive, ca) = (archive.to_str().unwrap(), ca.to_str().unwrap());
    let input = format!("permits={}", file.display());
    let report = host.json(&["demo", "--json", "--evidence", archive, "--input", &input]);
    let verified = host.run(&["evidence", "verify", archive, "--trust", ca]);
    assert!(verified.status.success(), "the evidence of one event: {}", String::from_utf8_lossy(&verified.stdout));
    assert_eq!(report["received"], 9906);
    assert_eq!(report["accepted"], 9906);
    assert_eq!(report["duplicates"], 0);
    assert_eq!(report["refused"], json!([]));
    assert_eq!(report["quarantined"], json!([]));
    // The adapter was replaced in mid-flow: both have mapped, and together all.
    assert_eq!(
        (&report["replaced"]["provider"], &report["replaced"]["generations"]),
        (&json!("permits"), &json!([1, 2]))
    );
    let by: Vec<u64> = report["replaced"]["records"].as_object().unwrap().values().filter_map(Value::as_u64).collect();
    assert_eq!((by.len(), by.iter().sum::<u64>()), (2, 9906), "{by:?}");
    assert_eq!(
        report["stages"],
        json!({
            "accepted": 1434, "sent-for-execution": 4030, "taken-into-work": 3035, "executed": 39, "awaiting-issue": 39,
            "closed": 1329,
        })
    );
    assert_eq!(report["requests"], json!({ "open": 105, "closed": 1329, "incomplete": 0 }));
    let anomalies = &report["anomalies"];
    assert_eq!(anomalies["after-closing"], 180);
    assert_eq!(report["anomalous_requests"]["after-closing"], 145);
    assert_eq!(anomalies["before-intake"], 12);
    assert_eq!(anomalies["completed-before-intake"], 2);
    assert_eq!(anomalies["repeated"], 245);
    for other in ["out-of-order", "late", "stale-zone"] {
        assert_eq!(anomalies.get(other), None, "{other}");
    }
}

#[test]
fn every_request_has_the_log_s_times_numbers_and_names() {
    let Some(lines) = shared::permits() else { return };
    let host = host();
    let outcome = host.submit(&lines, &[]);
    assert_eq!((&outcome["accepted"], &outcome["pending"]), (&json!(9906), &json!(0)));
    let mut wanted: BTreeMap<&str, [Option<&str>; 3]> = BTreeMap::new();
    for line in &lines {
        let times = wanted.entry(attribute(line, "concept:name").unwrap()).or_default();
        for (time, key) in times.iter_mut().zip(["startdate", "deadline", "enddate"]) {
            *time = attribute(line, key).or(*time);
        }
    }
    // A case's own name comes before its event's in some lines, after it in others.
    wanted.retain(|name, _| name.starts_with("case-"));
    let found = host.all(&host.operator(), "/v1/requests?provider=permits");
    assert_eq!(found.len(), 1434);
    for request in &found {
        let number = request["number"].as_str().unwrap();
        let times = wanted.get(number).unwrap_or_else(|| panic!("{number} is not in the log"));
        for (time, field) in times.iter().zip(["intake-at", "planned-at", "completed-at"]) {
            let shown = &request["fields"][field];
            assert_eq!(shown["literal"].as_str(), *time, "{number} {field}");
            if let Some(literal) = time {
                let instant: jiff::Timestamp = literal.parse().unwrap();
                assert_eq!(shown["instant"], instant.to_string(), "{number} {field}");
                assert!(shown["local"].as_str().unwrap().ends_with("[Europe/Amsterdam]"));
            }
        }
        assert_eq!(request["missing"], json!([]), "{number}");
    }
    let monitor = host.key("monitor", None);
    host.until(|host| host.call(&monitor, "GET", "/v1/summary", &[], b"").status == 200);
    let numbers: BTreeSet<&str> =
        lines.iter().filter_map(|line| attribute(line, "applicant:iin").or(attribute(line, "applicant:bin"))).collect();
    let events = host.all(&monitor, "/v1/events");
    let kept: BTreeSet<&str> =
        events.iter().filter_map(|event| event["fields"]["identification-number"].as_str()).collect();
    assert_eq!(events.len(), 9906);
    assert_eq!(kept, numbers, "the numbers are kept as they came");
    assert_eq!(kept.iter().filter(|number| number.starts_with('0')).count(), 120, "leading zeros too");
}

#[test]
fn the_same_file_again_is_duplicates_and_adds_no_event() {
    let Some(lines) = shared::permits() else { return };
    let host = host();
    let _ = host.submit(&lines, &[]);
    let before = host.get("/v1/summary?provider=permits");
    let again = host.submit(&lines, &[]);
    assert_eq!((&again["duplicates"], &again["accepted"]), (&json!(9906), &json!(0)));
    host.until(|host| host.get("/v1/summary?provider=permits")[0]["records"]["duplicate"] == 9906);
    let after = host.get("/v1/summary?provider=permits");
    for same in ["events", "stages", "requests", "anomalies"] {
        assert_eq!(before[0][same], after[0][same], "{same}");
    }
}

#[test]
fn shuffled_and_reversed_the_log_gives_the_same_requests_stages_and_closings() {
    let Some(lines) = shared::permits() else { return };
    let in_order = host();
    let _ = in_order.submit(&lines, &[]);
    let wanted = requests(&in_order);
    let derived = in_order.get("/v1/summary?provider=permits")[0].clone();
    for other in [shuffled(&lines), lines.iter().rev().cloned().collect()] {
        let host = host();
        let _ = host.submit(&other, &[]);
        assert!(requests(&host) == wanted, "another order gives other requests");
        let summary = host.get("/v1/summary?provider=permits")[0].clone();
        for anomaly in ["after-closing", "before-intake", "completed-before-intake", "repeated"] {
            assert_eq!(summary["anomalies"][anomaly], derived["anomalies"][anomaly], "{anomaly}");
        }
        assert!(summary["anomalies"]["out-of-order"].as_i64().unwrap() > 0, "the order is noticed");
    }
}

#[test]
fn one_wrong_byte_costs_one_record_named_by_its_line_and_cause() {
    let Some(lines) = shared::permits() else { return };
    let host = host();
    for (round, (line, from, to, cause)) in [
        (1234, "<event>", "<event<", "malformed"),
        (4321, "time:timestamp\" value=\"2", "time:timestamp\" value=\"x", "unreadable-time"),
        (2, "T02 Check", "T02 Chekk", "unknown-native-status"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut lines = lines.clone();
        // Other bytes elsewhere, so that each round sends new records.
        for text in &mut lines {
            *text = text.replace("</trace>", &format!("</trace>{}", " ".repeat(round)));
        }
        let changed = lines[line - 1].replacen(from, to, 1);
        assert_ne!(changed, lines[line - 1]);
        lines[line - 1] = changed;
        let outcome = host.submit(&lines, &[]);
        assert_eq!(outcome["accepted"], 9906);
        let refused = outcome["refused"].as_array().unwrap();
        assert_eq!(refused.len(), 1, "{refused:?}");
        assert_eq!((&refused[0]["line"], &refused[0]["cause"]), (&json!(line), &json!(cause)), "{refused:?}");
        assert_eq!((outcome["quarantined"].as_array().unwrap().len(), &outcome["pending"]), (0, &json!(0)));
    }
}
