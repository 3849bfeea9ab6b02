//! A reader of server-sent events, as far as our stream needs one.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::Value;

/// One block of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// An event: its cursor and data.
    Event(String, Value),
    /// A cursor without an event.
    Cursor(String),
    /// A comment, or the time after which to come back.
    Other(String),
}

/// An open stream.
#[derive(Debug)]
pub struct Stream {
    body: Incoming,
    text: String,
}

/// Opens a stream.
///
/// # Errors
/// The status of an answer that is none.
pub async fn open(url: &str, key: &str, path: &str, headers: &[(&str, &str)]) -> Result<Stream, u16> {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let mut request =
        hyper::Request::builder().uri(format!("{url}{path}")).header("authorization", format!("Bearer {key}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = client.request(request.body(Full::default()).unwrap()).await.unwrap();
    if answer.status() != 200 {
        return Err(answer.status().as_u16());
    }
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    Ok(Stream { body: answer.into_body(), text: String::new() })
}

impl Stream {
    /// The next block; none where the stream has ended in order.
    pub async fn block(&mut self) -> Option<Block> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(parsed(&block));
            }
            let frame = tokio::time::timeout(Duration::from_secs(120), self.body.frame());
            let frame = frame.await.unwrap_or_else(|_| panic!("nothing comes after {:?}", self.text))?;
            let bytes = frame.unwrap_or_else(|error| panic!("the stream was cut: {error:?}")).into_data().unwrap();
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }

    /// The next event: its cursor and data.
    pub async fn event(&mut self) -> (String, Value) {
        loop {
            match self.block().await {
                Some(Block::Event(id, data)) => return (id, data),
                Some(_) => {}
                None => panic!("the stream has ended"),
            }
        }
    }

    /// So many events.
    pub async fn events(&mut self, count: usize) -> Vec<(String, Value)> {
        let mut events = Vec::with_capacity(count);
        while events.len() < count {
            events.push(self.event().await);
        }
        events
    }
}

fn parsed(block: &str) -> Block {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    match (field("event"), field("id"), field("data")) {
        (Some("event"), Some(id), Some(data)) => Block::Event(id.to_owned(), serde_json::from_str(data).unwrap()),
        (None, Some(id), None) => Block::Cursor(id.to_owned()),
        (None, None, None) => Block::Other(block.to_owned()),
        other => panic!("a strange block: {other:?}"),
    }
}
