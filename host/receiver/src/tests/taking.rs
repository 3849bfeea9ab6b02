use super::*;
use crate::TakeError;

const ACCEPTED: Answer = Answer::Accepted;
const DUPLICATE: Answer = Answer::Duplicate;

#[test]
fn events_take_effect_once_however_often_and_in_whatever_parts_they_come() {
    let (folder, mut sender) = (tempfile::tempdir().unwrap(), Sender::new());
    let receiver = open(folder.path());
    let (first, second) = (sender.message(4), sender.message(2));
    assert_eq!(answers(&receiver, &part(&first, 1..2)), [ACCEPTED]);
    assert_eq!(answers(&receiver, &second), [ACCEPTED, ACCEPTED]);
    assert_eq!(answers(&receiver, &part(&first, 0..3)), [ACCEPTED, DUPLICATE, ACCEPTED]);
    assert_eq!(answers(&receiver, &first), [DUPLICATE, DUPLICATE, DUPLICATE, ACCEPTED]);
    assert_eq!(answers(&receiver, &first), [DUPLICATE; 4]);
    let id = |seq| EventId { epoch: 1, seq, index: 0 };
    let expected = [(2, 3), (5, 0), (6, 0), (1, 2), (3, 2), (4, 1)].map(|(seq, again)| (id(seq), again));
    assert_eq!(effects(&receiver), expected);
    let counts = receiver.counts();
    assert_eq!((counts.messages, counts.disclosures, counts.events, counts.repeated), (2, 4, 6, 8));
}

#[test]
fn an_event_that_another_message_brings_again_is_known_and_has_no_effect() {
    let (folder, mut sender) = (tempfile::tempdir().unwrap(), Sender::new());
    let receiver = open(folder.path());
    let first = sender.message(2);
    let again = sender.message_of(&ids(&[&first]));
    assert_eq!(answers(&receiver, &first), [ACCEPTED, ACCEPTED]);
    assert_eq!(answers(&receiver, &again), [DUPLICATE, DUPLICATE]);
    assert_eq!(receiver.lanes()[0].undisclosed, [], "its message is whole all the same");
    drop(receiver);
    let receiver = open(folder.path());
    assert_eq!(effects(&receiver), ids(&[&first]).into_iter().map(|id| (id, 1)).collect::<Vec<_>>());
    assert_eq!(receiver.lanes()[0].undisclosed, []);
}

#[test]
fn an_event_that_is_not_the_manifests_is_refused_alone() {
    let (folder, mut sender) = (tempfile::tempdir().unwrap(), Sender::new());
    let receiver = open(folder.path());
    let message = sender.message(4);
    let mut events = message.events().to_vec();
    events[0].salt = [8; 16];
    events[1].document = events[2].document.clone();
    events[2].id = EventId { epoch: 9, seq: 9, index: 9 };
    let changed = Envelope { parts: Parts::Events(events), ..message.clone() };
    let codes: Vec<_> = answers(&receiver, &changed)
        .into_iter()
        .map(|answer| match answer {
            Answer::Refused { code, .. } => code,
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(codes, ["digest", "digest", "document", "Accepted"]);
    assert_eq!(receiver.lanes()[0].undisclosed, [(1, 3)]);
    assert_eq!(answers(&receiver, &message), [ACCEPTED, ACCEPTED, ACCEPTED, DUPLICATE], "put right, they are taken");
    assert_eq!(receiver.counts().refused, [("digest".into(), 2), ("document".into(), 1)].into());
}

#[test]
fn a_message_that_is_not_what_it_says_is_refused_as_a_whole() {
    let (folder, mut sender) = (tempfile::tempdir().unwrap(), Sender::new());
    let receiver = open(folder.path());
    let (message, other) = (sender.message(1), sender.message(1));
    let of = |change: &dyn Fn(&mut Envelope)| {
        let mut changed = message.clone();
        change(&mut changed);
        refused(&receiver, &changed)
    };
    assert_eq!(of(&|message| message.number = 2), "manifest");
    assert_eq!(of(&|message| message.destination = "other".parse().unwrap()), "manifest");
    assert_eq!(of(&|message| message.manifest = "{}".into()), "manifest");
    assert_eq!(of(&|message| message.signature = other.signature.clone()), "seal");
    assert_eq!(of(&|message| message.signature = "".into()), "seal");
    assert_eq!(refused(&receiver, &sender.stamp(&message)), "unknown-message");
    assert_eq!(answers(&receiver, &message), [ACCEPTED]);
    assert_eq!(refused(&receiver, &Envelope { message: message.message, ..other }), "conflict");
    assert_eq!(refused(&receiver, &Envelope { parts: Parts::Stamp, ..message }), "time-stamp");
    assert_eq!(receiver.counts().events, 1);
}

#[test]
fn a_seal_of_somebody_else_waits_until_who_is_trusted_was_settled() {
    let (folder, mut sender, other) = (tempfile::tempdir().unwrap(), Sender::new(), Sender::new());
    let message = sender.message(1);
    let strict = |roots, later: bool| {
        let clock: fn() -> Timestamp = if later { || "2046-01-01T00:00:00Z".parse().unwrap() } else { now };
        Receiver::open(Options { trust: roots, clock, ..options(folder.path()) }).unwrap()
    };
    let refused = strict(other.roots(), false).take(&message);
    assert!(matches!(&refused, Err(TakeError::Stranger(why)) if why.contains("trusted root")), "{refused:?}");
    let expired = strict(sender.roots(), true).take(&message);
    assert!(matches!(&expired, Err(TakeError::Stranger(why)) if why.contains("expired")), "{expired:?}");
    let receiver = strict(sender.roots(), false);
    assert_eq!(answers(&receiver, &message), [ACCEPTED]);
    drop(receiver);
    // A time-stamp proves that the certificate was in force then.
    let second = sender.message(1);
    let stamped = Envelope { parts: second.parts.clone(), ..sender.stamp(&second) };
    assert_eq!(answers(&strict(sender.roots(), true), &stamped), [ACCEPTED]);
}

#[test]
fn a_time_stamp_comes_later_and_once() {
    let (folder, mut sender) = (tempfile::tempdir().unwrap(), Sender::new());
    let receiver = open(folder.path());
    let message = sender.message(2);
    let stamp = sender.stamp(&message);
    assert_eq!(answers(&receiver, &message), [ACCEPTED, ACCEPTED]);
    assert_eq!(receiver.lanes()[0].unstamped, 1);
    let says = |receiver: &Receiver| receiver.take(&stamp).unwrap().says;
    assert_eq!(says(&receiver), Says::Stamp { duplicate: false });
    assert_eq!(says(&receiver), Says::Stamp { duplicate: true });
    assert_eq!(receiver.lanes()[0].unstamped, 0);
    drop(receiver);
    assert_eq!(says(&open(folder.path())), Says::Stamp { duplicate: true });
}

#[test]
fn what_a_lane_lacks_is_named() {
    let (folder, mut sender) = (tempfile::tempdir().unwrap(), Sender::new());
    let receiver = open(folder.path());
    let messages: Vec<_> = (0..6).map(|_| sender.message(3)).collect();
    for number in [1, 2, 5] {
        answers(&receiver, &messages[number]);
    }
    answers(&receiver, &part(&messages[4], 0..1));
    sender.number = 4;
    sender.previous = None;
    let mut forked = sender.message(1);
    forked.message = MessageId { epoch: 2, seq: 1 };
    assert_eq!(refused(&receiver, &forked), "manifest", "only the first has no predecessor");
    sender.number = 1;
    sender.previous = Some(manifest::digest_of(b"another history"));
    let mut forked = sender.message(1);
    forked.message = MessageId { epoch: 2, seq: 1 };
    assert_eq!(answers(&receiver, &forked), [ACCEPTED], "nothing is lost for it");
    let lane = receiver.lanes().remove(0);
    assert_eq!((lane.last, lane.messages, lane.events), (6, 5, 11));
    assert_eq!((lane.missing, lane.undisclosed, lane.undisclosed_events), (vec![(1, 1), (4, 4)], vec![(5, 2)], 2));
    assert_eq!((lane.forks, lane.breaks), (vec![2], vec![3]));
}

#[test]
fn receipts_are_signed_where_there_is_a_key() {
    let (folder, mut sender) = (tempfile::tempdir().unwrap(), Sender::new());
    let key = signer(&sender);
    let receiver = Receiver::open(Options { signer: Some(key), ..options(folder.path()) }).unwrap();
    let issued = receiver.issue(&receiver.take(&sender.message(1)).unwrap()).unwrap();
    let cms = data_encoding::BASE64.decode(issued.signature.unwrap().as_bytes()).unwrap();
    assert!(qadam_evidence::signed::verify(&cms, Some(&issued.body)).is_ok());
}

#[test]
fn who_reads_what_took_effect_never_stops_who_takes() {
    let folder = tempfile::tempdir().unwrap();
    let (receiver, mut sender) = (open(folder.path()), Sender::new());
    let messages: Vec<_> = (0..150).map(|_| sender.message(1)).collect();
    let taken = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let _ = scope.spawn(|| {
                while !taken.load(std::sync::atomic::Ordering::Relaxed) && effects(&receiver).len() < 150 {
                    std::thread::yield_now();
                }
            });
        }
        messages.iter().for_each(|message| assert_eq!(answers(&receiver, message), [Answer::Accepted]));
        taken.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert_eq!(effects(&receiver).len(), 150);
}
