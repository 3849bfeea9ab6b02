//! 56-8: by the service centre, today the State Corporation's front office.

use super::{each_service, refused_with_its_reason, stages};
use crate::education;

#[test]
fn a_request_goes_from_the_operator_to_the_provider_and_its_result_back_to_the_operator() {
    let host = education("");
    let words = ["REGISTERED", "LAUNCHED", "STARTED", "FINISHED", "READY", "HANDED"];
    for request in each_service(&host, "IIS_CON", &words) {
        let way = ["accepted", "sent-for-execution", "taken-into-work", "executed", "awaiting-issue", "closed"];
        assert_eq!(stages(&request), way, "8.6, 8.7, 8.8, 8.11: the result waits at the centre, 8.11");
        assert_eq!(request["fields"]["channel"], "state-corporation");
        assert!(!request["fields"]["intake-place"].as_str().unwrap().is_empty());
    }
}

#[test]
fn a_request_whose_documents_do_not_fit_is_refused_with_the_reason() {
    refused_with_its_reason(&education(""), "IIS_CON", "REGISTERED"); // 8.9, 8.10
}
