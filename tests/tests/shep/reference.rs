//! The reference gateway, asked as an integrator asks it.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use qadam_delivery::{
    Envelope, Sending,
    receipt::Stated,
    shep::{
        Body, DeliveryNotification, Fault, GetMessageStatus, GetMessages, GetMessagesResponse, Info, Message,
        SendDeliveryNotification, SendMessage, Sender, State, envelope, message_id,
    },
};
use qadam_receiver::GatewayOptions;

use crate::{
    gateway::{Behind, receiver},
    lane::Lane,
    script::moment,
};

/// Whoever talks to the gateway.
struct Caller {
    client: Client<HttpConnector, Full<Bytes>>,
    url: String,
}

impl Caller {
    fn at(url: &str) -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build_http(), url: url.to_owned() }
    }

    async fn post(&self, text: String) -> (u16, Body) {
        let request = hyper::Request::post(&self.url).header("content-type", "text/xml").body(Full::new(text.into()));
        let answer = self.client.request(request.unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        assert_eq!(answer.headers()["content-type"], "text/xml; charset=utf-8");
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        (status, envelope::read(&bytes).unwrap())
    }

    async fn ask(&self, body: &Body) -> Body {
        let (status, answer) = self.post(envelope::write(body)).await;
        assert_eq!(status, 200, "{answer:?}");
        answer
    }

    async fn fault(&self, text: String) -> Fault {
        match self.post(text).await {
            (500, Body::Fault(fault)) => fault,
            other => unreachable!("{other:?}"),
        }
    }

    async fn state(&self, id: &str) -> State {
        let question =
            GetMessageStatus { message_id: id.to_owned(), at: moment(), sender: sender(), properties: Vec::new() };
        match self.ask(&Body::GetMessageStatus(question)).await {
            Body::GetMessageStatusResponse(told) => told.state,
            other => unreachable!("{other:?}"),
        }
    }

    async fn messages(&self, correlation: Option<&str>, amount: i32) -> Vec<Message> {
        let question = GetMessages {
            message_id: None,
            correlation_id: correlation.map(ToOwned::to_owned),
            at: None,
            service_id: "SERVICE".to_owned(),
            sender: Some(sender()),
            amount: Some(amount),
            properties: Vec::new(),
        };
        match self.ask(&Body::GetMessages(question)).await {
            Body::GetMessagesResponse(GetMessagesResponse { messages, .. }) => messages,
            other => unreachable!("{other:?}"),
        }
    }

    async fn brought(&self, id: &str) {
        while self.state(id).await != State::Delivered {
            tokio::task::yield_now().await;
        }
    }
}

fn sender() -> Sender {
    Sender { id: "integrator".to_owned(), password: None }
}

fn sent(id: &str, sending: &Sending) -> Body {
    let info = Info {
        message_id: Some(id.to_owned()),
        correlation_id: None,
        service_id: "SERVICE".to_owned(),
        kind: "NOTIFICATION".to_owned(),
        route_id: None,
        at: moment(),
        sender: sender(),
        properties: Vec::new(),
        session_id: None,
    };
    Body::SendMessage(SendMessage(Message { info, payload: Envelope::of(sending).to_vec() }))
}

fn only_code(fault: &Fault) -> &str {
    fault.codes().next().unwrap()
}

#[tokio::test]
async fn receipts_are_handed_out_until_they_are_acknowledged_and_by_their_exchange_ever_after() {
    let folder = tempfile::tempdir().unwrap();
    let behind = Behind::start(receiver(folder.path()), GatewayOptions::default()).await;
    let (caller, mut lane) = (Caller::at(&behind.url), Lane::new());
    for id in ["m-1", "m-2", "m-3"] {
        caller.ask(&sent(id, &lane.message(1))).await;
        caller.brought(id).await;
    }
    let waiting = caller.messages(None, 2).await;
    assert_eq!(waiting.len(), 2, "no more than were asked for");
    assert_eq!(waiting[0].info.correlation_id.as_deref(), Some("m-1"), "in the order in which they were sent");
    assert!(Stated::parse(&waiting[0].payload).is_ok());
    let notification = DeliveryNotification {
        message_id: waiting[0].info.message_id.clone().unwrap(),
        service_id: "SERVICE".to_owned(),
        at: moment(),
        receive_status: State::Delivered.word().to_owned(),
        since: moment(),
        resend: "false".to_owned(),
        error: None,
    };
    let told = SendDeliveryNotification { notification, at: moment(), sender: Some(sender()) };
    for _ in 0..2 {
        let answer = caller.ask(&Body::SendDeliveryNotification(told.clone())).await;
        assert!(matches!(answer, Body::SendDeliveryNotificationResponse(_)), "{answer:?}");
        let waiting = caller.messages(None, 9).await;
        let ids: Vec<_> = waiting.iter().map(|message| message.info.correlation_id.as_deref().unwrap()).collect();
        assert_eq!(ids, ["m-2", "m-3"]);
    }
    assert_eq!(caller.messages(Some("m-1"), 1).await.len(), 1);
    assert_eq!(caller.messages(Some("m-4"), 1).await.len(), 0);
}

#[tokio::test]
async fn a_repeated_message_is_brought_once_and_another_under_its_id_is_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    let behind = Behind::start(receiver(folder.path()), GatewayOptions::default()).await;
    let (caller, mut lane) = (Caller::at(&behind.url), Lane::new());
    let (message, other) = (lane.message(2), lane.message(2));
    for _ in 0..3 {
        let answer = caller.ask(&sent("m-1", &message)).await;
        let Body::SendMessageResponse(answer) = answer else { unreachable!("{answer:?}") };
        assert_eq!((answer.message_id.as_str(), answer.correlation_id.as_str()), ("m-1", "m-1"));
    }
    caller.brought("m-1").await;
    caller.ask(&sent("m-1", &message)).await;
    assert_eq!(behind.effects().iter().map(|(_, again)| *again).collect::<Vec<_>>(), [0, 0]);
    let fault = caller.fault(envelope::write(&sent("m-1", &other))).await;
    assert_eq!(only_code(&fault), "QADAM-ID-USED");
    assert_ne!(message_id(&message, 0), message_id(&other, 0));
}

#[tokio::test]
async fn questions_that_make_no_sense_are_faults_with_a_code_and_the_gateway_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let behind = Behind::start(receiver(folder.path()), GatewayOptions::default()).await;
    let (caller, mut lane) = (Caller::at(&behind.url), Lane::new());
    let message = lane.message(1);
    let right = envelope::write(&sent("m-1", &message));
    let no_payload = right.replace(&data_encoding::BASE64.encode(&Envelope::of(&message)), "e30=");
    let unknown = GetMessageStatus { message_id: "m-9".to_owned(), at: moment(), sender: sender(), properties: vec![] };
    for (text, code) in [
        (String::new(), "QADAM-ENVELOPE"),
        ("<a/>".to_owned(), "QADAM-ENVELOPE"),
        ("\u{0}".repeat(1000), "QADAM-ENVELOPE"),
        (format!("<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>{right}"), "QADAM-ENVELOPE"),
        (right.replace("<messageId>m-1</messageId>", ""), "QADAM-MESSAGE"),
        (no_payload, "QADAM-PAYLOAD"),
        (envelope::write(&Body::GetMessageStatus(unknown)), "QADAM-UNKNOWN"),
        (fault_text(), "QADAM-OPERATION"),
    ] {
        let fault = caller.fault(text.clone()).await;
        assert_eq!(only_code(&fault), code, "{text}");
    }
    assert_eq!(behind.effects(), vec![]);
    caller.ask(&sent("m-1", &message)).await;
    caller.brought("m-1").await;
}

fn fault_text() -> String {
    let fault =
        Fault { blame: qadam_delivery::shep::Blame::Client, words: "x".to_owned(), operation: None, info: None };
    envelope::write(&Body::Fault(fault))
}
