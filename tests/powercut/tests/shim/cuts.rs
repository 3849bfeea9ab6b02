//! Cuts at chosen operations: whatever was acknowledged is there, wherever the cut lands.

use crate::{
    script::{RECORD, record},
    victim::{Remains, Victim},
};
use libc::SIGKILL;
use std::{collections::BTreeMap, env};

/// How many cuts each test makes.
fn runs() -> u64 {
    env::var("QADAM_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(40)
}

/// Lets a child work until the shim kills it at an operation, and returns what it acknowledged.
fn cut_at(operation: u64, torn: Option<u64>, command: &str) -> (Vec<String>, Remains) {
    let mut victim = Victim::prepared(&[], |shim| torn.into_iter().fold(shim, |shim, seed| shim.torn(seed)));
    victim.control().kill_at(operation).unwrap();
    victim.send(command);
    let mut acknowledged = Vec::new();
    while let Some(answer) = victim.answer() {
        let number = answer.strip_prefix("acknowledged ").unwrap_or_else(|| panic!("not cut at {operation}: {answer}"));
        acknowledged.push(number.to_owned());
    }
    (acknowledged, victim.cut())
}

#[test]
fn kill_at_n_kills() {
    let mut victim = Victim::start();
    victim.control().kill_at(3).unwrap();
    victim.run(&["write a 0 x", "sync a"]);
    victim.send("write a 1 y");
    assert_eq!(victim.answer(), None);
    assert_eq!(victim.control().operations().unwrap(), 3);
    assert_eq!(victim.cut().signal, Some(SIGKILL));
}

#[test]
fn every_acknowledged_record_survives_a_cut_anywhere() {
    for run in 0..runs() {
        let torn = (run % 2 == 0).then_some(run);
        let (acknowledged, remains) = cut_at(1 + run, torn, "journal log 1000");
        let bytes = remains.bytes("log").unwrap_or_default();
        for number in 1..=acknowledged.len() as u64 {
            let start = (number as usize - 1) * RECORD;
            assert_eq!(bytes.get(start..start + RECORD), Some(&*record(number)), "run {run}, record {number}");
        }
        let most = (acknowledged.len() + 1) * RECORD;
        assert!(bytes.len() <= most.next_multiple_of(4096), "run {run}: {} bytes were never written", bytes.len());
    }
}

#[test]
fn syncs_that_overlap_never_take_acknowledged_bytes_back() {
    for run in 0..runs() {
        let (acknowledged, remains) = cut_at(40 + 7 * run, None, "threads shared 8 1000");
        let mut last = BTreeMap::new();
        for (place, number) in acknowledged.iter().filter_map(|answer| answer.split_once(' ')) {
            last.insert(place.parse::<usize>().unwrap(), number.parse::<u64>().unwrap());
        }
        let bytes = remains.bytes("shared").unwrap_or_default();
        for (place, number) in last {
            let found = &bytes[place * RECORD..(place + 1) * RECORD];
            // The record after the acknowledged one may have reached the disk, whole or torn; an older one may not.
            let newest = found.chunks(8).all(|word| word[0] == number as u8 || word[0] == (number + 1) as u8);
            assert!(newest, "run {run}, place {place}, record {number}: {:?}", &found[..8]);
        }
    }
}

#[test]
fn a_replaced_file_is_whole_after_a_cut_anywhere() {
    for run in 0..runs() {
        let (acknowledged, remains) = cut_at(1 + run, Some(run), "replace state 1000");
        let last = acknowledged.len() as u64;
        match remains.bytes("state") {
            Some(found) => {
                assert!(found == record(last) || found == record(last + 1), "run {run}: {last} acknowledged")
            }
            None => assert_eq!(last, 0, "run {run}"),
        }
    }
}
