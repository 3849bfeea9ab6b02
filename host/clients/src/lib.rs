//! Everything that opens a connection outwards: the client of our own API, for the commands that talk to a host, the receiver of
//! alarms, and the authorities that stamp times.

pub mod fetch;
pub mod host;
pub mod timestamp;
pub mod webhook;

pub use fetch::{Bounds, Fetch, FetchError, TlsRoots};
pub use host::{ClientError, Host};
pub use timestamp::{Authorities, AuthorityConfig, StampError};
pub use webhook::{Webhook, WebhookError};
