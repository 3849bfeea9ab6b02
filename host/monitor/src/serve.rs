//! Serving connections: HTTP/1.1 over TCP, with limits on header size, header time, write time and connections; a client
//! that is too slow is cut off, the others never notice.

use std::{sync::Arc, time::Duration};

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
};

use crate::{ApiLimits, patience::Patient};

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
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(limits.header_seconds))
        .max_buf_size(limits.header_bytes.max(8192))
        .half_close(false);
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(limits.connections));
    let (stops, stopping) = watch::channel(false);
    let router = router.layer(Extension(Stopping(stopping)));
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
        let stream = TokioIo::new(Patient::new(stream, write_time));
        let connection = http.serve_connection(stream, TowerToHyperService::new(router.clone()));
        let connection = graceful.watch(connection);
        drop(tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
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
