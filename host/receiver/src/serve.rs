//! Serving connections: HTTP/1.1 over TCP or TLS, with limits on time and number; one that is too slow is cut off, the others never
//! notice.

use std::{path::Path, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
    service::TowerToHyperService,
};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::WebPkiClientVerifier,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::Semaphore,
};
use tokio_rustls::TlsAcceptor;

/// Connections at once.
const CONNECTIONS: usize = 1024;
/// Time for a handshake, and for the head of a request.
const BEGIN: Duration = Duration::from_secs(30);
/// Time that requests under way have at a stop.
const DRAIN: Duration = Duration::from_secs(10);

/// With what the receiver proves its name, and whom it lets in.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

/// Files that cannot be used for TLS.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {why}")]
pub struct TlsError {
    /// Which.
    pub file: String,
    /// Why.
    pub why: String,
}

impl Tls {
    /// A key and its certificates, PEM; with `clients`, only those whose certificate leads to one in that file are let in.
    ///
    /// # Errors
    /// If a file cannot be read, or does not hold what it should.
    pub fn from_files(key: &Path, certificates: &Path, clients: Option<&Path>) -> Result<Self, TlsError> {
        let wrong = |file: &Path, why: &dyn std::fmt::Display| TlsError {
            file: file.display().to_string(),
            why: why.to_string(),
        };
        let read = |file: &Path| {
            let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
            read.map_err(|error| wrong(file, &error))
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
        let builder = builder.map_err(|error| wrong(key, &error))?;
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(file) => {
                let mut roots = RootCertStore::empty();
                for root in read(file)? {
                    roots.add(root).map_err(|error| wrong(file, &error))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                builder.with_client_cert_verifier(verifier.map_err(|error| wrong(file, &error))?)
            }
        };
        let private = PrivateKeyDer::from_pem_file(key).map_err(|error| wrong(key, &error))?;
        let config = builder.with_single_cert(read(certificates)?, private).map_err(|error| wrong(key, &error))?;
        Ok(Self(Arc::new(config).into()))
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

/// Serves until `stop` ends; then lets the requests under way finish, for a while.
pub async fn serve(listener: TcpListener, router: Router, tls: Option<Tls>, stop: impl Future<Output = ()>) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (listener.accept().await, place)
        };
        let (stream, place) = tokio::select! {
            () = &mut stop => break,
            (accepted, place) = accepted => match accepted {
                Ok((stream, _)) => (stream, place),
                Err(error) => {
                    // Too many open files, most often: others will close theirs.
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let _ = stream.set_nodelay(true);
        let (tls, router, watcher) = (tls.clone(), router.clone(), graceful.watcher());
        drop(tokio::spawn(async move {
            match tls {
                None => connection(stream, router, watcher).await,
                Some(Tls(acceptor)) => match tokio::time::timeout(BEGIN, acceptor.accept(stream)).await {
                    Ok(Ok(stream)) => connection(stream, router, watcher).await,
                    Ok(Err(error)) => tracing::debug!(%error, "TLS was not agreed on"),
                    Err(_) => tracing::debug!("TLS was not agreed on in time"),
                },
            }
            drop(place);
        }));
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
}

async fn connection(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static, router: Router, watcher: Watcher) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(BEGIN).half_close(false);
    let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended early");
    }
}
