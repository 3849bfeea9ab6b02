//! Nothing that comes from outside makes the parsers of `host/evidence` and `host/delivery`, of the API's bodies and of the journal panic:
//! random bytes, and valid ones that were changed.
//! The same functions are the targets of the fuzzer (tests/fuzz).

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

#[expect(unreachable_pub, reason = "it is the library of the fuzzer too")]
#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::sync::OnceLock;

use jiff::SignedDuration;
use proptest::{prelude::*, sample::Index};
use qadam_delivery::{Envelope, receipt::Stated};
use qadam_evidence::{development::Authority, seal, timestamp::Query};
use qadam_tests::{archives::Sealer, openssl::openssl};
use ring::rand::SystemRandom;

const MESSAGE: &str = r#"{"format":"qadam-message/1","message":"msg_0000008000000000002g","destination":"monitoring","provider":"permits","number":7,"manifest":"{}","signature":"AAAA","development":true,"events":[{"index":0,"event":"evt_0000008000000000002g000","salt":"00112233445566778899aabbccddeeff","document":"{}"}]}"#;
const RECEIPT: &str = r#"{"format":"qadam-receipt/1","message":"msg_0000008000000000002g","manifest":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","received_at":"2026-11-02T05:00:00Z","receiver":"monitoring","events":[{"event":"evt_0000008000000000002g000","answer":"refused","code":"digest","reason":"x"}]}"#;

/// Bodies of the API.
const ORDERS: &[&str] = &[
    r#"{"identification_number":"850101199993"}"#,
    r#"{"number":"N-1","provider":"permits"}"#,
    r#"{"purpose":"a complaint"}"#,
    r#"{"provider":"permits","why":"mended"}"#,
    r#"{"to":"/backup","why":"nightly"}"#,
    r#"{"reason":"not so","claims":"provider"}"#,
    r#"{"until":"2026-01-05T06:00:00Z","why":"over"}"#,
];
/// Bodies of records: media type, signature, body.
const RECORDS: &[&[u8]] = &[
    b"application/xml\n\n<a/>",
    b"application/xml\nAAAA\n<a/>",
    b"application/vnd.qadam.lines; of=text/plain\n\n\xEF\xBB\xBFa\r\n\r\nb\n",
    b"multipart/mixed; boundary=x\n\n--x\r\ncontent-type: text/plain\r\nqadam-signature: AAAA\r\n\r\na\r\n--x\r\n\r\nb\r\n--x--\r\n",
];

/// A segment that a host wrote, and kept as a fixture.
fn segment() -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/journal-1/journal");
    let found = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let segment = found.filter(|path| path.extension().is_some_and(|end| end == "qj")).min().unwrap();
    let mut bytes = std::fs::read(segment).unwrap();
    bytes.truncate(16 << 10);
    bytes
}

/// The first entry of that segment: its type and flags, the length of its fact, fact and body.
fn entry() -> Vec<u8> {
    let bytes = segment();
    let frame = &bytes[64..];
    let length = |at: usize| u32::from_le_bytes(frame[at..at + 4].try_into().unwrap()) as usize;
    let (fact, body) = (length(20), length(24).min(1000));
    let held = [&[frame[4], frame[6], u8::try_from(fact).unwrap()], &frame[32..32 + fact + body]].concat();
    assert!(qadam_store::foreign::entry(&held), "a real entry is read");
    held
}

type Target = (&'static str, fn(&[u8]), Vec<Vec<u8>>);

/// Every target, and what it takes.
fn all() -> &'static [Target] {
    static ALL: OnceLock<Vec<Target>> = OnceLock::new();
    ALL.get_or_init(|| {
        let pki = targets::pki();
        let sealer = Sealer { pki: pki.clone(), at: targets::NOW };
        let contents = sealer.contents();
        let list = pki.crl(targets::NOW, targets::NOW + SignedDuration::from_hours(1), &[]).unwrap();
        let query = Query::new(targets::CONTENT, None, &SystemRandom::new()).unwrap();
        let authority = Authority::from_pem(&pki.tsa_key_pem, &pki.tsa_chain_pem).unwrap();
        let response = authority.respond(query.der(), targets::NOW, &SystemRandom::new());
        let token = seal::token(&contents.sealed.signature).unwrap().unwrap();
        let certificates = targets::certificates().iter().map(|one| one.der().to_vec());
        let (ocsp, pkcs12) = by_openssl();
        let pem = format!("{}{}", pki.seal_key_pem, pki.seal_chain_pem).into_bytes();
        assert!(Envelope::parse(MESSAGE.as_bytes()).is_ok() && Stated::parse(RECEIPT.as_bytes()).is_ok());
        vec![
            ("api_orders", targets::api_orders, ORDERS.iter().map(|order| order.as_bytes().to_vec()).collect()),
            ("api_records", targets::api_records, RECORDS.iter().map(|body| body.to_vec()).collect()),
            ("archive", targets::archive, vec![sealer.archive(&contents)]),
            ("certificate", targets::certificate, certificates.chain([pki.ca_pem.clone().into_bytes()]).collect()),
            ("crl", targets::crl, vec![list]),
            ("document", targets::document, vec![contents.sealed.event.clone()]),
            ("journal", targets::journal, vec![segment()]),
            ("journal_entry", targets::journal_entry, vec![entry()]),
            ("key_pem", targets::key_pem, vec![pem]),
            ("key_pkcs12", targets::key_pkcs12, vec![pkcs12]),
            ("manifest", targets::manifest, vec![contents.sealed.manifest.clone()]),
            ("message", targets::message, vec![MESSAGE.into()]),
            ("ocsp", targets::ocsp, vec![ocsp]),
            ("receipt", targets::receipt, vec![RECEIPT.into()]),
            ("sequence", targets::sequence, vec![[contents.sealed.manifest.as_slice(), b"\n"].concat().repeat(3)]),
            ("signed", targets::signed, vec![contents.sealed.signature.clone(), token.clone()]),
            ("timestamp_query", targets::timestamp_query, vec![query.der().to_vec()]),
            ("timestamp_response", targets::timestamp_response, vec![response]),
            ("token", targets::token, vec![token]),
        ]
    })
}

/// An OCSP answer about the certificate that seals, and its key in PKCS#12.
fn by_openssl() -> (Vec<u8>, Vec<u8>) {
    let (folder, pki) = (tempfile::tempdir().unwrap(), targets::pki());
    let leaf = pki.seal_chain_pem.split_inclusive("-----END CERTIFICATE-----\n").next().unwrap();
    for (name, text) in [
        ("ca", pki.ca_pem.as_str()),
        ("ca.key", &pki.ca_key_pem),
        ("key", &pki.seal_key_pem),
        ("leaf", leaf),
        ("index", ""),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let openssl = |line: &str| openssl(folder.path(), &line.split(' ').collect::<Vec<_>>());
    openssl(
        "ocsp -index index -CA ca -rsigner ca -rkey ca.key -issuer ca -cert leaf -no_nonce -ndays 1 -respout answer",
    );
    openssl("pkcs12 -export -inkey key -in leaf -passout pass:password -iter 1 -out p12");
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    (read("answer"), read("p12"))
}

/// How valid bytes are changed.
#[derive(Clone, Debug)]
enum Change {
    Flip(Index, u8),
    Cut(Index),
    Insert(Index, Vec<u8>),
    Repeat(Index, Index),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        any::<Index>().prop_map(Change::Cut),
        (any::<Index>(), prop::collection::vec(any::<u8>(), 1..9)).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Change::Repeat(from, to)),
    ]
}

fn changed(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        let at = |index: &Index| index.index(bytes.len() + 1);
        match change {
            Change::Flip(index, bit) => {
                let at = at(index);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << bit;
                }
            }
            Change::Cut(index) => bytes.truncate(at(index)),
            Change::Insert(index, more) => {
                let at = at(index);
                bytes.splice(at..at, more.iter().copied());
            }
            Change::Repeat(from, to) => {
                let (from, to) = (at(from).min(at(to)), at(from).max(at(to)));
                let part = bytes[from..to].to_vec();
                bytes.splice(to..to, part);
            }
        }
    }
    bytes
}

#[test]
fn what_is_right_is_taken_and_can_be_written_for_the_fuzzer() {
    let corpus = std::env::var_os("QADAM_FUZZ_CORPUS").map(std::path::PathBuf::from);
    for (name, target, valid) in all() {
        for (number, bytes) in valid.iter().enumerate() {
            target(bytes);
            if let Some(folder) = corpus.as_ref().map(|corpus| corpus.join(name)) {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(folder.join(format!("valid-{number}")), bytes).unwrap();
            }
        }
    }
}

#[test]
fn every_target_of_the_fuzzer_is_here() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let names: Vec<_> = files.iter().map(|path| path.file_stem().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, all().iter().map(|(name, ..)| *name).collect::<Vec<_>>());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(qadam_tests::runs(2000)))]

    #[test]
    fn foreign_bytes_make_no_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for (_, target, _) in all() {
            target(&bytes);
        }
    }

    #[test]
    fn valid_bytes_that_were_changed_make_no_parser_panic(
        which in any::<Index>(), seed in any::<Index>(), changes in prop::collection::vec(change(), 1..4),
    ) {
        let (_, target, valid) = which.get(all());
        target(&changed(seed.get(valid).clone(), &changes));
    }
}
