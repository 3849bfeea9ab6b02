//! Stamping through the configured authorities, or through the host's own.

use std::time::Duration;

use jiff::Timestamp;
use qadam_evidence::{
    Certificate, ObjectIdentifier,
    timestamp::{Query, TimestampTrust},
};
use qadam_pipeline::sealing::{Stamp, Stamping};
use ring::rand::SystemRandom;
use tokio::runtime::Handle;

use super::{EvidenceError, TimestampSettings};

/// The authorities, and whose tokens are taken.
pub(crate) struct Authorities {
    client: qadam_clients::Authorities,
    trust: TimestampTrust,
    /// The policy that is asked for, where there is exactly one that is taken.
    policy: Option<ObjectIdentifier>,
    development: bool,
    runtime: Handle,
}
