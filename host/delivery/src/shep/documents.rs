//! What is asked of the channel, and what it answers: one structure for each type of its schema.

use super::{
    common::{Message, Property, Sender, moment, optional_moment},
    error::Unreadable,
    error_info::ErrorInfo,
    moment::Moment,
    state::State,
    xml::{Element, Sequence, Writer},
};

/// Most messages that one answer hands out.
pub(super) const MOST_MESSAGES: usize = 100;

/// `sendMessage`: take this message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendMessage(pub Message);

/// The gateway has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendMessageResponse {
    /// Under which id it is asked after.
    pub message_id: String,
    /// Under which id what is answered to it is found.
    pub correlation_id: String,
    /// When.
    pub at: Moment,
    /// The gateway's session.
    pub session_id: Option<String>,
}

/// `getMessages`: hand out what there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetMessages {
    /// This message.
    pub message_id: Option<String>,
    /// Those of this exchange.
    pub correlation_id: Option<String>,
    /// When it is asked.
    pub at: Option<Moment>,
    /// Those of this service.
    pub service_id: String,
    /// Who asks.
    pub sender: Option<Sender>,
    /// At most so many.
    pub amount: Option<i32>,
    /// More about it.
    pub properties: Vec<Property>,
}

/// What there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetMessagesResponse {
    /// When.
    pub at: Moment,
    /// The gateway's session.
    pub session_id: String,
    /// The messages.
    pub messages: Vec<Message>,
}

/// `getMessageStatus`: what became of a message?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetMessageStatus {
    /// Which.
    pub message_id: String,
    /// When it is asked.
    pub at: Moment,
    /// Who asks.
    pub sender: Sender,
    /// More about it.
    pub properties: Vec<Property>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetMessageStatusResponse {
    /// Its state.
    pub state: State,
    /// More of it.
    pub status: Status,
    /// When.
    pub at: Moment,
    /// The gateway's session.
    pub session_id: Option<String>,
}

/// A status, `MessageStatusInfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// A code: `SCSS001`.
    pub code: String,
    /// In words.
    pub message: String,
    /// Since when.
    pub at: Moment,
}

/// `sendDeliveryNotification`: what became of a message that was handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendDeliveryNotification {
    /// What became of it.
    pub notification: DeliveryNotification,
    /// When it is told.
    pub at: Moment,
    /// Who tells.
    pub sender: Option<Sender>,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryNotification {
    /// Which.
    pub message_id: String,
    /// Of which service.
    pub service_id: String,
    /// When it was told.
    pub at: Moment,
    /// The schema leaves the word open (`receiveStatus`); we write that of a [`State`].
    pub receive_status: String,
    /// Since when.
    pub since: Moment,
    /// Whether it is to be sent again (`resendMessage`); the schema leaves the word open, we write `true` and `false`.
    pub resend: String,
    /// Why, where it failed.
    pub error: Option<ErrorInfo>,
}

/// The gateway took note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendDeliveryNotificationResponse {
    /// Under which id.
    pub notification_id: String,
    /// When.
    pub at: Moment,
    /// The gateway's session.
    pub session_id: String,
}

impl SendMessage {
    pub(super) fn write(&self, xml: &mut Writer) {
        self.0.write(xml);
    }

    pub(super) fn read(found: (Element, String)) -> Result<Self, Unreadable> {
        Message::read(found).map(Self)
    }
}

impl SendMessageResponse {
    pub(super) fn write(&self, xml: &mut Writer) {
        xml.text("messageId", &self.message_id);
        xml.text("correlationId", &self.correlation_id);
        xml.text("responseDate", &self.at.to_string());
        xml.optional("sessionId", self.session_id.as_deref());
    }

    pub(super) fn read((element, path): (Element, String)) -> Result<Self, Unreadable> {
        let mut parts = Sequence::of(element, &path)?;
        let response = Self {
            message_id: parts.text("messageId")?,
            correlation_id: parts.text("correlationId")?,
            at: moment(&mut parts, "responseDate")?,
            session_id: parts.optional_text("sessionId")?,
        };
        parts.end()?;
        Ok(response)
    }
}

impl GetMessages {
    pub(super) fn write(&self, xml: &mut Writer) {
        xml.optional("messageId", self.message_id.as_deref());
        xml.optional("correlationId", self.correlation_id.as_deref());
        xml.optional("requestDate", self.at.map(|at| at.to_string()).as_deref());
        xml.text("serviceId", &self.service_id);
        if let Some(sender) = &self.sender {
            sender.write(xml);
        }
        xml.optional("amount", self.amount.map(|amount| amount.to_string()).as_deref());
        Property::write_all(&self.properties, xml);
    }

    pub(super) fn read((element, path): (Element, String)) -> Result<Self, Unreadable> {
        let at = element.at;
        let mut parts = Sequence::of(element, &path)?;
        let request = Self {
            message_id: parts.optional_text("messageId")?,
            correlation_id: parts.optional_text("correlationId")?,
            at: optional_moment(&mut parts, "requestDate")?,
            service_id: parts.text("serviceId")?,
            sender: parts.optional("sender").map(Sender::read).transpose()?,
            amount: parts
                .optional_text("amount")?
                .map(|amount| amount.parse())
                .transpose()
                .map_err(|_| Unreadable::place(&format!("{path}/amount"), at, "no number of 32 bits"))?,
            properties: Property::read_all(&mut parts)?,
        };
        parts.end()?;
        Ok(request)
    }
}

impl GetMessagesResponse {
    pub(super) fn write(&self, xml: &mut Writer) {
        xml.text("responseDate", &self.at.to_string());
        xml.text("sessionId", &self.session_id);
        for message in self.messages.iter().take(MOST_MESSAGES) {
            xml.open("messages", &[]);
            message.write(xml);
            xml.close();
        }
    }

    pub(super) fn read((element, path): (Element, String)) -> Result<Self, Unreadable> {
        let mut parts = Sequence::of(element, &path)?;
        let (at, session_id) = (moment(&mut parts, "responseDate")?, parts.text("sessionId")?);
        let mut messages = Vec::new();
        while let Some(found) = parts.optional("messages") {
            if messages.len() == MOST_MESSAGES {
                return Err(Unreadable::place(&found.1, found.0.at, format!("more than {MOST_MESSAGES} messages")));
            }
            if !found.0.is_nil() {
                messages.push(Message::read(found)?);
            }
        }
        parts.end()?;
        Ok(Self { at, session_id, messages })
    }
}

impl GetMessageStatus {
    pub(super) fn write(&self, xml: &mut Writer) {
        xml.text("messageId", &self.message_id);
        xml.text("requestDate", &self.at.to_string());
        self.sender.write(xml);
        Property::write_all(&self.properties, xml);
    }

    pub(super) fn read((element, path): (Element, String)) -> Result<Self, Unreadable> {
        let mut parts = Sequence::of(element, &path)?;
        let request = Self {
            message_id: parts.text("messageId")?,
            at: moment(&mut parts, "requestDate")?,
            sender: Sender::read(parts.one("sender")?)?,
            properties: Property::read_all(&mut parts)?,
        };
        parts.end()?;
        Ok(request)
    }
}

impl GetMessageStatusResponse {
    pub(super) fn write(&self, xml: &mut Writer) {
        xml.text("messageState", self.state.word());
        xml.open("status", &[]);
        xml.text("statusCode", &self.status.code);
        xml.text("statusMessage", &self.status.message);
        xml.text("statusDate", &self.status.at.to_string());
        xml.close();
        xml.text("responseDate", &self.at.to_string());
        xml.optional("sessionId", self.session_id.as_deref());
    }

    pub(super) fn read((element, path): (Element, String)) -> Result<Self, Unreadable> {
        let start = element.at;
        let mut parts = Sequence::of(element, &path)?;
        let word = parts.text("messageState")?;
        let state = State::of_word(&word).ok_or_else(|| {
            let what = "no state that is known: ON_DELIVERY, DELIVERED, NOT_DELIVERED or DELIVERY_STOPPED";
            Unreadable::place(&format!("{path}/messageState"), start, what)
        })?;
        let (status, status_path) = parts.one("status")?;
        let mut inner = Sequence::of(status, &status_path)?;
        let status = Status {
            code: inner.text("statusCode")?,
            message: inner.text("statusMessage")?,
            at: moment(&mut inner, "statusDate")?,
        };
        inner.end()?;
        let response = Self {
            state,
            status,
            at: moment(&mut parts, "responseDate")?,
            session_id: parts.optional_text("sessionId")?,
        };
        parts.end()?;
        Ok(response)
    }
}

impl SendDeliveryNotification {
    pub(super) fn write(&self, xml: &mut Writer) {
        let DeliveryNotification { message_id, service_id, at, receive_status, since, resend, error } =
            &self.notification;
        xml.open("notification", &[]);
        xml.text("messageId", message_id);
        xml.text("serviceId", service_id);
        xml.text("notificationDate", &at.to_string());
        xml.open("deliveryStatus", &[]);
        xml.text("receiveStatus", receive_status);
        xml.text("statusDate", &since.to_string());
        xml.text("resendMessage", resend);
        if let Some(error) = error {
            xml.open("error", &[]);
            error.write(xml);
            xml.close();
        }
        xml.close();
        xml.close();
        xml.text("requestDate", &self.at.to_string());
        if let Some(sender) = &self.sender {
            sender.write(xml);
        }
    }

    pub(super) fn read((element, path): (Element, String)) -> Result<Self, Unreadable> {
        let mut parts = Sequence::of(element, &path)?;
        let notification = DeliveryNotification::read(parts.one("notification")?)?;
        let at = moment(&mut parts, "requestDate")?;
        let sender = parts.optional("sender").map(Sender::read).transpose()?;
        parts.end()?;
        Ok(Self { notification, at, sender })
    }
}

impl DeliveryNotification {
    fn read((element, path): (Element, String)) -> Result<Self, Unreadable> {
        let mut parts = Sequence::of(element, &path)?;
        let (message_id, service_id) = (parts.text("messageId")?, parts.text("serviceId")?);
        let at = moment(&mut parts, "notificationDate")?;
        let (status, status_path) = parts.one("deliveryStatus")?;
        let mut inner = Sequence::of(status, &status_path)?;
        let notification = Self {
            message_id,
            service_id,
            at,
            receive_status: inner.text("receiveStatus")?,
            since: moment(&mut inner, "statusDate")?,
            resend: inner.text("resendMessage")?,
            error: inner.optional("error").map(|(error, path)| ErrorInfo::read(error, &path)).transpose()?,
        };
        inner.end()?;
        parts.end()?;
        Ok(notification)
    }
}

impl SendDeliveryNotificationResponse {
    pub(super) fn write(&self, xml: &mut Writer) {
        xml.text("notificationId", &self.notification_id);
        xml.text("responseDate", &self.at.to_string());
        xml.text("sessionId", &self.session_id);
    }

    pub(super) fn read((element, path): (Element, String)) -> Result<Self, Unreadable> {
        let mut parts = Sequence::of(element, &path)?;
        let response = Self {
            notification_id: parts.text("notificationId")?,
            at: moment(&mut parts, "responseDate")?,
            session_id: parts.text("sessionId")?,
        };
        parts.end()?;
        Ok(response)
    }
}
