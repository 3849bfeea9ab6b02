//! A gateway that does what it is told, question by question.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    extract::State as Shared,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::post,
};
use bytes::Bytes;
use qadam_delivery::{
    Answer, Sending,
    receipt::{Says, Stated},
    shep::{
        Body, GetMessageStatusResponse, GetMessagesResponse, Info, Message, Moment, SendMessageResponse, Sender, State,
        Status, envelope,
    },
};
use qadam_evidence::manifest::Digest;

use crate::{gateway::serve, lane::now};

/// Nobody's password.
pub(crate) const PASSWORD: &str = "Zx9Kq7Wv";

/// What it does with a question.
pub(crate) enum Does {
    /// Takes a message, under an id that is its own where one is given.
    Takes(Option<&'static str>),
    /// Tells a state.
    Tells(State),
    /// Hands this out as an answer to the message.
    Hands(Vec<u8>),
    /// Hands out nothing.
    HandsNothing,
    /// Hands out somebody else's messages.
    HandsOthers(Vec<u8>),
    /// Answers with this, whatever it is.
    Says(StatusCode, String),
    /// Never answers.
    Hangs,
}

/// A gateway that does these things, one for each question, and the last for ever.
#[derive(Default)]
pub(crate) struct Script {
    does: Mutex<Vec<Does>>,
    heard: Mutex<Vec<String>>,
}

impl Script {
    pub(crate) async fn that(does: Vec<Does>) -> (Arc<Self>, String) {
        let script = Arc::new(Self { does: Mutex::new(does), heard: Mutex::default() });
        let router = Router::new().route("/shep", post(answer)).with_state(Arc::clone(&script));
        (script, serve(router).await)
    }

    /// The questions so far.
    pub(crate) fn heard(&self) -> Vec<Body> {
        let heard = self.heard.lock().unwrap();
        heard.iter().map(|text| envelope::read(text.as_bytes()).unwrap()).collect()
    }

    /// The ids of the messages that were sent.
    pub(crate) fn ids(&self) -> Vec<String> {
        let id = |body: Body| match body {
            Body::SendMessage(message) => message.0.info.message_id,
            _ => None,
        };
        self.heard().into_iter().filter_map(id).collect()
    }
}

pub(crate) fn moment() -> Moment {
    Moment::of(now(), &jiff::tz::TimeZone::UTC)
}

async fn answer(Shared(script): Shared<Arc<Script>>, question: Bytes) -> Response {
    let question = String::from_utf8(question.to_vec()).unwrap();
    script.heard.lock().unwrap().push(question);
    let sent = script.ids().last().cloned().unwrap_or_default();
    let next = {
        let mut does = script.does.lock().unwrap();
        if does.len() > 1 { does.remove(0) } else { does.pop().map_or(Does::Hangs, |last| last.kept(&mut does)) }
    };
    let messages = |correlation: &str, payload: Vec<u8>| {
        let info = Info {
            message_id: Some("answer-1".to_owned()),
            correlation_id: Some(correlation.to_owned()),
            service_id: "IIS_CON_EVENTS".to_owned(),
            kind: "RESPONSE".to_owned(),
            route_id: None,
            at: moment(),
            sender: Sender { id: "iiscon".to_owned(), password: None },
            properties: Vec::new(),
            session_id: None,
        };
        vec![Message { info, payload }]
    };
    let handed = |messages| {
        Body::GetMessagesResponse(GetMessagesResponse { at: moment(), session_id: "{s}".to_owned(), messages })
    };
    let body = match next {
        Does::Hangs => std::future::pending().await,
        Does::Says(status, text) => return (status, [(header::CONTENT_TYPE, "text/xml")], text).into_response(),
        Does::Takes(own) => Body::SendMessageResponse(SendMessageResponse {
            message_id: own.map_or_else(|| sent.clone(), ToOwned::to_owned),
            correlation_id: sent,
            at: moment(),
            session_id: None,
        }),
        Does::Tells(state) => {
            let status =
                Status { code: "SCSE001".to_owned(), message: "said of 850101199993".to_owned(), at: moment() };
            Body::GetMessageStatusResponse(GetMessageStatusResponse { state, status, at: moment(), session_id: None })
        }
        Does::Hands(payload) => handed(messages(&sent, payload)),
        Does::HandsOthers(payload) => handed(messages("another", payload)),
        Does::HandsNothing => handed(Vec::new()),
    };
    (StatusCode::OK, [(header::CONTENT_TYPE, "text/xml; charset=utf-8")], envelope::write(&body)).into_response()
}

impl Does {
    /// The last thing is done again and again.
    fn kept(self, does: &mut Vec<Self>) -> Self {
        let same = match &self {
            Self::Takes(own) => Self::Takes(*own),
            Self::Tells(state) => Self::Tells(*state),
            Self::Hands(payload) => Self::Hands(payload.clone()),
            Self::HandsOthers(payload) => Self::HandsOthers(payload.clone()),
            Self::HandsNothing => Self::HandsNothing,
            Self::Says(status, text) => Self::Says(*status, text.clone()),
            Self::Hangs => Self::Hangs,
        };
        does.push(same);
        self
    }
}

/// A receipt that accepts all of a message.
pub(crate) fn accepts(sending: &Sending) -> Vec<u8> {
    let answers = sending.events().iter().map(|event| (event.id, Answer::Accepted)).collect();
    stated(sending, Says::Events(answers)).to_bytes()
}

pub(crate) fn stated(sending: &Sending, says: Says) -> Stated {
    Stated {
        message: sending.message,
        manifest: Digest(sending.digest),
        received_at: now(),
        receiver: "iiscon".to_owned(),
        says,
    }
}
