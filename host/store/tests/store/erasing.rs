//! Claims about what may be erased, and what stays of it, through the store's public interface.

use qadam_domain::{EventKind, Stage};
use qadam_store::{
    Body, BodyKind, ERASED, ErasureOrder, FoundResult, Kept, Ordered, Quarantine, QueueAct, RecordFilter, Store,
};

use crate::{
    common::{at, event, found, provider, receive, store},
    queue::{act, delivered, lane, message, opened, rebuilds, refused},
};

fn erase(store: &Store, entries: &[u64]) -> Ordered {
    let order = ErasureOrder {
        cause: "records-days".into(),
        who: "host".into(),
        why: "a test".into(),
        at: at(9_000),
        entries: entries.to_vec(),
    };
    store.erase(order).unwrap()
}

fn why(store: &Store, entry: u64) -> Kept {
    let ordered = erase(store, &[entry]);
    assert_eq!(ordered.bodies, 0, "entry {entry} was to stay");
    ordered.kept.first().unwrap().1
}

fn bodies(store: &Store) -> Vec<Body> {
    let (mut bodies, mut next) = (Vec::new(), 1);
    while next <= store.last() {
        let (more, on) = store.bodies(next, &mut |_, _| true).unwrap();
        bodies.extend(more);
        next = on;
    }
    bodies
}

/// Erases all that can be in what is written so far.
fn erase_all(store: &Store) {
    store.roll().unwrap();
    let settled = bodies(store).into_iter().filter(|body| body.settled.is_some());
    assert_eq!(erase(store, &settled.map(|body| body.seq).collect::<Vec<_>>()).kept, []);
    let done = store.finish_erasures(at(9_001), &mut || true).unwrap();
    assert_eq!(done.waiting, 0);
}

#[test]
fn what_waits_to_be_mapped_to_be_mended_or_to_be_delivered_keeps_its_body() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    let message = message(&store, &["1", "2"]);
    let record = store.records(&provider(), RecordFilter::All, None, 1).unwrap().items.remove(0);
    let outcome = record.outcome.unwrap().events[0].seq;
    for entry in [message, record.id.seq, outcome] {
        assert_eq!(why(&store, entry), Kept::Undelivered);
    }
    refused(&store, message, 1, &[0], &[1]);
    assert_eq!(why(&store, message), Kept::Undelivered, "a dead letter may yet be requeued");
    let other = store.records(&provider(), RecordFilter::All, None, 2).unwrap().items.remove(1).id.seq;
    assert_eq!(why(&store, other), Kept::Undelivered);
    let pending = receive(&store, &["a", "b"]);
    assert_eq!(why(&store, pending[0].id.seq), Kept::Pending);
    let quarantine = FoundResult::Quarantined(Quarantine { fault: "deadline".into(), detail: String::new() });
    let aside = qadam_store::Found { result: quarantine, ..found(pending[0], vec![]) };
    store.record(&provider(), vec![aside]).unwrap();
    assert_eq!(why(&store, pending[0].id.seq), Kept::Quarantined);
    let nothing = found(pending[1], vec![]);
    store.record(&provider(), vec![nothing]).unwrap();
    assert_eq!(erase(&store, &[pending[1].id.seq]).bodies, 1, "nothing follows from it");
    assert_eq!(why(&store, pending[1].id.seq), Kept::NoBody, "it is ordered already");
    assert_eq!(why(&store, 1), Kept::Other, "that a destination opened has no body to erase");
    act(&store, QueueAct::Skip { lane: lane(), letters: vec![(message, 1)] });
    for entry in [message, record.id.seq, outcome, other] {
        assert_eq!(erase(&store, &[entry]), Ordered { bodies: 1, kept: vec![] });
    }
    rebuilds(store, folder.path());
}

#[test]
fn a_message_that_is_replayed_keeps_its_body_until_it_is_delivered_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    let message = message(&store, &["1"]);
    delivered(&store, message, 1, &[0]);
    act(&store, QueueAct::Replay { lane: lane(), messages: vec![message] });
    assert_eq!(why(&store, message), Kept::Undelivered);
    delivered(&store, message, 1, &[0]);
    assert_eq!(erase(&store, &[message]).bodies, 1);
}

#[test]
fn what_stays_of_the_erased_says_what_it_was_and_why_it_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let opened = opened(folder.path());
    let item = message(&opened, &["1", "2"]);
    delivered(&opened, item, 1, &[0, 1]);
    let events = |store: &Store| -> Vec<_> {
        let events = store.events(None, None, 100).unwrap().items;
        events.into_iter().map(|event| (event.id, event.record, event.anomalies, event.standing)).collect()
    };
    let (before, counters) = (events(&opened), opened.counters().unwrap());
    let sealed = opened.messages(None, 1).unwrap().items.remove(0);
    assert!(sealed.erased.is_none() && sealed.events.is_some());
    assert_eq!(opened.find("061211600012", 9).unwrap().len(), 2);
    erase_all(&opened);
    let check = |store: &Store| {
        assert_eq!((events(store), store.counters().unwrap()), (before.clone(), counters.clone()));
        let message = store.messages(None, 1).unwrap().items.remove(0);
        assert_eq!((&message.sealed, message.events), (&sealed.sealed, None));
        assert_eq!(message.erased.unwrap().cause, "records-days");
        let record = store.records(&provider(), RecordFilter::All, None, 1).unwrap().items.remove(0);
        let erased = record.erased.unwrap();
        assert_eq!((erased.who.as_str(), erased.why.as_str(), erased.at), ("host", "a test", at(9_000)));
        assert_eq!(erased.digest, record.received.digest, "of the record as it was received");
        let native = store.native(record.id).unwrap().unwrap();
        assert!(native.erased && native.body.is_none());
        let request = store.request(&provider(), "1").unwrap().unwrap();
        assert_eq!(request.fields.identification_number.value().map(String::as_str), Some(ERASED));
        assert!(request.state.missing().iter().all(|name| name.name() != "identification-number"), "it was reported");
        assert!(store.find("061211600012", 9).unwrap().is_empty() && store.find(ERASED, 9).unwrap().is_empty());
    };
    check(&opened);
    drop(opened);
    std::fs::remove_dir_all(folder.path().join("index")).unwrap();
    let rebuilt = store(folder.path());
    check(&rebuilt);
    rebuilds(rebuilt, folder.path());
}

#[test]
fn requests_go_on_after_their_earlier_events_were_erased() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    let item = message(&store, &["1"]);
    delivered(&store, item, 1, &[0]);
    erase_all(&store);
    let taken = receive(&store, &["later", "closing", "again"]);
    let first = store.events(None, None, 1).unwrap().items.remove(0);
    let key = first.event.key.unwrap();
    // The same event again is recognised by its digest, and a correction by its key: both are in the facts.
    let same = event("1", &key, EventKind::Stage(Stage::Accepted), 10);
    let correction = event("1", &key, EventKind::Stage(Stage::TakenIntoWork), 11);
    store.record(&provider(), vec![found(taken[0], vec![same])]).unwrap();
    assert_eq!(store.events(None, None, 9).unwrap().items.len(), 1, "a resend adds nothing");
    store.record(&provider(), vec![found(taken[1], vec![correction])]).unwrap();
    let events = store.events(None, None, 9).unwrap().items;
    assert_eq!((events[1].corrects, events[0].id), (Some(first.id), first.id));
    assert_eq!(store.find("061211600012", 9).unwrap().len(), 1, "the later event has the number");
    rebuilds(store, folder.path());
}

#[test]
fn what_space_there_is_to_gain_can_be_seen_before_anything_is_erased() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    let item = message(&store, &["1", "2", "3"]);
    delivered(&store, item, 1, &[0, 1, 2]);
    let bodies = bodies(&store);
    let of = |kind: BodyKind| bodies.iter().filter(|body| body.kind == kind).count();
    assert_eq!((of(BodyKind::Record), of(BodyKind::Events), of(BodyKind::Message)), (3, 3, 1));
    assert!(bodies.iter().all(|body| body.settled == Some(at(3_001)) && body.bytes > 0), "{bodies:?}");
    let segments = store.segments();
    assert_eq!((segments.len(), segments[0].finished, segments[0].end), (1, false, store.last() + 1));
    store.roll().unwrap();
    store.roll().unwrap();
    let segments = store.segments();
    assert_eq!(
        (segments.len(), segments[0].finished, segments[1].finished),
        (2, true, false),
        "an empty one is not rolled"
    );
}
