//! Which names survive.

use crate::victim::Victim;

#[test]
fn a_new_file_without_a_directory_sync_does_not_survive() {
    let mut victim = Victim::start();
    victim.run(&["write a 0 text", "sync a"]);
    assert_eq!(victim.cut().bytes("a"), None);
}

#[test]
fn a_new_file_without_its_own_sync_does_not_survive() {
    let mut victim = Victim::start();
    victim.run(&["write a 0 text", "folder ."]);
    assert_eq!(victim.cut().bytes("a"), None);
}

#[test]
fn a_new_file_survives_both_syncs_in_either_order() {
    let mut victim = Victim::start();
    victim.run(&["write a 0 text", "sync a", "write b 0 text", "folder .", "sync b", "write b 0 TEXT"]);
    let remains = victim.cut();
    assert_eq!(remains.text("a").unwrap(), "text");
    assert_eq!(remains.text("b").unwrap(), "text");
}

#[test]
fn rename_is_durable_after_directory_sync() {
    let files = [("a", "1"), ("b", "2"), ("c", "3")];
    let mut victim = Victim::prepared(&files, |shim| shim);
    victim.run(&["rename a b", "folder .", "rename c d"]);
    let remains = victim.cut();
    assert_eq!((remains.text("a"), remains.text("b").unwrap()), (None, "1".into()));
    assert_eq!((remains.text("c").unwrap(), remains.text("d")), ("3".into(), None));
}

#[test]
fn a_rename_over_a_file_without_a_sync_leaves_it_empty() {
    let mut victim = Victim::prepared(&[("a", "old")], |shim| shim);
    victim.run(&["write next 0 new", "rename next a", "folder ."]);
    assert_eq!(victim.cut().text("a").unwrap(), "");
}

#[test]
fn a_removed_file_is_back_unless_the_directory_was_synced() {
    let mut victim = Victim::prepared(&[("a", "1"), ("b", "2")], |shim| shim);
    victim.run(&["remove a", "folder .", "remove b"]);
    let remains = victim.cut();
    assert_eq!(remains.text("a"), None);
    assert_eq!(remains.text("b").unwrap(), "2");
}

#[test]
fn a_new_file_in_a_removed_files_place_inherits_nothing() {
    let mut victim = Victim::prepared(&[("a", "a long old text")], |shim| shim);
    victim.run(&["remove a", "write a 2 x", "sync a", "close a"]);
    victim.run(&["remove a", "write a 1 y", "sync a", "folder ."]);
    assert_eq!(victim.cut().text("a").unwrap(), "\0y");
}

#[test]
fn a_new_folder_needs_its_parents_sync() {
    let mut victim = Victim::start();
    victim.run(&["mkdir kept", "mkdir kept/in", "write kept/in/a 0 text", "sync kept/in/a", "folder kept/in"]);
    victim.run(&["folder .", "folder kept"]);
    victim.run(&["mkdir lost", "write lost/a 0 text", "sync lost/a", "folder lost"]);
    let remains = victim.cut();
    assert_eq!(remains.text("kept/in/a").unwrap(), "text");
    assert!(!remains.path("lost").exists());
}

#[test]
fn a_moved_folder_takes_what_it_holds_along() {
    let mut victim = Victim::start();
    victim.run(&["mkdir one", "write one/a 0 text", "sync one/a", "folder one", "folder ."]);
    victim.run(&[
        "rename one two",
        "folder .",
        "link two/a two/b",
        "folder two",
        "mkdir gone",
        "folder .",
        "clear gone",
    ]);
    let remains = victim.cut();
    assert!(!remains.path("one").exists());
    assert_eq!(remains.text("two/a").unwrap(), "text");
    assert_eq!(remains.text("two/b").unwrap(), "text");
    assert!(remains.path("gone").exists());
}
