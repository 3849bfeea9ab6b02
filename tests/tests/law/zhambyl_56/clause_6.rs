//! 56-6: by the portal.

use qadam_tests::{
    openssl::{IIN, OTHER_IIN, Profile},
    records::accepted,
    signing::{SigningHost, step},
};

use super::{each_service, refused_with_its_reason, stages};
use crate::education;

#[test]
fn a_signed_request_goes_through_the_gateway_to_the_provider_and_its_result_to_the_recipient() {
    let host = education("");
    let words = ["CREATED", "SENT", "IN_PROCESSING", "COMPLETED", "HANDED"];
    for request in each_service(&host, "EGOV_PORTAL", &words) {
        let way = ["accepted", "sent-for-execution", "taken-into-work", "executed", "closed"];
        assert_eq!(stages(&request), way, "6.8, 6.8, 6.9, 6.12, 6.12");
        assert_eq!(
            (&request["fields"]["channel"], &request["history"][4]["outcome"]),
            (&"portal".into(), &"issued".into())
        );
    }
}

#[test]
fn a_request_whose_documents_do_not_fit_is_refused_with_the_reason() {
    refused_with_its_reason(&education(""), "EGOV_PORTAL", "CREATED"); // 6.10, 6.11
}

/// 6.6: certificate in force, not revoked, IIN in the request = IIN in the certificate; otherwise a refusal that names it.
#[test]
fn before_a_signed_request_is_taken_its_certificate_is_checked_and_its_iin_is_the_certificates() {
    let rules = "signatures = { required = true, by = 'applicant' }";
    let host = SigningHost::start(env!("CARGO_BIN_EXE_qadam-under-test"), rules);
    let applicant = host.pki.issue(&Profile::person());
    let stranger = host.pki.issue(&Profile::person().with_owner(IIN, OTHER_IIN));
    let record = accepted(1);
    let refused = host.send(&record, &stranger.sign(record.as_bytes(), &["-cades"]));
    assert_eq!((&refused["outcome"], &refused["cause"]["field"]), (&"refused".into(), &"signature.owner".into()));
    let taken = host.send(&record, &applicant.sign(record.as_bytes(), &["-cades"]));
    assert_eq!(taken["outcome"], "mapped", "{taken}");
    for checked in ["validity", "revocation", "owner"] {
        assert_eq!(step(&taken, checked), "valid", "{checked}");
    }
}
