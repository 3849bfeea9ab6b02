use qadam_evidence::manifest::Epoch;

use super::*;

/// A message of a store, with events of these ids; the content of each is that of its number.
fn told(sender: &mut Sender, lineage: &[Epoch], epoch: u32, number: u64, events: &[(u64, u64)]) -> Envelope {
    let event = |((seq, of), index): (&(u64, u64), u16)| {
        let id = EventId { epoch, seq: *seq, index: 0 };
        let document = format!(r#"{{"format":"qadam-event/1","id":"{id}","provider":"permits","number":"N-{of}"}}"#);
        Disclosed { index, id, salt: [7; 16], document: document.into() }
    };
    let events: Vec<Disclosed> = events.iter().zip(0..).map(event).collect();
    sender.number = number - 1;
    sender.previous = sender.previous.filter(|_| number > 1);
    let mut message = sender.message_of(&[]);
    let mut manifest = Manifest::parse(&message.manifest).unwrap();
    manifest.lineage = lineage.to_vec();
    manifest.events = events.iter().map(|event| manifest::event_digest(&event.salt, &event.document)).collect();
    let bytes = manifest.to_bytes();
    sender.previous = Some(manifest::digest_of(&bytes));
    message.message.epoch = epoch;
    message.signature = seal::seal(&bytes, &sender.key, now()).unwrap().into();
    message.manifest = bytes.into();
    message.parts = Parts::Events(events);
    message
}

const RESTORED: [Epoch; 2] = [Epoch { epoch: 1, first: 1 }, Epoch { epoch: 9, first: 11 }];

#[test]
fn what_a_restored_host_tells_again_under_other_ids_is_a_repetition_and_what_is_new_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut sender = Sender::new();
    let receiver = open(folder.path());
    // Entries 1 to 10 are in the backup; number 2 was sealed after it.
    let first = told(&mut sender, &[], 1, 1, &[(5, 100)]);
    let lost = told(&mut sender, &[], 1, 2, &[(11, 101), (12, 102)]);
    assert_eq!(answers(&receiver, &first), [Answer::Accepted]);
    assert_eq!(answers(&receiver, &lost), [Answer::Accepted, Answer::Accepted]);
    sender.previous = Some(manifest::digest_of(&first.manifest));
    let restored = told(&mut sender, &RESTORED, 9, 2, &[(11, 102), (12, 103), (13, 102), (14, 100)]);
    let said = [Answer::Duplicate, Answer::Accepted, Answer::Accepted, Answer::Accepted];
    assert_eq!(answers(&receiver, &restored), said, "one event of 102 is repeated; that of 100 the sender knows");
    drop(receiver);
    let receiver = open(folder.path());
    assert_eq!(answers(&receiver, &restored), vec![Answer::Duplicate; 4]);
    let lanes = receiver.lanes();
    assert_eq!((lanes[0].events, lanes[0].undisclosed_events), (6, 0));
    assert_eq!(lanes[0].restores, [(9, 2, 1)]);
    assert!(lanes[0].forks.is_empty() && lanes[0].breaks.is_empty() && lanes[0].missing.is_empty(), "{lanes:?}");
    // The old host, were it still there, would repeat what the new one has told.
    let late = told(&mut sender, &[], 1, 3, &[(20, 103)]);
    assert_eq!(answers(&receiver, &late), [Answer::Duplicate]);
}

#[test]
fn a_message_must_be_of_the_epoch_that_its_manifest_names() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = open(folder.path());
    let wrong = told(&mut Sender::new(), &RESTORED, 8, 1, &[(11, 1)]);
    let Says::Refused { code, reason } = receiver.take(&wrong).unwrap().says else { panic!("it was taken") };
    assert!(code == "manifest" && reason.contains("epoch"), "{reason}");
}
