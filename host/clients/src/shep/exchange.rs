//! The steps of an attempt.

use std::{fmt, time::Duration};

use bytes::Bytes;
use data_encoding::BASE64;
use qadam_delivery::{
    Code, Envelope, Failure, Receipt, Sending, Statuses,
    envelope::MEDIA_TYPE,
    receipt::{SIGNATURE_HEADER, Says, Stated},
    shep::{
        Body, GetMessageStatus, GetMessages, Info, Message, Password, Property, SendMessage, SendMessageResponse,
        Sender, State,
    },
};

use super::{Shep, faults};
use crate::push::files::token;

/// How far an attempt came.
pub(super) struct Progress {
    pub(super) phase: Phase,
    pub(super) statuses: Statuses,
    pub(super) reply: Option<Bytes>,
}

/// What an attempt waits for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Phase {
    /// That the gateway takes the message.
    Sending,
    /// That it brings it to the receiver.
    Delivery,
    /// That the receiver's receipt is there.
    Receipt,
}

/// What did not happen in time.
impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sending => "the gateway has not answered",
            Self::Delivery => "the gateway took the message and has not brought it to its receiver",
            Self::Receipt => "the gateway brought the message to its receiver, whose receipt has not come",
        })
    }
}

/// Pauses between questions: short ones first.
struct Pauses {
    next: Duration,
    longest: Duration,
}

impl Pauses {
    fn up_to(longest: Duration) -> Self {
        Self { next: longest / 16, longest }
    }

    async fn pause(&mut self) {
        tokio::time::sleep(self.next).await;
        self.next = (self.next * 2).min(self.longest);
    }
}

impl Shep {
    pub(super) async fn exchange(&self, sending: &Sending, progress: &mut Progress) -> Result<Receipt, Failure> {
        let password = self.password()?;
        let password = password.as_deref();
        let sender =
            Sender { id: self.sender.clone(), password: password.map(|password| Password::new(password.to_owned())) };
        let taken = self.hand_over(sending, &sender, password, progress).await?;
        progress.phase = Phase::Delivery;
        self.delivered(sending, &taken, &sender, password, progress).await?;
        progress.phase = Phase::Receipt;
        self.receipt(sending, &taken, &sender, password, progress).await
    }

    /// A password that cannot be had now may be there again soon.
    fn password(&self) -> Result<Option<String>, Failure> {
        let read = self.password.as_ref().map(|path| token(path)).transpose();
        read.map_err(|why| {
            Failure::new(Code::Unauthorised, format!("the password for {} cannot be had: {why}", self.host))
        })
    }

    async fn hand_over(
        &self,
        sending: &Sending,
        sender: &Sender,
        password: Option<&str>,
        progress: &mut Progress,
    ) -> Result<SendMessageResponse, Failure> {
        let id = self.id(sending);
        let info = Info {
            message_id: Some(id.clone()),
            correlation_id: Some(id.clone()),
            service_id: self.service_id.clone(),
            kind: "REQUEST".to_owned(),
            route_id: self.route_id.clone(),
            at: self.moment(),
            sender: sender.clone(),
            properties: vec![Property::new("content-type", MEDIA_TYPE)],
            session_id: None,
        };
        let message = Message { info, payload: Envelope::of(sending).to_vec() };
        let answer = self.call(&Body::SendMessage(SendMessage(message)), password, progress).await?;
        let Body::SendMessageResponse(taken) = answer else { return Err(self.another("sendMessage")) };
        // The gateway may give a message an id of its own; that it answers for ours must show all the same.
        if taken.message_id != id && taken.correlation_id != id {
            let detail = format!("{}: its answer to sendMessage is for another message", self.host);
            return Err(Failure::new(Code::InvalidReceipt, detail));
        }
        Ok(taken)
    }

    async fn delivered(
        &self,
        sending: &Sending,
        taken: &SendMessageResponse,
        sender: &Sender,
        password: Option<&str>,
        progress: &mut Progress,
    ) -> Result<(), Failure> {
        let mut pauses = Pauses::up_to(self.poll);
        loop {
            let question = GetMessageStatus {
                message_id: taken.message_id.clone(),
                at: self.moment(),
                sender: sender.clone(),
                properties: Vec::new(),
            };
            let answer = self.call(&Body::GetMessageStatus(question), password, progress).await?;
            let Body::GetMessageStatusResponse(told) = answer else { return Err(self.another("getMessageStatus")) };
            let (state, status) = (told.state, told.status);
            progress.statuses.gateway = Some(faults::short(&format!("{} {}", state.word(), status.code), password));
            let words = faults::clean(&format!("{} {}", status.code, status.message), password);
            let not_brought = |what: &str| {
                Err(Failure::new(Code::NotBrought, format!("{}: {}: {what}: {words}", self.host, state.word())))
            };
            match state {
                State::Delivered => return Ok(()),
                State::OnDelivery => pauses.pause().await,
                State::NotDelivered => return not_brought("it has not brought the message to its receiver yet"),
                State::DeliveryStopped => {
                    self.note_given_up(sending);
                    return not_brought("it does not try any more; the next attempt is a new message for it");
                }
            }
        }
    }

    async fn receipt(
        &self,
        sending: &Sending,
        taken: &SendMessageResponse,
        sender: &Sender,
        password: Option<&str>,
        progress: &mut Progress,
    ) -> Result<Receipt, Failure> {
        let mut pauses = Pauses::up_to(self.poll);
        loop {
            let question = GetMessages {
                message_id: None,
                correlation_id: Some(taken.correlation_id.clone()),
                at: Some(self.moment()),
                service_id: self.service_id.clone(),
                sender: Some(sender.clone()),
                amount: Some(10),
                properties: Vec::new(),
            };
            let answer = self.call(&Body::GetMessages(question), password, progress).await?;
            let Body::GetMessagesResponse(told) = answer else { return Err(self.another("getMessages")) };
            // A gateway that takes no heed of what was asked for must not end the lane.
            let ours = |message: &Message| message.info.correlation_id.as_deref() == Some(&taken.correlation_id);
            let mut judged = None;
            for message in told.messages.iter().filter(|message| ours(message)) {
                let read = self.judge(message, sending, progress);
                let none = matches!(&read, Err(failure) if failure.code == Code::InvalidReceipt);
                judged = Some(read);
                if !none {
                    break;
                }
            }
            match judged {
                Some(judged) => return judged,
                None => pauses.pause().await,
            }
        }
    }

    /// A message of the exchange as a receipt.
    fn judge(&self, message: &Message, sending: &Sending, progress: &mut Progress) -> Result<Receipt, Failure> {
        let invalid = |why: &str| Failure::new(Code::InvalidReceipt, format!("{}: {why}", self.host));
        let signature = message.info.properties.iter().find(|property| property.key == SIGNATURE_HEADER);
        let decoded = signature.map(|property| BASE64.decode(property.value.as_bytes())).transpose();
        let decoded = decoded.map_err(|_| invalid("the receipt's signature is no base64"))?;
        let payload = &message.payload;
        let read = Receipt::read(payload, decoded.as_deref(), sending, &self.receipts.get(), (self.clock)());
        if let (Err(failure), Ok(Stated { says: Says::Refused { code, .. }, .. })) = (&read, Stated::parse(payload))
            && failure.code == Code::Refused
        {
            progress.statuses.business = Some(code);
        }
        if !matches!(&read, Err(failure) if failure.code == Code::InvalidReceipt) {
            let signature = signature.map(|property| property.value.as_bytes());
            progress.reply = Some(match signature {
                Some(signature) => [payload.as_slice(), b"\n", signature].concat().into(),
                None => payload.clone().into(),
            });
        }
        read
    }

    fn another(&self, question: &str) -> Failure {
        let detail = format!("{}: what came back is no answer to {question}", self.host);
        Failure::new(Code::InvalidReceipt, detail)
    }
}
