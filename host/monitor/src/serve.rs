//! Serving connections: HTTP/1.1 over TCP or TLS, with limits on header size, header time, write time and connections; a client
//! that is too slow is cut off, the others never notice.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Router,
    extract::Request,
    http::{HeaderName, HeaderValue},
    middleware,
};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::{Semaphore, watch},
};

use crate::{ApiLimits, patience::Patient, tls::Tls};

/// Time that requests under way have at a stop.
const DRAIN: Duration = Duration::from_secs(20);

/// Tells answers that would go on for ever that the host stops.
#[derive(Clone, Debug)]
pub(crate) struct Stopping(watch::Receiver<bool>);

impl Stopping {
    /// Waits until the host stops.
    pub(crate) async fn wait(&mut self) {
        // A sender that has gone has stopped too.
        let _ = self.0.wait_for(|stops| *stops).await;
    }
}

/// Serves until `stop` ends; then lets the requests under way finish, for 20 s at most.
pub async fn serve(listener: TcpListener, router: Router, limits: &ApiLimits, stop: impl Future<Output = ()>) {
    serve_over(listener, router, limits, None, stop).await;
}

/// The same, over TLS where there is some.
pub async fn serve_over(
    listener: TcpListener,
    router: Router,
    limits: &ApiLimits,
    tls: Option<Arc<Tls>>,
    stop: impl Future<Output = ()>,
) {
    let mut http = http1::Builder::new();
    let header_time = Duration::from_secs(limits.header_seconds);
    http.timer(TokioTimer::new())
        .header_read_timeout(header_time)
        .max_buf_size(limits.header_bytes.max(8192))
        .half_close(false);
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(limits.connections));
    let (stops, stopping) = watch::channel(false);
    let mut router = router.layer(Extension(Stopping(stopping)));
    if tls.is_some() {
        router = router.layer(middleware::map_request(over_tls));
    }
    let write_time = Duration::from_secs(limits.write_seconds);
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
        // Answers are small and wait for a sync; waiting for more to send would only add to it.
        let _ = stream.set_nodelay(true);
        let stream = Patient::new(stream, write_time);
        let (http, router, watcher) = (http.clone(), router.clone(), graceful.watcher());
        let acceptor = tls.as_ref().map(|tls| tls.acceptor());
        drop(tokio::spawn(async move {
            match acceptor {
                None => connection(&http, stream, router, watcher).await,
                Some(acceptor) => match tokio::time::timeout(header_time, acceptor.accept(stream)).await {
                    Ok(Ok(stream)) => connection(&http, stream, router, watcher).await,
                    Ok(Err(error)) => tracing::debug!(%error, "TLS was not agreed on"),
                    Err(_) => tracing::debug!("TLS was not agreed on in time"),
                },
            }
            drop(place);
        }));
    }
    drop(listener);
    stops.send_replace(true);
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
}

async fn connection(
    http: &http1::Builder,
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    router: Router,
    watcher: Watcher,
) {
    let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Says of a request what a proxy with TLS would say, whatever it says itself: cookies go over TLS only then.
async fn over_tls(mut request: Request) -> Request {
    request.headers_mut().insert(HeaderName::from_static("x-forwarded-proto"), HeaderValue::from_static("https"));
    request
}
