//! What is written.

use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, TestRunner},
};
use qadam_delivery::shep::{Body, ErrorInfo, MOST_ERRORS, envelope};

use crate::{documents, validation::Validation};

#[test]
fn every_document_that_is_written_is_valid_against_the_wsdl() {
    let Some(validation) = Validation::new() else { return };
    // Always the same documents: the properties below try others.
    let mut runner = TestRunner::deterministic();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..150 {
        let body = documents::body().new_tree(&mut runner).unwrap().current();
        seen.insert(std::mem::discriminant(&body));
        let text = envelope::write(&body);
        assert_eq!(validation.wrong(&text), None, "{text}");
    }
    assert_eq!(seen.len(), 9, "not every document was tried");
}

#[test]
fn the_validation_finds_what_is_not_of_the_schema() {
    let Some(validation) = Validation::new() else { return };
    let mut runner = TestRunner::deterministic();
    let body = std::iter::repeat_with(|| documents::body().new_tree(&mut runner).unwrap().current())
        .find(|body| matches!(body, Body::SendMessage(_)));
    let text = envelope::write(&body.unwrap());
    for (right, wrong) in [
        ("<serviceId>", "<serviceID>"),
        ("t:sendMessage>", "t:postMessage>"),
        ("<messageDate>", "<messageDate>on Monday "),
        ("xs:base64Binary", "xs:nothing"),
    ] {
        assert!(text.contains(right));
        let broken = text.replace(right, wrong).replace("</serviceId>", &right.replace("<serviceId>", "</serviceId>"));
        assert!(validation.wrong(&broken).is_some(), "{wrong} is taken");
    }
}

#[test]
fn of_errors_in_errors_only_so_many_are_written_and_read() {
    let at = qadam_delivery::shep::Moment::read("2026-11-02T10:00:00+05:00").unwrap();
    let deep = (0..200).fold(ErrorInfo::new("E", "first", at), |cause, number| {
        ErrorInfo::new(&format!("E{number}"), "passed on", at).because(cause)
    });
    assert_eq!(deep.chain().count(), MOST_ERRORS);
    let fault = qadam_delivery::shep::Fault::of(
        qadam_delivery::shep::Operation::SendMessage,
        qadam_delivery::shep::Blame::Server,
        deep,
    );
    let text = envelope::write(&Body::Fault(fault));
    assert_eq!(text.matches("<errorCode>").count(), MOST_ERRORS);
    let Body::Fault(read) = envelope::read(text.as_bytes()).unwrap() else { panic!("{text}") };
    assert_eq!(read.codes().count(), MOST_ERRORS);
    // And of more than are written, no more are read.
    let more = "<subError><errorCode>X</errorCode><errorMessage/><errorDate>2026-11-02T10:00:00Z</errorDate>";
    let text = text.replace(
        "<errorDate>2026-11-02T10:00:00+05:00</errorDate></subError>",
        &format!(
            "<errorDate>2026-11-02T10:00:00+05:00</errorDate>{}{}</subError>",
            more.repeat(20),
            "</subError>".repeat(20)
        ),
    );
    assert_eq!(text.matches("<errorCode>").count(), MOST_ERRORS + 20);
    let Body::Fault(read) = envelope::read(text.as_bytes()).unwrap() else { panic!("{text}") };
    assert_eq!(read.codes().count(), MOST_ERRORS);
}

proptest! {
    #![proptest_config(Config { cases: 200, ..Config::default() })]

    #[test]
    fn what_is_written_is_read_as_it_was(body in documents::body()) {
        let text = envelope::write(&body);
        prop_assert_eq!(envelope::read(text.as_bytes()), Ok(body));
    }
}
