//! Full disks, failing syncs and short writes, switched while the process runs.

use crate::victim::Victim;
use libc::{EIO, ENOSPC};

#[test]
fn disk_full_fails_extending_writes_and_recovers() {
    let mut victim = Victim::prepared(&[("a", "12345678")], |shim| shim);
    let control = victim.control();
    victim.run(&["reserve b 4096"]);
    control.disk_full(true).unwrap();
    for refused in ["write a 8 x", "write a 6 abc", "append new x", "mkdir folder", "reserve a 100"] {
        assert_eq!(victim.attempt(refused), Err(ENOSPC), "{refused}");
    }
    assert_eq!(victim.attempt("read a").unwrap(), "123456ab", "a write that begins inside is short, then fails");
    victim.run(&["write a 0 in", "write b 4000 place", "rename a c", "rename c a", "sync a"]);
    control.full_in_place(true).unwrap();
    assert_eq!(victim.attempt("write a 0 x"), Err(ENOSPC));
    assert_eq!(control.faults().unwrap(), 7);
    control.disk_full(false).unwrap();
    victim.run(&["write a 8 more", "append new x", "mkdir folder", "sync a"]);
    assert_eq!(victim.cut().text("a").unwrap(), "in3456abmore");
}

#[test]
fn failing_sync_returns_eio() {
    let mut victim = Victim::prepared(&[("a", "")], |shim| shim);
    let control = victim.control();
    control.fail_syncs(true).unwrap();
    for refused in ["sync a", "data a", "folder .", "direct b 0 x"] {
        assert_eq!(victim.attempt(refused), Err(EIO), "{refused}");
    }
    control.fail_syncs(false).unwrap();
    victim.run(&["sync a"]);
    assert_eq!((control.syncs().unwrap(), control.faults().unwrap()), (4, 4));
}

#[test]
fn a_failed_sync_gives_its_bytes_up() {
    let mut victim = Victim::prepared(&[("a", "old")], |shim| shim);
    victim.run(&["write a 0 new"]);
    victim.control().fail_syncs(true).unwrap();
    assert_eq!(victim.attempt("sync a"), Err(EIO));
    victim.control().fail_syncs(false).unwrap();
    victim.run(&["sync a"]);
    assert_eq!(victim.cut().text("a").unwrap(), "old", "the sync was retried, the bytes are still lost");
}

#[test]
fn short_writes_write_half() {
    let mut victim = Victim::start();
    let control = victim.control();
    control.short_writes(true).unwrap();
    assert_eq!(victim.attempt("once a 12345678").unwrap(), "6");
    assert_eq!(victim.attempt("once a 1").unwrap(), "1");
    victim.run(&["append a abcdefgh"]);
    control.short_writes(false).unwrap();
    assert_eq!(victim.attempt("read a").unwrap(), "1234561abcdefgh");
    assert_eq!(control.faults().unwrap(), 5, "8 bytes go as 4, 2, 1, 1");
}

#[test]
fn faults_hit_only_the_named_paths() {
    let mut victim = Victim::prepared(&[], |shim| shim.only("journal"));
    victim.control().disk_full(true).unwrap();
    victim.run(&["write index 0 x", "sync index", "mkdir root"]);
    assert_eq!(victim.attempt("write journal-1 0 x"), Err(ENOSPC));
    victim.control().disk_full(false).unwrap();
    victim.control().fail_syncs(true).unwrap();
    victim.run(&["write journal-1 0 x", "write index 0 x", "sync index", "folder ."]);
    assert_eq!(victim.attempt("sync journal-1"), Err(EIO));
    assert_eq!(victim.cut().text("index").unwrap(), "x");
}
