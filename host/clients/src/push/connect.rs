//! Connections to a destination: made, kept, used again; and what it means when one is not made or breaks.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Response, Uri, body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use qadam_delivery::{Code, Failure};
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use super::{Clock, PushError, PushSettings, files::Files, tls};
use crate::host::chain;

/// A connection that was not used for so long is not used again: many peers have closed it by then.
const IDLE: Duration = Duration::from_secs(20);
/// Most connections that are kept.
const KEPT: usize = 16;

/// How connections to a destination are made, and those that wait for the next message.
#[derive(Debug)]
pub(crate) struct Connections {
    /// Name and port, for the system's resolver.
    name: (String, u16),
    host: String,
    tls: Option<(ServerName<'static>, Files<ClientConfig>)>,
    idle: Mutex<Vec<Connection>>,
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Connection {
    sender: http1::SendRequest<Full<Bytes>>,
    /// By which it was made: one that was made by what the files held before is not used again.
    config: Option<Arc<ClientConfig>>,
    since: Instant,
}

impl Connections {
    pub(crate) fn new(uri: &Uri, host: &str, settings: &PushSettings, clock: Clock) -> Result<Self, PushError> {
        let secure = uri.scheme_str() == Some("https");
        let bare = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
        let tls = if secure {
            let name = ServerName::try_from(bare.clone());
            let name =
                name.map_err(|_| PushError::Url("its host is no name that a certificate can state".to_owned()))?;
            Some((name, tls::configuration(settings, clock)?))
        } else {
            None
        };
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        Ok(Self { name: (bare, port), host: host.to_owned(), tls, idle: Mutex::default() })
    }

    /// Sends on a connection that waits, or on a new one.
    pub(crate) async fn send(
        &self,
        mut request: Request<Full<Bytes>>,
    ) -> Result<(Response<Incoming>, Connection), Failure> {
        let config = self.tls.as_ref().map(|(_, config)| config.get());
        while let Some(mut connection) = self.waiting(config.as_ref()) {
            match connection.sender.try_send_request(request).await {
                Ok(answer) => return Ok((answer, connection)),
                // Nothing of it was sent: the peer had closed the connection.
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(lost(&self.host, &error.into_error())),
                },
            }
        }
        let mut connection = self.connect(config).await?;
        match connection.sender.send_request(request).await {
            Ok(answer) => Ok((answer, connection)),
            Err(error) => Err(lost(&self.host, &error)),
        }
    }

    /// Keeps a connection whose answer was read to its end.
    pub(crate) fn give_back(&self, mut connection: Connection) {
        connection.since = Instant::now();
        let mut idle = self.idle();
        if idle.len() < KEPT && !connection.sender.is_closed() {
            idle.push(connection);
        }
    }

    fn waiting(&self, config: Option<&Arc<ClientConfig>>) -> Option<Connection> {
        let same = |connection: &Connection| match (&connection.config, config) {
            (Some(made), Some(now)) => Arc::ptr_eq(made, now),
            _ => true,
        };
        let mut idle = self.idle();
        idle.retain(|one| one.since.elapsed() < IDLE && !one.sender.is_closed() && same(one));
        let place = idle.iter().rposition(|one| one.sender.is_ready())?;
        Some(idle.swap_remove(place))
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn connect(&self, config: Option<Arc<ClientConfig>>) -> Result<Connection, Failure> {
        let unreachable = |why: String| Failure::new(Code::Unreachable, format!("{}: {why}", self.host));
        let resolved = tokio::net::lookup_host((self.name.0.as_str(), self.name.1)).await;
        let addresses: Vec<_> =
            resolved.map_err(|error| unreachable(format!("its name has no address: {error}")))?.collect();
        let mut stream = Err(unreachable("its name has no address".to_owned()));
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(connected) => {
                    stream = Ok(connected);
                    break;
                }
                Err(error) => stream = Err(unreachable(error.to_string())),
            }
        }
        let stream = stream?;
        let _ = stream.set_nodelay(true);
        let sender = match (&config, &self.tls) {
            (Some(config), Some((name, files))) => {
                let connector = TlsConnector::from(Arc::clone(config));
                match connector.connect(name.clone(), stream).await {
                    Ok(stream) => self.shake(stream).await?,
                    Err(error) => return Err(self.refused(&error, files)),
                }
            }
            _ => self.shake(stream).await?,
        };
        Ok(Connection { sender, config, since: Instant::now() })
    }

    /// TLS was not agreed on.
    fn refused(&self, error: &io::Error, files: &Files<ClientConfig>) -> Failure {
        let code = if tls_error(error).is_some() { Code::Tls } else { Code::ConnectionLost };
        // A renewal that went wrong is most likely the cause.
        let beside = files.wrong().map(|wrong| format!("; {wrong}")).unwrap_or_default();
        Failure::new(code, format!("{}: TLS: {error}{beside}", self.host))
    }

    async fn shake<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(
        &self,
        stream: S,
    ) -> Result<http1::SendRequest<Full<Bytes>>, Failure> {
        let shaken = http1::handshake(TokioIo::new(stream)).await;
        let (sender, connection) = shaken.map_err(|error| lost(&self.host, &error))?;
        // It ends with the last request, or when the peer closes it.
        drop(tokio::spawn(connection));
        Ok(sender)
    }
}

/// A connection broke, or what came over it makes no sense.
pub(crate) fn lost(host: &str, error: &(dyn std::error::Error + 'static)) -> Failure {
    let mut source = Some(error);
    while let Some(one) = source {
        if let Some(tls) = one.downcast_ref::<io::Error>().and_then(tls_error) {
            return Failure::new(Code::Tls, format!("{host}: TLS: {tls}"));
        }
        if one.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse) {
            return Failure::new(Code::InvalidReceipt, format!("{host}: what came back is not HTTP: {one}"));
        }
        source = one.source();
    }
    Failure::new(Code::ConnectionLost, format!("{host}: {}", chain(error)))
}

fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}
