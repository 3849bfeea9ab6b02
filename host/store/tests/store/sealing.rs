//! Claims about lanes and messages, through the store's public interface.

use std::collections::BTreeMap;

use qadam_domain::{EventKind, EventRef, Stage};
use qadam_store::{
    CheckedFact, FoundResult, LaneItem, RecordedItem, SealedEvent, SealedFact, Signed, SignedForm, StampedFact, Store,
    sha256,
};

use crate::{
    common::{at, block_on, event, found, provider, receive, record, store},
    queue::{monitoring, only},
};

fn recorded(item: LaneItem) -> RecordedItem {
    match item {
        LaneItem::Recorded(item) => *item,
        LaneItem::Report(item) => unreachable!("{item:?}"),
    }
}

fn all(store: &Store) -> Vec<RecordedItem> {
    let (mut items, mut from) = (Vec::new(), 1);
    while from <= store.last() {
        let (more, next) = store.recorded(from, 1 << 16).unwrap();
        items.extend(more.into_iter().map(recorded));
        from = next;
    }
    items
}

fn seal(store: &Store, items: &[RecordedItem]) -> u64 {
    let lane = store.lanes().unwrap().into_iter().find(|lane| lane.provider == provider()).unwrap();
    let manifest = format!("manifest {}", lane.number + 1).into_bytes();
    let fact = SealedFact {
        destination: monitoring(),
        provider: provider(),
        number: lane.number + 1,
        events: items.iter().map(|item| item.at).collect(),
        digest: sha256(&manifest),
        manifest,
        signature: vec![1, 2, 3],
        certified: false,
        development: true,
        at: at(2_000),
    };
    let events: Vec<SealedEvent> = items
        .iter()
        .map(|item| SealedEvent { salt: [7; 16], document: item.event.native_status.clone().into_bytes() })
        .collect();
    store.seal(fact, &events).unwrap()
}

fn map(store: &Store, bodies: &[&str]) {
    for (taken, body) in receive(store, bodies).into_iter().zip(bodies) {
        let events = vec![event("1", body, EventKind::Stage(Stage::Accepted), 10)];
        store.record(&provider(), vec![found(taken, events)]).unwrap();
    }
}

#[test]
fn events_are_in_their_lane_with_the_commit_that_records_them_and_leave_it_when_sealed() {
    let folder = tempfile::tempdir().unwrap();
    let opened = store(folder.path());
    opened.destinations(&only(monitoring()), at(1)).unwrap();
    map(&opened, &["a", "b"]);
    let items = all(&opened);
    assert_eq!(items.len(), 2);
    assert_eq!(opened.lanes().unwrap()[0].oldest, Some(items[0].at.seq));
    let message = seal(&opened, &items[..1]);
    let lane = opened.lanes().unwrap().remove(0);
    assert_eq!((lane.number, lane.sealed, lane.digest), (1, items[0].at, sha256(b"manifest 1")));
    assert!(lane.oldest.is_some(), "one waits");
    seal(&opened, &items[1..]);
    assert_eq!(opened.lanes().unwrap()[0].oldest, None);
    for (item, number) in items.iter().zip(1..) {
        let messages = opened.sealed_in(item.id).unwrap();
        assert_eq!(messages.iter().map(|message| message.sealed.number).collect::<Vec<_>>(), [number]);
    }
    let page = opened.messages(None, 1).unwrap();
    assert_eq!((page.items[0].id.seq, page.items[0].ids[0]), (message, items[0].id));
    assert_eq!(page.items[0].events.as_ref().unwrap()[0].document, b"status of a");
    assert_eq!(opened.messages(page.next, 5).unwrap().items.len(), 1);
    drop(opened);
    std::fs::remove_dir_all(folder.path().join("index")).unwrap();
    let rebuilt = store(folder.path());
    assert_eq!(rebuilt.lanes().unwrap()[0].number, 2, "lanes are rebuilt from the journal");
    assert_eq!(rebuilt.to_be_stamped(9).unwrap().len(), 2);
}

#[test]
fn a_destination_gets_what_was_recorded_before_it_was_opened_and_nothing_twice_when_it_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let opened = store(folder.path());
    map(&opened, &["a"]);
    assert!(opened.lanes().unwrap().is_empty());
    opened.destinations(&only(monitoring()), at(1)).unwrap();
    assert_eq!(opened.lanes().unwrap()[0].oldest, Some(1));
    seal(&opened, &all(&opened));
    opened.destinations(&BTreeMap::new(), at(1)).unwrap();
    assert!(opened.lanes().unwrap().is_empty());
    map(&opened, &["b"]);
    opened.destinations(&only(monitoring()), at(1)).unwrap();
    let lane = opened.lanes().unwrap().remove(0);
    let items = all(&opened);
    assert_eq!((lane.sealed, lane.number), (items[0].at, 1));
    assert!(lane.oldest.unwrap() <= items[1].at.seq, "what was recorded while it was closed is not lost");
}

#[test]
fn messages_are_stamped_in_order_and_keep_their_stamps() {
    let folder = tempfile::tempdir().unwrap();
    let opened = store(folder.path());
    opened.destinations(&only(monitoring()), at(1)).unwrap();
    map(&opened, &["a", "b"]);
    let items = all(&opened);
    let (first, second) = (seal(&opened, &items[..1]), seal(&opened, &items[1..]));
    let waiting: Vec<u64> = opened.to_be_stamped(9).unwrap().into_iter().map(|(seq, _)| seq).collect();
    assert_eq!(waiting, [first, second]);
    let unstamped = opened.unstamped(9).unwrap();
    assert_eq!((unstamped.messages, unstamped.since), (2, Some(at(2_000))));
    let stamp = StampedFact {
        message: first,
        token: vec![9],
        authority: "one".into(),
        development: false,
        stamped_at: at(2_001),
        at: at(2_002),
    };
    opened.stamp(stamp.clone()).unwrap();
    assert_eq!(opened.to_be_stamped(9).unwrap()[0].0, second);
    drop(opened);
    let opened = store(folder.path());
    let messages = opened.messages(None, 9).unwrap().items;
    assert_eq!((messages[0].stamped.as_ref(), messages[1].stamped.as_ref()), (Some(&stamp), None));
}

#[test]
fn an_event_that_a_re_mapping_no_longer_gives_is_withdrawn_in_its_lane() {
    let folder = tempfile::tempdir().unwrap();
    let opened = store(folder.path());
    opened.destinations(&only(monitoring()), at(1)).unwrap();
    map(&opened, &["a"]);
    let first = all(&opened).remove(0);
    seal(&opened, std::slice::from_ref(&first));
    let again = qadam_store::Found {
        record: first.record.seq,
        received_at: at(1_000),
        at: at(1_002),
        adapter: None,
        late_after: None,
        result: FoundResult::Mapped(vec![]),
    };
    opened.record(&provider(), vec![again]).unwrap();
    let items = all(&opened);
    let withdrawal = items.last().unwrap();
    assert!(withdrawal.is_withdrawal());
    assert_eq!((withdrawal.other, withdrawal.event.key.as_deref()), (Some(first.id), Some("a")));
    let lane = opened.lanes().unwrap().remove(0);
    assert!(lane.oldest.is_some() && lane.sealed < withdrawal.at);
    seal(&opened, &items[1..]);
    assert_eq!(opened.lanes().unwrap()[0].oldest, None);
    let EventRef { seq, index } = withdrawal.at;
    assert_eq!(opened.sealed_in(withdrawal.id).unwrap()[0].sealed.events, [EventRef { seq, index }]);
}

#[test]
fn a_detached_signature_is_kept_beside_its_record_and_the_same_bytes_signed_anew_are_another_record() {
    let folder = tempfile::tempdir().unwrap();
    let opened = store(folder.path());
    let signed = |signature: &'static [u8]| {
        let mut new = record("a");
        new.received.signed =
            Some(Signed { form: SignedForm::Detached, bytes: 0, digest: sha256(signature), before_redaction: None });
        new.signature = Some(signature.into());
        block_on(opened.receive(vec![new], None)).unwrap().remove(0)
    };
    let plain = block_on(opened.receive(vec![record("a")], None)).unwrap().remove(0);
    let (first, again, other) = (signed(b"one"), signed(b"one"), signed(b"other"));
    assert_eq!((again.duplicate, again.id), (true, first.id));
    assert!(!first.duplicate && !other.duplicate && first.id != other.id && first.id != plain.id);
    let kept = opened.native(first.id).unwrap().unwrap();
    assert_eq!((kept.body.as_deref(), kept.signature.as_deref()), (Some(&b"a"[..]), Some(&b"one"[..])));
    assert_eq!(kept.received.digest, sha256(b"a"), "the digest is that of the record alone");
    opened.wait_applied(opened.last()).unwrap();
    assert_eq!(opened.pending(&provider(), 9, 1 << 20).unwrap()[1].body.as_deref(), Some(&b"a"[..]));
}

#[test]
fn the_last_verdict_on_a_signature_counts_and_an_uncertain_one_is_listed_until_it_is_certain() {
    let folder = tempfile::tempdir().unwrap();
    let opened = store(folder.path());
    let taken = receive(&opened, &["a"]).remove(0);
    let fact = |valid: Option<bool>| CheckedFact {
        provider: provider(),
        record: taken.id.seq,
        at: at(1),
        valid,
        checks: "[]".into(),
        authorised: true,
        again: valid.is_none(),
    };
    opened.check(vec![(fact(None), vec![])]).unwrap();
    assert_eq!(opened.to_be_checked(&provider(), 0, 9).unwrap(), [taken.id.seq]);
    opened.check(vec![(fact(Some(true)), b"used".to_vec())]).unwrap();
    assert!(opened.to_be_checked(&provider(), 0, 9).unwrap().is_empty());
    let checked = opened.checked(taken.id.seq).unwrap().unwrap();
    assert_eq!((checked.fact.valid, checked.body.as_deref()), (Some(true), Some(&b"used"[..])));
}

#[test]
fn a_destination_that_was_opened_right_after_a_providers_first_record_keeps_its_events_over_a_rebuild() {
    let folder = tempfile::tempdir().unwrap();
    let opened = store(folder.path());
    map(&opened, &["a", "b"]);
    opened.destinations(&only(monitoring()), at(1)).unwrap();
    let before = opened.lanes().unwrap();
    assert_eq!(before.len(), 1);
    let _ = receive(&opened, &["c"]);
    drop(opened);
    // All but the last entry is applied as one batch now.
    std::fs::remove_dir_all(folder.path().join("index")).unwrap();
    assert_eq!(store(folder.path()).lanes().unwrap(), before);
}
