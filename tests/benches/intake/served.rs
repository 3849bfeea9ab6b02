//! A router behind the host's own server, on a port of its own.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use qadam_monitor::{ApiLimits, serve::serve};
use tokio::{net::TcpListener, runtime::Handle, sync::oneshot};

use crate::Failure;

/// It is served until this is dropped.
#[derive(Debug)]
pub(crate) struct Served {
    /// Where.
    pub(crate) address: SocketAddr,
    /// What, for people.
    pub(crate) name: String,
    _stop: oneshot::Sender<()>,
}

impl Served {
    /// Serves on the runtime that this thread has entered.
    pub(crate) fn start(router: Router, name: impl Into<String>) -> Result<Self, Failure> {
        let runtime = Handle::try_current()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        drop(runtime.spawn(async move {
            let stopped = async { drop(stopped.await) };
            serve(listener, router, &ApiLimits::default(), stopped).await;
        }));
        Ok(Self { address, name: name.into(), _stop: stop })
    }
}
