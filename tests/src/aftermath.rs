//! What must hold after a host was killed, cut off or starved, and started again.

#![expect(clippy::indexing_slicing, reason = "an answer of another shape fails the test")]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde_json::Value;

use crate::{
    program::Program,
    senders::{Answered, Ledger},
};

/// Says which run it was when a test fails in it.
#[derive(Debug)]
pub struct Run(String);

impl Run {
    /// Names a run.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self(name.into())
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tell(&format!("failed in {}", self.0));
        }
    }
}

/// Says what a run has shown.
#[expect(clippy::print_stderr, reason = "for those who look: figures of a long run, and where it failed")]
pub fn tell(what: &str) {
    eprintln!("{what}");
}

/// All that can be read: events, requests, records, counts. Asked again while the index is being mended.
#[must_use]
pub fn answers(program: &Program) -> BTreeMap<&'static str, Value> {
    let lists = [("events", "/v1/events"), ("requests", "/v1/requests"), ("records", "/v1/providers/permits/records")];
    let mut answers = BTreeMap::from([("summary", patient(program, "/v1/summary"))]);
    for (name, path) in lists {
        answers.insert(name, Value::Array(list(program, path)));
    }
    answers
}

/// All items of a list; asked again while the host answers 503.
#[must_use]
pub fn list(program: &Program, path: &str) -> Vec<Value> {
    let (mut items, mut after) = (Vec::new(), String::new());
    let mark = if path.contains('?') { '&' } else { '?' };
    loop {
        let mut page = patient(program, &format!("{path}{mark}limit=1000{after}"));
        items.extend(page["items"].as_array_mut().map(std::mem::take).unwrap());
        match page.get("next").and_then(Value::as_str) {
            Some(next) => after = format!("&after={next}"),
            None => return items,
        }
    }
}

/// Reads with the operator's key; asked again while the host answers 503.
#[must_use]
pub fn patient(program: &Program, path: &str) -> Value {
    let (mut found, operator) = (None, program.operator());
    program.until(|program| {
        let answer = program.call(&operator, "GET", path, &[], b"");
        assert!(matches!(answer.status, 200 | 503), "{path}: {} {:?}\n{}", answer.status, answer.body, program.log());
        found = (answer.status == 200).then(|| answer.json());
        found.is_some()
    });
    found.unwrap()
}

/// Waits until the host has nothing left to do: all is indexed and mapped.
pub fn settle(program: &Program) {
    program.until(|program| {
        let pending = patient(program, "/v1/providers/permits/records?outcome=pending&limit=1");
        is_indexed(program) && pending["items"].as_array().unwrap().is_empty()
    });
}

/// Whether lists show all that was acknowledged: the index follows the journal, a second late where it had to be mended.
fn is_indexed(program: &Program) -> bool {
    let readiness = patient_any(program, "/readyz");
    readiness["entries"] == readiness["applied"]
}

fn patient_any(program: &Program, path: &str) -> Value {
    program.call(&program.operator(), "GET", path, &[], b"").json()
}

/// Every record that was acknowledged is there under its id; nothing is there that was not sent.
pub fn nothing_is_lost(program: &Program, ledger: &Ledger) {
    program.until(is_indexed);
    let records = list(program, "/v1/providers/permits/records");
    let by_id: BTreeMap<&str, &Value> = records.iter().map(|record| (record["id"].as_str().unwrap(), record)).collect();
    assert_eq!(by_id.len(), records.len(), "a record is listed twice");
    for (number, id) in ledger.promised() {
        let Some(record) = by_id.get(id.as_str()) else {
            panic!("record {number} was acknowledged as {id} and is lost")
        };
        let digest = hex(ring::digest::digest(&ring::digest::SHA256, ledger.record(number).as_bytes()).as_ref());
        assert_eq!(record["digest"], digest, "record {number}, {id}");
    }
}

/// Resends what was not acknowledged, waits until all is mapped, and checks that every record has exactly one outcome
/// and one event, and that counts, feed and journal agree.
pub fn all_is_mapped_once(program: &Program, ledger: &Ledger) {
    nothing_is_lost(program, ledger);
    for sent in ledger.unsure() {
        program.until(|program| match ledger.send(program.url(), &program.operator(), sent.clone()) {
            Answered::Not => panic!("the host is gone: {}", program.log()),
            answered => answered == Answered::Acknowledged,
        });
    }
    settle(program);
    nothing_is_lost(program, ledger);
    let promised = ledger.promised();
    if promised.is_empty() {
        // It was gone before anyone had sent.
        return;
    }
    let records = list(program, "/v1/providers/permits/records");
    assert_eq!(records.len(), promised.len(), "as many records as were sent");
    let mut of_records = BTreeSet::new();
    for record in &records {
        assert_eq!(record["outcome"], "mapped", "{record}");
        let events = record["events"].as_array().unwrap();
        assert_eq!(events.len(), 1, "{record}");
        of_records.insert(events[0].as_str().unwrap().to_owned());
    }
    let events = list(program, "/v1/events");
    let ids: BTreeSet<String> = events.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids, of_records, "the feed's events and those of the records");
    let keys: BTreeSet<(&str, &str)> =
        events.iter().map(|event| (event["number"].as_str().unwrap(), event["key"].as_str().unwrap())).collect();
    assert_eq!((keys.len(), ids.len()), (events.len(), events.len()), "no event twice");
    assert_eq!(list(program, "/v1/requests").len(), promised.len(), "a request for each record");
    let summary = patient(program, "/v1/summary");
    let counts = &summary[0]["records"];
    assert_eq!((&counts["received"], &counts["mapped"]), (&promised.len().into(), &promised.len().into()), "{summary}");
    assert_eq!((counts.get("pending"), &summary[0]["events"]), (None, &promised.len().into()), "{summary}");
    let journal = journal(&program.data());
    let of = |code: u8| journal.get(&code).copied().unwrap_or(0);
    assert_eq!((of(RECEIVED), of(OUTCOME)), (promised.len(), promised.len()), "entries received, and outcomes");
    let waiting = patient_any(program, "/readyz")["waiting"].clone();
    assert_eq!(waiting, 0, "nothing waits");
}

/// Stops the host in order, and lets the program itself check the folder.
pub fn stop_and_check(program: &mut Program) {
    program.stop();
    let verdict = program.json(&["check", "--json", "--data", program.data().to_str().unwrap()]);
    assert_eq!(verdict["differing"], 0, "{verdict}");
}

/// Code of the entry that says that a record was received.
pub const RECEIVED: u8 = 1;
/// Code of the entry that says what became of a record.
pub const OUTCOME: u8 = 4;
/// Code of the entry that says that an attempt to deliver is about to be made.
pub const LEASED: u8 = 11;

/// Code of what is no entry: a torn tail.
pub const TORN: u8 = 0;

/// How many entries of each kind the journal has: read by its documented format, not by the program's code. While a host
/// writes, what it is writing may look torn.
///
/// # Panics
/// If sequence numbers have a gap.
#[must_use]
pub fn journal(data: &Path) -> BTreeMap<u8, usize> {
    let mut paths: Vec<_> =
        std::fs::read_dir(data.join("journal")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "qj"));
    paths.sort();
    let (mut kinds, mut next) = (BTreeMap::new(), 1);
    for path in paths {
        let bytes = std::fs::read(&path).unwrap();
        let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        let mut at = 64;
        while bytes.get(at..at + 4) == Some(b"QJE1") {
            assert_eq!(u64::from_le_bytes(bytes[at + 8..at + 16].try_into().unwrap()), next, "{path:?} at {at}");
            *kinds.entry(bytes[at + 4]).or_insert(0) += 1;
            at += (32 + number(at + 20) as usize + number(at + 24) as usize).next_multiple_of(8);
            next += 1;
        }
        if bytes[at.min(bytes.len())..].iter().any(|byte| *byte != 0) {
            *kinds.entry(TORN).or_insert(0) += 1;
        }
    }
    kinds
}

/// Puts one folder in the place of another, as a disk comes back after a power cut.
pub fn replace(folder: &Path, by: &Path) {
    std::fs::remove_dir_all(folder).unwrap();
    copy(by, folder);
}

/// What a machine that was switched off has besides: another boot than the one in which the index was opened. The shadow
/// of a folder alone would look like that of a killed process, whose writes the kernel still has.
pub fn boot(data: &Path) {
    let opened = data.join("index/opened");
    if std::fs::read_to_string(&opened).is_ok_and(|opened| opened != "closed") {
        std::fs::write(opened, "another boot").unwrap();
    }
}

/// Copies a folder.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
