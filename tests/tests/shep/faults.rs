//! The client and gateways at which something is wrong.

use axum::http::StatusCode;
use jiff::SignedDuration;
use qadam_delivery::{
    Answer, Code,
    receipt::Says,
    shep::{Blame, Body, ErrorInfo, Fault, Operation, State, envelope},
};
use serde_json::json;

use crate::{
    gateway::{client, delivered, failed},
    lane::{Lane, again},
    script::{Does, PASSWORD, Script, accepts, moment, stated},
};

use Does::{Hands, HandsNothing, HandsOthers, Hangs, Says as SaysText, Takes, Tells};

#[tokio::test]
async fn a_gateway_that_is_not_there_is_unreachable() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/shep", listener.local_addr().unwrap());
    drop(listener);
    let attempted = failed(&client(&url, json!({})), &Lane::new().message(1)).await;
    assert_eq!(attempted.result.unwrap_err().code, Code::Unreachable);
    assert_eq!(attempted.statuses, qadam_delivery::Statuses::default());
}

fn fault(codes: [&str; 3]) -> String {
    let error = |code: &str| ErrorInfo {
        data: Some("<iin>850101199993</iin>".to_owned()),
        ..ErrorInfo::new(code, &format!("passed on for qadam/{PASSWORD}"), moment())
    };
    let [outer, middle, inner] = codes.map(error);
    let info = outer.because(middle.because(inner));
    envelope::write(&Body::Fault(Fault::of(Operation::SendMessage, Blame::Server, info)))
}

#[tokio::test]
async fn a_fault_with_three_nested_errors_is_told_with_the_codes_of_all_and_nothing_of_their_data() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, PASSWORD).unwrap();
    let more = json!({"password-file": file, "sender-refused": ["SEC-7"], "message-refused": ["VAL-R-004"]});
    for (innermost, code) in
        [("TCP-7", Code::GatewayFault), ("SEC-7", Code::Unauthorised), ("VAL-R-004", Code::Refused)]
    {
        for status in [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::OK, StatusCode::BAD_REQUEST] {
            let fault = fault(["SCSE001", "ESB-3", innermost]);
            let (_, url) = Script::that(vec![SaysText(status, fault)]).await;
            let attempted = failed(&client(&url, more.clone()), &Lane::new().message(1)).await;
            assert_eq!(attempted.statuses.transport, Some(format!("HTTP {}", status.as_u16())));
            assert_eq!(attempted.statuses.gateway.as_deref(), Some("SCSE001"));
            let failure = attempted.result.unwrap_err();
            assert_eq!(failure.code, code, "{failure:?}");
            for part in ["SCSE001 ", "; from ESB-3 ", "; from ".to_owned().as_str(), innermost] {
                assert!(failure.detail.contains(part), "{part}: {failure:?}");
            }
            assert!(!failure.detail.contains("iin"), "{failure:?}");
        }
    }
}

#[tokio::test]
async fn what_was_not_delivered_and_is_delivered_later_is_one_message_for_the_gateway() {
    let message = Lane::new().message(2);
    let (script, url) = Script::that(vec![
        Takes(Some("gateway-17")),
        Tells(State::OnDelivery),
        Tells(State::OnDelivery),
        Tells(State::NotDelivered),
        Takes(Some("gateway-17")),
        Tells(State::OnDelivery),
        Tells(State::Delivered),
        HandsNothing,
        HandsOthers(b"not for us".to_vec()),
        Hands(accepts(&message)),
    ])
    .await;
    let client = client(&url, json!({}));
    let attempted = failed(&client, &message).await;
    let failure = attempted.result.unwrap_err();
    assert_eq!(
        (failure.code, attempted.statuses.gateway.as_deref()),
        (Code::NotBrought, Some("NOT_DELIVERED SCSE001"))
    );
    assert!(failure.detail.ends_with("SCSE001 said of 8501*****993"), "{failure:?}");

    assert_eq!(delivered(&client, &again(&message)).await, vec![Answer::Accepted; 2]);
    let ids = script.ids();
    assert_eq!((ids.len(), &ids[0]), (2, &ids[1]));
    for heard in script.heard() {
        match heard {
            Body::SendMessage(sent) => {
                assert_eq!(sent.0.info.correlation_id.as_ref(), Some(&ids[0]));
                assert_eq!(sent.0.info.at.to_string(), "2026-11-02T10:00:00+05:00", "local time, with its offset");
                assert_eq!(sent.0.payload, *qadam_delivery::Envelope::of(&message));
            }
            Body::GetMessageStatus(asked) => assert_eq!(asked.message_id, "gateway-17", "the gateway's own id"),
            Body::GetMessages(asked) => assert_eq!(asked.correlation_id.as_ref(), Some(&ids[0])),
            other => unreachable!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn when_the_time_is_up_it_is_told_how_far_the_message_came() {
    let message = Lane::new().message(1);
    for (does, state, words) in [
        (vec![Hangs], None, "the gateway has not answered"),
        (vec![Takes(None), Tells(State::OnDelivery)], Some("ON_DELIVERY SCSE001"), "has not brought it"),
        (vec![Takes(None), Tells(State::Delivered), HandsNothing], Some("DELIVERED SCSE001"), "receipt has not come"),
        (vec![Takes(None), Tells(State::Delivered), Hangs], Some("DELIVERED SCSE001"), "receipt has not come"),
    ] {
        let (_, url) = Script::that(does).await;
        let mut settings = crate::gateway::settings(&url, json!({}));
        settings.timeout = SignedDuration::from_millis(700);
        let zone = jiff::tz::TimeZone::UTC;
        let client = qadam_clients::Shep::new(&settings, std::sync::Arc::new(crate::lane::now), zone).unwrap();
        let attempted = failed(&client, &message).await;
        let failure = attempted.result.unwrap_err();
        assert_eq!((failure.code, attempted.statuses.gateway.as_deref()), (Code::Timeout, state));
        assert!(failure.detail.contains(words), "{failure:?}");
    }
}

#[tokio::test]
async fn what_is_no_answer_or_another_s_is_not_taken_for_a_receipt() {
    let mut lane = Lane::new();
    let (message, other) = (lane.message(2), lane.message(2));
    let garbage = |status, text: &str| vec![SaysText(status, text.to_owned())];
    let handed = |payload: Vec<u8>| vec![Takes(None), Tells(State::Delivered), Hands(payload)];
    let (_, elsewhere) = Script::that(vec![Takes(None)]).await;
    let lesser = Says::Events(vec![(message.events()[0].id, Answer::Accepted)]);
    for (name, does, code) in [
        ("no XML", garbage(StatusCode::OK, "<html>"), Code::InvalidReceipt),
        ("nothing", garbage(StatusCode::OK, ""), Code::InvalidReceipt),
        ("a document type", garbage(StatusCode::OK, "<!DOCTYPE a><a/>"), Code::InvalidReceipt),
        ("a page of a proxy", garbage(StatusCode::BAD_GATEWAY, "<html>"), Code::Unavailable),
        ("too large", garbage(StatusCode::PAYLOAD_TOO_LARGE, ""), Code::Oversize),
        ("no such place", garbage(StatusCode::NOT_FOUND, ""), Code::NotThere),
        ("elsewhere", garbage(StatusCode::FOUND, &elsewhere), Code::NotThere),
        ("not let in", garbage(StatusCode::FORBIDDEN, ""), Code::Unauthorised),
        (
            "not let in, in the gateway's words",
            garbage(StatusCode::FORBIDDEN, &fault(["A", "B", "C"])),
            Code::Unauthorised,
        ),
        ("a status at once", vec![Tells(State::Delivered)], Code::InvalidReceipt),
        ("no status", vec![Takes(None), Takes(None)], Code::InvalidReceipt),
        ("no messages", vec![Takes(None), Tells(State::Delivered), Takes(None)], Code::InvalidReceipt),
        ("no receipt", handed(b"thanks".to_vec()), Code::InvalidReceipt),
        ("another's receipt", handed(accepts(&other)), Code::InvalidReceipt),
        ("half a receipt", handed(stated(&message, lesser).to_bytes()), Code::InvalidReceipt),
    ] {
        let (_, url) = Script::that(does).await;
        let attempted = failed(&client(&url, json!({})), &message).await;
        assert_eq!(attempted.result.unwrap_err().code, code, "{name}");
        assert_eq!(attempted.reply, None, "{name}");
    }
    let answer = envelope::write(&Body::SendMessageResponse(qadam_delivery::shep::SendMessageResponse {
        message_id: "1".to_owned(),
        correlation_id: "2".to_owned(),
        at: moment(),
        session_id: None,
    }));
    let (_, url) = Script::that(garbage(StatusCode::OK, &answer)).await;
    let attempted = failed(&client(&url, json!({})), &message).await;
    assert!(attempted.result.unwrap_err().detail.contains("for another message"));
}

#[tokio::test]
async fn what_the_receiver_refuses_is_told_with_its_own_code_and_the_receipt_is_kept() {
    let message = Lane::new().message(1);
    let refusal = Says::Refused { code: "closed-year".to_owned(), reason: "2019 is closed".to_owned() };
    let receipt = stated(&message, refusal).to_bytes();
    let (_, url) = Script::that(vec![Takes(None), Tells(State::Delivered), Hands(receipt.clone())]).await;
    let attempted = failed(&client(&url, json!({})), &message).await;
    assert_eq!(attempted.result.unwrap_err().code, Code::Refused);
    assert_eq!(attempted.statuses.business.as_deref(), Some("closed-year"));
    assert_eq!(attempted.statuses.gateway.as_deref(), Some("DELIVERED SCSE001"), "for the gateway all was well");
    assert_eq!(attempted.reply.as_deref(), Some(receipt.as_slice()));
}
