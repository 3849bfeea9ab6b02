//! After a power cut, when only what was synced is still there (and of the rest some pages, at random), everything that
//! was acknowledged is there and is mapped once.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::{path::PathBuf, sync::OnceLock};

use qadam_powercut::{Shim, library, own_target_dir};
use qadam_tests::{
    aftermath::{Run, all_is_mapped_once, boot, nothing_is_lost, replace, stop_and_check, tell},
    components,
    probe::{adapter, await_service},
    program::{Program, Setup},
    records::accepted,
    runs,
    senders::{Answered, Crowd, Ledger, Random, Sent},
};
use serde_json::Value;

const QADAM: &str = env!("CARGO_BIN_EXE_qadam-under-test");
/// Cuts in one folder's life.
const CUTS: u32 = 4;

fn preload() -> &'static PathBuf {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| library(&own_target_dir().unwrap()).unwrap())
}

/// A host that has never run on its data folder: its first start is watched too.
fn unborn() -> Program {
    let mut program = Program::start(QADAM, Setup { permits: true, ..Setup::default() });
    program.kill();
    std::fs::remove_dir_all(program.data()).unwrap();
    program
}

#[test]
fn what_was_shown_of_messages_their_stamps_and_their_authority_survives_a_power_cut() {
    let config = "[seal]\nevents = 2\nage = 'PT0.1S'\n".to_owned();
    let mut program = Program::start(QADAM, Setup { permits: true, config, ..Setup::default() });
    program.kill();
    std::fs::remove_dir_all(program.data()).unwrap();
    let shadow = program.folder().join("shadow");
    let shim = Shim::watch(preload(), &program.data(), &shadow).unwrap().torn(43);
    program.set_env(shim.env());
    program.restart();
    let lines: Vec<String> = (1..=6).map(accepted).collect();
    let _ = program.submit(&lines, &[]);
    let messages = |program: &Program| program.get("/v1/messages?limit=1000")["items"].as_array().unwrap().clone();
    let sealed = |messages: &[Value]| -> usize {
        let events = messages.iter().map(|message| message["events"].as_array().map_or(0, Vec::len));
        events.sum()
    };
    program.until(|program| {
        let shown = messages(program);
        sealed(&shown) == 6 && shown.iter().all(|message| message.get("stamp").is_some())
    });
    let (before, ca) = (messages(&program), std::fs::read(program.data().join("pki/ca.pem")).unwrap());
    program.kill();
    assert!(shim.control().attached().unwrap() > 0, "the library was not loaded");
    replace(&program.data(), &shadow);
    boot(&program.data());
    program.set_env(Vec::new());
    program.restart();
    assert_eq!(messages(&program), before, "manifests, signatures and stamps, to the byte");
    assert_eq!(
        std::fs::read(program.data().join("pki/ca.pem")).unwrap(),
        ca,
        "the certificate that they are verified by"
    );
}

#[test]
fn an_adapter_that_was_loaded_serves_again_after_a_power_cut_and_can_be_rolled_back() {
    let mut program = Program::start(QADAM, Setup { config: "[providers.permits]".into(), ..Setup::default() });
    program.kill();
    std::fs::remove_dir_all(program.data()).unwrap();
    let shadow = program.folder().join("shadow");
    let shim = Shim::watch(preload(), &program.data(), &shadow).unwrap().torn(41);
    program.set_env(shim.env());
    program.restart();
    let first = std::fs::read(components::permits()).unwrap();
    let builds = [first.clone(), components::rebuilt(&first, "two")];
    for build in &builds {
        let answer = program.call(&program.operator(), "PUT", "/v1/adapters/permits", &[], build);
        assert_eq!(answer.status, 200, "{:?}", answer.body);
    }
    let before = adapter(&program, "permits");
    program.kill();
    assert!(shim.control().attached().unwrap() > 0, "the library was not loaded");
    replace(&program.data(), &shadow);
    boot(&program.data());
    program.set_env(Vec::new());
    program.restart();
    await_service(&program, "permits", "serving");
    let after = adapter(&program, "permits");
    assert_eq!((&after["adapter"], &after["previous"]), (&before["adapter"], &before["previous"]));
}

#[test]
fn after_a_power_cut_at_any_point_no_acknowledged_record_is_lost_and_none_is_mapped_twice() {
    let cuts = runs(CUTS);
    for life in 0..cuts.div_ceil(CUTS) {
        let (mut program, ledger) = (unborn(), Ledger::new(usize::try_from(1 - life % 2).unwrap() * 4000));
        for cut in 0..CUTS.min(cuts - life * CUTS) {
            let seed = u64::from(life * CUTS + cut);
            let mut random = Random::new(seed);
            let shadow = program.folder().join(format!("shadow-{seed}"));
            let shim = Shim::watch(preload(), &program.data(), &shadow).unwrap().torn(seed);
            // Every other time the machine stops at an operation on the disk, as early as in the first start; otherwise
            // after so many acknowledgements.
            let operation = if seed % 2 == 0 { 1 + random.below(if cut == 0 { 150 } else { 1500 }) } else { 0 };
            let run = format!("cut {seed} at operation {operation}");
            let _run = Run::named(run.clone());
            shim.control().kill_at(operation).unwrap();
            program.set_env(shim.env());
            if program.try_restart().is_ok() {
                let crowd = Crowd::start(&ledger, &program, 1 + random.below(12), seed);
                let reached = crowd.acknowledged(1 + if operation == 0 { random.below(1500) } else { 1_000_000 });
                assert!(reached == (operation == 0), "{}", program.log());
                program.kill();
                crowd.end();
            }
            assert!(shim.control().attached().unwrap() > 0, "the library was not loaded");
            replace(&program.data(), &shadow);
            boot(&program.data());
            program.set_env(Vec::new());
            program.try_restart().unwrap_or_else(|log| panic!("after the cut it does not start: {log}"));
            nothing_is_lost(&program, &ledger);
            tell(&format!(
                "{run}: {} acknowledged, {} unsure, none lost",
                ledger.acknowledged(),
                ledger.unsure().len()
            ));
            if cut + 1 == CUTS || seed % 3 == 0 {
                all_is_mapped_once(&program, &ledger);
            }
            stop_and_check(&mut program);
        }
    }
}

#[test]
fn after_a_power_cut_at_the_first_start_the_keys_that_were_given_out_open_the_host() {
    let mut program = unborn();
    // The folder above is watched, so that the name of the data folder has to be durable too.
    let outside = tempfile::tempdir().unwrap();
    let (watched, shadow) = (program.folder().to_owned(), outside.path().join("shadow"));
    let shim = Shim::watch(preload(), &watched, &shadow).unwrap();
    program.set_env(shim.env());
    program.restart();
    let ledger = Ledger::new(0);
    let sent = Sent { numbers: vec![0], key: None };
    assert_eq!(ledger.send(program.url(), &program.operator(), sent), Answered::Acknowledged);
    let operator = program.operator();
    program.kill();
    assert!(shim.control().attached().unwrap() > 0, "the library was not loaded");
    replace(&program.data(), &shadow.join("data"));
    program.set_env(Vec::new());
    program.restart();
    assert_eq!(program.operator(), operator);
    nothing_is_lost(&program, &ledger);
}

#[test]
fn after_a_power_cut_during_the_first_start_the_next_one_has_a_key_that_is_valid() {
    let mut program = unborn();
    for operation in 1..=u64::from(runs(CUTS)) * 8 {
        let _run = Run::named(format!("cut at operation {operation}"));
        let shadow = program.folder().join(format!("shadow-{operation}"));
        let shim = Shim::watch(preload(), &program.data(), &shadow).unwrap();
        shim.control().kill_at(operation).unwrap();
        program.set_env(shim.env());
        if program.try_restart().is_ok() {
            program.kill();
        }
        assert!(shim.control().attached().unwrap() > 0, "the library was not loaded");
        replace(&program.data(), &shadow);
        boot(&program.data());
        program.set_env(Vec::new());
        program.restart();
        assert_eq!(program.call(&program.operator(), "GET", "/v1/summary", &[], b"").status, 200);
        program.kill();
        std::fs::remove_dir_all(program.data()).unwrap();
    }
}
