//! The senders: keep-alive connections, each with one request under way, on one thread of their own. The same for all.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, StatusCode, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinSet};

use crate::{Failure, records::Records};

/// What is sent.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    address: SocketAddr,
    key: String,
    senders: usize,
    /// Records of one request.
    batch: usize,
    until: Until,
}

#[derive(Clone, Copy, Debug)]
enum Until {
    Over(Duration),
    /// Requests of each sender.
    Requests(u64),
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sent {
    /// Records that were acknowledged.
    pub(crate) records: u64,
    /// From the first request to the last answer, or to what was waited for after it.
    pub(crate) time: Duration,
}

impl Load {
    /// One record a request, for some time.
    pub(crate) fn single(address: SocketAddr, key: &str, senders: usize, time: Duration) -> Self {
        Self { address, key: key.to_owned(), senders, batch: 1, until: Until::Over(time) }
    }

    /// So many records at least, in batches of lines.
    pub(crate) fn batches(address: SocketAddr, key: &str, records: u64) -> Self {
        let (senders, batch) = (2, usize::try_from(records.min(500)).unwrap_or(500));
        let requests = records.div_ceil((senders * batch) as u64);
        Self { address, key: key.to_owned(), senders, batch, until: Until::Requests(requests) }
    }
}

impl Sent {
    /// Acknowledged records per second.
    pub(crate) fn rate(&self) -> f64 {
        self.records as f64 / self.time.as_secs_f64()
    }
}

/// Sends, and waits for the last answer.
pub(crate) fn drive(load: &Load) -> Result<Sent, Failure> {
    let load = load.clone();
    let thread = std::thread::Builder::new().name("client".into()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(all(&load))
    })?;
    thread.join().map_err(|_| "the client panicked")?
}

async fn all(load: &Load) -> Result<Sent, Failure> {
    static RUN: AtomicU64 = AtomicU64::new(0);
    let run = RUN.fetch_add(1, Ordering::Relaxed);
    let mut connections = Vec::with_capacity(load.senders);
    for _ in 0..load.senders {
        let stream = TcpStream::connect(load.address).await?;
        stream.set_nodelay(true)?;
        let (connection, driver) = http1::handshake::<_, Full<Bytes>>(TokioIo::new(stream)).await?;
        drop(tokio::spawn(driver));
        connections.push(connection);
    }
    let start = Instant::now();
    let mut senders = JoinSet::new();
    for (sender, connection) in connections.into_iter().enumerate() {
        senders.spawn(one(load.clone(), connection, Records::of(run, sender), start));
    }
    let mut records = 0;
    while let Some(sent) = senders.join_next().await {
        records += sent??;
    }
    Ok(Sent { records, time: start.elapsed() })
}

async fn one(
    load: Load,
    mut connection: http1::SendRequest<Full<Bytes>>,
    mut records: Records,
    start: Instant,
) -> Result<u64, Failure> {
    let kind = if load.batch == 1 { "application/xml" } else { "application/vnd.qadam.lines; of=\"application/xml\"" };
    let bearer = format!("Bearer {}", load.key);
    let mut requests = 0;
    let more = |requests| match load.until {
        Until::Over(time) => start.elapsed() < time,
        Until::Requests(limit) => requests < limit,
    };
    while more(requests) {
        let body: Bytes = if load.batch == 1 {
            records.next().unwrap_or_default().into()
        } else {
            records.by_ref().take(load.batch).collect::<Vec<_>>().join("\n").into()
        };
        loop {
            let request = Request::post("/v1/providers/permits/records")
                .header(header::HOST, "localhost")
                .header(header::AUTHORIZATION, &bearer)
                .header(header::CONTENT_TYPE, kind)
                .body(Full::new(body.clone()))?;
            let answer = connection.send_request(request).await?;
            let status = answer.status();
            let text = answer.into_body().collect().await?.to_bytes();
            match status {
                StatusCode::ACCEPTED => break,
                // Too much waits: the same again later, as a sender should.
                StatusCode::SERVICE_UNAVAILABLE => tokio::time::sleep(Duration::from_millis(50)).await,
                _ => return Err(format!("{status}: {}", String::from_utf8_lossy(&text)).into()),
            }
            connection.ready().await?;
        }
        connection.ready().await?;
        requests += 1;
    }
    Ok(requests * load.batch as u64)
}
