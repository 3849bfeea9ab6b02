//! 56-7: at the provider's own workplace in the regional gateway.

use super::{each_service, refused_with_its_reason, stages};
use crate::education;

#[test]
fn a_request_that_an_employee_filled_in_is_registered_and_ends_with_its_result() {
    let host = education("");
    for request in each_service(&host, "REGIONAL_GATEWAY", &["ACCEPTED", "STARTED", "FINISHED", "HANDED"]) {
        assert_eq!(stages(&request), ["accepted", "taken-into-work", "executed", "closed"], "7.6, 7.7, 7.10, 7.10");
        assert_eq!((&request["fields"]["channel"], &request["closed"]), (&"provider".into(), &true.into()));
    }
}

#[test]
fn a_request_whose_documents_do_not_fit_is_refused_with_the_reason() {
    refused_with_its_reason(&education(""), "REGIONAL_GATEWAY", "ACCEPTED"); // 7.8, 7.9
}
