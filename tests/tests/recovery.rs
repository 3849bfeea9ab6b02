//! What was acknowledged survives kills and orderly stops, and is mapped once; the index can be thrown away.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::{
    io::Write as _,
    net::{Shutdown, TcpStream},
};

use qadam_tests::{
    aftermath::{
        OUTCOME, RECEIVED, Run, TORN, all_is_mapped_once, answers, journal, nothing_is_lost, settle, stop_and_check,
        tell,
    },
    program::{Program, Setup},
    records, runs,
    senders::{Crowd, Ledger, Random},
};

const QADAM: &str = env!("CARGO_BIN_EXE_qadam-under-test");
/// Kills in one folder's life.
const KILLS: u32 = 5;

fn mapping() -> Program {
    Program::start(QADAM, Setup { permits: true, ..Setup::default() })
}

#[test]
fn after_a_kill_at_any_point_of_intake_no_acknowledged_record_is_lost_and_none_is_mapped_twice() {
    let kills = runs(KILLS);
    for life in 0..kills.div_ceil(KILLS) {
        let (mut program, ledger) = (mapping(), Ledger::new(usize::try_from(life % 2).unwrap() * 4000));
        for kill in 0..KILLS.min(kills - life * KILLS) {
            let seed = u64::from(life * KILLS + kill);
            let _run = Run::named(format!("kill {seed}"));
            let mut random = Random::new(seed);
            let crowd = Crowd::start(&ledger, &program, 1 + random.below(8), seed);
            assert!(crowd.acknowledged(1 + random.below(400)), "{}", program.log());
            program.kill();
            crowd.end();
            program.restart();
            nothing_is_lost(&program, &ledger);
            let (acknowledged, unsure) = (ledger.acknowledged(), ledger.unsure().len());
            tell(&format!("kill {seed}: {acknowledged} acknowledged, {unsure} unsure, none lost"));
        }
        let _run = Run::named(format!("life {life}"));
        all_is_mapped_once(&program, &ledger);
        stop_and_check(&mut program);
    }
}

#[test]
fn without_its_index_the_host_gives_the_same_answers_after_start() {
    let (mut program, ledger) = (mapping(), Ledger::new(0));
    let crowd = Crowd::start(&ledger, &program, 4, 11);
    assert!(crowd.acknowledged(500));
    crowd.end();
    // Requests with a history, and what stands out in it.
    let more: Vec<String> = (0..200)
        .flat_map(|number| {
            let (case, hour) = (format!("case-{number}"), number % 24);
            let at = format!("2011-0{}-02T{hour:02}:00:00.000+01:00", 1 + number % 9);
            [
                records::activity(&case, &format!("t02-{number}"), "T02 Check confirmation of receipt", &at),
                records::closing(&case, "2011-04-01T12:00:00.000+02:00"),
            ]
        })
        .collect();
    let receipt = program.submit(&more, &[]);
    assert_eq!(receipt["received"], 400, "{receipt}");
    settle(&program);
    let before = answers(&program);
    program.stop();
    std::fs::remove_dir_all(program.data().join("index")).unwrap();
    program.restart();
    assert_eq!(answers(&program), before);
    stop_and_check(&mut program);
}

#[test]
fn records_that_came_before_their_adapter_wait_and_are_all_mapped_when_it_is_there() {
    let (mut program, ledger) =
        (Program::start(QADAM, Setup { config: "[providers.permits]\n".into(), ..Setup::default() }), Ledger::new(0));
    let crowd = Crowd::start(&ledger, &program, 4, 12);
    assert!(crowd.acknowledged(300));
    assert_eq!(program.get("/v1/summary")[0]["records"].get("mapped"), None);
    program.add_permits();
    // Some come while it is put to work.
    program.until(|program| program.get("/v1/summary")[0]["records"].get("mapped").is_some());
    assert!(crowd.acknowledged(100));
    crowd.end();
    all_is_mapped_once(&program, &ledger);
    stop_and_check(&mut program);
}

#[test]
fn an_orderly_stop_during_intake_loses_nothing_and_leaves_no_torn_tail() {
    for seed in 0..3 {
        let _run = Run::named(format!("seed {seed}"));
        let (mut program, ledger) = (mapping(), Ledger::new(0));
        let crowd = Crowd::start(&ledger, &program, 6, seed);
        assert!(crowd.acknowledged(50 + 100 * seed));
        program.stop();
        crowd.end();
        assert_eq!(journal(&program.data()).get(&TORN), None);
        assert!(!program.log().contains("torn tail"), "{}", program.log());
        program.restart();
        assert!(!program.log().contains("torn tail"), "{}", program.log());
        assert!(!program.log().contains("rebuilt"), "the index was closed in order: {}", program.log());
        all_is_mapped_once(&program, &ledger);
        stop_and_check(&mut program);
    }
}

#[test]
fn records_of_a_sender_that_hangs_up_without_waiting_are_mapped_too() {
    let mut program = mapping();
    let (mut random, mut number) = (Random::new(13), 0);
    let of = |program: &Program, code: u8| journal(&program.data()).get(&code).copied().unwrap_or(0);
    program.until(|program| {
        for _ in 0..20 {
            hang_up(program, &records::accepted(number), random.below(200_000));
            number += 1;
        }
        of(program, RECEIVED) >= 10
    });
    // Most were gone before their record was journaled; each of the others is mapped without anyone coming after it.
    program.until(|program| of(program, RECEIVED) == of(program, OUTCOME));
    stop_and_check(&mut program);
    assert_eq!(of(&program, RECEIVED), of(&program, OUTCOME), "each record has its outcome");
}

/// Sends a record and closes the connection after a moment.
fn hang_up(program: &Program, body: &str, moment: u64) {
    let host = program.url().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let head = format!(
        "POST /v1/providers/permits/records HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {}\r\n\
         content-type: application/xml\r\ncontent-length: {}\r\n\r\n",
        program.operator(),
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
    for _ in 0..moment {
        std::hint::spin_loop();
    }
    // The host may have answered and closed already.
    let _ = stream.shutdown(Shutdown::Both);
}
