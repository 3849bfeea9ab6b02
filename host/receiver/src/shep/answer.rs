//! What the gateway answers.

use qadam_delivery::{
    Envelope,
    receipt::{MEDIA_TYPE, SIGNATURE_HEADER},
    shep::{
        Blame, Body, ErrorInfo, Fault, GetMessageStatus, GetMessageStatusResponse, GetMessages, GetMessagesResponse,
        Info, Message, Operation, Property, SendDeliveryNotification, SendDeliveryNotificationResponse, SendMessage,
        SendMessageResponse, Sender, envelope, uuid,
    },
};
use ring::digest::{SHA256, digest};

use super::{
    Gateway, Work,
    exchange::{Exchange, Found, Key},
};
use crate::Issued;

/// Most messages of one answer, where nobody says.
const AMOUNT: usize = 10;

impl Gateway {
    /// The answer to an envelope, and what is to be done after it.
    pub(super) fn answer(&self, bytes: &[u8]) -> (Body, Option<Work>) {
        let read = match &self.options.trusted {
            Some(trusted) => trusted.read(bytes, self.now()).map_err(|error| ("QADAM-SIGNATURE", error.to_string())),
            None => envelope::read(bytes).map_err(|error| ("QADAM-ENVELOPE", error.to_string())),
        };
        let body = match read {
            Ok(body) => body,
            Err((code, reason)) => return (self.fault(None, Blame::Client, code, &reason), None),
        };
        let answered = match body {
            Body::SendMessage(message) => match self.send(message) {
                Ok((response, work)) => return (Body::SendMessageResponse(response), work),
                Err(fault) => Err((Operation::SendMessage, fault)),
            },
            Body::GetMessageStatus(question) => self
                .status(&question)
                .map(Body::GetMessageStatusResponse)
                .map_err(|fault| (Operation::GetMessageStatus, fault)),
            Body::GetMessages(question) => {
                self.messages(&question).map(Body::GetMessagesResponse).map_err(|fault| (Operation::GetMessages, fault))
            }
            Body::SendDeliveryNotification(notification) => self
                .notified(&notification)
                .map(Body::SendDeliveryNotificationResponse)
                .map_err(|fault| (Operation::SendDeliveryNotification, fault)),
            _ => {
                let words = "an answer, where sendMessage, getMessages, getMessageStatus or sendDeliveryNotification \
                             is expected";
                return (self.fault(None, Blame::Client, "QADAM-OPERATION", words), None);
            }
        };
        let fault = |(operation, Wrong { blame, code, words })| self.fault(Some(operation), blame, code, &words);
        (answered.unwrap_or_else(fault), None)
    }

    fn send(&self, SendMessage(message): SendMessage) -> Result<(SendMessageResponse, Option<Work>), Wrong> {
        let Message { info, payload } = message;
        self.admit(Some(&info.sender))?;
        let id = info.message_id.ok_or_else(|| Wrong::client("QADAM-MESSAGE", "a messageId is needed"))?;
        let correlation_id = info.correlation_id.unwrap_or_else(|| id.clone());
        let envelope = Envelope::parse(&payload).map_err(|error| Wrong::client("QADAM-PAYLOAD", error.to_string()))?;
        let key: Key = (info.sender.id, id.clone());
        let digest = digest(&SHA256, &payload);
        let found = self.exchanges().sent(&key, (&info.service_id, &correlation_id), digest.as_ref(), self.moment());
        let work = match found {
            Found::Bring => Some(Work { key, envelope: Box::new(envelope) }),
            Found::Known => None,
            Found::Another => {
                return Err(Wrong::client("QADAM-ID-USED", "the messageId was used for another message"));
            }
            Found::Busy => return Err(Wrong::server("QADAM-BUSY", "too many messages are under way; send it again")),
        };
        let response = SendMessageResponse {
            message_id: id,
            correlation_id,
            at: self.moment(),
            session_id: Some(self.session("sendMessage")),
        };
        Ok((response, work))
    }

    fn status(&self, question: &GetMessageStatus) -> Result<GetMessageStatusResponse, Wrong> {
        self.admit(Some(&question.sender))?;
        let key = (question.sender.id.clone(), question.message_id.clone());
        let exchanges = self.exchanges();
        let exchange = exchanges.get(&key).ok_or_else(unknown)?;
        Ok(GetMessageStatusResponse {
            state: exchange.state(),
            status: exchange.status(),
            at: self.moment(),
            session_id: Some(self.session("getMessageStatus")),
        })
    }

    fn messages(&self, question: &GetMessages) -> Result<GetMessagesResponse, Wrong> {
        let sender = self.admit(question.sender.as_ref())?;
        let asked = question.amount.map_or(AMOUNT, |amount| usize::try_from(amount).unwrap_or(0));
        let exchanges = self.exchanges();
        let receipts = exchanges
            .receipts(&sender.id, question.correlation_id.as_deref())
            .filter(|(_, exchange, _)| exchange.service_id == question.service_id)
            .map(|(sent, exchange, issued)| receipt(self.receiver.name(), sent, exchange, issued))
            .filter(|message| question.message_id.is_none() || message.info.message_id == question.message_id);
        let messages = receipts.take(asked.min(AMOUNT)).collect();
        Ok(GetMessagesResponse { at: self.moment(), session_id: self.session("getMessages"), messages })
    }

    fn notified(&self, told: &SendDeliveryNotification) -> Result<SendDeliveryNotificationResponse, Wrong> {
        let sender = self.admit(told.sender.as_ref())?;
        let mut exchanges = self.exchanges();
        let sent = exchanges
            .receipts(&sender.id, None)
            .find(|(sent, _, _)| receipt_id(sent) == told.notification.message_id)
            .map(|(sent, _, _)| sent.to_owned());
        // Told twice is as good as told once; of what is not known nothing can be noted.
        if let Some(sent) = sent {
            exchanges.acknowledge(&(sender.id.clone(), sent));
        }
        Ok(SendDeliveryNotificationResponse {
            notification_id: uuid(told.notification.message_id.as_bytes()),
            at: self.moment(),
            session_id: self.session("sendDeliveryNotification"),
        })
    }

    /// Whoever asks, if that one may.
    fn admit<'a>(&self, sender: Option<&'a Sender>) -> Result<&'a Sender, Wrong> {
        let stranger = || Wrong::client("QADAM-SENDER", "the sender is not known here, or its password is another");
        let sender = sender.ok_or_else(stranger)?;
        if self.options.senders.is_empty() {
            return Ok(sender);
        }
        let expected = self.options.senders.get(&sender.id);
        let admitted = expected.zip(sender.password.as_ref()).is_some_and(|(expected, given)| expected.same(given));
        if admitted { Ok(sender) } else { Err(stranger()) }
    }

    fn fault(&self, operation: Option<Operation>, blame: Blame, code: &str, words: &str) -> Body {
        let words: String = words.chars().take(300).collect();
        let info = ErrorInfo::new(code, &words, self.moment());
        Body::Fault(Fault { blame, words, operation, info: Some(info) })
    }

    fn session(&self, operation: &str) -> String {
        format!("{{{}}}", uuid(format!("{operation} {}", self.now()).as_bytes()))
    }
}

/// Why there is no answer.
struct Wrong {
    blame: Blame,
    code: &'static str,
    words: String,
}

impl Wrong {
    fn client(code: &'static str, words: impl Into<String>) -> Self {
        Self { blame: Blame::Client, code, words: words.into() }
    }

    fn server(code: &'static str, words: impl Into<String>) -> Self {
        Self { blame: Blame::Server, code, words: words.into() }
    }
}

fn unknown() -> Wrong {
    Wrong::client("QADAM-UNKNOWN", "no message of that id is known; send it again")
}

/// The receipt as a message of the same exchange.
fn receipt(receiver: &str, sent: &str, exchange: &Exchange, issued: &Issued) -> Message {
    let mut properties = vec![Property::new("content-type", MEDIA_TYPE)];
    properties.extend(issued.signature.as_ref().map(|signature| Property::new(SIGNATURE_HEADER, signature)));
    let info = Info {
        message_id: Some(receipt_id(sent)),
        correlation_id: Some(exchange.correlation_id.clone()),
        service_id: exchange.service_id.clone(),
        kind: "RESPONSE".to_owned(),
        route_id: None,
        at: exchange.since(),
        sender: Sender { id: receiver.to_owned(), password: None },
        properties,
        session_id: None,
    };
    Message { info, payload: issued.body.to_vec() }
}

/// The id of the receipt of a message.
fn receipt_id(sent: &str) -> String {
    uuid(format!("receipt {sent}").as_bytes())
}
