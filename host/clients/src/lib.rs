//! Everything that opens a connection outwards: the client of our own API, for the commands that talk to a host, the receiver of
//! alarms, the authorities that stamp times, and those that say what was revoked.

pub mod failing;
pub mod fetch;
pub mod host;
pub mod push;
pub mod revocation;
pub mod shep;
pub mod timestamp;
pub mod trust;
pub mod webhook;

pub use failing::Failing;
pub use fetch::{Bounds, Fetch, FetchError, TlsRoots};
pub use host::{ClientError, Host};
pub use push::{Push, PushError, PushSettings};
pub use revocation::{ListConfig, ResponderConfig, Revocation, RevocationConfig, RevocationError};
pub use shep::{Shep, ShepSettings};
pub use timestamp::{Authorities, AuthorityConfig, StampError};
pub use trust::{Trust, TrustError};
pub use webhook::{Webhook, WebhookError};
