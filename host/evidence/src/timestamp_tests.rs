//! Tokens of another maker are in `tests/tests/evidence_openssl.rs`.

use std::sync::OnceLock;

use proptest::prelude::*;
use ring::rand::SystemRandom;

use super::*;
use crate::{
    der_writer::{GENERALIZED_TIME, OID, SET, context, set_of},
    development::{Authority, POLICY, Pki},
    keys::Key,
    seal,
    signed_data::{CONTENT_TYPE, Certificates, Content, Identity, MESSAGE_DIGEST, SIGNED_DATA, TST_INFO, sign},
    signer::Signer as _,
};

const VALUE: &[u8] = b"the value of a signature";

struct Set {
    pki: Pki,
    authority: Authority,
    key: Key,
    trust: TimestampTrust,
}

fn set() -> &'static Set {
    static SET: OnceLock<Set> = OnceLock::new();
    SET.get_or_init(|| made(now()))
}

fn made(at: Timestamp) -> Set {
    let pki = Pki::generate(at, &SystemRandom::new()).unwrap();
    let authority = Authority::from_pem(&pki.tsa_key_pem, &pki.tsa_chain_pem).unwrap();
    let key = Key::from_pem(&pki.tsa_key_pem, &pki.tsa_chain_pem).unwrap();
    let trust = TimestampTrust::from_pem(&pki.ca_pem, "").unwrap();
    Set { pki, authority, key, trust }
}

fn now() -> Timestamp {
    "2026-11-02T05:00:00Z".parse().unwrap()
}

fn years(years: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * 365 * years)
}

fn query() -> Query {
    Query::new(VALUE, None, &SystemRandom::new()).unwrap()
}

fn respond(query: &Query) -> Vec<u8> {
    set().authority.respond(query.der(), now(), &SystemRandom::new())
}

/// What the authority could have signed: a TSTInfo with these parts.
#[derive(Clone)]
struct Info {
    version: u8,
    digest: &'static str,
    imprint: Vec<u8>,
    nonce: Option<Vec<u8>>,
    time: &'static str,
    more: Vec<u8>,
}

impl Info {
    fn of(query: &Query) -> Self {
        let imprint = digest(&SHA256, VALUE).as_ref().to_vec();
        let nonce = Some(query.nonce.to_vec());
        Self { version: 1, digest: "2.16.840.1.101.3.4.2.1", imprint, nonce, time: "20261102050000Z", more: vec![] }
    }

    fn der(&self) -> Vec<u8> {
        let algorithm = write(SEQUENCE, &[&oid(ObjectIdentifier::new_unwrap(self.digest))]);
        let nonce = self.nonce.as_ref().map(|nonce| write(INTEGER, &[nonce])).unwrap_or_default();
        write(
            SEQUENCE,
            &[
                &write(INTEGER, &[&[self.version]]),
                &oid(POLICY),
                &write(SEQUENCE, &[&algorithm, &write(OCTET_STRING, &[&self.imprint])]),
                &write(INTEGER, &[&[7]]),
                &write(GENERALIZED_TIME, &[self.time.as_bytes()]),
                &nonce,
                &self.more,
            ],
        )
    }

    fn signed(&self, key: &Key) -> Vec<u8> {
        granted(&sign(Content::Inside(TST_INFO, &self.der(), Certificates::Inside), key, now()).unwrap())
    }
}

fn granted(token: &[u8]) -> Vec<u8> {
    write(SEQUENCE, &[&write(SEQUENCE, &[&write(INTEGER, &[&[0]])]), token])
}

fn why(query: &Query, response: &[u8]) -> String {
    query.token(response, &set().trust, now()).unwrap_err().to_string()
}

#[test]
fn what_the_authority_grants_is_taken_and_holds_when_its_certificate_is_long_expired() {
    let query = query();
    let token = query.token(&respond(&query), &set().trust, now()).unwrap();
    assert_eq!((token.at, token.policy), (now(), POLICY));
    assert_eq!(token.path.len(), 2);
    let much_later = now() + years(40);
    let (again, checks) = check_token(&token.der, VALUE, &set().trust, much_later);
    assert_eq!(again, Some(token));
    assert_eq!(checks.verdict(), Verdict::Valid);
    assert_eq!(checks.0[0].reason, format!("stamped at 2026-11-02T05:00:00Z under policy {POLICY}"));
}

#[test]
fn a_changed_byte_anywhere_in_a_token_is_refused() {
    let query = query();
    let token = query.token(&respond(&query), &set().trust, now()).unwrap().der;
    for at in 0..token.len() {
        for flip in [0x01, 0x20, 0x80, 0xff] {
            let mut changed = token.clone();
            changed[at] ^= flip;
            let (found, checks) = check_token(&changed, VALUE, &set().trust, now());
            assert_eq!(found, None, "byte {at} of {} changed by {flip:#x}", token.len());
            assert_ne!(checks.verdict(), Verdict::Valid);
        }
    }
}

#[test]
fn an_answer_to_another_question_is_refused() {
    let (ours, theirs) = (query(), query());
    assert!(why(&ours, &respond(&theirs)).contains("nonce is not that of the query"));
    let silent = Info { nonce: None, ..Info::of(&ours) };
    assert!(why(&ours, &silent.signed(&set().key)).contains("has no nonce"));
    let other = Info { imprint: digest(&SHA256, b"another").as_ref().to_vec(), ..Info::of(&ours) };
    assert!(why(&ours, &other.signed(&set().key)).contains("imprint is not the digest of this signature"));
    let (found, checks) =
        check_token(&ours.token(&respond(&ours), &set().trust, now()).unwrap().der, b"another", &set().trust, now());
    assert_eq!((found, checks.verdict()), (None, Verdict::Invalid));
}

#[test]
fn weak_imprints_are_refused_and_those_of_gost_are_left_open() {
    let query = query();
    let sha_1 = digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, VALUE).as_ref().to_vec();
    let weak = Info { digest: "1.3.14.3.2.26", imprint: sha_1, ..Info::of(&query) };
    assert!(why(&query, &weak.signed(&set().key)).contains("SHA-1 is too weak"));
    let weak = Info { digest: "1.2.840.113549.2.5", imprint: vec![0; 16], ..Info::of(&query) };
    assert!(why(&query, &weak.signed(&set().key)).contains("MD5 is too weak"));
    let gost = Info { digest: "1.2.398.3.10.1.3.3", imprint: vec![0; 64], ..Info::of(&query) };
    let error = query.token(&gost.signed(&set().key), &set().trust, now()).unwrap_err();
    assert_eq!(error.verdict(), Verdict::Indeterminate);
    assert!(error.to_string().contains("GOST"));
}

#[test]
fn only_policies_that_are_wanted_are_taken() {
    let other = ObjectIdentifier::new_unwrap("1.2.398.3.3.2.6.2");
    let asked = Query::new(VALUE, Some(POLICY), &SystemRandom::new()).unwrap();
    asked.token(&respond(&asked), &set().trust, now()).unwrap();
    let asked = Query::new(VALUE, Some(other), &SystemRandom::new()).unwrap();
    assert!(why(&asked, &respond(&asked)).contains("unacceptedPolicy"));
    let forced = Info::of(&asked).signed(&set().key);
    assert!(why(&asked, &forced).contains("1.2.398.3.3.2.6.2 is wanted"));
    let trust = TimestampTrust { policies: vec![other], ..set().trust.clone() };
    let query = query();
    let error = query.token(&respond(&query), &trust, now()).unwrap_err();
    assert_eq!(error, TimestampError::Policy { found: POLICY, wanted: vec![other] });
}

#[test]
fn a_time_far_from_now_is_refused() {
    let query = query();
    let response = respond(&query);
    let off = |by: SignedDuration| query.token(&response, &set().trust, now() + by);
    off(SignedDuration::from_mins(5)).unwrap();
    off(SignedDuration::from_mins(-5)).unwrap();
    for by in [SignedDuration::from_secs(301), SignedDuration::from_secs(-301)] {
        assert!(off(by).unwrap_err().to_string().contains("more than 5m apart"), "{:?}", off(by));
    }
    let token = off(SignedDuration::ZERO).unwrap().der;
    let (found, checks) = check_token(&token, VALUE, &set().trust, now() - SignedDuration::from_mins(6));
    assert_eq!(found, None);
    assert!(checks.0[0].reason.contains("which is after 2026-11-02T04:54:00Z"));
}

#[test]
fn a_certificate_that_is_foreign_expired_or_for_something_else_is_refused() {
    let query = query();
    let foreign = made(now());
    let response = foreign.authority.respond(query.der(), now(), &SystemRandom::new());
    assert!(why(&query, &response).contains("the time-stamping authority's certificate: no certificate given"));
    let sealing = Authority::from_pem(&set().pki.seal_key_pem, &set().pki.seal_chain_pem).unwrap();
    let response = sealing.respond(query.der(), now(), &SystemRandom::new());
    assert!(why(&query, &response).contains("not for stamping times, critically and for nothing else"));
    for late in [now() + years(11), now() - years(1)] {
        let response = set().authority.respond(query.der(), late, &SystemRandom::new());
        let error = query.token(&response, &set().trust, late).unwrap_err();
        assert!(matches!(error, TimestampError::Path(_)), "{error}");
    }
    let nobody = TimestampTrust::in_roots(Vec::new());
    let error = query.token(&respond(&query), &nobody, now()).unwrap_err();
    assert_eq!((error.to_string().contains("no root"), error.verdict()), (true, Verdict::Indeterminate));
}

#[test]
fn a_refusal_is_told_in_the_words_of_the_authority() {
    let text = write(SEQUENCE, &[&write(0x0c, &["уақытша жабық".as_bytes()])]);
    let failure = write(0x03, &[&[6, 0x00, 0x02, 0x00, 0x40]]);
    let status = write(SEQUENCE, &[&write(INTEGER, &[&[2]]), &text, &failure]);
    let refused = why(&query(), &write(SEQUENCE, &[&status]));
    assert!(refused.contains("status 2, timeNotAvailable"), "{refused}");
    assert!(refused.contains("systemFailure") && refused.contains("уақытша жабық"), "{refused}");
    let waiting = write(SEQUENCE, &[&write(SEQUENCE, &[&write(INTEGER, &[&[3]])])]);
    assert!(why(&query(), &waiting).contains("status 3"));
    let empty = write(SEQUENCE, &[&write(SEQUENCE, &[&write(INTEGER, &[&[0]])])]);
    assert!(why(&query(), &empty).contains("granted a token, and sent none"));
    assert!(why(&query(), b"<html>").contains("no response of a time-stamping authority"));
    assert!(why(&query(), &vec![0; SIZE_LIMIT + 1]).contains("65537 bytes"));
}

#[test]
fn a_token_without_the_certificate_that_signed_it_is_refused() {
    let query = query();
    let bare =
        sign(Content::Inside(TST_INFO, &Info::of(&query).der(), Certificates::Outside), &set().key, now()).unwrap();
    assert!(why(&query, &granted(&bare)).contains("certificate is not in the message"));
}

#[test]
fn a_token_that_does_not_say_which_certificate_signed_it_is_refused() {
    let (query, key) = (query(), &set().key);
    let info = Info::of(&query).der();
    let attribute = |name, value: &[u8]| write(SEQUENCE, &[&oid(name), &write(SET, &[value])]);
    let attributes = vec![
        attribute(CONTENT_TYPE, &oid(TST_INFO)),
        attribute(MESSAGE_DIGEST, &write(OCTET_STRING, &[digest(&SHA256, &info).as_ref()])),
    ];
    let named = Identity::of(&key.certificates()[0]).unwrap();
    let sha_256 = write(SEQUENCE, &[&oid(SHA_256)]);
    let signer = write(
        SEQUENCE,
        &[
            &write(INTEGER, &[&[1]]),
            &write(SEQUENCE, &[named.issuer.der, named.serial.der]),
            &sha_256,
            &set_of(context(0), attributes.clone()),
            &write(SEQUENCE, &[&write(OID, &[&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]])]),
            &write(OCTET_STRING, &[&key.sign(&set_of(SET, attributes)).unwrap()]),
        ],
    );
    let content = write(SEQUENCE, &[&oid(TST_INFO), &write(context(0), &[&write(OCTET_STRING, &[&info])])]);
    let certificates = set_of(context(0), key.certificates().to_vec());
    let parts: [&[u8]; 5] =
        [&write(INTEGER, &[&[3]]), &write(SET, &[&sha_256]), &content, &certificates, &write(SET, &[&signer])];
    let token = write(SEQUENCE, &[&oid(SIGNED_DATA), &write(context(0), &[&write(SEQUENCE, &parts)])]);
    assert!(why(&query, &granted(&token)).contains("does not name its signer's certificate"));
}

#[test]
fn what_a_token_says_otherwise_or_more_is_refused() {
    let query = query();
    let made = |info: Info| why(&query, &info.signed(&set().key));
    assert!(made(Info { version: 2, ..Info::of(&query) }).contains("not of version 1"));
    assert!(made(Info { time: "20261102100000+0500", ..Info::of(&query) }).contains("genTime is no time"));
    let extension = write(SEQUENCE, &[&oid(POLICY), &[0x01, 0x01, 0xff], &write(OCTET_STRING, &[&[]])]);
    let extension = write(context(1), &[&extension]);
    assert!(made(Info { more: extension, ..Info::of(&query) }).contains("critical extension"));
    assert!(made(Info { more: vec![0x05, 0x00], ..Info::of(&query) }).contains("TSTInfo cannot be read"));
    let sealed = seal::seal(b"a manifest", &set().key, now()).unwrap();
    assert!(why(&query, &granted(&sealed)).contains("no TSTInfo"));
}

proptest! {
    #[test]
    fn any_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(query().token(&bytes, &set().trust, now()).is_err());
        let (found, checks) = check_token(&bytes, VALUE, &set().trust, now());
        prop_assert_eq!((found, checks.verdict()), (None, Verdict::Invalid));
    }

    #[test]
    fn a_response_with_a_changed_byte_gives_no_other_token(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let query = query();
        let response = respond(&query);
        let token = query.token(&response, &set().trust, now()).unwrap();
        let mut changed = response;
        let at = at.index(changed.len());
        changed[at] = to;
        // Only the status may differ: granted, or granted with modifications.
        if let Ok(found) = query.token(&changed, &set().trust, now()) {
            prop_assert_eq!(found, token);
        }
    }
}
