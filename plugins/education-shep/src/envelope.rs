//! The SOAP envelope of the gateway's asynchronous channel, as its WSDL has it: one body, one message, one payload.
//!
//! What a signature covers and what a program reads must be the same thing. A message that has a second body, a second
//! payload or an `Id` twice, wherever they stand, is refused instead of one of them being chosen.

use std::collections::HashSet;

use qadam_sdk::RecordError;
use qadam_sdk::xml::{Document, Find as _, Found, Name, Node};

use crate::sequence::{any, children, is, local, one, optional, path};

/// A message of the channel.
#[derive(Debug)]
pub(crate) struct Message<'a, 'i> {
    /// `messageInfo`.
    info: Node<'a, 'i>,
    /// `data`, which holds the payload.
    pub(crate) data: Node<'a, 'i>,
}

impl<'a> Message<'a, '_> {
    /// A text of `messageInfo`; none where it is missing or blank.
    pub(crate) fn info(&self, name: &str) -> Option<Found<'a>> {
        self.info.text_at(&[Name::of("", name)])
    }

    /// Where `messageInfo` begins.
    pub(crate) fn offset(&self) -> usize {
        self.info.range().start
    }

    /// The value of a property.
    pub(crate) fn property(&self, key: &str) -> Option<Found<'a>> {
        let text = |property: &Node<'a, '_>, name| property.text_at(&[Name::of("", name)]);
        let mut properties = self.info.find_all(&[Name::of("", "properties")]).into_iter();
        let property = properties.find(|property| text(property, "key").is_some_and(|found| found.text == key))?;
        text(&property, "value")
    }
}

/// The one message of a document.
pub(crate) fn read<'a, 'i>(document: &'a Document<'i>) -> Result<Message<'a, 'i>, RecordError> {
    let body = body(document.root_element())?;
    let mut elements = body.children().filter(Node::is_element);
    let Some(operation) = elements.next() else {
        return Err(RecordError::malformed(path(body), "the body is empty").at(body.range().start));
    };
    if let Some(second) = elements.next() {
        return Err(RecordError::malformed(path(second), "a second element in the body").at(second.range().start));
    }
    once(document)?;
    let message = match (operation.tag_name().namespace(), operation.tag_name().name()) {
        (Some(TYPES), "sendMessage") => single(operation, "request")?,
        (Some(TYPES), "getMessagesResponse") => pulled(single(operation, "response")?)?,
        (Some(SOAP_1_1 | SOAP_1_2), "Fault") => {
            let detail = "a SOAP fault says nothing of a request; it is for whoever called the gateway";
            return Err(RecordError::other(path(operation), detail).at(operation.range().start));
        }
        (namespace, _) => {
            let detail = format!(
                "`{}` in the namespace `{}` is no notification; expected `sendMessage` or `getMessagesResponse` in `{TYPES}`",
                local(operation),
                namespace.unwrap_or_default().chars().take(128).collect::<String>(),
            );
            return Err(RecordError::other(path(operation), detail).at(operation.range().start));
        }
    };
    let [info, data] = children(message, &[one("messageInfo"), one("messageData")])?[..] else {
        return Err(RecordError::malformed(path(message), "no message").at(message.range().start));
    };
    checked(info)?;
    Ok(Message { info, data: single(data, "data")? })
}

/// The body of an envelope of SOAP 1.1 or 1.2.
fn body<'a, 'i>(envelope: Node<'a, 'i>) -> Result<Node<'a, 'i>, RecordError> {
    let soap = match envelope.tag_name().namespace() {
        Some(soap @ (SOAP_1_1 | SOAP_1_2)) if envelope.tag_name().name() == "Envelope" => soap,
        _ => {
            let detail = "no SOAP envelope: expected `Envelope` in the namespace of SOAP 1.1 or 1.2";
            return Err(RecordError::malformed(path(envelope), detail).at(envelope.range().start));
        }
    };
    let mut parts = envelope.children().filter(Node::is_element).peekable();
    let header = Name::of(soap, "Header");
    let _header = parts.next_if(|part| header.is(*part));
    let body = parts.next().filter(|part| Name::of(soap, "Body").is(*part));
    let body = body.ok_or_else(|| {
        let detail = "expected one `Body`, after the `Header` if there is one";
        RecordError::malformed("Envelope/Body", detail).at(envelope.range().start)
    })?;
    match parts.next() {
        None => Ok(body),
        Some(second) => {
            let detail = "an element after the body; the envelope has exactly one body";
            Err(RecordError::malformed(path(second), detail).at(second.range().start))
        }
    }
}

/// Refuses what could make a signature cover something else than what is read.
fn once(document: &Document<'_>) -> Result<(), RecordError> {
    let mut names = HashSet::new();
    let mut ids = HashSet::new();
    for element in document.descendants().filter(Node::is_element) {
        let name = element.tag_name().name();
        if SINGLE.contains(&name) && !names.insert(name) {
            let detail = format!("a second `{name}`; which of them a signature covers cannot be told");
            return Err(RecordError::malformed(path(element), detail).at(element.range().start));
        }
        for id in element.attributes().filter(|attribute| attribute.name().eq_ignore_ascii_case("id")) {
            if !ids.insert(id.value()) {
                let detail = "an `Id` that another element has too; which of them a signature covers cannot be told";
                return Err(RecordError::malformed(path(element), detail).at(id.range().start));
            }
        }
    }
    Ok(())
}

/// The one message that was pulled.
fn pulled<'a, 'i>(response: Node<'a, 'i>) -> Result<Node<'a, 'i>, RecordError> {
    let parts = children(response, &[one("responseDate"), one("sessionId"), any("messages")])?;
    let mut messages = parts.into_iter().filter(|part| is(*part, "messages"));
    match (messages.next(), messages.next()) {
        (Some(message), None) => Ok(message),
        (first, _) => {
            let detail = "expected one message: pull with the `amount` 1, so that a bad message costs itself only";
            let place = first.unwrap_or(response).range().start;
            Err(RecordError::malformed("getMessagesResponse/response/messages", detail).at(place))
        }
    }
}

fn single<'a, 'i>(parent: Node<'a, 'i>, name: &'static str) -> Result<Node<'a, 'i>, RecordError> {
    let found = children(parent, &[one(name)])?;
    found.first().copied().ok_or_else(|| RecordError::malformed(path(parent), "empty").at(parent.range().start))
}

/// Holds `messageInfo` against the schema.
fn checked(info: Node<'_, '_>) -> Result<(), RecordError> {
    let parts = [
        optional("messageId"),
        optional("correlationId"),
        one("serviceId"),
        one("messageType"),
        optional("routeId"),
        one("messageDate"),
        one("sender"),
        any("properties"),
        optional("sessionId"),
    ];
    for part in children(info, &parts)? {
        match part.tag_name().name() {
            "sender" => drop(children(part, &[one("senderId"), optional("password")])?),
            "properties" if part.attribute((XSI, "nil")) != Some("true") => {
                drop(children(part, &[one("key"), one("value")])?);
            }
            _ => {}
        }
    }
    Ok(())
}

/// Elements that a message has once, wherever they stand.
const SINGLE: [&str; 6] =
    ["Envelope", "Body", "sendMessage", "getMessagesResponse", "messageData", "typedRequestFormImportData"];

const SOAP_1_1: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const SOAP_1_2: &str = "http://www.w3.org/2003/05/soap-envelope";
const TYPES: &str = "http://bip.bee.kz/AsyncChannel/v10/Types";
/// Of `xsi:nil`.
pub(crate) const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
