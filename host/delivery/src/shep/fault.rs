//! SOAP faults (SOAP 1.1 §4.4), with the gateway's `ErrorInfo` in their detail.

use std::fmt;

use super::{
    error::Unreadable,
    error_info::ErrorInfo,
    xml::{Element, Sequence, Writer},
};

/// What a caller asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Takes a message.
    SendMessage,
    /// Hands messages out.
    GetMessages,
    /// Tells what became of one.
    GetMessageStatus,
    /// Takes word of what became of one.
    SendDeliveryNotification,
}

/// Whose fault it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The caller's: the same again is refused again.
    Client,
    /// The gateway's, or of something behind it.
    Server,
    /// Another code, without its prefix.
    Other(String),
}

/// A fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Whose.
    pub blame: Blame,
    /// In words.
    pub words: String,
    /// What was asked for, where the detail says it.
    pub operation: Option<Operation>,
    /// What the gateway says of it; none where its detail holds no such thing.
    pub info: Option<ErrorInfo>,
}

impl Operation {
    const ALL: [Self; 4] =
        [Self::SendMessage, Self::GetMessages, Self::GetMessageStatus, Self::SendDeliveryNotification];

    /// The element of its errors, with our prefix of the channel's types.
    const fn fault(self) -> &'static str {
        match self {
            Self::SendMessage => "t:sendMessageFault1_sendMessageFault",
            Self::GetMessages => "t:getMessagesFault1_getMessagesFault",
            Self::GetMessageStatus => "t:getMessageStatusFault1_getMessageStatusFault",
            Self::SendDeliveryNotification => "t:sendDeliveryNotificationFault1_sendDeliveryNotificationFault",
        }
    }

    fn of_fault(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.fault().strip_prefix("t:") == Some(name))
    }
}

impl Fault {
    /// A fault of an operation.
    #[must_use]
    pub fn of(operation: Operation, blame: Blame, info: ErrorInfo) -> Self {
        Self { blame, words: info.message.clone(), operation: Some(operation), info: Some(info) }
    }

    pub(super) fn write(&self, xml: &mut Writer) {
        xml.open("soapenv:Fault", &[]);
        xml.open("faultcode", &[]);
        xml.raw("soapenv:");
        xml.escaped(match &self.blame {
            Blame::Client => "Client",
            Blame::Server => "Server",
            Blame::Other(code) => code,
        });
        xml.close();
        xml.text("faultstring", &self.words);
        if let Some(info) = &self.info {
            xml.open("detail", &[]);
            xml.open(self.operation.map_or("c:errorInfo", Operation::fault), &[]);
            info.write(xml);
            xml.close();
            xml.close();
        }
        xml.close();
    }

    /// Of a fault, more is forgiven than of an answer: what cannot be read in its detail is left out.
    pub(super) fn read(element: Element, path: &str) -> Result<Self, Unreadable> {
        let mut parts = Sequence::of(element, path)?;
        let code = parts.text("faultcode")?;
        let words = parts.text("faultstring")?;
        let _actor = parts.optional("faultactor");
        let mut fault = Self { blame: blame(&code), words, operation: None, info: None };
        if let Some((detail, path)) = parts.optional("detail") {
            let read = |entry: Element| {
                let operation = Operation::of_fault(&entry.name);
                Some((operation, ErrorInfo::read(entry, &path).ok()?))
            };
            let found = detail.children.into_iter().find_map(read);
            (fault.operation, fault.info) = found.map_or((None, None), |(operation, info)| (operation, Some(info)));
        }
        parts.end()?;
        Ok(fault)
    }

    /// The codes, outermost first: the gateway's, and those of the errors that it comes from.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.info.iter().flat_map(ErrorInfo::chain).map(|error| error.code.as_str())
    }
}

fn blame(code: &str) -> Blame {
    let local = code.rsplit_once(':').map_or(code, |(_, local)| local);
    // `Client.Authentication` is a kind of `Client`.
    match local.split('.').next() {
        Some("Client") => Blame::Client,
        Some("Server") => Blame::Server,
        _ => Blame::Other(local.chars().take(60).collect()),
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.info {
            Some(info) => write!(f, "{info}"),
            None => write!(f, "{}", self.words.chars().take(200).collect::<String>()),
        }
    }
}
