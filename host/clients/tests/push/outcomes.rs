use std::time::Duration;

use qadam_delivery::{Answer, Code, Envelope, receipt::Says};
use tokio::net::TcpListener;

use crate::{
    SECRET, attempt, failure,
    peer::{Does, Peer, answer, with_receipt},
    push, receipt, sending, settings, stated,
};

#[tokio::test]
async fn a_receipt_is_brought_back_and_the_next_message_takes_the_same_connection() {
    let peer = Peer::that(vec![Does::Answers(with_receipt("200 OK", &receipt()))]).await;
    let push = push(&settings(&peer.url()));
    for _ in 0..3 {
        let attempted = attempt(&push).await;
        assert_eq!(attempted.result.unwrap().answers, [Answer::Accepted, Answer::Accepted]);
        assert_eq!(attempted.statuses.transport.as_deref(), Some("HTTP 200"));
        assert_eq!(attempted.reply.unwrap(), receipt(), "as it came");
    }
    assert_eq!(peer.heard(|heard| (heard.connections, heard.requests.len())), (1, 3));
    let (head, body) = peer.heard(|heard| (heard.requests[0].clone(), heard.bodies[0].clone()));
    assert!(head.starts_with(&format!("post /{SECRET}?{SECRET} http/1.1")), "{head}");
    for line in [
        "content-type: application/vnd.qadam.message+json",
        "qadam-attempt: 3",
        &format!("idempotency-key: {}", sending().idempotency_key()),
        &format!("host: {}", peer.address),
    ] {
        assert!(head.lines().any(|one| one == line), "{line}: {head}");
    }
    assert_eq!(body, Envelope::of(&sending()));
}

#[tokio::test]
async fn a_connection_that_the_peer_closed_meanwhile_is_replaced_in_silence() {
    let whole = with_receipt("200 OK", &receipt());
    let peer = Peer::that(vec![Does::AnswersAndCloses(whole)]).await;
    let push = push(&settings(&peer.url()));
    for _ in 0..5 {
        assert!(attempt(&push).await.result.is_ok());
    }
    assert_eq!(peer.heard(|heard| (heard.connections, heard.requests.len())), (5, 5));
}

#[tokio::test]
async fn where_nobody_listens_or_the_name_is_none_the_peer_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let (code, detail) = failure(&push(&settings(&format!("http://{address}/{SECRET}")))).await;
    assert_eq!((code, detail.contains("refused")), (Code::Unreachable, true), "{detail}");
    let (code, detail) = failure(&push(&settings(&format!("https://nowhere.invalid/{SECRET}")))).await;
    assert_eq!((code, detail.contains("no address")), (Code::Unreachable, true), "{detail}");
}

#[tokio::test]
async fn what_does_not_come_whole_in_time_is_a_timeout() {
    let half = || with_receipt("200 OK", &receipt()).into_iter().take(120).collect::<Vec<_>>();
    for does in [Does::Hangs, Does::Answers(half())] {
        let peer = Peer::that(vec![does]).await;
        let mut settings = settings(&peer.url());
        settings.timeout = jiff::SignedDuration::from_millis(150);
        assert_eq!(failure(&push(&settings)).await.0, Code::Timeout);
    }
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_leaves_open_whether_it_was_taken() {
    let half = || with_receipt("200 OK", &receipt()).into_iter().take(120).collect::<Vec<_>>();
    for bytes in [Vec::new(), b"HTTP/1.1 200 O".to_vec(), half()] {
        let peer = Peer::that(vec![Does::AnswersAndCloses(bytes.clone())]).await;
        let (code, detail) = failure(&push(&settings(&peer.url()))).await;
        assert_eq!(code, Code::ConnectionLost, "{detail}");
        assert_eq!(peer.heard(|heard| heard.requests.len()), 1, "it is not sent twice by itself");
    }
}

#[tokio::test]
async fn what_is_no_receipt_of_this_message_is_none() {
    let other = stated(Says::Events(Vec::new())).to_bytes();
    for (bytes, named) in [
        (b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), "not HTTP"),
        (answer("200 OK", "", b""), "no qadam-receipt/1"),
        (answer("200 OK", "content-type: text/html\r\n", b"<html>hello</html>"), "no qadam-receipt/1"),
        (answer("204 No Content", "", b""), "no qadam-receipt/1"),
        (with_receipt("200 OK", &other), "does not answer for"),
        (answer("200 OK", "qadam-signature: ***\r\n", &receipt()), "no base64"),
        (with_receipt("422 Unprocessable", &receipt()), "its status is 422"),
    ] {
        let peer = Peer::that(vec![Does::Answers(bytes)]).await;
        let attempted = attempt(&push(&settings(&peer.url()))).await;
        let failure = attempted.result.unwrap_err();
        assert_eq!(failure.code, Code::InvalidReceipt, "{}", failure.detail);
        assert!(failure.detail.contains(named), "{}", failure.detail);
        assert_eq!(attempted.reply, None);
    }
}

#[tokio::test]
async fn each_status_has_its_code() {
    for (status, code) in [
        ("301 Moved", Code::NotThere),
        ("307 Elsewhere", Code::NotThere),
        ("404 Not Found", Code::NotThere),
        ("405 No", Code::NotThere),
        ("410 Gone", Code::NotThere),
        ("401 Who", Code::Unauthorised),
        ("403 No", Code::Unauthorised),
        ("407 Who", Code::Unauthorised),
        ("408 Slow", Code::Unavailable),
        ("425 Early", Code::Unavailable),
        ("429 Often", Code::Unavailable),
        ("500 Oh", Code::Unavailable),
        ("503 Later", Code::Unavailable),
        ("507 Full", Code::Unavailable),
        ("413 Large", Code::Oversize),
        ("400 Bad", Code::Refused),
        ("409 Conflict", Code::Refused),
        ("422 No", Code::Refused),
    ] {
        let location = format!("location: http://127.0.0.1:1/{SECRET}\r\nretry-after: 17\r\n");
        let peer = Peer::that(vec![Does::Answers(answer(status, &location, SECRET.as_bytes()))]).await;
        let attempted = attempt(&push(&settings(&peer.url()))).await;
        let failure = attempted.result.unwrap_err();
        assert_eq!(failure.code, code, "{status}");
        assert!(failure.detail.contains(&peer.address.to_string()), "{}", failure.detail);
        assert_eq!(failure.retry_after, Some(Duration::from_secs(17)), "{status}");
        assert_eq!(attempted.statuses.transport.unwrap(), format!("HTTP {}", &status[..3]));
        assert_eq!(peer.heard(|heard| heard.requests.len()), 1, "no redirection is followed");
    }
}

#[tokio::test]
async fn an_answer_before_the_message_was_read_to_its_end_is_an_answer() {
    let peer = Peer::that(vec![Does::AnswersAtOnce(answer("413 Large", "", b""))]).await;
    let (code, detail) = failure(&push(&settings(&peer.url()))).await;
    assert!([Code::Oversize, Code::ConnectionLost].contains(&code), "{code:?} {detail}");
}

#[tokio::test]
async fn a_message_refused_as_a_whole_brings_the_peers_code() {
    let refusal = stated(Says::Refused { code: "seal".into(), reason: "not ours".into() }).to_bytes();
    for status in ["422 No", "200 OK", "409 Conflict"] {
        let peer = Peer::that(vec![Does::Answers(with_receipt(status, &refusal))]).await;
        let attempted = attempt(&push(&settings(&peer.url()))).await;
        let failure = attempted.result.unwrap_err();
        assert_eq!((failure.code, attempted.statuses.business.as_deref()), (Code::Refused, Some("seal")));
        assert!(failure.detail.contains("not ours"), "{}", failure.detail);
        assert_eq!(attempted.reply.unwrap(), refusal);
    }
}

#[tokio::test]
async fn the_token_is_read_at_each_attempt_and_told_to_nobody_else() {
    let peer = Peer::that(vec![Does::Answers(with_receipt("200 OK", &receipt()))]).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("{SECRET}-1\n")).unwrap();
    let mut settings = settings(&peer.url());
    settings.bearer_file = Some(file.path().to_owned());
    let push = push(&settings);
    assert!(attempt(&push).await.result.is_ok());
    std::fs::write(file.path(), format!("{SECRET}-2\n")).unwrap();
    assert!(attempt(&push).await.result.is_ok());
    std::fs::write(file.path(), "\n").unwrap();
    assert_eq!(failure(&push).await.0, Code::Unauthorised);
    let tokens: Vec<_> = peer.heard(|heard| {
        let line = |head: &String| head.lines().find(|line| line.starts_with("authorization")).unwrap().to_owned();
        heard.requests.iter().map(line).collect()
    });
    assert_eq!(tokens, [1, 2].map(|number| format!("authorization: bearer {SECRET}-{number}")));
}
