//! Adapters are loaded, replaced, rolled back and unloaded in a running host, while records flow.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::path::PathBuf;

use qadam_tests::{
    aftermath::{all_is_mapped_once, stop_and_check},
    components::{self, greedy, mended_probe, probe_as, rebuilt},
    probe::{adapter, await_service, decided, mapped, put, record, request, sent, start},
    program::{Program, Setup},
    runs,
    senders::{Crowd, Ledger},
};
use serde_json::Value;

const BINARY: &str = env!("CARGO_BIN_EXE_qadam-under-test");

fn line(number: &str) -> String {
    format!("request={number};key=k;stage=1;at=2024-05-01T10:00:00+05:00")
}

/// `qadam adapter VERB` against a host; its JSON.
fn command(program: &Program, verb: &str, provider: &str, more: &[&str]) -> Value {
    let data = program.data();
    let mut args = vec!["adapter", verb, "--data", data.to_str().unwrap(), "--provider", provider, "--json"];
    args.extend(more);
    program.json(&args)
}

/// A component as a file of its own.
fn file(program: &Program, name: &str, bytes: &[u8]) -> PathBuf {
    let path = program.folder().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn load(program: &Program, provider: &str, bytes: &[u8]) -> Value {
    let path = file(program, "to-load.wasm", bytes);
    command(program, "load", provider, &[path.to_str().unwrap()])
}

/// What the API answers to a component.
fn try_load(program: &Program, provider: &str, bytes: &[u8]) -> (u16, Value) {
    let answer = program.call(&program.operator(), "PUT", &format!("/v1/adapters/{provider}"), &[], bytes);
    (answer.status, answer.json())
}

fn bare(signed_only: bool) -> Program {
    Program::start(BINARY, Setup { config: "[providers.probe]".into(), signed_only, ..Setup::default() })
}

#[test]
fn many_swaps_under_full_load_lose_refuse_and_repeat_nothing_and_the_api_answers_throughout() {
    let mut program = Program::start(BINARY, Setup { permits: true, ..Setup::default() });
    let (one, ledger) = (std::fs::read(components::permits()).unwrap(), Ledger::new(0));
    let builds = [one.clone(), rebuilt(&one, "two")];
    let crowd = Crowd::start(&ledger, &program, 6, 31);
    assert!(crowd.acknowledged(50), "{}", program.log());
    let (swaps, mut generation) = (runs(60), 0);
    for (swap, build) in (1..=swaps).zip(builds.iter().cycle().skip(1)) {
        let (status, view) = try_load(&program, "permits", build);
        assert_eq!((status, &view["service"]), (200, &"serving".into()), "swap {swap}: {view}");
        assert!(view["generation"].as_u64() > Some(generation), "swap {swap}: {view}");
        generation = view["generation"].as_u64().unwrap();
        assert_eq!(program.get("/v1/summary?provider=permits")[0]["provider"], "permits");
        assert!(crowd.acknowledged(1), "{}", program.log());
    }
    crowd.end();
    assert_eq!(ledger.refused(), 0, "{:?}", ledger.refusal());
    all_is_mapped_once(&program, &ledger);
    let records = program.all(&program.operator(), "/v1/providers/permits/records");
    let mut components: Vec<&Value> = records.iter().map(|record| &record["adapter"]["component"]).collect();
    components.sort_by_key(|component| component.as_str());
    components.dedup();
    assert_eq!(components.len(), 2, "both have mapped, and each record says by which");
    stop_and_check(&mut program);
}

#[test]
fn a_broken_adapter_leaves_records_pending_and_one_rollback_command_maps_them_all() {
    let program = Program::start(
        BINARY,
        Setup { config: "[providers.probe]\nsettings = { broken = 'all' }".into(), ..Setup::default() },
    );
    load(&program, "probe", &mended_probe());
    mapped(&program, "probe", &[&line("before")]);
    let broken = load(&program, "probe", &probe_as("hostile"));
    assert_eq!(broken["previous"]["component"].as_str().map(str::len), Some(64), "{broken}");
    let numbers: Vec<String> = (0..40).map(|number| format!("R{number}")).collect();
    let lines: Vec<String> = numbers.iter().map(|number| line(number)).collect();
    let ids = sent(&program, "probe", &lines.iter().map(String::as_str).collect::<Vec<_>>());
    await_service(&program, "probe", "suspended");
    assert!(ids.iter().all(|id| record(&program, id)["outcome"] == "pending"), "none is lost or set aside");
    assert!(program.get("/readyz")["reasons"].to_string().contains("suspended"));
    assert!(adapter(&program, "probe")["last_fault"].as_str().is_some());
    let back = command(&program, "rollback", "probe", &["--why", "it fails on everything"]);
    assert_eq!(
        (&back["service"], &back["previous"]["component"]),
        (&"serving".into(), &broken["adapter"]["component"])
    );
    program.until(|program| ids.iter().all(|id| record(program, id)["outcome"] == "mapped"));
    assert_eq!(request(&program, "probe", "R39")["history"].as_array().unwrap().len(), 1);
}

#[test]
fn a_component_that_cannot_serve_leaves_the_old_one_serving_and_says_why() {
    let program = start(BINARY, "");
    let (good, before) = (std::fs::read(components::probe()).unwrap(), adapter(&program, "probe"));
    for (what, bytes, status, kind, said) in [
        ("text", b"not a component".to_vec(), 422, "adapter-malformed", "not a WebAssembly component"),
        ("cut off", good[..good.len() / 2].to_vec(), 422, "adapter-malformed", "byte"),
        ("an import", greedy(&good), 422, "adapter-undeclared-imports", "qadam:adapter/net@0.1.0"),
        ("a trap at start", probe_as("failing"), 422, "adapter-complaint", "describe"),
        ("nothing", Vec::new(), 422, "adapter-malformed", "serving"),
    ] {
        let (answered, problem) = try_load(&program, "probe", &bytes);
        assert_eq!(answered, status, "{what}: {problem}");
        assert_eq!(problem["type"], format!("urn:qadam:problem:{kind}"), "{what}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(said), "{what}: {problem}");
        assert_eq!(adapter(&program, "probe"), before, "{what}");
        let out = program.run(&[
            "adapter",
            "load",
            "--provider",
            "probe",
            "--data",
            program.data().to_str().unwrap(),
            file(&program, "bad.wasm", &bytes).to_str().unwrap(),
        ]);
        assert_eq!(out.status.code(), Some(1), "{what}");
        assert!(String::from_utf8_lossy(&out.stderr).contains(said), "{what}: {out:?}");
    }
    mapped(&program, "probe", &[&line("after")]);
}

#[test]
fn what_served_and_what_it_replaced_are_there_again_after_a_restart() {
    let mut program = bare(false);
    let first = load(&program, "probe", &mended_probe());
    let second = load(&program, "probe", &probe_as("hostile"));
    assert_eq!(load(&program, "probe", &probe_as("hostile")), second, "the same again changes nothing");
    program.kill();
    program.restart();
    await_service(&program, "probe", "serving");
    let after = adapter(&program, "probe");
    assert_eq!(after["adapter"], second["adapter"]);
    assert_eq!(after["loaded_by"], "operator-1");
    assert_eq!(after["previous"]["component"], first["adapter"]["component"]);
    assert_eq!(command(&program, "rollback", "probe", &[])["adapter"], first["adapter"]);
    program.stop();
    program.restart();
    await_service(&program, "probe", "serving");
    assert_eq!(adapter(&program, "probe")["adapter"], first["adapter"]);
}

#[test]
fn an_unloaded_adapter_stays_so_over_a_restart_its_records_wait_and_a_rollback_maps_them() {
    let mut program = bare(false);
    load(&program, "probe", &mended_probe());
    let gone = command(&program, "unload", "probe", &["--why", "the agency asked"]);
    assert_eq!((&gone["service"], gone.get("adapter")), (&"absent".into(), None));
    let ids = sent(&program, "probe", &[&line("R1")]);
    program.stop();
    program.restart();
    program.until(|program| !adapter(program, "probe")["previous"].is_null());
    assert_eq!(record(&program, &ids[0])["outcome"], "pending");
    assert_eq!(adapter(&program, "probe")["service"], "absent");
    command(&program, "rollback", "probe", &[]);
    program.until(|program| record(program, &ids[0])["outcome"] == "mapped");
    for (method, path) in [("DELETE", "/v1/adapters/nobody"), ("POST", "/v1/adapters/nobody/rollback")] {
        let answer = program.call(&program.operator(), method, path, &[], b"");
        assert_eq!((answer.status, &answer.json()["title"]), (409, &"There is nothing to change".into()), "{path}");
    }
}

#[test]
fn a_file_in_the_watched_folder_serves_once_and_a_later_load_or_rollback_is_not_undone_by_it() {
    let mut program = start(BINARY, "");
    assert_eq!(adapter(&program, "probe")["loaded_by"], "folder");
    let mended = load(&program, "probe", &mended_probe());
    program.stop();
    program.restart();
    await_service(&program, "probe", "serving");
    assert_eq!(adapter(&program, "probe")["adapter"], mended["adapter"], "the file is the one that was taken before");
    put(&program, "probe.wasm", b"not a component");
    program.until(|program| adapter(program, "probe")["load_error"].as_str().is_some());
    let wrong = adapter(&program, "probe");
    assert!(wrong["load_error"].as_str().unwrap().contains("probe.wasm: not a WebAssembly component"), "{wrong}");
    assert_eq!((&wrong["service"], &wrong["adapter"]), (&"serving".into(), &mended["adapter"]));
    std::fs::remove_file(program.adapters().join("probe.wasm")).unwrap();
    program.until(|program| adapter(program, "probe")["load_error"].is_null());
    assert_eq!(adapter(&program, "probe")["adapter"], mended["adapter"], "a file that goes away unloads nothing");
    put(&program, "probe.wasm", &rebuilt(&mended_probe(), "next"));
    program.until(|program| adapter(program, "probe")["adapter"] != mended["adapter"]);
    decided(&program, "probe", &[&line("R1")]);
}

#[test]
fn a_host_that_takes_signed_components_only_says_so_and_keeps_the_records() {
    let program = bare(true);
    put(&program, "probe.wasm", &std::fs::read(components::probe()).unwrap());
    program.until(|program| adapter(program, "probe")["load_error"].as_str().is_some());
    assert!(adapter(&program, "probe")["load_error"].as_str().unwrap().contains("--allow-unsigned"));
    let (status, problem) = try_load(&program, "probe", &mended_probe());
    assert_eq!((status, &problem["type"]), (403, &"urn:qadam:problem:adapter-unsigned".into()), "{problem}");
    let ids = sent(&program, "probe", &[&line("R1")]);
    assert_eq!(record(&program, &ids[0])["outcome"], "pending");
}

#[test]
fn an_unsigned_adapter_is_marked_wherever_it_is_listed() {
    let program = start(BINARY, "");
    assert_eq!(adapter(&program, "probe")["signature"], "none");
    let out = program.run(&["adapter", "list", "--data", program.data().to_str().unwrap()]);
    let text = String::from_utf8(out.stdout).unwrap();
    let column = text.lines().next().unwrap().find("SIGNED").unwrap();
    assert!(text.lines().nth(1).unwrap()[column..].starts_with("no"), "{text}");
}

#[test]
fn only_an_operator_changes_adapters_and_each_change_is_logged_with_who() {
    let program = start(BINARY, "");
    let (provider, monitor) = (program.key("provider", Some("probe")), program.key("monitor", None));
    program.until(|program| program.call(&monitor, "GET", "/v1/adapters", &[], b"").status == 200);
    program.until(|program| program.call(&provider, "GET", "/v1/adapters", &[], b"").status == 200);
    for key in [&provider, &monitor] {
        for (method, path) in
            [("PUT", "/v1/adapters/probe"), ("DELETE", "/v1/adapters/probe"), ("POST", "/v1/adapters/probe/rollback")]
        {
            assert_eq!(program.call(key, method, path, &[], b"").status, 403, "{method} {path}");
        }
    }
    command(&program, "unload", "probe", &[]);
    program.until(|program| program.log().contains("is unloaded; records wait provider=probe who=\"operator-1\""));
}
