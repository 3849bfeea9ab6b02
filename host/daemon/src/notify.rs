//! What a service manager is told (`sd_notify`): that the host is ready, that it is alive, that it stops. Without `NOTIFY_SOCKET`
//! nobody is told anything.

use std::{
    ffi::OsStr,
    io,
    os::{
        linux::net::SocketAddrExt as _,
        unix::{
            ffi::OsStrExt as _,
            net::{SocketAddr, UnixDatagram},
        },
    },
};

/// Something that a service manager wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It listens.
    Ready,
    /// It has looked at itself, and could.
    Alive,
    /// It was asked to stop, and does.
    Stopping,
}

impl State {
    const fn text(self) -> &'static str {
        match self {
            Self::Ready => "READY=1",
            Self::Alive => "WATCHDOG=1",
            Self::Stopping => "STOPPING=1",
        }
    }

    /// Tells it. A manager that does not listen is none.
    pub(crate) fn tell(self) {
        let Some(socket) = std::env::var_os("NOTIFY_SOCKET") else { return };
        if let Err(error) = send(&socket, self.text()) {
            tracing::debug!(%error, state = self.text(), "the service manager was not told");
        }
    }
}

fn send(socket: &OsStr, text: &str) -> io::Result<()> {
    let address = match socket.as_bytes().split_first() {
        Some((b'@', name)) => SocketAddr::from_abstract_name(name)?,
        _ => SocketAddr::from_pathname(socket)?,
    };
    let sender = UnixDatagram::unbound()?;
    // Nobody waits for a manager that takes nothing.
    sender.set_nonblocking(true)?;
    sender.send_to_addr(text.as_bytes(), &address).map(drop)
}
