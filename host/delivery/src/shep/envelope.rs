//! The SOAP envelope: one body with one document of the channel. Headers are for whoever verifies signatures ([`super::wss`]).

use super::{
    documents::{
        GetMessageStatus, GetMessageStatusResponse, GetMessages, GetMessagesResponse, SendDeliveryNotification,
        SendDeliveryNotificationResponse, SendMessage, SendMessageResponse,
    },
    error::Unreadable,
    fault::Fault,
    xml::{self, Element, Sequence, Writer, XSI},
};

/// SOAP 1.1.
pub(super) const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// The channel's documents.
const TYPES: &str = "http://bip.bee.kz/AsyncChannel/v10/Types";
/// Types of all the gateway's channels.
const COMMON: &str = "http://bip.bee.kz/common/v10/Types";
const XS: &str = "http://www.w3.org/2001/XMLSchema";
/// Of `wsu:Id`, by which a signature refers to the body.
pub(super) const WSU: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";

/// What an envelope holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A message for the gateway.
    SendMessage(SendMessage),
    /// The gateway took it.
    SendMessageResponse(SendMessageResponse),
    /// A question for messages.
    GetMessages(GetMessages),
    /// Messages.
    GetMessagesResponse(GetMessagesResponse),
    /// A question after a message.
    GetMessageStatus(GetMessageStatus),
    /// What became of it.
    GetMessageStatusResponse(GetMessageStatusResponse),
    /// Word of what became of a message.
    SendDeliveryNotification(SendDeliveryNotification),
    /// The gateway took note.
    SendDeliveryNotificationResponse(SendDeliveryNotificationResponse),
    /// None of it: a fault.
    Fault(Fault),
}

/// The text of an envelope.
#[must_use]
pub fn write(body: &Body) -> String {
    parts(body, None, "")
}

/// The same, with an id at the body and the XML of headers.
pub(super) fn parts(body: &Body, id: Option<&str>, headers: &str) -> String {
    let mut xml = Writer::default();
    let namespaces =
        [("xmlns:soapenv", SOAP), ("xmlns:t", TYPES), ("xmlns:c", COMMON), ("xmlns:xs", XS), ("xmlns:xsi", XSI)];
    xml.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xml.open("soapenv:Envelope", &namespaces);
    if !headers.is_empty() {
        xml.open("soapenv:Header", &[]);
        xml.raw(headers);
        xml.close();
    }
    match id {
        Some(id) => xml.open("soapenv:Body", &[("xmlns:wsu", WSU), ("wsu:Id", id)]),
        None => xml.open("soapenv:Body", &[]),
    }
    content(body, &mut xml);
    xml.finish()
}

fn content(body: &Body, xml: &mut Writer) {
    let (tag, inner) = match body {
        Body::SendMessage(_) => ("t:sendMessage", "request"),
        Body::SendMessageResponse(_) => ("t:sendMessageResponse", "response"),
        Body::GetMessages(_) => ("t:getMessages", "request"),
        Body::GetMessagesResponse(_) => ("t:getMessagesResponse", "response"),
        Body::GetMessageStatus(_) => ("t:getMessageStatus", "request"),
        Body::GetMessageStatusResponse(_) => ("t:getMessageStatusResponse", "response"),
        Body::SendDeliveryNotification(_) => ("t:sendDeliveryNotification", "request"),
        Body::SendDeliveryNotificationResponse(_) => ("t:sendDeliveryNotificationResponse", "response"),
        Body::Fault(fault) => return fault.write(xml),
    };
    xml.open(tag, &[]);
    xml.open(inner, &[]);
    match body {
        Body::SendMessage(document) => document.write(xml),
        Body::SendMessageResponse(document) => document.write(xml),
        Body::GetMessages(document) => document.write(xml),
        Body::GetMessagesResponse(document) => document.write(xml),
        Body::GetMessageStatus(document) => document.write(xml),
        Body::GetMessageStatusResponse(document) => document.write(xml),
        Body::SendDeliveryNotification(document) => document.write(xml),
        Body::SendDeliveryNotificationResponse(document) => document.write(xml),
        Body::Fault(_) => {}
    }
    xml.close();
    xml.close();
}

/// Reads an envelope. A signature, if there is one, is not looked at.
///
/// # Errors
/// If it is none, or holds something that the channel does not have.
pub fn read(bytes: &[u8]) -> Result<Body, Unreadable> {
    let root = xml::read(bytes)?;
    if !root.is(SOAP, "Envelope") {
        return Err(Unreadable::place("Envelope", root.at, "no envelope of SOAP 1.1"));
    }
    let mut parts = Sequence::of(root, "Envelope")?;
    let _headers = parts.one_of(SOAP, "Header");
    let (body, _) = parts.one_of(SOAP, "Body")?;
    parts.end()?;
    self::body(body)
}

/// Reads the body's element, which may be all that there is: what a signature covers.
pub(super) fn body(element: Element) -> Result<Body, Unreadable> {
    let path = "Envelope/Body";
    let at = element.at;
    let mut parts = Sequence::of(element, path)?;
    let document = parts.any().ok_or_else(|| Unreadable::place(path, at, "it is empty"))?;
    parts.end()?;
    let name = document.name.clone();
    let path = format!("{path}/{}", name.chars().take(60).collect::<String>());
    if document.is(SOAP, "Fault") {
        return Fault::read(document, &path).map(Body::Fault);
    }
    if document.namespace != TYPES {
        return Err(Unreadable::place(&path, document.at, "not of the asynchronous channel"));
    }
    let unknown = Unreadable::place(&path, document.at, "no document of the asynchronous channel");
    let mut inner = Sequence::of(document, &path)?;
    let read = match name.as_str() {
        "sendMessage" => Body::SendMessage(SendMessage::read(inner.one("request")?)?),
        "sendMessageResponse" => Body::SendMessageResponse(SendMessageResponse::read(inner.one("response")?)?),
        "getMessages" => Body::GetMessages(GetMessages::read(inner.one("request")?)?),
        "getMessagesResponse" => Body::GetMessagesResponse(GetMessagesResponse::read(inner.one("response")?)?),
        "getMessageStatus" => Body::GetMessageStatus(GetMessageStatus::read(inner.one("request")?)?),
        "getMessageStatusResponse" => {
            Body::GetMessageStatusResponse(GetMessageStatusResponse::read(inner.one("response")?)?)
        }
        "sendDeliveryNotification" => {
            Body::SendDeliveryNotification(SendDeliveryNotification::read(inner.one("request")?)?)
        }
        "sendDeliveryNotificationResponse" => {
            Body::SendDeliveryNotificationResponse(SendDeliveryNotificationResponse::read(inner.one("response")?)?)
        }
        _ => return Err(unknown),
    };
    inner.end()?;
    Ok(read)
}
