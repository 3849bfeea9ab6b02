//! Claims about the queue of delivery, through the store's public interface.

use std::collections::BTreeMap;

use qadam_domain::{DestinationId, EventKind, Stage, breach::Passing};
use qadam_store::{
    Act, AttemptedFact, DeadFact, ItemState, LaneItem, LaneName, LeasedFact, QueueAct, SealedEvent, SealedFact,
    StampedFact, Step, Store, StoreConfig, sha256, verify,
};

use crate::common::{at, block_on, config, event, found, provider, receive, store};

pub(crate) fn monitoring() -> DestinationId {
    "monitoring".parse().unwrap()
}

/// This destination, for monitoring.
pub(crate) fn only(destination: DestinationId) -> BTreeMap<DestinationId, Passing> {
    BTreeMap::from([(destination, Passing::ToMonitoring)])
}

/// Seals one message with an event of each of these requests, which are recorded for it.
pub(crate) fn message(store: &Store, requests: &[&str]) -> u64 {
    let from = store.last() + 1;
    let bodies: Vec<String> = requests.iter().map(|request| format!("{request} after {from}")).collect();
    let bodies: Vec<&str> = bodies.iter().map(String::as_str).collect();
    for ((taken, body), request) in receive(store, &bodies).into_iter().zip(&bodies).zip(requests) {
        let events = vec![event(request, body, EventKind::Stage(Stage::Accepted), 10)];
        store.record(&provider(), vec![found(taken, events)]).unwrap();
    }
    let (mut items, mut next) = (Vec::new(), from);
    while next <= store.last() {
        let (more, on) = store.recorded(next, 1 << 20).unwrap();
        items.extend(more);
        next = on;
    }
    let number = store.lanes().unwrap().first().map_or(1, |lane| lane.number + 1);
    let manifest = format!("manifest {number}").into_bytes();
    let fact = SealedFact {
        destination: monitoring(),
        provider: provider(),
        number,
        events: items.iter().map(LaneItem::at).collect(),
        digest: sha256(&manifest),
        manifest,
        signature: vec![1, 2, 3],
        certified: false,
        development: true,
        at: at(2_000),
    };
    let events: Vec<_> = items.iter().map(|_| SealedEvent { salt: [7; 16], document: b"{}".to_vec() }).collect();
    store.seal(fact, &events).unwrap()
}

fn lease(store: &Store, item: u64, attempt: u32) {
    let fact = LeasedFact {
        destination: monitoring(),
        provider: provider(),
        item,
        attempt,
        places: vec![],
        stamped: false,
        by: "https".into(),
        at: at(3_000),
        zone: "Asia/Almaty".into(),
    };
    block_on(store.deliver(vec![Step::Leased(fact)])).unwrap();
}

fn ended(item: u64, attempt: u32) -> AttemptedFact {
    AttemptedFact {
        destination: monitoring(),
        provider: provider(),
        item,
        attempt,
        at: at(3_001),
        zone: "Asia/Almaty".into(),
        milliseconds: 5,
        code: None,
        detail: None,
        transport: Some("HTTP 200".into()),
        gateway: None,
        business: None,
        signer: None,
        delivered: vec![],
        dead: vec![],
        singly: false,
        due: None,
        held: vec![],
    }
}

fn end(store: &Store, fact: AttemptedFact) {
    block_on(store.deliver(vec![Step::Attempted(Box::new(fact), Some("receipt".into()))])).unwrap();
}

pub(crate) fn delivered(store: &Store, item: u64, attempt: u32, places: &[u16]) {
    lease(store, item, attempt);
    end(store, AttemptedFact { delivered: places.to_vec(), ..ended(item, attempt) });
}

pub(crate) fn refused(store: &Store, item: u64, attempt: u32, delivered: &[u16], dead: &[u16]) {
    lease(store, item, attempt);
    let letter = |place: &u16| DeadFact { place: *place, code: "refused".into(), theirs: None, reason: None };
    let dead = dead.iter().map(letter).collect();
    let code = Some("refused".into());
    end(store, AttemptedFact { delivered: delivered.to_vec(), dead, code, ..ended(item, attempt) });
}

fn set_aside(store: &Store, item: u64, requests: &[&str]) {
    let held = requests.iter().map(|request| (*request).to_owned()).collect();
    end(store, AttemptedFact { held, ..ended(item, 0) });
}

pub(crate) fn act(store: &Store, queue: QueueAct) {
    let act = Act {
        what: "queue".into(),
        subject: "monitoring".into(),
        about: vec![],
        who: "key".into(),
        why: "test".into(),
        at: at(4_000),
        remap: vec![],
        queue: Some(queue),
    };
    store.act(act).unwrap();
}

pub(crate) fn lane() -> LaneName {
    LaneName { destination: monitoring(), provider: Some(provider()) }
}

fn order(store: &Store) -> Vec<u64> {
    store.queue_ahead(&monitoring(), &provider(), 0, 100).unwrap().into_iter().map(|item| item.item).collect()
}

pub(crate) fn opened(folder: &std::path::Path) -> Store {
    let opened = store(folder);
    opened.destinations(&only(monitoring()), at(1)).unwrap();
    opened
}

/// Closes the store; the index equals one that is rebuilt from the journal.
pub(crate) fn rebuilds(store: Store, folder: &std::path::Path) {
    drop(store);
    let config: StoreConfig = config(folder);
    assert_eq!(verify(&config, |_, _| {}).unwrap().differing, 0);
}

#[test]
fn a_message_is_in_the_queue_with_the_commit_that_seals_it_and_leaves_it_when_all_of_it_is_delivered() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    let (first, second) = (message(&store, &["1", "2"]), message(&store, &["3"]));
    assert_eq!(order(&store), [first, second]);
    delivered(&store, first, 1, &[1]);
    let head = store.queue_head(&monitoring(), &provider()).unwrap().unwrap();
    assert_eq!((head.item, &head.places[..], head.attempts), (first, &[0][..], 1), "what is left of it is sent");
    assert_eq!(store.settled(first).unwrap(), None);
    delivered(&store, first, 2, &[0]);
    assert_eq!(order(&store), [second]);
    assert_eq!(store.settled(first).unwrap(), Some(at(3_001)));
    let lanes = store.queue_lanes(None).unwrap();
    assert_eq!((lanes[0].items, lanes[0].events, lanes[0].delivered, lanes[0].dead), (1, 1, 2, 0));
    let id = store.messages(None, 1).unwrap().items[0].id;
    let attempts = store.attempts(id, 10).unwrap();
    assert_eq!(attempts.len(), 2);
    assert!(attempts.iter().all(|attempt| attempt.leased.is_some() && attempt.ended.is_some()));
    assert_eq!(store.attempts(id, 1).unwrap()[0].leased.as_ref().unwrap().attempt, 2, "the last ones");
    rebuilds(store, folder.path());
}

#[test]
fn an_attempt_without_an_end_is_found_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let first = opened(folder.path());
    let item = message(&first, &["1"]);
    lease(&first, item, 1);
    drop(first);
    let store = store(folder.path());
    let interrupted = store.interrupted().unwrap();
    assert_eq!((interrupted.len(), interrupted[0].item, interrupted[0].state), (1, item, ItemState::Leased));
    end(&store, AttemptedFact { code: Some("interrupted".into()), due: Some(at(9_000)), ..ended(item, 1) });
    assert!(store.interrupted().unwrap().is_empty());
    let head = store.queue_head(&monitoring(), &provider()).unwrap().unwrap();
    assert_eq!(head.state, ItemState::Waiting(at(9_000)));
    act(&store, QueueAct::Retry(LaneName { provider: None, ..lane() }));
    assert_eq!(store.queue_head(&monitoring(), &provider()).unwrap().unwrap().state, ItemState::Ready);
}

#[test]
fn a_dead_letter_holds_its_request_until_it_is_requeued_and_then_goes_before_what_it_held() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    let first = message(&store, &["1", "2"]);
    let second = message(&store, &["1"]);
    let third = message(&store, &["2"]);
    refused(&store, first, 1, &[1], &[0]);
    let holding = store.holding(&monitoring(), &provider()).unwrap();
    assert!(holding.holds("1") && !holding.holds("2"));
    set_aside(&store, second, &["1"]);
    assert_eq!(order(&store), [third], "others go on");
    let lane_of = |store: &Store| store.queue_lanes(None).unwrap().remove(0);
    assert_eq!((lane_of(&store).dead, lane_of(&store).held), (1, 1));
    let letters = store.dead_letters(&monitoring(), &provider(), (0, 0), 10).unwrap();
    assert_eq!((letters[0].item, letters[0].place, letters[0].request.as_deref()), (first, 0, Some("1")));
    act(&store, QueueAct::Requeue { lane: lane(), letters: vec![(first, 0)] });
    assert_eq!(order(&store), [first, second, third]);
    assert!(store.holding(&monitoring(), &provider()).unwrap().is_empty());
    assert_eq!(lane_of(&store).dead, 0);
    delivered(&store, first, 1, &[0]);
    delivered(&store, second, 1, &[0]);
    delivered(&store, third, 1, &[0]);
    assert_eq!((order(&store), lane_of(&store).events, lane_of(&store).delivered), (vec![], 0, 4));
    rebuilds(store, folder.path());
}

#[test]
fn what_is_skipped_is_settled_and_releases_its_request() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    let (first, second) = (message(&store, &["1"]), message(&store, &["1"]));
    refused(&store, first, 1, &[], &[0]);
    set_aside(&store, second, &["1"]);
    assert!(order(&store).is_empty());
    act(&store, QueueAct::Skip { lane: lane(), letters: vec![(first, 0)] });
    assert_eq!(order(&store), [second]);
    assert_eq!(store.settled(first).unwrap(), Some(at(4_000)));
    act(&store, QueueAct::Skip { lane: lane(), letters: vec![(second, 0)] });
    let lane = store.queue_lanes(None).unwrap().remove(0);
    assert_eq!((lane.items, lane.held, lane.events, lane.dead, lane.delivered), (0, 0, 0, 0, 0));
    rebuilds(store, folder.path());
}

#[test]
fn a_time_stamp_follows_a_message_that_went_without_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    let (first, second) = (message(&store, &["1"]), message(&store, &["2"]));
    delivered(&store, first, 1, &[0]);
    for message in [first, second] {
        let fact = StampedFact {
            message,
            token: vec![1],
            authority: "test".into(),
            development: true,
            stamped_at: at(3),
            at: at(3),
        };
        store.stamp(fact).unwrap();
    }
    let items = store.queue_ahead(&monitoring(), &provider(), 0, 9).unwrap();
    assert_eq!(items.len(), 2);
    assert_eq!((items[0].item, items[0].stamp), (second, false));
    assert_eq!((items[1].message.seq, items[1].stamp), (first, true));
    // It was read before the stamp came.
    delivered(&store, second, 1, &[0]);
    delivered(&store, items[1].item, 1, &[]);
    let items = store.queue_ahead(&monitoring(), &provider(), 0, 9).unwrap();
    assert_eq!((items.len(), items[0].message.seq, items[0].stamp), (1, second, true));
    delivered(&store, items[0].item, 1, &[]);
    assert!(order(&store).is_empty());
    rebuilds(store, folder.path());
}

#[test]
fn a_paused_lane_or_destination_has_nothing_to_send_and_goes_on_when_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    message(&store, &["1"]);
    let heads = |store: &Store| store.queue_heads(&monitoring()).unwrap().len();
    for lane in [lane(), LaneName { provider: None, ..lane() }] {
        assert_eq!(heads(&store), 1);
        act(&store, QueueAct::Pause(lane.clone()));
        assert_eq!((heads(&store), store.queue_lanes(None).unwrap()[0].paused), (0, true));
        act(&store, QueueAct::Resume(lane));
    }
    assert_eq!(heads(&store), 1);
    rebuilds(store, folder.path());
}

#[test]
fn a_message_is_replayed_once_more_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    let first = message(&store, &["1"]);
    delivered(&store, first, 1, &[0]);
    let second = message(&store, &["1"]);
    act(&store, QueueAct::Replay { lane: lane(), messages: vec![first, second] });
    assert_eq!(order(&store), [first, second]);
    assert_eq!(store.settled(first).unwrap(), None, "it is to be delivered");
    delivered(&store, first, 1, &[0]);
    assert_eq!(order(&store), [second]);
    rebuilds(store, folder.path());
}

#[test]
fn what_is_set_aside_for_a_request_that_was_released_meanwhile_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    let (first, second) = (message(&store, &["1"]), message(&store, &["1"]));
    refused(&store, first, 1, &[], &[0]);
    act(&store, QueueAct::Requeue { lane: lane(), letters: vec![(first, 0)] });
    // Decided before, written after.
    set_aside(&store, second, &["1"]);
    assert_eq!(order(&store), [first, second]);
    rebuilds(store, folder.path());
}

#[test]
fn the_stamp_of_a_message_that_was_set_aside_unsent_goes_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    let (first, second) = (message(&store, &["1"]), message(&store, &["1"]));
    refused(&store, first, 1, &[], &[0]);
    set_aside(&store, second, &["1"]);
    let fact = StampedFact {
        message: second,
        token: vec![1],
        authority: "test".into(),
        development: true,
        stamped_at: at(3),
        at: at(3),
    };
    store.stamp(fact).unwrap();
    assert!(order(&store).is_empty(), "the receiver does not know its message");
    act(&store, QueueAct::Skip { lane: lane(), letters: vec![(first, 0)] });
    assert_eq!(order(&store), [second]);
    rebuilds(store, folder.path());
}

#[test]
fn an_event_that_was_skipped_while_it_was_sent_is_neither_dead_nor_counted_as_delivered() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    let (first, second) = (message(&store, &["1", "2"]), message(&store, &["1"]));
    lease(&store, first, 1);
    act(&store, QueueAct::Skip { lane: lane(), letters: vec![(first, 0)] });
    let dead = [0, 1].map(|place| DeadFact { place, code: "refused".into(), theirs: None, reason: None }).to_vec();
    end(&store, AttemptedFact { dead, code: Some("refused".into()), ..ended(first, 1) });
    let letters = store.dead_letters(&monitoring(), &provider(), (0, 0), 10).unwrap();
    assert_eq!(letters.iter().map(|letter| letter.place).collect::<Vec<_>>(), [1]);
    assert!(!store.holding(&monitoring(), &provider()).unwrap().holds("1"));
    lease(&store, second, 1);
    act(&store, QueueAct::Skip { lane: lane(), letters: vec![(second, 0)] });
    end(&store, AttemptedFact { delivered: vec![0], ..ended(second, 1) });
    let lane = store.queue_lanes(None).unwrap().remove(0);
    assert_eq!((lane.delivered, lane.dead, lane.events, lane.items), (0, 1, 0, 0));
    rebuilds(store, folder.path());
}

#[test]
fn failures_are_counted_since_something_was_delivered_and_a_new_round_is_no_repetition() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    let first = message(&store, &["1", "2"]);
    let failed = |attempt| {
        lease(&store, first, attempt);
        end(&store, AttemptedFact { code: Some("timeout".into()), ..ended(first, attempt) });
        let item = store.queue_item(first).unwrap().unwrap();
        (item.attempts, item.failures, item.round)
    };
    assert_eq!((failed(1), failed(2)), ((1, 1, 0), (2, 2, 0)));
    refused(&store, first, 3, &[0], &[1]);
    act(&store, QueueAct::Requeue { lane: lane(), letters: vec![(first, 1)] });
    let item = store.queue_item(first).unwrap().unwrap();
    assert!((item.attempts, item.failures) == (3, 0) && item.round > 0, "attempts go on, and say so: {item:?}");
}
