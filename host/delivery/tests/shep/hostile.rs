//! What nobody should have to read.

use proptest::prelude::*;
use qadam_delivery::shep::envelope;

use crate::documents;

fn wrapped(inner: &str) -> String {
    format!("<S:Envelope xmlns:S='http://schemas.xmlsoap.org/soap/envelope/'><S:Body>{inner}</S:Body></S:Envelope>")
}

#[test]
fn what_xml_or_soap_forbids_and_what_is_beyond_the_bounds_is_refused_with_the_reason() {
    let deep = format!("{}{}", "<a>".repeat(80), "</a>".repeat(80));
    let wide = format!("<a>{}</a>", "<b/>".repeat(60_000));
    let attributes: String = (0..80).map(|number| format!(" a{number}='1'")).collect();
    let namespaces: String = (0..60).map(|number| format!(" xmlns:a{number}='u'")).collect();
    let nested = format!("<a{namespaces}>").repeat(3) + &"</a>".repeat(3);
    for (text, reason) in [
        (format!("<!DOCTYPE a [<!ENTITY x 'y'>]>{}", wrapped("<a>&x;</a>")), "document type"),
        (wrapped("<a>&x;</a>"), "an entity"),
        (wrapped("<a>&#0;</a>"), "a character reference"),
        (wrapped("<a>\u{1}</a>"), "a character that XML forbids"),
        (wrapped("<?php x ?>"), "a processing instruction"),
        (wrapped(&deep), "more than 64 deep"),
        (wrapped(&wide), "more than 50000 elements"),
        (wrapped(&format!("<a{attributes}/>")), "more than 64 attributes"),
        (wrapped(&nested), "more than 128 declarations"),
        (wrapped("<a x='1' x='2'/>"), "not well formed"),
        (wrapped("<a xmlns:p='u' xmlns:q='u' p:x='1' q:x='2'/>"), "an attribute twice"),
        (wrapped("<p:a/>"), "the prefix `p` is not declared"),
        (wrapped("<a xmlns:p=''/>"), "cannot stand for that namespace"),
        (wrapped("<a>"), "not well formed"),
        (wrapped("") + "<b/>", "a second root element"),
        (wrapped("") + "x", "text outside the root element"),
        (wrapped("<a/>").replace("</S:Body>", "</S:Body><S:Body/>"), "`Body` does not belong here"),
        (wrapped("<a/><b/>"), "`b` does not belong here"),
        (wrapped(""), "it is empty"),
        (wrapped("<a/>"), "not of the asynchronous channel"),
        (wrapped("<a xmlns='http://bip.bee.kz/AsyncChannel/v10/Types'/>"), "no document of the asynchronous channel"),
        ("<a/>".to_owned(), "no envelope of SOAP 1.1"),
        (String::new(), "no element"),
        ("<?xml version='1.0' encoding='windows-1251'?><a/>".to_owned(), "not in UTF-8"),
    ] {
        let error = envelope::read(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(reason), "{reason}: {error}");
    }
    assert!(envelope::read(b"<a>\xff</a>").unwrap_err().to_string().contains("not UTF-8"));
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = envelope::read(&bytes);
    }

    #[test]
    fn no_tags_make_the_reader_panic(parts in prop::collection::vec(prop::sample::select(TAGS.to_vec()), 0..40)) {
        let _ = envelope::read(parts.concat().as_bytes());
    }

    #[test]
    fn no_broken_document_makes_the_reader_panic(body in documents::body(), at in any::<prop::sample::Index>(), cut in 0_usize..30, put in "[<>&;/=\"'a-z\u{0}]{0,6}") {
        let mut text = envelope::write(&body);
        let start = text.floor_char_boundary(at.index(text.len()));
        let end = text.floor_char_boundary((start + cut).min(text.len()));
        text.replace_range(start..end.max(start), &put);
        let _ = envelope::read(text.as_bytes());
    }
}

const TAGS: [&str; 16] = [
    "<S:Envelope xmlns:S='http://schemas.xmlsoap.org/soap/envelope/'>",
    "<S:Body>",
    "</S:Body>",
    "</S:Envelope>",
    "<S:Fault>",
    "<t:sendMessage xmlns:t='http://bip.bee.kz/AsyncChannel/v10/Types'>",
    "<request>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "&amp;",
    "&#x41;",
    "<a b='c'/>",
    "<?xml version='1.0'?>",
    "<!DOCTYPE a>",
];
