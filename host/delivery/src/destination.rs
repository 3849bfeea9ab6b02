//! Who brings messages somewhere.

use std::fmt;

use futures_util::future::BoxFuture;

use crate::{attempt::Attempted, sending::Sending};

/// An attempt under way.
pub type Sent<'a> = BoxFuture<'a, Attempted>;

/// A destination that messages are pushed to. Its implementations open connections and live in the room of the clients.
pub trait Destination: Send + Sync + fmt::Debug {
    /// The transport's name in the journal: `https`, `shep-async`.
    fn transport(&self) -> &'static str;

    /// Makes one attempt, within a time of its own. Never panics on what comes back, and never tries again by itself. Dropping the
    /// future gives the attempt up.
    fn send<'a>(&'a self, sending: &'a Sending) -> Sent<'a>;
}
