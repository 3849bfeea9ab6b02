//! What foreign bytes come to: one function for every parser of them in `host/evidence` and `host/delivery`, for the bodies of the API
//! and for the journal. None may panic, whatever it is given; what is read must come back as it was written, where there is a way back.

use std::{
    pin::pin,
    sync::OnceLock,
    task::{Context, Poll, Waker},
};

use jiff::Timestamp;
use qadam_delivery::{Envelope, receipt::Stated};
use qadam_evidence::{
    Certificate, Key, Manifest, archive,
    development::{Authority, Pki},
    document::Document,
    revocation::{self, Answer, Crl, Evidence, Rules},
    seal, signed,
    timestamp::{Query, TimestampTrust, check_token},
    verify,
};
use ring::rand::SystemRandom;

/// When all this happens.
pub const NOW: Timestamp = Timestamp::constant(1_790_000_000, 0);
/// What signatures are over.
pub const CONTENT: &[u8] = b"the bytes that were signed";

/// The authorities of all targets: made once, for a key takes time.
pub fn pki() -> &'static Pki {
    static PKI: OnceLock<Pki> = OnceLock::new();
    PKI.get_or_init(|| Pki::generate(NOW, &SystemRandom::new()).unwrap_or_else(|error| unreachable!("{error}")))
}

/// Its certificates: the root, the one that seals, the one that stamps.
pub fn certificates() -> &'static [Certificate] {
    static CERTIFICATES: OnceLock<Vec<Certificate>> = OnceLock::new();
    CERTIFICATES.get_or_init(|| {
        let chains = [&pki().ca_pem, &pki().seal_chain_pem, &pki().tsa_chain_pem];
        chains.iter().filter_map(|pem| Certificate::parse_pem(pem).ok()?.into_iter().next()).collect()
    })
}

fn trust() -> TimestampTrust {
    TimestampTrust::in_roots(certificates().iter().take(1).cloned().collect())
}

/// An archive of evidence.
pub fn archive(bytes: &[u8]) {
    let roots = certificates().get(..1).unwrap_or_default();
    let report = verify::verify(bytes, roots, NOW);
    if let Ok(contents) = archive::read(bytes) {
        // What was read is written, if it is an event at all, and is the same when it is read again.
        if let Ok(again) = archive::write_trusting(&contents, roots) {
            assert!(archive::read(&again).is_ok_and(|again| again == contents));
        }
        assert!(!report.checks.is_empty());
    }
}

/// A certificate, DER or PEM.
pub fn certificate(bytes: &[u8]) {
    if let Ok(read) = Certificate::parse(bytes) {
        assert_eq!(read.der(), bytes);
        let _ = (read.subject().clone(), read.roles(), read.issued_by(&read), read.is_authority());
    }
    let _ = Certificate::parse_pem(&String::from_utf8_lossy(bytes));
}

/// A revocation list, and what it says.
pub fn crl(bytes: &[u8]) {
    if let Ok(list) = Crl::parse(bytes) {
        asked(&Evidence { crls: vec![list], ocsp: Vec::new() });
    }
}

/// An OCSP answer, and what it says.
pub fn ocsp(bytes: &[u8]) {
    for nonce in [None, Some(b"nonce".to_vec())] {
        asked(&Evidence { crls: Vec::new(), ocsp: vec![Answer { der: bytes.to_vec(), nonce }] });
    }
}

fn asked(evidence: &Evidence) {
    if let [root, leaf, ..] = certificates() {
        let _ = revocation::check(leaf, root, NOW, NOW, evidence, &Rules::default());
    }
}

/// A document of an event.
pub fn document(bytes: &[u8]) {
    let _ = Document::parse(bytes);
}

/// A manifest.
pub fn manifest(bytes: &[u8]) {
    if let Ok(manifest) = Manifest::parse(bytes) {
        assert_eq!(manifest.to_bytes(), bytes, "only its own bytes are a manifest");
    }
}

/// Manifests of a lane, one a line.
pub fn sequence(bytes: &[u8]) {
    let manifests: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let _ = verify::sequence(&manifests).verdict();
}

/// A signed message, detached and not, and the seal that it may be.
pub fn signed(bytes: &[u8]) {
    let _ = signed::verify(bytes, Some(CONTENT));
    let _ = signed::verify(bytes, None);
    let _ = (seal::signature_value(bytes), seal::token(bytes), seal::with_token(bytes, bytes));
}

/// A response of a time-stamping authority.
pub fn timestamp_response(bytes: &[u8]) {
    static QUERY: OnceLock<Option<Query>> = OnceLock::new();
    let query = QUERY.get_or_init(|| Query::new(CONTENT, None, &SystemRandom::new()).ok());
    let _ = query.as_ref().map(|query| query.token(bytes, &trust(), NOW));
}

/// A kept token.
pub fn token(bytes: &[u8]) {
    let (token, checks) = check_token(bytes, CONTENT, &trust(), NOW);
    assert!(token.is_none() || !checks.0.is_empty());
}

/// A query to the authority of development.
pub fn timestamp_query(bytes: &[u8]) {
    if let Ok(authority) = Authority::from_pem(&pki().tsa_key_pem, &pki().tsa_chain_pem) {
        let answer = authority.respond(bytes, NOW, &SystemRandom::new());
        assert!(!answer.is_empty());
    }
}

/// Keys and certificates in PEM.
pub fn key_pem(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = Key::from_pem(&text, &text);
    let _ = Key::from_pem(&text, &pki().seal_chain_pem);
    let _ = Key::from_pem(&pki().seal_key_pem, &text);
}

/// A PKCS#12 file.
pub fn key_pkcs12(bytes: &[u8]) {
    let _ = Key::from_pkcs12(bytes, "password");
}

/// A message as it is pushed.
pub fn message(bytes: &[u8]) {
    if let Ok(read) = Envelope::parse(bytes) {
        let written = read.to_bytes();
        assert!(Envelope::parse(&written).is_ok_and(|again| again.to_bytes() == written));
    }
}

/// A receipt.
pub fn receipt(bytes: &[u8]) {
    if let Ok(read) = Stated::parse(bytes) {
        assert_eq!(Stated::parse(&read.to_bytes()), Ok(read));
    }
}

/// A body of records: media type, signature and body, each ended by a line end but the last.
pub fn api_records(bytes: &[u8]) {
    let mut parts = bytes.splitn(3, |byte| *byte == b'\n');
    let (kind, signature) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let body = bytes::Bytes::copy_from_slice(parts.next().unwrap_or_default());
    let signature = Some(signature).filter(|signature| !signature.is_empty());
    // All of the body is there: nothing waits.
    let reading = pin!(qadam_monitor::foreign::records(kind, signature, body));
    if let Poll::Ready(Some(records)) = reading.poll(&mut Context::from_waker(Waker::noop())) {
        assert!(records > 0, "a batch without a record is refused");
    }
}

/// A body of JSON, or a cursor.
pub fn api_orders(bytes: &[u8]) {
    let _ = qadam_monitor::foreign::orders(&bytes::Bytes::copy_from_slice(bytes));
}

/// A segment of a journal.
pub fn journal(bytes: &[u8]) {
    if let Ok(folder) = tempfile::tempdir() {
        let _ = qadam_store::foreign::segment(folder.path(), bytes);
    }
}

/// What an entry of a journal holds, behind a right checksum.
pub fn journal_entry(bytes: &[u8]) {
    let _ = qadam_store::foreign::entry(bytes);
}
