//! Which bytes of a file survive.

use crate::victim::Victim;

#[test]
fn bytes_without_a_sync_do_not_survive() {
    let mut victim = Victim::prepared(&[("a", "before")], |shim| shim);
    victim.run(&["write a 0 behind", "read a", "folder ."]);
    assert_eq!(victim.control().writes().unwrap(), 1);
    assert_eq!(victim.cut().text("a").unwrap(), "before");
}

#[test]
fn a_synced_range_survives_kill_minus_nine() {
    let mut victim = Victim::prepared(&[("a", "........")], |shim| shim);
    victim.run(&["write a 2 xx", "data a", "write a 4 yy"]);
    assert_eq!(victim.cut().text("a").unwrap(), "..xx....");
}

#[test]
fn every_way_to_write_is_seen() {
    let mut victim = Victim::prepared(&[("b", "from")], |shim| shim);
    victim.run(&["append a one", "append a two", "sync a", "write ./c 3 x", "sync ./c"]);
    assert_eq!(victim.attempt("once a three").unwrap(), "9");
    victim.run(&["data a", "overwrite d text", "sync d", "copy b e", "sync e", "folder ."]);
    let remains = victim.cut();
    assert_eq!(remains.text("a").unwrap(), "onetwothreetail");
    assert_eq!(remains.text("c").unwrap(), "\0\0\0x");
    assert_eq!(remains.text("d").unwrap(), "text");
    assert_eq!(remains.text("e").unwrap(), "from", "a copy inside the kernel was not seen");
}

#[test]
fn a_write_that_is_its_own_sync_survives() {
    let mut victim = Victim::prepared(&[("a", "")], |shim| shim);
    victim.run(&["direct a 0 durable"]);
    assert_eq!(victim.cut().text("a").unwrap(), "durable");
}

#[test]
fn a_cut_of_the_file_takes_effect_with_its_sync() {
    let mut victim = Victim::prepared(&[("a", "12345678"), ("b", "12345678")], |shim| shim);
    victim.run(&["cut a 3", "cut a 6", "sync a", "cut b 3"]);
    let remains = victim.cut();
    assert_eq!(remains.text("a").unwrap(), "123\0\0\0");
    assert_eq!(remains.text("b").unwrap(), "12345678");
}

#[test]
fn an_overwritten_file_keeps_its_old_bytes_until_its_sync() {
    let mut victim = Victim::prepared(&[("a", "old"), ("b", "old")], |shim| shim);
    victim.run(&["overwrite a newer", "overwrite b newer", "sync b"]);
    let remains = victim.cut();
    assert_eq!(remains.text("a").unwrap(), "old");
    assert_eq!(remains.text("b").unwrap(), "newer");
}

#[test]
fn reserved_space_reads_as_zeros() {
    let mut victim = Victim::prepared(&[("a", "12"), ("b", "12")], |shim| shim);
    victim.run(&["reserve a 5", "sync a", "reserve b 5"]);
    let remains = victim.cut();
    assert_eq!(remains.text("a").unwrap(), "12\0\0\0");
    assert_eq!(remains.text("b").unwrap(), "12");
}

#[test]
fn what_a_killed_process_wrote_is_covered_by_the_next_ones_sync() {
    let mut victim = Victim::prepared(&[("a", "old"), ("b", "old"), ("c", "old")], |shim| shim);
    victim.run(&["write a 0 new", "write b 0 new", "remove c", "write d 0 new"]);
    let mut victim = victim.start_again();
    victim.run(&["sync a", "sync d", "folder ."]);
    let remains = victim.cut();
    assert_eq!(remains.text("a").unwrap(), "new");
    assert_eq!(remains.text("b").unwrap(), "old");
    assert_eq!(remains.text("c"), None);
    assert_eq!(remains.text("d").unwrap(), "new");
}

#[test]
fn some_unsynced_pages_survive_when_writes_are_torn() {
    let mut victim = Victim::prepared(&[("a", "")], |shim| shim.torn(11));
    victim.run(&["fill a 0 262144 x", "fill b 0 262144 x"]);
    let remains = victim.cut();
    let pages: Vec<bool> = remains.bytes("a").unwrap().chunks(4096).map(|page| page == [b'x'; 4096]).collect();
    let kept = pages.iter().filter(|kept| **kept).count();
    assert!((16..=48).contains(&kept), "{kept} of 64 pages");
    assert_eq!(remains.bytes("b"), None, "its name is not durable");
}
