//! The payload, however it is carried, and what is no payload.

use proptest::prelude::*;
use qadam_sdk::{EventKind, RecordError, Stage};

use crate::messages::{
    NOTIFICATION, PULLED, REQUEST, event, map, place, refusal, replaced, silent, status, updated, with,
};

#[test]
fn an_element_a_cdata_section_and_an_escaped_text_carry_the_same() {
    let (before, rest) = NOTIFICATION.split_once("<data>").expect("has data");
    let (payload, after) = rest.split_once("</data>").expect("is closed");
    let cdata = format!("{before}<data><![CDATA[{}]]></data>{after}", payload.trim());
    let escaped = payload.trim().replace('&', "&amp;").replace('<', "&lt;");
    let escaped = format!("{before}<data>{escaped}</data>{after}");
    let prefixed = payload.replace("<typedRequestFormImportData>", "<x:typedRequestFormImportData xmlns:x='urn:any'>");
    let prefixed = prefixed.replace("</typedRequestFormImportData>", "</x:typedRequestFormImportData>");
    for other in [cdata, escaped, format!("{before}<data>{prefixed}</data>{after}")] {
        assert_eq!(map(other), map(NOTIFICATION));
    }
    assert_eq!(event(PULLED).kind, EventKind::Stage(Stage::Executed));
}

#[test]
fn a_problem_in_a_cdata_section_is_placed_to_the_byte_and_in_an_escaped_text_at_its_beginning() {
    let message = replaced(REQUEST, "<date>2024-03-25</date>", "<date>25.03.2024</date>");
    let expected = place(&message, "<updatedValues><code>deadline");
    assert!(matches!(refusal(message), RecordError::UnreadableTime(problem) if problem.offset == expected));
    let message = replaced(PULLED, "COMPLETED", "UNHEARD");
    assert_eq!(refusal(message.clone()).offset(), place(&message, "&lt;typedRequest"));
    let message = replaced(REQUEST, "</typedRequestFormImportData>]]>", "]]>");
    assert!(matches!(refusal(message), RecordError::Malformed(_)), "the inner document is cut");
}

#[test]
fn there_is_exactly_one_payload() {
    let payload = "<typedRequestFormImportData><externalRequestId>1</externalRequestId></typedRequestFormImportData>";
    for several in [
        with("<data>", &format!("<data>{payload}")),
        with("<data>", "<data>text beside "),
        with("<importSource>", &format!("{payload}<importSource>")),
        with("<S:Header>", &format!("<S:Header>{payload}")),
        replaced(REQUEST, "<importSource>EGOV_PORTAL</importSource>", payload),
        replaced(REQUEST, "]]></data>", "]]>&lt;x/&gt;</data>"),
    ] {
        assert!(matches!(refusal(several), RecordError::Malformed(_)));
    }
    let (before, rest) = NOTIFICATION.split_once("<data>").expect("has data");
    let (_, after) = rest.split_once("</data>").expect("is closed");
    let with_data = |data: &str| refusal(format!("{before}<data>{data}</data>{after}"));
    assert!(matches!(with_data(" "), RecordError::Malformed(_)));
    assert!(matches!(with_data("no XML"), RecordError::Malformed(_)));
    assert!(matches!(with_data("<messageResult/>"), RecordError::Other(_)), "a message of another system");
    assert!(matches!(with_data("&lt;messageResult/&gt;"), RecordError::Other(_)));
}

#[test]
fn a_value_stated_twice_must_be_stated_alike() {
    let twice =
        |value| silent(&format!("{}{}", updated("deadline", "date", "2024-03-20"), updated("deadline", "date", value)));
    assert!(map(twice("2024-03-20")).is_ok());
    assert!(matches!(refusal(twice("2024-03-21")), RecordError::Malformed(_)));
    let status_twice = status("IN_PROCESSING", &updated("processing_status", "string", "READY"));
    assert!(matches!(refusal(status_twice), RecordError::Malformed(problem) if problem.field == "processing_status"));
    let two = "<updatedValues><code>deadline</code><values><date>2024-03-20</date></values><values><date>2024-03-21</date></values></updatedValues>";
    assert!(matches!(refusal(silent(two)), RecordError::Malformed(_)));
}

#[test]
fn files_and_tables_are_borne_where_nothing_is_asked_of_them() {
    let file = "<updatedValues><code>copy</code><values><fileData><name>a.pdf</name><base64Data>AAAA</base64Data></fileData></values></updatedValues>";
    assert!(!format!("{:?}", event(silent(file))).contains("a.pdf"));
    assert!(matches!(refusal(silent(&file.replace("copy", "deadline"))), RecordError::Malformed(_)));
}

#[test]
fn a_notification_without_a_request_is_unidentifiable() {
    let id = "<externalRequestId>001024000901</externalRequestId>";
    for nothing in ["", "<externalRequestId> </externalRequestId>", "<deletedValues>externalRequestId</deletedValues>"]
    {
        let message = with(id, nothing);
        assert!(matches!(refusal(message), RecordError::UnidentifiableRequest(_)), "{nothing}");
    }
}

#[test]
fn ids_and_texts_beyond_the_contract_s_limits_are_the_record_s_fault_not_the_adapter_s() {
    let long = |length| "9".repeat(length);
    for message in [
        with("001024000901", &long(241)),
        with("5a3f0000-0000-4000-8000-000000000901", &long(241)),
        with("Маман-01", &long(4097)),
    ] {
        assert!(matches!(refusal(message), RecordError::Malformed(_)));
    }
    assert!(map(with("Маман-01", &long(4096))).is_ok());
    assert!(map(with("2500901", &long(9000))).is_ok(), "what is only shown is cut");
}

#[test]
fn a_message_that_is_cut_anywhere_is_refused() {
    for whole in [NOTIFICATION, REQUEST, PULLED].map(str::trim_end) {
        for length in (0..whole.len()).step_by(3) {
            assert!(map(&whole.as_bytes()[..length]).is_err(), "cut to {length} bytes");
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_in_any_place_give_events_or_an_error_with_a_place_within(
        which in 0usize..3,
        at in 0usize..3000,
        patch in prop::collection::vec(any::<u8>(), 0..4),
    ) {
        let mut body = [NOTIFICATION, REQUEST, PULLED][which].as_bytes().to_vec();
        let at = at % body.len();
        let end = (at + patch.len()).min(body.len());
        body.splice(at..end, patch);
        let length = body.len() as u64;
        if let Err(error) = map(body) {
            prop_assert!(error.offset().is_some_and(|offset| offset <= length), "{error:?}");
        }
    }
}
