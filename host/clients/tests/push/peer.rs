//! A peer that does what it is told, connection by connection.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::SECRET;

/// What the peer does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Does {
    /// Answers with these bytes.
    Answers(Vec<u8>),
    /// Answers with these bytes, and closes the connection.
    AnswersAndCloses(Vec<u8>),
    /// Answers with these bytes before it has read the request, and closes the connection.
    AnswersAtOnce(Vec<u8>),
    /// Never answers.
    Hangs,
}

/// A peer on a port of its own.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    heard: Arc<Mutex<Heard>>,
}

/// What the peer has heard.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) connections: usize,
    /// The head of each request.
    pub(crate) requests: Vec<String>,
    pub(crate) bodies: Vec<Vec<u8>>,
}

impl Peer {
    /// One that does these things, one for each request, and then the last for ever.
    pub(crate) async fn that(does: Vec<Does>) -> Self {
        Self::behind(does, None).await
    }

    /// The same behind TLS.
    pub(crate) async fn behind(does: Vec<Does>, tls: Option<tokio_rustls::TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = Self { address: listener.local_addr().unwrap(), heard: Arc::default() };
        let (heard, does) = (Arc::clone(&peer.heard), Arc::new(Mutex::new(does)));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                heard.lock().unwrap().connections += 1;
                let (heard, does, tls) = (Arc::clone(&heard), Arc::clone(&does), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, &does, &heard).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => serve(stream, &does, &heard).await,
                            Err(_) => None,
                        },
                    }
                });
            }
        });
        peer
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/{SECRET}?{SECRET}", self.address)
    }

    pub(crate) fn heard<T>(&self, what: impl FnOnce(&Heard) -> T) -> T {
        what(&self.heard.lock().unwrap())
    }
}

/// An answer.
pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// A receipt as an answer.
pub(crate) fn with_receipt(status: &str, body: &[u8]) -> Vec<u8> {
    answer(status, "content-type: application/vnd.qadam.receipt+json\r\n", body)
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    does: &Mutex<Vec<Does>>,
    heard: &Mutex<Heard>,
) -> Option<()> {
    loop {
        let next = || {
            let mut does = does.lock().unwrap();
            if does.len() > 1 { does.remove(0) } else { does[0].clone() }
        };
        let first = does.lock().unwrap()[0].clone();
        if let Does::AnswersAtOnce(bytes) = first {
            next();
            stream.write_all(&bytes).await.ok()?;
            return stream.shutdown().await.ok();
        }
        read(&mut stream, heard).await?;
        match next() {
            Does::Answers(bytes) => stream.write_all(&bytes).await.ok()?,
            Does::AnswersAndCloses(bytes) | Does::AnswersAtOnce(bytes) => {
                stream.write_all(&bytes).await.ok()?;
                return stream.shutdown().await.ok();
            }
            Does::Hangs => std::future::pending().await,
        }
    }
}

/// Reads a request to its end.
async fn read(stream: &mut (impl AsyncRead + Unpin), heard: &Mutex<Heard>) -> Option<()> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
        if bytes.len() >= end + 4 + length.parse::<usize>().unwrap() {
            let mut heard = heard.lock().unwrap();
            heard.requests.push(head);
            heard.bodies.push(bytes[end + 4..].to_vec());
            return Some(());
        }
    }
}
