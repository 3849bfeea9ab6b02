//! Past records are mapped again: first what would differ, by request and field, then as one recorded act.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use qadam_tests::{
    components::{mended_probe, rebuilt},
    probe::{await_service, decided, mapped, record, start},
    program::{Program, Setup},
    records::activity,
};
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_qadam-under-test");

fn config(service: &str) -> String {
    format!("[providers.permits.settings]\nservice-name = '{service}'\n")
}

fn permits(service: &str) -> Program {
    let program = Program::start(BINARY, Setup { config: config(service), permits: true, ..Setup::default() });
    await_service(&program, "permits", "serving");
    program
}

fn remap(program: &Program, provider: &str, more: &[&str]) -> Value {
    let data = program.data();
    let mut args = vec!["adapter", "remap", "--data", data.to_str().unwrap(), "--provider", provider, "--json"];
    args.extend(more);
    program.json(&args)
}

fn lines() -> Vec<String> {
    (1..=6)
        .map(|n| activity(&format!("c{n}"), &n.to_string(), "Confirmation of receipt", "2011-03-01T10:00:00+01:00"))
        .collect()
}

fn events(program: &Program) -> Vec<Value> {
    program.all(&program.operator(), "/v1/events")
}

#[test]
fn the_difference_is_told_by_request_and_field_then_applied_as_one_act() {
    let mut program = permits("Old name");
    assert_eq!(program.submit(&lines(), &[])["accepted"], 6);
    let before = events(&program);
    program.stop();
    program.set_config(config("New name"));
    program.restart();
    await_service(&program, "permits", "serving");
    let preview = remap(&program, "permits", &["--outcome", "mapped"]);
    assert_eq!((&preview["records"], &preview["same"], &preview["changed"]), (&json!(6), &json!(0), &json!(6)));
    for event in preview["events"].as_array().unwrap() {
        let expected = json!([{ "field": "service-name", "before": "Old name", "after": "New name" }]);
        assert_eq!((&event["change"], &event["fields"]), (&json!("changed"), &expected), "{event}");
    }
    assert_eq!(preview["events"][0]["request"], "c1");
    assert_eq!(events(&program), before, "a preview changes nothing");
    let plan = preview["plan"].as_str().unwrap();
    let done = remap(&program, "permits", &["--outcome", "mapped", "--apply", plan, "--why", "the name was wrong"]);
    assert_eq!(done["records"], 6);
    program.until(|program| events(program).len() == 12);
    let after = events(&program);
    let standing: Vec<&Value> = after.iter().filter(|event| event["standing"] == true).collect();
    assert_eq!(standing.len(), 6);
    for event in standing {
        assert_eq!(event["fields"]["service-name"], "New name", "{event}");
        assert!(before.iter().any(|old| old["id"] == event["corrects"]), "it names what it corrects: {event}");
    }
    let acts = program.get("/v1/acts");
    let act = acts["items"].as_array().unwrap().iter().find(|act| act["what"] == "remap").unwrap();
    assert_eq!(
        (&act["records"], &act["who"], &act["why"]),
        (&json!(6), &json!("operator-1"), &json!("the name was wrong"))
    );
    assert_eq!(remap(&program, "permits", &[])["same"], 6, "and now nothing differs");
}

#[test]
fn equal_events_keep_their_ids_and_are_not_recorded_again() {
    let program = permits("Name");
    assert_eq!(program.submit(&lines(), &[])["accepted"], 6);
    let before = events(&program);
    let done = remap(&program, "permits", &["--apply", "now", "--why", "a try"]);
    assert_eq!(done["records"], 6);
    program.until(|program| program.get("/readyz")["waiting"] == 0);
    assert_eq!(events(&program), before);
}

#[test]
fn a_preview_is_applied_only_while_adapter_and_outcomes_are_those_that_were_previewed() {
    let program = start(BINARY, "");
    let line = "request=R1;key=k;stage=1;at=2024-05-01T10:00:00+05:00";
    mapped(&program, "probe", &[line]);
    let plan = remap(&program, "probe", &[])["plan"].clone();
    let apply = |plan: &Value| {
        let body = json!({ "selection": { "provider": "probe" }, "plan": plan, "why": "a test" });
        program.call(&program.operator(), "POST", "/v1/remap", &[], body.to_string().as_bytes())
    };
    let path = "/v1/adapters/probe";
    let next = rebuilt(&mended_probe(), "next");
    assert_eq!(program.call(&program.operator(), "PUT", path, &[], &next).status, 200);
    let answer = apply(&plan);
    assert_eq!((answer.status, &answer.json()["type"]), (409, &json!("urn:qadam:problem:remap-stale")));
    let plan = remap(&program, "probe", &[])["plan"].clone();
    assert_eq!(apply(&plan).status, 202);
    program.until(|program| program.get("/readyz")["waiting"] == 0);
    assert_eq!(apply(&plan).status, 409, "each record has another outcome by now");
    let nothing = json!({ "provider": "probe", "outcome": "refused" });
    let answer = program.call(&program.operator(), "POST", "/v1/remap/preview", &[], nothing.to_string().as_bytes());
    assert_eq!((answer.status, &answer.json()["type"]), (404, &json!("urn:qadam:problem:nothing-to-remap")));
}

#[test]
fn quarantined_records_are_previewed_under_the_mended_adapter_and_then_mapped() {
    let program = start(BINARY, "");
    let views = decided(
        &program,
        "probe",
        &[
            "request=R1;key=k;stage=1;at=2024-05-01T10:00:00+05:00",
            "TRAP;request=R2;key=k;stage=1;at=2024-05-01T10:00:00+05:00",
        ],
    );
    assert_eq!(views[1]["outcome"], "quarantined");
    let still = remap(&program, "probe", &["--outcome", "quarantined"]);
    assert_eq!((&still["same"], still["causes"].as_array().unwrap().len()), (&json!(1), 1), "it would fail again");
    assert_eq!(program.call(&program.operator(), "PUT", "/v1/adapters/probe", &[], &mended_probe()).status, 200);
    let preview = remap(&program, "probe", &["--outcome", "quarantined"]);
    assert_eq!(preview["outcomes"], json!([{ "from": "quarantined", "to": "mapped", "records": 1 }]));
    assert_eq!((&preview["added"], &preview["events"][0]["request"]), (&json!(1), &json!("R2")));
    remap(&program, "probe", &["--outcome", "quarantined", "--apply", "now", "--why", "the adapter was mended"]);
    program.until(|program| record(program, views[1]["id"].as_str().unwrap())["outcome"] == "mapped");
}
