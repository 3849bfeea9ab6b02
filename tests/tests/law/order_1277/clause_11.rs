//! 1277-11: data are signed with certificates of the national certification authority.

use jiff::SignedDuration;
use qadam_tests::{
    openssl::{Pki, Profile},
    records::accepted,
    signing::{SigningHost, step},
};

const QADAM: &str = env!("CARGO_BIN_EXE_qadam-under-test");
const REQUIRED: &str = "signatures = { required = true }";

#[test]
fn chain_validity_revocation_role_and_policy_are_checked_of_what_is_received() {
    let host = SigningHost::start(QADAM, REQUIRED);
    let head = host.pki.issue(&Profile::head());
    let record = accepted(1);
    let taken = host.send(&record, &head.sign(record.as_bytes(), &["-cades"]));
    for one in ["chain", "validity", "revocation", "role", "policy"] {
        assert_eq!(step(&taken, one), "valid", "{one}: {taken}");
    }
    // Of an authority that nobody trusts here.
    let others = Pki::new();
    let stranger = others.issue(&Profile::head());
    let refused = host.send(&record, &stranger.sign(record.as_bytes(), &["-cades"]));
    assert_eq!(refused["outcome"], "refused", "{refused}");
    assert_ne!(step(&refused, "chain"), "valid", "{refused}");
}

#[test]
fn what_cannot_be_checked_is_not_taken_for_valid() {
    let host = SigningHost::with_lists(QADAM, REQUIRED, SignedDuration::from_hours(72));
    let head = host.pki.issue(&Profile::head());
    let record = accepted(1);
    let taken = host.send(&record, &head.sign(record.as_bytes(), &["-cades"]));
    assert_eq!(
        (taken["outcome"].as_str().unwrap(), taken["signature"]["verdict"].as_str().unwrap()),
        ("quarantined", "indeterminate")
    );
}
