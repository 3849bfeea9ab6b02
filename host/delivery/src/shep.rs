//! The e-government gateway's asynchronous channel (SOAP 1.1, document/literal), as its WSDL has it (`IAsyncChannel`; 1336-9):
//! bytes in, bytes out. [`envelope`] reads and writes all its documents, [`wss`] signs them and verifies what is signed.
//!
//! A sender hands a message over (`sendMessage`), asks what became of it (`getMessageStatus`), and fetches what was answered
//! (`getMessages`); whoever took a message tells the gateway so (`sendDeliveryNotification`). The payload of a message of ours is
//! the envelope of [`crate`]'s own transport, byte by byte, as `xs:base64Binary`; the receipt comes back in the same way.

mod common;
mod documents;
pub mod envelope;
mod error;
mod error_info;
mod fault;
mod id;
mod moment;
mod payload;
mod state;
pub mod wss;
mod xml;

pub use self::{
    common::{Info, Message, Password, Property, Sender},
    documents::{
        DeliveryNotification, GetMessageStatus, GetMessageStatusResponse, GetMessages, GetMessagesResponse,
        SendDeliveryNotification, SendDeliveryNotificationResponse, SendMessage, SendMessageResponse, Status,
    },
    envelope::Body,
    error::Unreadable,
    error_info::{ErrorInfo, MOST_ERRORS},
    fault::{Blame, Fault, Operation},
    id::{message_id, uuid},
    moment::Moment,
    state::{Queued, State},
    xml::MAX_DOCUMENT,
};
