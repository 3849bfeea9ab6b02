//! Full disks, failing syncs, short writes and a damaged index: the host says so, loses nothing, and goes on.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::{fs::File, os::unix::fs::FileExt as _, path::PathBuf, sync::OnceLock};

use qadam_powercut::{Shim, library, own_target_dir};
use qadam_tests::{
    aftermath::{Run, all_is_mapped_once, answers, boot, nothing_is_lost, replace, settle, stop_and_check},
    program::{Program, Setup},
    runs,
    senders::{Answered, Crowd, Ledger, Random, Sent},
};

const QADAM: &str = env!("CARGO_BIN_EXE_qadam-under-test");

/// A host under the shim, and the shim.
fn watched(shape: impl FnOnce(Shim) -> Shim) -> (Program, Shim) {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    let library = LIBRARY.get_or_init(|| library(&own_target_dir().unwrap()).unwrap());
    let mut program = Program::start(QADAM, Setup { permits: true, ..Setup::default() });
    program.stop();
    let shadow = program.folder().join("shadow");
    let shim = shape(Shim::watch(library, &program.data(), &shadow).unwrap());
    program.set_env(shim.env());
    program.restart();
    assert!(shim.control().attached().unwrap() > 0, "the library was not loaded");
    (program, shim)
}

#[test]
fn on_a_full_disk_intake_answers_503_and_goes_on_by_itself_when_space_returns() {
    for in_place in [false, true] {
        let _run = Run::named(format!("full in place: {in_place}"));
        let ((mut program, shim), ledger) = (watched(|shim| shim), Ledger::new(6000));
        let control = shim.control();
        control.full_in_place(in_place).unwrap();
        let crowd = Crowd::start(&ledger, &program, 6, 21);
        for _ in 0..2 {
            assert!(crowd.acknowledged(100), "{}", program.log());
            control.disk_full(true).unwrap();
            assert!(crowd.refused(100), "{}", program.log());
            let refusal = ledger.refusal().unwrap();
            assert_eq!(refusal.headers["content-type"], "application/problem+json");
            assert!(refusal.headers["retry-after"].parse::<u64>().unwrap() > 0);
            assert!(refusal.json()["type"].as_str().unwrap().starts_with("urn:qadam:problem:"), "{refusal:?}");
            let reading = program.call(&program.operator(), "GET", "/v1/events", &[], b"");
            assert!(matches!(reading.status, 200 | 503), "{reading:?}");
            control.disk_full(false).unwrap();
        }
        assert!(crowd.acknowledged(200), "{}", program.log());
        assert!(control.faults().unwrap() > 0);
        crowd.end();
        all_is_mapped_once(&program, &ledger);
        stop_and_check(&mut program);
    }
}

#[test]
fn a_host_on_a_full_disk_stops_in_order_and_starts_again_when_there_is_space() {
    let ((mut program, shim), ledger) = (watched(|shim| shim), Ledger::new(6000));
    let crowd = Crowd::start(&ledger, &program, 6, 22);
    assert!(crowd.acknowledged(100));
    shim.control().full_in_place(true).unwrap();
    shim.control().disk_full(true).unwrap();
    assert!(crowd.refused(50));
    program.stop();
    crowd.end();
    shim.control().disk_full(false).unwrap();
    program.restart();
    all_is_mapped_once(&program, &ledger);
    stop_and_check(&mut program);
}

#[test]
fn after_a_failed_sync_nothing_is_acknowledged_until_a_restart_which_checks_and_resumes() {
    for (seed, cut) in [(23, false), (24, true)] {
        let _run = Run::named(format!("seed {seed}, power cut after it: {cut}"));
        let ((mut program, shim), ledger) = (watched(|shim| shim.only("journal").torn(seed)), Ledger::new(0));
        let crowd = Crowd::start(&ledger, &program, 6, seed);
        assert!(crowd.acknowledged(200));
        shim.control().fail_syncs(true).unwrap();
        let url = format!("{}/readyz", program.url());
        program.until(|_| qadam_tests::http::call("GET", &url, &[], "").unwrap().status == 503);
        // Those under way may have been synced before; from here on nothing may be acknowledged.
        assert!(crowd.refused(20));
        let acknowledged = ledger.acknowledged();
        let readiness = program.call(&program.operator(), "GET", "/readyz", &[], b"");
        assert!(readiness.json()["reasons"][0].as_str().unwrap().contains("until a restart"), "{readiness:?}");
        shim.control().fail_syncs(false).unwrap();
        assert!(crowd.refused(50), "a later sync may well succeed; it proves nothing");
        crowd.end();
        assert_eq!(ledger.acknowledged(), acknowledged);
        let refusal = ledger.refusal().unwrap();
        assert!(refusal.headers.contains_key("retry-after"), "{refusal:?}");
        assert_eq!(program.call(&program.operator(), "GET", "/v1/events", &[], b"").status, 200, "reading goes on");
        if cut {
            program.kill();
            replace(&program.data(), shim.shadow());
            boot(&program.data());
        } else {
            program.stop();
        }
        program.set_env(Vec::new());
        program.restart();
        nothing_is_lost(&program, &ledger);
        all_is_mapped_once(&program, &ledger);
        stop_and_check(&mut program);
    }
}

#[test]
fn writes_that_write_half_of_what_they_should_change_nothing() {
    let ((mut program, shim), ledger) = (watched(|shim| shim), Ledger::new(0));
    shim.control().short_writes(true).unwrap();
    let crowd = Crowd::start(&ledger, &program, 6, 25);
    assert!(crowd.acknowledged(300), "{}", program.log());
    crowd.end();
    assert!(shim.control().faults().unwrap() > 0);
    assert_eq!(ledger.refused(), 0);
    all_is_mapped_once(&program, &ledger);
    stop_and_check(&mut program);
}

#[test]
fn a_damaged_index_is_rebuilt_and_gives_the_same_answers() {
    let (mut program, ledger) = (Program::start(QADAM, Setup { permits: true, ..Setup::default() }), Ledger::new(0));
    let crowd = Crowd::start(&ledger, &program, 6, 26);
    assert!(crowd.acknowledged(2000));
    crowd.end();
    settle(&program);
    let before = answers(&program);
    program.stop();
    let whole = program.folder().join("whole");
    qadam_tests::aftermath::copy(&program.data(), &whole);
    for seed in 0..u64::from(runs(6)) {
        let (mut random, mut damage) = (Random::new(seed), Vec::new());
        replace(&program.data(), &whole);
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(program.data().join("index")).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| path.is_file());
        files.sort();
        // One file, or all of them, in one place or in many.
        let one = usize::try_from(random.below(files.len() as u64 + 1)).unwrap();
        for (place, path) in files.iter().enumerate().filter(|(place, _)| *place == one || one == files.len()) {
            let (file, length) = (File::options().write(true).open(path).unwrap(), path.metadata().unwrap().len());
            for _ in 0..1 + random.below(if place == 0 { 2 } else { 20 }) {
                let (at, bytes) = (random.below(length), 1 + random.below(2000));
                let noise: Vec<u8> = (0..bytes).map(|_| u8::try_from(random.below(256)).unwrap()).collect();
                file.write_all_at(&noise, at).unwrap();
                damage.push(format!("{bytes} bytes at {at} of {length} in {}", path.display()));
            }
        }
        let _run = Run::named(format!("seed {seed}: {damage:?}"));
        program.restart();
        assert_eq!(answers(&program), before);
        let sent = Sent { numbers: vec![1_000_000 + usize::try_from(seed).unwrap()], key: None };
        program
            .until(|program| ledger.send(program.url(), &program.operator(), sent.clone()) == Answered::Acknowledged);
        settle(&program);
        stop_and_check(&mut program);
    }
}
