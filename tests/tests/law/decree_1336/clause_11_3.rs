//! 1336-11.3: every query of an operator is registered and can be shown to the applicant. Its signature is a later matter.

use qadam_tests::records;
use serde_json::json;

use crate::{host, request};

#[test]
fn whoever_saw_a_persons_data_is_registered_with_the_purpose_and_can_be_told() {
    let host = host();
    let _ = host.submit(&[records::accepted(1)], &[]);
    let id = request(&host, "case-1")["id"].as_str().unwrap().to_owned();
    let purpose = json!({ "purpose": "filling in the application of the visitor" }).to_string();
    let path = format!("/v1/requests/{id}/reveal");
    assert_eq!(host.call(&host.operator(), "POST", &path, &[], purpose.as_bytes()).status, 200);
    let asked = host.get(&format!("/v1/requests/{id}/acts"))["items"].clone();
    assert_eq!(asked.as_array().unwrap().len(), 1);
    assert_eq!(
        (&asked[0]["who"], &asked[0]["why"]),
        (&json!("operator-1"), &json!("filling in the application of the visitor"))
    );
    assert!(asked[0]["at"].is_string());
}
