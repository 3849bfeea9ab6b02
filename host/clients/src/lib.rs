//! Everything that opens a connection outwards. So far: the client of our own API, for the commands that talk to a host, and
//! the receiver of alarms.

pub mod host;
pub mod webhook;

pub use host::{ClientError, Host};
pub use webhook::{Webhook, WebhookError};
