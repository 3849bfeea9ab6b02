//! The client and the reference gateway.

use std::{collections::BTreeMap, sync::Arc};

use qadam_delivery::{
    Answer, Code, Destination as _, Parts, Receipt, Sending,
    receipt::{ReceiptTrust, Stated},
    shep::Password,
};
use qadam_evidence::{Certificate, Key};
use qadam_receiver::{GatewayOptions, Options};
use serde_json::json;

use crate::{
    gateway::{Behind, client, delivered, failed, receiver},
    lane::{Lane, again, now},
    script::PASSWORD,
};

#[tokio::test]
async fn a_message_is_brought_once_and_its_receipt_comes_back_however_often_it_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let behind = Behind::start(receiver(folder.path()), GatewayOptions::default()).await;
    let (mut lane, client) = (Lane::new(), client(&behind.url, json!({})));
    let (first, second) = (lane.message(3), lane.message(2));

    let attempted = client.send(&first).await;
    assert_eq!(attempted.statuses.transport.as_deref(), Some("HTTP 200"));
    assert_eq!(attempted.statuses.gateway.as_deref(), Some("DELIVERED SCSS001"));
    assert_eq!(attempted.statuses.business, None);
    let receipt = attempted.result.unwrap();
    assert_eq!((receipt.answers, receipt.received_at), (vec![Answer::Accepted; 3], now()));
    assert!(Stated::parse(&attempted.reply.unwrap()).is_ok(), "the receipt is kept as it came");

    // The answer was lost: the same message for the gateway, which does not bring it again.
    assert_eq!(delivered(&client, &again(&first)).await, vec![Answer::Accepted; 3]);
    assert_eq!(delivered(&client, &second).await, vec![Answer::Accepted; 2]);
    let ids: Vec<_> = first.events().iter().chain(second.events()).map(|event| (event.id, 0)).collect();
    assert_eq!(behind.effects(), ids);

    // A gateway that has forgotten everything brings it again, to a receiver that has not.
    let restarted = Behind::before(Arc::clone(&behind.receiver), GatewayOptions::default()).await;
    let client = self::client(&restarted.url, json!({}));
    assert_eq!(delivered(&client, &again(&first)).await, vec![Answer::Duplicate; 3]);
    let events: Vec<_> = restarted.effects().into_iter().map(|(id, _)| id).collect();
    assert_eq!(events, ids.iter().map(|(id, _)| *id).collect::<Vec<_>>());
}

#[tokio::test]
async fn parts_of_a_message_and_its_time_stamp_are_messages_of_their_own_for_the_gateway() {
    let folder = tempfile::tempdir().unwrap();
    let behind = Behind::start(receiver(folder.path()), GatewayOptions::default()).await;
    let (mut lane, client) = (Lane::new(), client(&behind.url, json!({})));
    let whole = lane.message(3);
    for event in whole.events() {
        let part = Sending { parts: Parts::Events(vec![event.clone()]), ..whole.clone() };
        assert_eq!(delivered(&client, &part).await, vec![Answer::Accepted]);
    }
    assert_eq!(delivered(&client, &lane.stamp(&whole)).await, vec![], "a time-stamp has no events");
    let stamped = Sending { parts: whole.parts.clone(), ..lane.stamp(&whole) };
    assert_eq!(delivered(&client, &stamped).await, vec![Answer::Duplicate; 3]);
    assert_eq!(behind.gateway.states(), BTreeMap::from([("DELIVERED", 5)]));
    assert_eq!(behind.effects().len(), 3);
}

#[tokio::test]
async fn a_receiver_that_cannot_take_the_message_leaves_it_undelivered_until_it_can() {
    let folder = tempfile::tempdir().unwrap();
    let behind = Behind::start(receiver(folder.path()), GatewayOptions::default()).await;
    let (mut lane, client) = (Lane::new(), client(&behind.url, json!({})));
    let message = lane.message(2);
    let (new, away) = (folder.path().join("data/new"), folder.path().join("away"));
    std::fs::rename(&new, &away).unwrap();
    let attempted = failed(&client, &message).await;
    assert_eq!(attempted.statuses.gateway.as_deref(), Some("NOT_DELIVERED QADAM-UNAVAILABLE"));
    assert_eq!(attempted.result.unwrap_err().code, Code::NotBrought);
    std::fs::rename(&away, &new).unwrap();
    assert_eq!(delivered(&client, &again(&message)).await, vec![Answer::Accepted; 2]);
    assert_eq!(behind.gateway.states(), BTreeMap::from([("DELIVERED", 1)]), "it was one message all the time");
}

#[tokio::test]
async fn a_message_that_the_gateway_has_given_up_is_another_one_for_it_the_next_time() {
    let folder = tempfile::tempdir().unwrap();
    let stranger = Lane::new();
    let trust = Certificate::parse_pem(&stranger.pki.ca_pem).unwrap();
    let options = Options { trust, ..receiver(folder.path()) };
    let behind = Behind::start(options, GatewayOptions::default()).await;
    let (mut lane, client) = (Lane::new(), client(&behind.url, json!({})));
    let message = lane.message(1);
    for times in 1..=3 {
        let attempted = failed(&client, &message).await;
        assert_eq!(attempted.statuses.gateway.as_deref(), Some("DELIVERY_STOPPED QADAM-STRANGER"));
        assert_eq!(attempted.result.unwrap_err().code, Code::NotBrought);
        assert_eq!(behind.gateway.states(), BTreeMap::from([("DELIVERY_STOPPED", times)]));
    }
    assert_eq!(behind.effects(), vec![]);
}

#[tokio::test]
async fn who_sends_is_known_by_its_password_which_shows_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let senders = BTreeMap::from([("qadam".to_owned(), Password::new(PASSWORD.to_owned()))]);
    let options = GatewayOptions { senders, ..GatewayOptions::default() };
    assert!(!format!("{options:?}").contains(PASSWORD));
    let behind = Behind::start(receiver(folder.path()), options).await;
    let message = Lane::new().message(1);
    let file = folder.path().join("password");
    std::fs::write(&file, format!("{PASSWORD}\n")).unwrap();
    let with = json!({"password-file": file});
    let knows = client(&behind.url, with.clone());

    for wrong in
        [client(&behind.url, json!({})), client(&behind.url, json!({"password-file": file, "sender": "other"}))]
    {
        let attempted = failed(&wrong, &message).await;
        assert_eq!(attempted.statuses.transport.as_deref(), Some("HTTP 500"));
        assert_eq!(attempted.statuses.gateway.as_deref(), Some("QADAM-SENDER"));
        assert_eq!(attempted.result.unwrap_err().code, Code::Unauthorised);
    }
    assert_eq!(delivered(&knows, &message).await, vec![Answer::Accepted]);
    // The password is changed on disk, and read at each attempt.
    std::fs::write(&file, "another").unwrap();
    assert_eq!(failed(&knows, &message).await.result.unwrap_err().code, Code::Unauthorised);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(failed(&knows, &message).await.result.unwrap_err().code, Code::Unauthorised);
    std::fs::write(&file, PASSWORD).unwrap();
    assert_eq!(delivered(&knows, &message).await, vec![Answer::Accepted]);
}

#[tokio::test]
async fn a_signed_receipt_is_verified_and_kept_with_its_signature() {
    let folder = tempfile::tempdir().unwrap();
    let (mut lane, theirs) = (Lane::new(), Lane::new());
    let key = Key::from_pem(&theirs.pki.seal_key_pem, &theirs.pki.seal_chain_pem).unwrap();
    let options = Options { signer: Some(Arc::new(key)), ..receiver(folder.path()) };
    let behind = Behind::start(options, GatewayOptions::default()).await;
    let message = lane.message(2);
    let roots = |lane: &Lane, name: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, &lane.pki.ca_pem).unwrap();
        json!({"receipts": {"roots": path, "required": true}})
    };
    let attempted = client(&behind.url, roots(&theirs, "theirs.pem")).send(&message).await;
    let receipt = attempted.result.unwrap();
    assert!(receipt.signer.is_some(), "{receipt:?}");
    let reply = attempted.reply.unwrap();
    let (body, signature) = std::str::from_utf8(&reply).unwrap().rsplit_once('\n').unwrap();
    let signature = data_encoding::BASE64.decode(signature.as_bytes()).unwrap();
    let trust = ReceiptTrust { roots: Certificate::parse_pem(&theirs.pki.ca_pem).unwrap(), bin: None, required: true };
    let kept = Receipt::read(body.as_bytes(), Some(&signature), &message, &trust, now());
    assert_eq!(kept, Ok(receipt), "what is kept proves the same later");

    let attempted = failed(&client(&behind.url, roots(&lane, "ours.pem")), &message).await;
    assert_eq!(attempted.result.unwrap_err().code, Code::InvalidReceipt, "signed by somebody else");
}
