//! What a message brings, in `data`, which the schema leaves open (`xs:anyType`).
//!
//! We write the bytes as `xsi:type="xs:base64Binary"`: whoever generated classes from the WSDL gets them as bytes (`byte[]`)
//! without knowing anything of ours, no step on the way may change a letter of what is signed in them, and no escaping or
//! canonicalisation touches them. We also read `xs:string`, in which others carry documents as escaped text or CDATA.

use data_encoding::BASE64;

use super::{
    error::Unreadable,
    xml::{Element, Writer, is_space},
};

pub(super) fn write(payload: &[u8], xml: &mut Writer) {
    // The prefixes are declared at the envelope.
    xml.open("data", &[("xsi:type", "xs:base64Binary")]);
    xml.raw(&BASE64.encode(payload));
    xml.close();
}

pub(super) fn read((element, path): (Element, String)) -> Result<Vec<u8>, Unreadable> {
    let wrong = |what: &str| Unreadable::place(&path, element.at, what);
    if !element.children.is_empty() {
        return Err(wrong("elements where xs:base64Binary or xs:string is expected"));
    }
    match element.kind() {
        Some("base64Binary") => decoded(&element.text),
        Some("string") => Some(element.text.clone().into_bytes()),
        // Nothing in Base64 begins with a brace.
        None if element.text.trim_start_matches(is_space).starts_with('{') => Some(element.text.clone().into_bytes()),
        None => decoded(&element.text),
        Some(_) => return Err(wrong("a type that is not known here: expected xs:base64Binary or xs:string")),
    }
    .ok_or_else(|| wrong("the text is not Base64"))
}

/// White space may stand anywhere in it.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let plain: String = text.chars().filter(|char| !is_space(*char)).collect();
    BASE64.decode(plain.as_bytes()).ok()
}
