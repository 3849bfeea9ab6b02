//! Backups of a running host, and what goes on from them.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use qadam_tests::{
    peer::Peer,
    probe::files_with,
    program::{Program, Setup},
    records::{accepted, closing},
};
use serde_json::Value;

const QADAM: &str = env!("CARGO_BIN_EXE_qadam-under-test");

fn host(peer: &Peer) -> Program {
    let config = format!(
        "[seal]\nevents = 4\nage = 'PT0.1S'\n[destinations.monitoring]\npush = {{ url = '{}' }}\n\
         retry = {{ first = 'PT0.05S', most = 'PT0.2S' }}\n",
        peer.url()
    );
    Program::start(QADAM, Setup { config, permits: true, ..Setup::default() })
}

/// A host on a folder that does not run, and has nothing yet.
fn elsewhere(peer: &Peer) -> Program {
    let mut other = host(peer);
    other.kill();
    std::fs::remove_dir_all(other.data()).unwrap();
    other
}

/// Sends a record, and gives its id once it was acknowledged.
fn send(host: &Program, number: usize) -> String {
    let headers = [("content-type", "application/xml")];
    let answer =
        host.call(&host.operator(), "POST", "/v1/providers/permits/records", &headers, accepted(number).as_bytes());
    assert_eq!(answer.status, 202, "{:?}", answer.body);
    answer.json()["records"][0]["id"].as_str().unwrap().to_owned()
}

/// How many events of each request took effect at the destination.
fn effects(peer: &Peer) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for effect in peer.effects() {
        *found.entry(effect.request).or_default() += 1;
    }
    found
}

fn delivered(host: &Program) -> bool {
    let records = host.all(&host.operator(), "/v1/providers/permits/records?outcome=pending");
    let queue = host.get("/v1/queue");
    let lanes = queue["lanes"].as_array().unwrap();
    // What was recorded last may not have been sealed yet.
    records.is_empty() && lanes.iter().all(|lane| lane["depth"] == 0 && lane["dead"] == 0)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_host_restored_from_a_backup_that_was_made_while_it_ran_goes_on_without_loss_or_repetition() {
    let (folder, kept) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let peer = Peer::start(folder.path());
    let mut old = host(&peer);
    let backup = kept.path().join("backup");
    for number in 0..20 {
        let _ = send(&old, number);
    }

    // Records flow while the backup is made.
    let (next, stop) = (AtomicUsize::new(20), AtomicBool::new(false));
    let (before, rest) = std::thread::scope(|scope| {
        let sending = scope.spawn(|| {
            let mut ids = Vec::new();
            while !stop.load(Ordering::SeqCst) {
                let number = next.load(Ordering::SeqCst);
                ids.push(send(&old, number));
                next.store(number + 1, Ordering::SeqCst);
            }
            ids
        });
        old.until(|_| next.load(Ordering::SeqCst) > 25);
        let before = next.load(Ordering::SeqCst);
        let made = old.json(&["backup", "--json", "--data", text(&old.data()), "--to", text(&backup)]);
        assert!(made["last"].as_u64().unwrap() >= before as u64, "{made}");
        let after = next.load(Ordering::SeqCst);
        old.until(|_| next.load(Ordering::SeqCst) > after + 10);
        stop.store(true, Ordering::SeqCst);
        (before, sending.join().unwrap())
    });
    let sent = next.load(Ordering::SeqCst);
    // All of it reaches the destination from the old host, what came after the backup too.
    old.until(|_| effects(&peer).len() == sent);
    let ids_of_old: BTreeSet<String> = rest.iter().cloned().collect();
    old.kill();

    let mut new = elsewhere(&peer);
    let restored = new.json(&["restore", "--json", "--from", text(&backup), "--data", text(&new.data())]);
    assert!(restored["epoch"].as_u64().unwrap() > 1, "{restored}");
    let checked = new.json(&["check", "--json", "--data", text(&new.data())]);
    assert_eq!(checked["differing"], 0, "{checked}");
    new.restart();
    for id in &rest[..before - 20] {
        let answer = new.call(&new.operator(), "GET", &format!("/v1/records/{id}"), &[], b"");
        assert_eq!(answer.status, 200, "{id} was acknowledged before the backup");
    }
    let last = new.call(&new.operator(), "GET", &format!("/v1/records/{}", rest.last().unwrap()), &[], b"");
    assert_eq!(last.status, 404, "what came after the backup is not in it, and its id is nobody else's");

    // The provider sends all of it again, and goes on.
    let again: Vec<String> = (0..sent + 10).map(|number| send(&new, number)).collect();
    assert!(again[sent..].iter().all(|id| !ids_of_old.contains(id)), "no id is given twice");
    new.until(|_| effects(&peer).len() == sent + 10);
    new.until(delivered);
    let found = effects(&peer);
    let once = found["case-0"];
    assert!(found.values().all(|count| *count == once), "each took effect once: {found:?}");

    let lanes = peer.receiver().lanes();
    let [lane] = lanes.as_slice() else { panic!("{lanes:?}") };
    assert!(lane.missing.is_empty() && lane.breaks.is_empty() && lane.forks.is_empty(), "{lane:?}");
    let [(epoch, _, unknown)] = lane.restores.as_slice() else { panic!("the receiver sees the restore: {lane:?}") };
    assert_eq!(u64::from(*epoch), restored["epoch"].as_u64().unwrap());
    assert!(*unknown > 0, "messages of the old host under the same numbers are told from the new ones: {lane:?}");
    assert_eq!(lane.undisclosed_events, 0, "{lane:?}");

    let audit = new.all(&new.operator(), "/v1/audit");
    let acts: Vec<&str> = audit.iter().map(|act| act["what"].as_str().unwrap()).collect();
    assert!(acts.contains(&"backup") && acts.contains(&"restore"), "{acts:?}");
    let sequence = ["evidence", "sequence", "--provider", "permits", "--destination", "monitoring", "--data"];
    let sequence = new.run(&[&sequence[..], &[text(&new.data())]].concat());
    assert!(sequence.status.success(), "the lane's manifests follow each other: {sequence:?}");
}

#[test]
fn a_backup_is_checked_copies_what_changed_and_is_restored_into_an_empty_folder_only() {
    let (folder, kept) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let peer = Peer::start(folder.path());
    let old = host(&peer);
    for number in 0..5 {
        let _ = send(&old, number);
    }
    old.until(|_| effects(&peer).len() == 5);
    let (backup, packed) = (kept.path().join("backup"), kept.path().join("backup.zip"));
    let data = old.data();
    let made = |to: &Path, more: &[&str]| {
        old.json(&[&["backup", "--json", "--data", text(&data), "--to", text(to)], more].concat())
    };
    let first = made(&backup, &[]);
    assert_eq!(first["copied"], first["bytes"]);
    let second = made(&backup, &[]);
    assert!(second["copied"].as_u64() < second["bytes"].as_u64(), "what did not change is not copied again: {second}");
    let _ = made(&packed, &[]);
    for path in [&backup, &packed] {
        let sound = old.json(&["check", "--json", "--backup", text(path)]);
        assert!(sound["entries"].as_u64() >= second["last"].as_u64(), "{sound}");
        assert_eq!(sound["private_keys"], false);
    }

    let into = |from: &Path, to: &Path| old.run(&["restore", "--from", text(from), "--data", text(to)]);
    let said = |out: &std::process::Output| String::from_utf8_lossy(&out.stderr).into_owned();
    let refused = into(&backup, &data);
    assert!(refused.status.code() == Some(1) && said(&refused).contains("empty folder"), "{}", said(&refused));
    assert!(into(&packed, &kept.path().join("new")).status.success());

    // A backup is no place for another thing, nor another thing for a backup.
    let other = kept.path().join("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("thesis.txt"), "important").unwrap();
    let out = old.run(&["backup", "--data", text(&data), "--to", text(&other)]);
    assert!(out.status.code() == Some(1) && said(&out).contains("thesis.txt") || said(&out).contains("not empty"));
    assert!(other.join("thesis.txt").exists());

    let manifest: Value = serde_json::from_slice(&std::fs::read(backup.join("backup.json")).unwrap()).unwrap();
    let journal = manifest["files"].as_array().unwrap().iter().find(|file| file["path"] != "keys.json").unwrap();
    let file = backup.join("files").join(journal["sha256"].as_str().unwrap());
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let place = kept.path().join("damaged");
    for out in [into(&backup, &place), old.run(&["check", "--backup", text(&backup)])] {
        let named = said(&out).contains(journal["path"].as_str().unwrap());
        assert!(out.status.code() == Some(1) && named, "{}", said(&out));
    }
    assert!(!place.exists(), "a damaged backup gives no data folder");
}

#[test]
fn private_keys_are_in_a_backup_only_where_that_is_asked_for_and_a_stopped_host_is_backed_up_too() {
    let (folder, kept) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let peer = Peer::start(folder.path());
    let mut old = host(&peer);
    let _ = send(&old, 1);
    old.stop();
    let key = old.operator();
    let data = old.data();
    let seal = std::fs::read_to_string(data.join("pki").join("seal.key")).unwrap();
    let (without, with) = (kept.path().join("without"), kept.path().join("with"));
    let _ = old.json(&["backup", "--json", "--data", text(&data), "--to", text(&without)]);
    let made = old.json(&["backup", "--json", "--private-keys", "--data", text(&data), "--to", text(&with)]);
    assert_eq!(made["private_keys"], true);
    let line = seal.lines().nth(1).unwrap();
    for secret in [key.as_str(), line] {
        assert_eq!(files_with(&without, secret, &[]), Vec::<String>::new());
        assert_eq!(files_with(&with, secret, &[]).len(), 1);
    }
    let restored = old.json(&["restore", "--json", "--from", text(&with), "--data", text(&kept.path().join("a"))]);
    assert_eq!(restored["operator"], Value::Null, "it has its key");
    let restored = old.json(&["restore", "--json", "--from", text(&without), "--data", text(&kept.path().join("b"))]);
    assert_eq!(restored["operator"], "operator-2", "commands on the machine have a key of their own");
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(kept.path().join("b")).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn bodies_that_were_erased_leave_a_backup_with_the_next_one() {
    let (folder, kept) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let peer = Peer::start(folder.path());
    let clock = kept.path().join("ahead");
    std::fs::write(&clock, "0").unwrap();
    let config = format!(
        "[seal]\nage = 'PT0.1S'\n[destinations.monitoring]\npush = {{ url = '{}' }}\n\
         [retention]\nmessages-days = 30\nrecords-days = 60\nevents-days = 90\n",
        peer.url()
    );
    let env = vec![("QADAM_TEST_CLOCK_AHEAD".into(), clock.clone().into_os_string())];
    let host = Program::start(QADAM, Setup { config, permits: true, env, ..Setup::default() });
    let note: String = (0..2000_u64).map(|n| format!("{:016x}", n.wrapping_mul(0x9E37_79B9_7F4A_7C15))).collect();
    let record = |number: usize, line: &str| {
        line.replacen("<trace>", &format!("<trace><string key=\"note\" value=\"{number}{note}\"/>"), 1)
    };
    let mut lines: Vec<String> = (0..20).map(|number| record(number, &accepted(number))).collect();
    lines.extend((0..20).map(|number| closing(&format!("case-{number}"), "2011-03-03T10:00:00.000+01:00")));
    let _ = host.submit(&lines, &[]);
    host.until(|host| effects(&peer).len() == 20 && delivered(host));
    let (backup, data) = (kept.path().join("backup"), host.data());
    let made = || host.json(&["backup", "--json", "--data", text(&data), "--to", text(&backup)]);
    let before = made();
    std::fs::write(&clock, (400 * 24 * 3600).to_string()).unwrap();
    let records = "/v1/providers/permits/records";
    host.until(|host| host.all(&host.operator(), records).iter().all(|record| record.get("erased").is_some()));
    // What was ordered is done, and the space given back, a moment later.
    let bytes = |made: &Value| made["bytes"].as_u64().unwrap();
    host.until(|_| bytes(&made()) + 200_000 < bytes(&before));
    let sound = host.json(&["check", "--json", "--backup", text(&backup)]);
    let lying: u64 =
        std::fs::read_dir(backup.join("files")).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum();
    assert_eq!(sound["bytes"].as_u64().unwrap(), lying, "nothing of the earlier backup is left");
}

#[test]
fn a_backup_removes_and_holds_nothing_that_it_should_not_and_a_folder_may_be_named_with_a_slash() {
    let (folder, kept) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let peer = Peer::start(folder.path());
    let host = host(&peer);
    let _ = send(&host, 1);
    let data = host.data();
    let refused = |to: &Path, why: &str| {
        let out = host.run(&["backup", "--data", text(&data), "--to", text(to)]);
        let said = String::from_utf8(out.stderr).unwrap();
        assert!(out.status.code() == Some(1) && said.contains(why), "{said}");
    };
    // Somebody else's folder of the same name.
    let site = kept.path().join("site");
    std::fs::create_dir_all(site.join("files")).unwrap();
    std::fs::write(site.join("files/precious.txt"), "x").unwrap();
    refused(&site, "holds no earlier backup");
    std::fs::write(site.join("backup.json"), r#"{"of":"another program"}"#).unwrap();
    refused(&site, "holds no earlier backup");
    assert!(site.join("files/precious.txt").exists());
    refused(&data.join("backup"), "in the data folder itself");

    // Private keys by other names than the host's own.
    let secrets =
        [("seal.p12", "secret-1"), ("seal.password", "secret-2"), ("tls.pem", "-----BEGIN PRIVATE KEY-----\nsecret-3")];
    for (name, content) in secrets {
        std::fs::write(data.join(name), content).unwrap();
    }
    let backup = kept.path().join("backup");
    let made = || host.json(&["backup", "--json", "--data", text(&data), "--to", text(&backup)]);
    assert_eq!(made()["private_keys"], false);
    for secret in ["secret-1", "secret-2", "secret-3"] {
        assert_eq!(files_with(&backup, secret, &[]), Vec::<String>::new());
    }
    // What somebody put beside stays.
    std::fs::write(backup.join("files/note.txt"), "x").unwrap();
    made();
    assert!(backup.join("files/note.txt").exists());
    let slashed = format!("{}/", text(&kept.path().join("restored")));
    std::fs::create_dir(&slashed).unwrap();
    let restored = host.json(&["restore", "--json", "--from", text(&backup), "--data", &slashed]);
    assert!(restored["last"].as_u64() > Some(0), "{restored}");
    assert_eq!(std::fs::read_dir(kept.path()).unwrap().count(), 3, "nothing is left beside it");
}

/// The owners of a folder and of all that is in it.
fn owners(folder: &Path) -> BTreeSet<u32> {
    let own = |path: &Path| std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(path).unwrap());
    let within = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = within.flat_map(|path| if path.is_dir() { owners(&path) } else { [own(&path)].into() });
    below.chain([own(folder)]).collect()
}

#[test]
fn what_an_administrator_does_in_a_host_s_folder_leaves_it_to_the_host() {
    let folder = tempfile::tempdir().unwrap();
    let peer = Peer::start(folder.path());
    let mut host = host(&peer);
    let _ = send(&host, 1);
    host.stop();
    let data = host.data();
    let ours = *owners(&data).first().unwrap();
    let give = |path: &Path| std::os::unix::fs::chown(path, Some(65_534), Some(65_534)).is_ok();
    if ours != 0 || !give(&data) {
        // Only an administrator can give a folder away.
        return;
    }
    for args in [
        vec!["key", "new", "--role", "monitor", "--data", text(&data)],
        vec!["backup", "--data", text(&data), "--to", text(&folder.path().join("backup"))],
        vec!["check", "--data", text(&data)],
    ] {
        let out = host.run(&args);
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    }
    assert_eq!(owners(&data), [65_534].into());
}

#[test]
fn a_link_in_a_host_s_folder_leads_no_administrator_astray() {
    let folder = tempfile::tempdir().unwrap();
    let peer = Peer::start(folder.path());
    let mut host = host(&peer);
    host.stop();
    let (data, precious) = (host.data(), folder.path().join("precious"));
    std::fs::write(&precious, "kept").unwrap();
    std::os::unix::fs::symlink(&precious, data.join("keys.json.new")).unwrap();
    let new = ["key", "new", "--role", "monitor", "--data", text(&data)];
    assert!(host.run(&new).status.success(), "the link is removed, not followed");
    std::fs::remove_file(data.join("keys.lock")).unwrap();
    std::os::unix::fs::symlink(&precious, data.join("keys.lock")).unwrap();
    let out = host.run(&new);
    assert!(!out.status.success() && String::from_utf8_lossy(&out.stderr).contains("keys.lock"), "{out:?}");
    assert_eq!(std::fs::read_to_string(&precious).unwrap(), "kept");
}
