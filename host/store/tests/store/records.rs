//! Claims about records, outcomes and requests.

use std::sync::Arc;

use qadam_domain::{Anomaly, EventKind, Outcome, Stage};
use qadam_store::{RecordFilter, RecordState, Store, StoreConfig, StoreError, Taken};

use crate::common::{at, block_on, config, event, found, provider, receive, record};

fn stage(stage: Stage) -> EventKind {
    EventKind::Stage(stage)
}

#[test]
fn the_same_bytes_are_received_once_and_each_resend_is_a_fact() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&config(folder.path())).unwrap();
    let first = receive(&store, &["a", "b", "a"]);
    let again = receive(&store, &["b"]);
    assert_eq!(first.iter().map(|t| t.duplicate).collect::<Vec<_>>(), [false, false, true]);
    assert_eq!((first[0].id, first[1].id), (first[2].id, again[0].id));
    drop(store);
    let store = Store::open(&config(folder.path())).unwrap();
    assert!(receive(&store, &["a"])[0].duplicate, "after a restart too");
    let all = store.records(&provider(), RecordFilter::All, None, 10).unwrap();
    assert_eq!(all.items.len(), 2);
    let resends = store.records(&provider(), RecordFilter::Duplicates, None, 10).unwrap();
    assert_eq!(resends.items.len(), 3);
}

#[test]
fn an_idempotency_key_brings_the_same_receipt_and_refuses_other_content() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&config(folder.path())).unwrap();
    let send = |store: &Store, body: &str| block_on(store.receive(vec![record(body)], Some("k1".into())));
    let first = send(&store, "a").unwrap();
    assert!(first[0].added);
    let again = vec![Taken { added: false, ..first[0] }];
    assert_eq!(send(&store, "a").unwrap(), again);
    assert!(matches!(send(&store, "b"), Err(StoreError::KeyReused)));
    drop(store);
    let store = Store::open(&config(folder.path())).unwrap();
    assert_eq!(send(&store, "a").unwrap(), again, "after a restart too");
}

#[test]
fn only_one_process_has_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let _store = Store::open(&config(folder.path())).unwrap();
    assert!(matches!(Store::open(&config(folder.path())), Err(StoreError::Locked { .. })));
}

#[test]
fn a_resent_event_adds_nothing_and_the_same_key_with_other_content_corrects() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&config(folder.path())).unwrap();
    let taken = receive(&store, &["1", "2", "3", "4"]);
    let provider = provider();
    let accepted = event("r", "k", stage(Stage::Accepted), 20);
    store.record(&provider, vec![found(taken[0], vec![accepted.clone()]), found(taken[1], vec![accepted])]).unwrap();
    let other = event("r", "k", stage(Stage::TakenIntoWork), 20);
    // Within one batch and across batches.
    let closing = EventKind::Closed(Outcome::Issued);
    store
        .record(
            &provider,
            vec![found(taken[2], vec![other.clone(), event("r", "c", closing, 30)]), found(taken[3], vec![other])],
        )
        .unwrap();
    let history = store.history(&provider, "r", None, 10).unwrap().items;
    assert_eq!(history.iter().map(|event| event.standing).collect::<Vec<_>>(), [false, true, true]);
    assert_eq!(history[1].corrects, Some(history[0].id));
    let view = |place: usize| store.record_view(taken[place].id).unwrap().unwrap().outcome.unwrap().events;
    assert_eq!(view(0), view(1));
    assert_eq!(view(3), [history[1].id], "a link within the batch leads to the right event");
    assert!(store.request(&provider, "r").unwrap().unwrap().state.is_closed());
    let counters = &store.counters().unwrap()[&provider];
    assert_eq!((counters["events"], counters["requests.closed"], counters["stages.taken-into-work"]), (3, 1, 1));
    assert_eq!(counters.get("stages.accepted").copied().unwrap_or(0), 0, "a corrected event does not count");
}

#[test]
fn a_re_mapping_keeps_equal_events_and_withdraws_those_that_vanished() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&config(folder.path())).unwrap();
    let taken = receive(&store, &["1"]);
    let provider = provider();
    let (a, b) = (event("r", "a", stage(Stage::Accepted), 20), event("r", "b", EventKind::Closed(Outcome::Issued), 30));
    store.record(&provider, vec![found(taken[0], vec![a.clone(), b])]).unwrap();
    let before = store.history(&provider, "r", None, 10).unwrap().items;
    let act = qadam_store::Act {
        what: "remap".into(),
        subject: taken[0].id.to_string(),
        about: Vec::new(),
        who: "operator".into(),
        why: "test".into(),
        at: at(1_002),
        remap: vec![(provider.clone(), taken[0].id.seq)],
        queue: None,
    };
    store.act(act).unwrap();
    assert_eq!(store.pending(&provider, 10, 1 << 20).unwrap().len(), 1);
    store.record(&provider, vec![found(taken[0], vec![a])]).unwrap();
    let after = store.history(&provider, "r", None, 10).unwrap().items;
    assert_eq!(after.len(), 2);
    assert_eq!((after[0].id, after[0].standing, after[1].standing), (before[0].id, true, false));
    assert!(!store.request(&provider, "r").unwrap().unwrap().state.is_closed());
    assert!(store.pending(&provider, 10, 1 << 20).unwrap().is_empty());
}

#[test]
fn a_rebuilt_index_gives_the_same_answers() {
    let folder = tempfile::tempdir().unwrap();
    let provider = provider();
    let answers = |store: &Store| {
        let requests = store.requests(&Default::default(), None, 1000).unwrap();
        let ids: Vec<_> =
            requests.items.iter().map(|view| (view.id, view.native.clone(), view.state.clone())).collect();
        let events = store.events(None, None, 1000).unwrap().items;
        let events: Vec<_> = events.into_iter().map(|e| (e.id, e.event, e.anomalies, e.standing, e.corrects)).collect();
        (ids, events, store.counters().unwrap(), store.find("061211600012", 1000).unwrap().len())
    };
    let store = Store::open(&config(folder.path())).unwrap();
    let bodies: Vec<String> = (0..200).map(|n| n.to_string()).collect();
    let taken = receive(&store, &bodies.iter().map(String::as_str).collect::<Vec<_>>());
    let late = taken.iter().enumerate().map(|(n, taken)| {
        let second = (n as i64 * 37) % 101;
        let kind = match n % 7 {
            6 => EventKind::Closed(Outcome::Unstated),
            5 => EventKind::Reopened(None),
            n => stage(Stage::ALL[n]),
        };
        found(*taken, vec![event(&format!("r{}", n % 13), &format!("k{}", n % 60), kind, second)])
    });
    store.record(&provider, late.collect()).unwrap();
    let before = answers(&store);
    drop(store);
    std::fs::remove_dir_all(folder.path().join("index")).unwrap();
    let store = Store::open(&config(folder.path())).unwrap();
    assert_eq!(answers(&store), before);
    drop(store);
    let verdict = qadam_store::verify(&config(folder.path()), |_, _| {}).unwrap();
    assert_eq!(verdict.differing, 0);
    assert!(verdict.segments > 1, "the journal has gone over segments");
}

#[test]
fn damage_below_what_was_synced_is_named_and_a_torn_tail_is_cut_off() {
    use std::os::unix::fs::FileExt as _;
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&StoreConfig::in_folder(folder.path())).unwrap();
    for body in ["first", "second", "third"] {
        receive(&store, &[body]);
    }
    drop(store);
    let path = folder.path().join("journal/00000000000000000001.qj");
    let whole = std::fs::read(&path).unwrap();
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    let last = whole.windows(5).rposition(|w| w == b"third").unwrap();
    file.write_all_at(b"THIRD", last as u64).unwrap();
    let store = Store::open(&StoreConfig::in_folder(folder.path())).unwrap();
    assert_eq!(store.health().entries, 2, "the last entry was torn");
    assert!(!receive(&store, &["third"])[0].duplicate);
    drop(store);
    std::fs::write(&path, &whole).unwrap();
    let second = whole.windows(6).rposition(|w| w == b"second").unwrap();
    file.write_all_at(b"SECOND", second as u64).unwrap();
    let error = Store::open(&StoreConfig::in_folder(folder.path())).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[test]
fn a_submission_whose_end_was_torn_off_is_not_there_at_all() {
    use std::os::unix::fs::FileExt as _;
    let folder = tempfile::tempdir().unwrap();
    let send = |store: &Store| {
        let records = ["first", "second"].into_iter().map(record).collect();
        block_on(store.receive(records, Some("k1".into()))).unwrap()
    };
    let store = Store::open(&config(folder.path())).unwrap();
    send(&store);
    drop(store);
    // The last entry is the one that says which records the key stands for.
    let path = folder.path().join("journal/00000000000000000001.qj");
    let at = std::fs::read(&path).unwrap().windows(4).rposition(|bytes| bytes == b"QJE1").unwrap();
    std::fs::File::options().write(true).open(&path).unwrap().write_all_at(&[0xff], at as u64 + 40).unwrap();
    let store = Store::open(&config(folder.path())).unwrap();
    assert_eq!(store.health().entries, 0);
    let taken = send(&store);
    assert!(taken.iter().all(|taken| taken.added));
    store.wait_applied(store.health().entries).unwrap();
    assert_eq!(store.records(&provider(), RecordFilter::All, None, 10).unwrap().items.len(), 2);
}

#[test]
fn many_senders_at_once_lose_nothing_and_share_identity() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(&config(folder.path())).unwrap());
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            let store = Arc::clone(&store);
            std::thread::spawn(move || {
                // Each pair of threads sends the same hundred records.
                (0..100).map(|n| receive(&store, &[&format!("{}-{n}", thread / 2)])[0].duplicate).filter(|d| *d).count()
            })
        })
        .collect();
    let duplicates: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    assert_eq!(duplicates, 400);
    let all = store.records(&provider(), RecordFilter::In(RecordState::Pending), None, 1000).unwrap();
    assert_eq!(all.items.len(), 400);
}

#[test]
fn lists_go_on_where_their_cursor_says() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&config(folder.path())).unwrap();
    let bodies: Vec<String> = (0..25).map(|n| n.to_string()).collect();
    let taken = receive(&store, &bodies.iter().map(String::as_str).collect::<Vec<_>>());
    let found =
        taken.iter().zip(0..).map(|(t, n)| found(*t, vec![event(&format!("r{n:02}"), "k", stage(Stage::Accepted), 5)]));
    store.record(&provider(), found.collect()).unwrap();
    let (mut cursor, mut seen) = (None, Vec::new());
    loop {
        let page = store.requests(&Default::default(), cursor, 4).unwrap();
        seen.extend(page.items.into_iter().map(|view| view.native));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, (0..25).map(|n| format!("r{n:02}")).collect::<Vec<_>>());
    let (mut cursor, mut events) = (None, Vec::new());
    loop {
        let page = store.events(Some(&provider()), cursor, 7).unwrap();
        assert!(page.items.iter().all(|event| event.anomalies.contains(Anomaly::BeforeIntake)));
        events.extend(page.items.into_iter().map(|event| event.id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(events.len(), 25);
    assert!(events.is_sorted());
}
