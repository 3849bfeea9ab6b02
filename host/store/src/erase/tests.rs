use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use proptest::prelude::*;
use qadam_domain::{Event, EventKind, Fields, Moment, Policy, ProviderId, Stage, Update, ValidatedEvent};

use super::*;
use crate::{
    Found, FoundResult, NewRecord, OutcomeResult, Received, StoreConfig,
    digest::sha256,
    entry::{EventEntry, OutcomeFact},
    verify,
};

const NUMBERS: [&str; 3] = ["061211600012", "900101300018", "850115300019"];

fn config(folder: &Path) -> StoreConfig {
    StoreConfig { segment_bytes: 1 << 16, ..StoreConfig::in_folder(folder) }
}

fn open(folder: &Path) -> Store {
    Store::open(&config(folder)).unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::new(second, 0).unwrap()
}

fn provider() -> ProviderId {
    "permits".parse().unwrap()
}

/// Bytes that cannot be packed.
fn noise(mut seed: u64, length: usize) -> Vec<u8> {
    std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 56) as u8
    })
    .take(length)
    .collect()
}

/// Receives records and maps them: each gives one event of one of some requests, with one of some numbers.
fn add(store: &Store, seed: u64, count: u64) {
    let (mut records, mut events) = (Vec::new(), Vec::new());
    for n in 0..count {
        let body = noise(seed + n, 100 + (seed + 37 * n) as usize % 1500);
        let received = Received {
            provider: provider(),
            sender: "key".into(),
            at: at(1_000),
            content_type: "text/plain".into(),
            digest: sha256(&body),
            size: body.len() as u64,
            redacted: vec![],
            kept: None,
            signed: None,
            withheld: false,
        };
        records.push(NewRecord { received, body: body.into(), signature: None });
        let moment = Moment { instant: at(10), offset: None, zone: None, literal: "10".into() };
        let number = NUMBERS[((seed + n) % 3) as usize];
        let event = Event {
            request: format!("request {}", (seed + n) % 7),
            key: Some(format!("event {seed} {n}")),
            kind: EventKind::Stage(Stage::Accepted),
            occurred_at: moment,
            native_status: "accepted".into(),
            actor: None,
            fields: Fields { identification_number: Update::Set(number.into()), ..Fields::default() },
            native: vec![],
        };
        events.push(ValidatedEvent::check(event, &Policy::default()).unwrap());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let taken = runtime.block_on(store.receive(records, None)).unwrap();
    store.wait_applied(store.last()).unwrap();
    let found = taken.into_iter().zip(events).map(|(taken, event)| Found {
        record: taken.id.seq,
        received_at: at(1_000),
        at: at(1_001),
        adapter: None,
        late_after: None,
        result: FoundResult::Mapped(vec![event]),
    });
    store.record(&provider(), found.collect()).unwrap();
}

fn order(entries: Vec<u64>) -> ErasureOrder {
    ErasureOrder { cause: "test-days".into(), who: "host".into(), why: "a test".into(), at: at(2_000), entries }
}

/// Facts, with the checksum of their bytes, and bodies, as they should be.
#[derive(Clone, Default)]
struct Model {
    entries: BTreeMap<u64, (Fact, u32, Option<Vec<u8>>)>,
    erased: BTreeSet<u64>,
}

impl Model {
    /// Takes in what was added since.
    fn learn(&mut self, store: &Store) {
        for seq in self.entries.len() as u64 + 1..=store.last() {
            let entry = store.journal.read(seq).unwrap();
            self.entries.insert(seq, (entry.fact, entry.mark, entry.body));
        }
    }

    /// Entries whose bodies could be erased.
    fn bodies(&self) -> Vec<u64> {
        self.entries.iter().filter(|(_, (.., body))| body.is_some()).map(|(seq, _)| *seq).collect()
    }

    /// Orders the erasure of some; whether the store took all of them that were not erased before.
    fn order(&mut self, store: &Store, entries: Vec<u64>) {
        self.learn(store);
        let new: BTreeSet<_> = entries.iter().filter(|seq| !self.erased.contains(seq)).collect();
        let ordered = store.erase(order(entries.clone())).unwrap();
        assert!(
            ordered.bodies == new.len() as u64 && ordered.kept.iter().all(|(_, why)| *why == Kept::NoBody),
            "{ordered:?}"
        );
        self.erased.extend(entries);
        self.learn(store);
    }

    /// Facts are the same, bodies the same or gone; where it is `done`, all that were to go are.
    fn check(&mut self, store: &Store, done: bool) {
        self.learn(store);
        let mut seqs = 1..;
        while let Some(seq) = seqs.next().filter(|seq| *seq <= store.last()) {
            let many = store.journal.read_from(seq, 1 << 14).unwrap();
            assert_eq!(many[0].seq, seq);
            many.iter().for_each(|entry| self.check_entry(store, entry, done));
            seqs = seq + many.len() as u64..;
        }
        assert_eq!(self.numbers_in(store), self.numbers(), "identification numbers in the index");
    }

    fn check_entry(&self, store: &Store, entry: &crate::Entry, done: bool) {
        let (fact, mark, body) = &self.entries[&entry.seq];
        let seq = entry.seq;
        assert_eq!((&entry.fact, entry.mark), (fact, *mark), "the fact of {seq}");
        match &entry.erased {
            Some(tombstone) => {
                let body = body.as_ref().unwrap();
                assert!(self.erased.contains(&seq), "{seq} is erased, and nobody ordered it");
                assert_eq!((tombstone.digest, tombstone.size), (sha256(body), body.len() as u64));
                assert_eq!(entry.body, None);
                let known = store.erased(entry).unwrap().unwrap();
                assert_eq!((known.cause.as_str(), known.at), ("test-days", at(2_000)));
            }
            None => {
                assert_eq!(&entry.body, body, "the body of {seq}");
                assert!(!done || !self.erased.contains(&seq), "{seq} should be erased");
            }
        }
    }

    /// Numbers and requests of the bodies that nobody ordered to be erased.
    fn numbers(&self) -> BTreeSet<(String, String)> {
        let mut numbers = BTreeSet::new();
        for (seq, (fact, _, body)) in &self.entries {
            if let (Fact::Outcome(_), Some(body), false) = (fact, body, self.erased.contains(seq)) {
                let set = crate::entry::numbers(body).unwrap();
                numbers.extend(set.into_iter().flatten().map(|number| (number, request(fact, 0))));
            }
        }
        numbers
    }

    fn numbers_in(&self, store: &Store) -> BTreeSet<(String, String)> {
        let rows = store.index.rows().unwrap().scan_prefix(b"I");
        rows.map(|row| {
            let (key, _) = row.unwrap();
            let (texts, rest) = keys::split(&key);
            let (first, _) = keys::take_event(rest).unwrap();
            (texts[0].to_owned(), request(&self.entries[&first.seq].0, first.index))
        })
        .collect()
    }
}

fn request(fact: &Fact, index: u16) -> String {
    let Fact::Outcome(OutcomeFact { result: OutcomeResult::Mapped(events), .. }) = fact else { panic!("{fact:?}") };
    let EventEntry::New(event) = &events[usize::from(index)] else { panic!("{events:?}") };
    event.event.request.clone()
}

fn finish(store: &Store) -> Erasures {
    store.finish_erasures(at(3_000), &mut || true).unwrap()
}

fn copy(from: &Path, to: &Path) {
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

fn bytes_of(folder: &Path) -> u64 {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
}

fn is_sound(folder: &Path) {
    let verdict = verify(&config(folder), |_, _| {}).unwrap();
    assert_eq!(verdict.differing, 0, "rows that differ from a rebuilt index");
}

#[test]
fn the_journal_takes_less_space_and_gives_the_same_facts_after_a_restart_and_a_rebuild_too() {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, mut model) = (open(folder.path()), Model::default());
    add(&store, 1, 200);
    model.learn(&store);
    store.roll().unwrap();
    let (before, told) = (bytes_of(&folder.path().join("journal")), store.health().journal_bytes);
    let bodies = model.bodies();
    model.order(&store, bodies);
    let done = finish(&store);
    model.check(&store, true);
    assert!(done.segments > 1 && done.waiting == 0, "{done:?}");
    let freed = u64::try_from(done.freed).unwrap();
    assert!(freed > 120_000, "{freed} bytes of about 170,000");
    assert!(bytes_of(&folder.path().join("journal")) + freed < before + (1 << 16) + 10_000);
    assert!(told - freed <= store.health().journal_bytes && store.health().journal_bytes < told - freed + 10_000);
    assert_eq!(store.find(NUMBERS[0], 9).unwrap().len(), 0, "nobody is found by an erased number");
    drop(store);
    is_sound(folder.path());
    std::fs::remove_dir_all(folder.path().join("index")).unwrap();
    store = open(folder.path());
    model.check(&store, true);
    assert_eq!(finish(&store), Erasures::default(), "nothing is left to do");
    for table in std::fs::read_dir(folder.path().join("journal")).unwrap().map(|entry| entry.unwrap().path()) {
        if table.extension().is_some_and(|extension| extension == "off") {
            std::fs::remove_file(table).unwrap();
        }
    }
    drop(store);
    model.check(&open(folder.path()), true);
}

#[test]
fn wherever_a_rewriting_stops_the_old_or_the_new_segment_is_there_and_the_next_start_finishes_it() {
    let folder = tempfile::tempdir().unwrap();
    let (store, mut model) = (open(folder.path()), Model::default());
    add(&store, 2, 150);
    model.learn(&store);
    store.roll().unwrap();
    let some = model.bodies().into_iter().filter(|seq| seq % 3 != 0).collect();
    model.order(&store, some);
    let copies = tempfile::tempdir().unwrap();
    let mut steps = Vec::new();
    let mut watch = |step| {
        // As if the process had been killed here: the index as it is on disk, too.
        copy(folder.path(), &copies.path().join(steps.len().to_string()));
        steps.push(step);
        Ok(())
    };
    store.rewrite_ordered(at(3_000), &mut watch).unwrap();
    model.check(&store, true);
    for step in [Step::Copied, Step::Synced, Step::Untabled, Step::Renamed, Step::Done] {
        assert!(steps.contains(&step), "{step:?} was never reached");
    }
    for (place, step) in steps.iter().enumerate() {
        let (stopped, mut model) = (copies.path().join(place.to_string()), model.clone());
        // What was done later is not in the copy.
        let store = open(&stopped);
        model.entries.retain(|seq, _| *seq <= store.last());
        model.check(&store, false);
        assert_eq!(finish(&store).waiting, 0, "{step:?}");
        model.check(&store, true);
        drop(store);
        is_sound(&stopped);
        let left = std::fs::read_dir(stopped.join("journal")).unwrap().map(|entry| entry.unwrap().path());
        assert!(left.into_iter().all(|path| path.extension().is_none_or(|extension| extension != "rewriting")));
    }
}

#[test]
fn an_error_at_any_step_loses_nothing_leaves_no_file_behind_and_is_made_up_for_another_time() {
    let folder = tempfile::tempdir().unwrap();
    let (store, mut model) = (open(folder.path()), Model::default());
    add(&store, 3, 150);
    model.learn(&store);
    store.roll().unwrap();
    let some = model.bodies().into_iter().filter(|seq| seq % 2 == 0).collect();
    model.order(&store, some);
    let mut fail_at = 0;
    loop {
        let mut steps = 0;
        let mut watch = |_| {
            steps += 1;
            if steps == fail_at { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        };
        let done = store.rewrite_ordered(at(3_000), &mut watch);
        model.check(&store, done.is_ok() && fail_at > 0);
        let journal = std::fs::read_dir(folder.path().join("journal")).unwrap();
        let mut left = journal.map(|entry| entry.unwrap().path());
        assert!(left.all(|path| path.extension().is_none_or(|extension| extension != "rewriting")));
        match done {
            Err(error) => assert!(error.is_transient(), "{error}"),
            Ok(done) if fail_at > 0 => {
                assert_eq!(done.waiting, 0);
                break;
            }
            Ok(_) => {
                // The first round was to see what a whole one is; another one begins.
                add(&store, 4, 150);
                model.learn(&store);
                store.roll().unwrap();
                let rest = model.bodies();
                model.order(&store, rest);
            }
        }
        fail_at += 1;
    }
    assert!(fail_at > 5, "it failed at {fail_at} steps");
    drop(store);
    is_sound(folder.path());
}

#[test]
fn a_number_stays_findable_as_long_as_one_body_of_the_request_sets_it() {
    let folder = tempfile::tempdir().unwrap();
    let (store, mut model) = (open(folder.path()), Model::default());
    // Every 21st record says the same of the same request.
    add(&store, 0, 43);
    model.learn(&store);
    store.roll().unwrap();
    let outcomes: Vec<u64> = (44..=86).step_by(21).collect();
    for (place, outcome) in outcomes.iter().enumerate() {
        let found = store.find(NUMBERS[0], 99).unwrap().iter().any(|request| request.native == "request 0");
        // What is shown is the latest value; the last body is erased last.
        assert!(found, "after {place} of three");
        model.order(&store, vec![*outcome]);
        model.check(&store, false);
        finish(&store);
        model.check(&store, true);
    }
    assert!(!store.find(NUMBERS[0], 99).unwrap().iter().any(|request| request.native == "request 0"));
    drop(store);
    is_sound(folder.path());
}

#[derive(Clone, Debug)]
enum Act {
    Add(u64, u64),
    Erase(Vec<prop::sample::Index>),
    Finish,
    /// A rewriting is cut short after so many steps.
    Cut(usize),
    Roll,
    Reopen,
    /// The index is lost.
    Rebuild,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        3 => (any::<u32>(), 1u64..40).prop_map(|(seed, count)| Act::Add(seed.into(), count)),
        3 => proptest::collection::vec(any::<prop::sample::Index>(), 1..60).prop_map(Act::Erase),
        2 => Just(Act::Finish),
        2 => (0usize..12).prop_map(Act::Cut),
        1 => Just(Act::Roll),
        1 => Just(Act::Reopen),
        1 => Just(Act::Rebuild),
    ];
    proptest::collection::vec(act, 1..16)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_erased_and_however_it_is_cut_short_facts_order_and_other_bodies_stay(acts in acts()) {
        let folder = tempfile::tempdir().unwrap();
        let (mut store, mut model) = (Some(open(folder.path())), Model::default());
        for act in acts {
            let current = store.as_ref().unwrap();
            let mut done = false;
            match act {
                Act::Add(seed, count) => add(current, seed, count),
                Act::Erase(which) => {
                    model.learn(current);
                    let bodies = model.bodies();
                    if !bodies.is_empty() {
                        model.order(current, which.iter().map(|index| *index.get(&bodies)).collect());
                    }
                }
                Act::Finish => done = finish(current).waiting == 0,
                Act::Cut(after) => {
                    let mut steps = 0;
                    let mut watch = |_| {
                        steps += 1;
                        if steps > after { Err(io::ErrorKind::Interrupted.into()) } else { Ok(()) }
                    };
                    done = current.rewrite_ordered(at(3_000), &mut watch).is_ok_and(|done| done.waiting == 0);
                }
                Act::Roll => current.roll().unwrap(),
                Act::Reopen => {
                    drop(store.take());
                    store = Some(open(folder.path()));
                }
                Act::Rebuild => {
                    drop(store.take());
                    std::fs::remove_dir_all(folder.path().join("index")).unwrap();
                    store = Some(open(folder.path()));
                }
            }
            model.check(store.as_ref().unwrap(), done);
        }
        drop(store);
        is_sound(folder.path());
    }
}
