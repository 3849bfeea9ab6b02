//! 56-6: by the portal. Only what the statuses of a request show: who signed it is asked of the portal (6.6).

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
