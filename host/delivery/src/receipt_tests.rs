use proptest::prelude::*;
use qadam_evidence::{Certificate, Key, development::Pki, manifest, seal};
use ring::rand::SystemRandom;

use super::*;
use crate::{
    attempt::Failure,
    code::Code,
    sending::{Disclosed, Parts, Sending},
};

fn now() -> Timestamp {
    "2026-11-02T05:00:00Z".parse().unwrap()
}

fn id(index: u16) -> EventId {
    EventId { epoch: 1, seq: 9, index }
}

fn sending(events: u16) -> Sending {
    let disclosed = |index| Disclosed { index, id: id(index), salt: [0; 16], document: "{}".into() };
    Sending {
        message: MessageId { epoch: 1, seq: 10 },
        destination: "monitoring".parse().unwrap(),
        provider: "permits".parse().unwrap(),
        number: 7,
        manifest: "manifest".into(),
        digest: manifest::digest_of(b"manifest").0,
        signature: "signature".into(),
        stamped: false,
        development: true,
        parts: if events == 0 { Parts::Stamp } else { Parts::Events((0..events).map(disclosed).collect()) },
        attempt: 1,
        round: 0,
    }
}

fn stated(says: Says) -> Stated {
    Stated {
        message: MessageId { epoch: 1, seq: 10 },
        manifest: manifest::digest_of(b"manifest"),
        received_at: now(),
        receiver: "receiver".to_owned(),
        says,
    }
}

fn read(stated: &Stated, sending: &Sending) -> Result<Receipt, Failure> {
    Receipt::read(&stated.to_bytes(), None, sending, &ReceiptTrust::default(), now())
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        Just(Answer::Accepted),
        Just(Answer::Duplicate),
        ("[a-zа-я ]{1,20}", "[a-zа-я ]{0,50}").prop_map(|(code, reason)| Answer::refused(code, reason)),
    ]
}

proptest! {
    #[test]
    fn a_receipt_is_read_as_it_was_written(answers in proptest::collection::vec(answer(), 1..30), turn in any::<prop::sample::Index>()) {
        let sending = sending(u16::try_from(answers.len()).unwrap());
        let mut said: Vec<_> = (0..).map(id).zip(answers.clone()).collect();
        let turn = turn.index(said.len());
        said.rotate_left(turn);
        let stated = stated(Says::Events(said));
        prop_assert_eq!(Stated::parse(&stated.to_bytes()).unwrap(), stated.clone());
        prop_assert_eq!(read(&stated, &sending).unwrap().answers, answers, "whatever the order of the answers");
    }

    #[test]
    fn foreign_bytes_are_no_receipt_and_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let read = Receipt::read(&bytes, Some(&bytes), &sending(1), &ReceiptTrust::default(), now());
        prop_assert_eq!(read.unwrap_err().code, Code::InvalidReceipt);
    }
}

#[test]
fn what_does_not_answer_exactly_what_was_sent_is_no_receipt() {
    let all = |n: u16| (0..n).map(|index| (id(index), Answer::Accepted)).collect::<Vec<_>>();
    let twice = || all(2).into_iter().chain(all(1)).collect();
    for (stated, named) in [
        (Stated { message: MessageId { epoch: 1, seq: 11 }, ..stated(Says::Events(all(2))) }, "another message"),
        (Stated { manifest: manifest::digest_of(b"other"), ..stated(Says::Events(all(2))) }, "another manifest"),
        (stated(Says::Events(all(1))), "does not answer for"),
        (stated(Says::Events(all(3))), "which was not sent"),
        (stated(Says::Events(twice())), "answers twice"),
        (stated(Says::Events(Vec::new())), "does not answer for"),
        (stated(Says::Stamp { duplicate: false }), "for a time-stamp"),
    ] {
        let failure = read(&stated, &sending(2)).unwrap_err();
        assert_eq!(failure.code, Code::InvalidReceipt);
        assert!(failure.detail.contains(named), "{}", failure.detail);
    }
    assert!(read(&stated(Says::Events(all(1))), &sending(0)).unwrap_err().detail.contains("a time-stamp was sent"));
    assert_eq!(read(&stated(Says::Stamp { duplicate: true }), &sending(0)).unwrap().answers, []);
}

#[test]
fn shapes_that_say_nothing_or_too_much_are_no_receipt() {
    let whole = String::from_utf8(stated(Says::Events(vec![(id(0), Answer::Accepted)])).to_bytes()).unwrap();
    assert!(Stated::parse(whole.as_bytes()).is_ok());
    for (from, to) in [
        (r#""answer":"accepted""#, r#""answer":"accepted","code":"x""#),
        (r#""answer":"accepted""#, r#""answer":"refused""#),
        (r#""answer":"accepted""#, r#""answer":"refused","code":"""#),
        (r#""answer":"accepted""#, r#""answer":"maybe""#),
        (r#""events""#, r#""stamp":"accepted","events""#),
        (r#""events""#, r#""stamp":"refused","event""#),
        (r#""receiver""#, r#""more":1,"receiver""#),
        ("qadam-receipt/1", "qadam-receipt/2"),
    ] {
        let changed = whole.replace(from, to);
        assert_ne!(changed, whole);
        assert!(Stated::parse(changed.as_bytes()).is_err(), "{changed}");
    }
    let long = whole.replace(r#""answer":"accepted""#, &format!(r#""answer":"refused","code":"{}""#, "x".repeat(101)));
    assert!(Stated::parse(long.as_bytes()).unwrap_err().contains("1 to 100 letters"));
}

#[test]
fn a_message_refused_as_a_whole_names_the_receivers_code() {
    let stated = stated(Says::Refused { code: "seal".into(), reason: "not ours".into() });
    let failure = read(&stated, &sending(2)).unwrap_err();
    assert_eq!(failure, Failure::new(Code::Refused, "refused by the receiver (seal): not ours"));
    let said = Answer::refused("person", "850101199993 is unknown");
    let receipt = read(&self::stated(Says::Events(vec![(id(0), said)])), &sending(1)).unwrap();
    assert_eq!(receipt.answers, [Answer::refused("person", "8501*****993 is unknown")], "numbers of people are masked");
}

#[test]
fn a_signature_counts_where_roots_are_named_and_lacks_where_it_is_required() {
    let (ours, others) = (pki(), pki());
    let key = Key::from_pem(&ours.seal_key_pem, &ours.seal_chain_pem).unwrap();
    let bytes = stated(Says::Events(vec![(id(0), Answer::Accepted)])).to_bytes();
    let cms = seal::seal(&bytes, &key, now()).unwrap();
    let trust =
        |pki: &Pki, required| ReceiptTrust { roots: Certificate::parse_pem(&pki.ca_pem).unwrap(), bin: None, required };
    let read = |signature: Option<&[u8]>, trust: &ReceiptTrust, at| {
        Receipt::read(&bytes, signature, &sending(1), trust, at).map_err(|failure| {
            assert_eq!(failure.code, Code::InvalidReceipt);
            failure.detail
        })
    };
    let signer = read(Some(&cms), &trust(&ours, true), now()).unwrap().signer.unwrap();
    assert_eq!(signer, "qadam", "by the organisation in its certificate");
    assert_eq!(read(None, &trust(&ours, false), now()).unwrap().signer, None, "unsigned, and it need not be");
    assert_eq!(read(Some(b"x"), &ReceiptTrust::default(), now()).unwrap().signer, None, "nobody is trusted to sign");
    assert!(read(None, &trust(&ours, true), now()).unwrap_err().contains("not signed"));
    assert!(read(Some(&cms), &trust(&others, false), now()).unwrap_err().contains("not trusted"));
    let other = seal::seal(b"other", &key, now()).unwrap();
    assert!(read(Some(&other), &trust(&ours, false), now()).unwrap_err().contains("does not hold"));
    assert!(read(Some(b"x"), &trust(&ours, false), now()).unwrap_err().contains("does not hold"));
    let later = "2046-11-02T05:00:00Z".parse().unwrap();
    assert!(read(Some(&cms), &trust(&ours, false), later).unwrap_err().contains("expired"));
    let bin = ReceiptTrust { bin: Some("123456789012".into()), ..trust(&ours, true) };
    assert!(read(Some(&cms), &bin, now()).unwrap_err().contains("BIN"));
}

fn pki() -> Pki {
    Pki::generate(now(), &SystemRandom::new()).unwrap()
}
