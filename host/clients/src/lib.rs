//! Everything that opens a connection outwards. So far: the client of our own API, for the commands that talk to a host.

pub mod host;

pub use host::{ClientError, Host};
