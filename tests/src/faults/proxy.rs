//! What stands between host and receiver, and what can go wrong there.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::senders::Random;

/// What the proxy does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Does {
    /// Passes it on, and the answer back.
    Passes,
    /// The same, the answer in small pieces.
    Trickles,
    /// Never answers.
    Hangs,
    /// Answers 500.
    Fails,
    /// Answers what is no HTTP.
    Babbles,
    /// Answers a page of a proxy, with 200.
    AnswersPage,
    /// Passes it on, and changes the receipt into that of another message.
    Forges,
    /// Closes the connection, and passes nothing on.
    DropsBefore,
    /// Passes it on, and closes the connection in place of the answer.
    DropsAfter,
    /// Passes it on, and closes the connection in the middle of the answer.
    Cuts,
    /// Passes it on twice at once.
    DoublesRequest,
    /// Passes it on, and the answer back twice.
    DoublesReceipt,
}

impl Does {
    /// All that hinders, and all that should not.
    pub const ALL: [Self; 12] = [
        Self::Passes,
        Self::Trickles,
        Self::Hangs,
        Self::Fails,
        Self::Babbles,
        Self::AnswersPage,
        Self::Forges,
        Self::DropsBefore,
        Self::DropsAfter,
        Self::Cuts,
        Self::DoublesRequest,
        Self::DoublesReceipt,
    ];

    /// The code that the host must write down; none where it gets its receipt.
    #[must_use]
    pub const fn code(self) -> Option<&'static str> {
        match self {
            Self::Passes | Self::Trickles | Self::DoublesRequest | Self::DoublesReceipt => None,
            Self::Hangs => Some("timeout"),
            Self::Fails => Some("unavailable"),
            Self::Babbles | Self::AnswersPage | Self::Forges => Some("invalid-receipt"),
            Self::DropsBefore | Self::DropsAfter | Self::Cuts => Some("connection-lost"),
        }
    }
}

/// How the proxy behaves from now on.
#[derive(Clone, Debug)]
pub enum Mode {
    /// The same with every request.
    Always(Does),
    /// Something of these, drawn for each request.
    Some(Vec<Does>, Random),
    /// It is a wire: bytes go both ways, whatever they are.
    Wire,
}

/// A request that came by.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its message.
    pub message: String,
    /// Its idempotency key.
    pub key: String,
    /// The number of the attempt.
    pub attempt: u32,
    /// What was done with it.
    pub did: Does,
    /// Whether the receiver answered 200, as far as is known.
    pub taken: bool,
}

/// The proxy.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    runtime: Option<tokio::runtime::Runtime>,
}

#[derive(Debug)]
struct Shared {
    mode: Mode,
    target: SocketAddr,
    seen: Vec<Seen>,
}

impl Proxy {
    /// Starts one before a receiver, which behaves.
    #[must_use]
    pub fn before(target: SocketAddr) -> Self {
        let shared = Shared { mode: Mode::Always(Does::Passes), target, seen: Vec::new() };
        let shared = Arc::new(Mutex::new(shared));
        let mut proxy = Self { address: SocketAddr::from(([127, 0, 0, 1], 0)), shared, runtime: None };
        proxy.up();
        proxy
    }

    /// Where it listens, up or down.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The receiver is there now.
    pub fn target(&self, target: SocketAddr) {
        self.shared.lock().unwrap().target = target;
    }

    /// From the next request on.
    pub fn does(&self, mode: Mode) {
        self.shared.lock().unwrap().mode = mode;
    }

    /// What came by, in the order in which it came.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.lock().unwrap().seen.clone()
    }

    /// It is gone: connections are refused.
    pub fn down(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    /// It is back, at the same port.
    pub fn up(&mut self) {
        assert!(self.runtime.is_none(), "it is up");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let address = self.address;
        let listener = loop {
            match runtime.block_on(TcpListener::bind(address)) {
                Ok(listener) => break listener,
                // The connections of before are being closed.
                Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => std::thread::yield_now(),
                Err(error) => panic!("{address}: {error}"),
            }
        };
        self.address = listener.local_addr().unwrap();
        let shared = Arc::clone(&self.shared);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        self.runtime = Some(runtime);
    }
}

/// Serves a connection until it ends, in whatever way.
async fn serve(mut stream: TcpStream, shared: Arc<Mutex<Shared>>) -> Option<()> {
    let (wire, target) = {
        let shared = shared.lock().unwrap();
        (matches!(shared.mode, Mode::Wire), shared.target)
    };
    if wire {
        let mut upstream = TcpStream::connect(target).await.ok()?;
        tokio::io::copy_bidirectional(&mut stream, &mut upstream).await.ok()?;
        return Some(());
    }
    loop {
        let request = message(&mut stream).await?;
        let (does, target, number) = note(&shared, &request);
        let bytes = match does {
            Does::Hangs => {
                // Until the host has had enough.
                let _ = stream.read_u8().await;
                return None;
            }
            Does::Fails => {
                b"HTTP/1.1 500 Oh\r\nretry-after: 0\r\ncontent-length: 4\r\ncontent-type: text/plain\r\n\r\noh!\n"
                    .to_vec()
            }
            Does::Babbles => b"* OK IMAP4rev1 ready\r\n".to_vec(),
            Does::AnswersPage => b"HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n<html>Hi</html>".to_vec(),
            Does::DropsBefore => return None,
            _ => {
                if does == Does::DoublesRequest {
                    let (first, second) = tokio::join!(passed(target, &request), passed(target, &request));
                    drop(first);
                    second?
                } else {
                    passed(target, &request).await?
                }
            }
        };
        if bytes.starts_with(b"HTTP/1.1 200") && does.code() != Some("invalid-receipt") {
            shared.lock().unwrap().seen[number].taken = true;
        }
        match does {
            Does::DropsAfter => return None,
            Does::Cuts => {
                stream.write_all(&bytes[..bytes.len() - 7]).await.ok()?;
                return None;
            }
            Does::Babbles => {
                stream.write_all(&bytes).await.ok()?;
                return None;
            }
            Does::Forges => stream.write_all(&forged(&bytes)).await.ok()?,
            Does::DoublesReceipt => stream.write_all(&[bytes.as_slice(), &bytes].concat()).await.ok()?,
            Does::Trickles => {
                for piece in bytes.chunks(100) {
                    stream.write_all(piece).await.ok()?;
                    tokio::task::yield_now().await;
                }
            }
            _ => stream.write_all(&bytes).await.ok()?,
        }
    }
}

fn note(shared: &Mutex<Shared>, request: &[u8]) -> (Does, SocketAddr, usize) {
    let mut shared = shared.lock().unwrap();
    let does = match &mut shared.mode {
        Mode::Always(does) => *does,
        Mode::Some(does, random) => does[usize::try_from(random.below(does.len() as u64)).unwrap()],
        // A connection from before it became one.
        Mode::Wire => Does::Passes,
    };
    let head = String::from_utf8_lossy(request).to_lowercase();
    let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned();
    let key = field("idempotency-key: ");
    let message = key.split('/').next().unwrap_or_default().to_owned();
    let attempt = field("qadam-attempt: ").parse().unwrap();
    shared.seen.push(Seen { message, key, attempt, did: does, taken: false });
    (does, shared.target, shared.seen.len() - 1)
}

/// A request, passed on over a connection of its own.
async fn passed(target: SocketAddr, request: &[u8]) -> Option<Vec<u8>> {
    let mut upstream = TcpStream::connect(target).await.ok()?;
    upstream.write_all(request).await.ok()?;
    message(&mut upstream).await
}

/// A request or an answer with its body.
async fn message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
        if bytes.len() >= end + 4 + length.parse::<usize>().unwrap() {
            return Some(bytes);
        }
    }
}

/// The receipt of another message.
fn forged(answer: &[u8]) -> Vec<u8> {
    let mut answer = answer.to_vec();
    let id = b"\"message\":\"msg_";
    if let Some(at) = answer.windows(id.len()).position(|window| window == id) {
        let digit = &mut answer[at + id.len() + 6];
        *digit = if *digit == b'0' { b'1' } else { b'0' };
    }
    answer
}
