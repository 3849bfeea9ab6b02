//! What several documents of the channel have in common: who sends, properties, a message with its payload.

use std::fmt;

use super::{
    error::Unreadable,
    moment::Moment,
    payload,
    xml::{Element, Sequence, Writer},
};

/// Most properties of a message.
const MOST_PROPERTIES: usize = 100;

/// A password. Shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// This one.
    #[must_use]
    pub const fn new(password: String) -> Self {
        Self(password)
    }

    /// Whether it is that one; in a time that tells nothing of where they differ.
    #[must_use]
    pub fn is(&self, other: &str) -> bool {
        let digest = |text: &str| ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
        digest(&self.0).as_ref() == digest(other).as_ref()
    }

    /// Whether they are the same.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        self.is(&other.0)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(***)")
    }
}

/// Who sends, `SenderInfo`. The gateway takes its password in clear, in the body: TLS is all that hides it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The name under which the gateway knows the sender.
    pub id: String,
    /// Its password.
    pub password: Option<Password>,
}

/// A property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// What is said of a message, `AsyncMessageInfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// Its id.
    pub message_id: Option<String>,
    /// The id of the message that its exchange began with.
    pub correlation_id: Option<String>,
    /// For which service of the gateway.
    pub service_id: String,
    /// `REQUEST`, `RESPONSE`, `NOTIFICATION`.
    pub kind: String,
    /// By which of the gateway's routes.
    pub route_id: Option<String>,
    /// When it was sent.
    pub at: Moment,
    /// By whom.
    pub sender: Sender,
    /// More about it.
    pub properties: Vec<Property>,
    /// The gateway's session.
    pub session_id: Option<String>,
}

/// A message: what is said of it, and its payload's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What is said of it.
    pub info: Info,
    /// What it brings.
    pub payload: Vec<u8>,
}

impl Sender {
    pub(super) fn write(&self, xml: &mut Writer) {
        xml.open("sender", &[]);
        xml.text("senderId", &self.id);
        xml.optional("password", self.password.as_ref().map(|password| password.0.as_str()));
        xml.close();
    }

    pub(super) fn read((element, path): (Element, String)) -> Result<Self, Unreadable> {
        let mut parts = Sequence::of(element, &path)?;
        let sender = Self { id: parts.text("senderId")?, password: parts.optional_text("password")?.map(Password) };
        parts.end()?;
        Ok(sender)
    }
}

impl Property {
    /// A property.
    #[must_use]
    pub fn new(key: &str, value: &str) -> Self {
        Self { key: key.to_owned(), value: value.to_owned() }
    }

    pub(super) fn write_all(properties: &[Self], xml: &mut Writer) {
        for Self { key, value } in properties.iter().take(MOST_PROPERTIES) {
            xml.open("properties", &[]);
            xml.text("key", key);
            xml.text("value", value);
            xml.close();
        }
    }

    pub(super) fn read_all(parts: &mut Sequence) -> Result<Vec<Self>, Unreadable> {
        let mut properties = Vec::new();
        while let Some((element, path)) = parts.optional("properties") {
            if properties.len() == MOST_PROPERTIES {
                return Err(Unreadable::place(&path, element.at, format!("more than {MOST_PROPERTIES} properties")));
            }
            if element.is_nil() {
                continue;
            }
            let mut inner = Sequence::of(element, &path)?;
            properties.push(Self { key: inner.text("key")?, value: inner.text("value")? });
            inner.end()?;
        }
        Ok(properties)
    }
}

impl Info {
    fn write(&self, xml: &mut Writer) {
        xml.open("messageInfo", &[]);
        xml.optional("messageId", self.message_id.as_deref());
        xml.optional("correlationId", self.correlation_id.as_deref());
        xml.text("serviceId", &self.service_id);
        xml.text("messageType", &self.kind);
        xml.optional("routeId", self.route_id.as_deref());
        xml.text("messageDate", &self.at.to_string());
        self.sender.write(xml);
        Property::write_all(&self.properties, xml);
        xml.optional("sessionId", self.session_id.as_deref());
        xml.close();
    }

    fn read((element, path): (Element, String)) -> Result<Self, Unreadable> {
        let mut parts = Sequence::of(element, &path)?;
        let info = Self {
            message_id: parts.optional_text("messageId")?,
            correlation_id: parts.optional_text("correlationId")?,
            service_id: parts.text("serviceId")?,
            kind: parts.text("messageType")?,
            route_id: parts.optional_text("routeId")?,
            at: moment(&mut parts, "messageDate")?,
            sender: Sender::read(parts.one("sender")?)?,
            properties: Property::read_all(&mut parts)?,
            session_id: parts.optional_text("sessionId")?,
        };
        parts.end()?;
        Ok(info)
    }
}

impl Message {
    /// The content of an element that holds a message.
    pub(super) fn write(&self, xml: &mut Writer) {
        self.info.write(xml);
        xml.open("messageData", &[]);
        payload::write(&self.payload, xml);
        xml.close();
    }

    pub(super) fn read((element, path): (Element, String)) -> Result<Self, Unreadable> {
        let mut parts = Sequence::of(element, &path)?;
        let info = Info::read(parts.one("messageInfo")?)?;
        let (data, data_path) = parts.one("messageData")?;
        let mut inner = Sequence::of(data, &data_path)?;
        let payload = payload::read(inner.one("data")?)?;
        inner.end()?;
        parts.end()?;
        Ok(Self { info, payload })
    }
}

/// A time that must be there.
pub(super) fn moment(parts: &mut Sequence, name: &str) -> Result<Moment, Unreadable> {
    let (element, path) = parts.one(name)?;
    timed(&element, &path)
}

/// A time that may be there.
pub(super) fn optional_moment(parts: &mut Sequence, name: &str) -> Result<Option<Moment>, Unreadable> {
    let found = parts.optional(name).filter(|(element, _)| !element.is_nil());
    found.map(|(element, path)| timed(&element, &path)).transpose()
}

fn timed(element: &Element, path: &str) -> Result<Moment, Unreadable> {
    let time = Moment::read(element.text.trim()).filter(|_| element.children.is_empty());
    time.ok_or_else(|| Unreadable::place(path, element.at, "no xs:dateTime: expected 2024-05-06T10:00:00.000+05:00"))
}
