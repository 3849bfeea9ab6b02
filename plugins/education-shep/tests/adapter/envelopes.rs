//! The envelope: what is taken, and what is refused because a signature could cover something else.

use qadam_sdk::{Problem, RecordError};

use crate::messages::{FAULT, NOTIFICATION, PULLED, REQUEST, event, map, refusal, replaced, with};

fn malformed(message: String) -> Problem {
    match refusal(message) {
        RecordError::Malformed(problem) => problem,
        other => panic!("{other:?}"),
    }
}

#[test]
fn namespaces_decide_and_prefixes_do_not() {
    let renamed = NOTIFICATION.replace("S:", "soap-env:").replace(":S=", ":soap-env=").replace("ns2", "q");
    assert_eq!(map(renamed), map(NOTIFICATION));
    let newer = with("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope");
    assert_eq!(map(newer), map(NOTIFICATION), "SOAP 1.2");
    malformed(with("http://schemas.xmlsoap.org/soap/envelope/", "http://schemas.xmlsoap.org/soap/envelop/"));
    // The schema's local elements are in no namespace.
    malformed(replaced(REQUEST, "<request xmlns=\"\">", "<request>"));
    malformed("<Envelope/>".to_owned());
}

#[test]
fn the_event_s_key_is_the_message_s_id() {
    assert_eq!(event(NOTIFICATION).key.as_deref(), Some("5a3f0000-0000-4000-8000-000000000901"));
    let without = with("<messageId>5a3f0000-0000-4000-8000-000000000901</messageId>", "");
    assert_eq!(event(without).key, None, "the schema lets it be left out, and the host then derives one");
}

#[test]
fn a_second_body_is_refused_wherever_it_stands() {
    let body = "<S:Body><x/></S:Body>";
    for second in [
        with("<S:Body wsu", &format!("{body}<S:Body wsu")),
        with("</S:Body>", &format!("</S:Body>{body}")),
        with("<S:Header>", &format!("<S:Header>{body}")),
        with("<importSource>NOBD", &format!("<importSource>{body}NOBD")),
        with("</S:Body>", "</S:Body><other/>"),
        with("<S:Header>", "<S:Header/><S:Header>"),
    ] {
        malformed(second);
    }
}

#[test]
fn a_wrapped_message_is_refused() {
    let operation = "<ns2:sendMessage xmlns:ns2=\"http://bip.bee.kz/AsyncChannel/v10/Types\">";
    malformed(with(operation, &format!("<wrapper/>{operation}")));
    malformed(with("</ns2:sendMessage>", &format!("</ns2:sendMessage>{operation}</ns2:sendMessage>")));
    malformed(with("<S:Header>", "<S:Header><sendMessage/>"));
    malformed(with("<importSource>", "<messageData/><importSource>"));
}

#[test]
fn an_id_that_two_elements_have_is_refused() {
    let problem = malformed(with("<importSource>", "<importSource Id='id-1'>"));
    assert!(problem.detail.contains("signature"), "{problem:?}");
    assert!(map(with("<importSource>", "<importSource Id='id-2'>")).is_ok());
}

#[test]
fn the_gateway_s_other_messages_are_refused_by_name() {
    let other = |message: &str| match refusal(message) {
        RecordError::Other(problem) => problem,
        other => panic!("{other:?}"),
    };
    assert!(other(FAULT).detail.contains("SOAP fault"));
    let status = NOTIFICATION.replace("sendMessage", "getMessageStatus");
    assert!(other(&status).detail.starts_with("`getMessageStatus` in the namespace"));
    let elsewhere = with("v10/Types", "v11/Types");
    assert!(other(&elsewhere).detail.contains("v11/Types"));
    let service = other(&with("MON_ES_REQUEST_FORM_IMPORT", "GBDFL_UniversalServiceSync"));
    assert_eq!(service.field, "messageInfo/serviceId");
    assert!(!service.detail.contains("GBDFL"), "what comes from outside is not repeated");
}

#[test]
fn a_pulled_answer_holds_one_message() {
    let (before, rest) = PULLED.split_once("<messages>").expect("has a message");
    let (message, after) = rest.split_once("</messages>").expect("is closed");
    let none = format!("{before}{after}");
    assert!(malformed(none).detail.contains("expected one message"));
    // A second one repeats the payload's name only when it is no text; its `messageData` is enough.
    malformed(format!("{before}<messages>{message}</messages><messages>{message}</messages>{after}"));
}

#[test]
fn no_document_type_is_taken_inside_or_outside() {
    let bomb = "<!DOCTYPE a [<!ENTITY b 'xxxxxxxx'><!ENTITY c '&b;&b;&b;&b;'>]>";
    let outside = "<!DOCTYPE a SYSTEM 'file:///etc/hostname'>";
    for doctype in [bomb, outside, "<!DOCTYPE a [<!ENTITY x SYSTEM 'http://127.0.0.1/'>]>"] {
        malformed(with("<S:Envelope", &format!("{doctype}<S:Envelope")));
        malformed(replaced(REQUEST, "<typedRequestFormImportData>", &format!("{doctype}<typedRequestFormImportData>")));
    }
    malformed(with("Маман-01", "&b;"));
}

#[test]
fn depth_and_width_are_borne() {
    let deep = format!("<importSource>{}{}", "<a>".repeat(90_000), "</a>".repeat(90_000));
    assert!(map(with("<importSource>", &deep)).is_ok());
    let wide = format!("{}<importSource>", "<a/>".repeat(190_000));
    assert!(map(with("<importSource>", &wide)).is_ok());
}

#[test]
fn the_declared_code_page_is_read() {
    let declared = with("UTF-8", "windows-1251").replace("Өңделу үстінде", "").replace("Маман-01", "Специалист");
    let byte = |character: char| match u32::from(character) {
        ascii @ 0..0x80 => ascii as u8,
        letter @ 0x0410..0x0450 => (letter - 0x0410 + 0xC0) as u8,
        _ => panic!("{character} is not among the letters of this test"),
    };
    let event = event(declared.chars().map(byte).collect::<Vec<_>>());
    assert_eq!(event.fields.executor, qadam_sdk::TextUpdate::set("Специалист"));
}
