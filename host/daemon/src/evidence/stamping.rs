//! Stamping through the configured authorities, or through the host's own.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use jiff::Timestamp;
use qadam_clients::{AuthorityConfig, timestamp::Stamped};
use qadam_evidence::{
    ObjectIdentifier,
    timestamp::{Query, TimestampTrust},
};
use qadam_pipeline::sealing::{Stamp, Stamping};
use ring::rand::SystemRandom;
use tokio::runtime::Handle;

use super::{Evidence, EvidenceError, TimestampSettings, trust::timestamps_in};

/// The authorities, and whose tokens are taken.
pub(crate) struct Authorities {
    client: qadam_clients::Authorities,
    trust: TimestampTrust,
    /// The policy that is asked for, where there is exactly one that is taken.
    policy: Option<ObjectIdentifier>,
    development: bool,
    runtime: Handle,
}

impl Authorities {
    /// Those that are configured; the host's own, which listens where the host does, where none is.
    pub(crate) fn new(
        settings: &TimestampSettings,
        evidence: &Evidence,
        listening: Option<SocketAddr>,
    ) -> Result<Self, EvidenceError> {
        let wrong = |reason: String| EvidenceError::Settings(format!("`timestamp`: {reason}"));
        let (urls, roots, development) = match (&evidence.authority, &evidence.pki, listening) {
            (Some(_), Some(pki), Some(address)) => {
                let address = SocketAddr::new(reachable(address.ip()), address.port());
                (vec![format!("http://{address}/development/timestamp")], pki.ca_pem.clone(), true)
            }
            _ => {
                let Some(roots) = &settings.roots else {
                    return Err(wrong(
                        "`authorities` are given, but no `roots` that their certificates lead to".into(),
                    ));
                };
                let read = std::fs::read_to_string(roots);
                let text = read.map_err(|error| wrong(format!("`roots`: {}: {error}", roots.display())))?;
                (settings.authorities.clone(), text, false)
            }
        };
        let trust = timestamps_in(settings, &roots)?;
        let policy = match trust.policies.as_slice() {
            [one] => Some(*one),
            _ => None,
        };
        let within = Duration::from_secs(settings.seconds);
        let configured = urls.into_iter().map(|url| AuthorityConfig { url, within }).collect();
        let client =
            qadam_clients::Authorities::new(configured).map_err(|error| wrong(format!("`authorities`: {error}")))?;
        Ok(Self { client, trust, policy, development, runtime: Handle::current() })
    }
}

/// An address of this machine that a listener on `address` is reached by.
const fn reachable(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(v4) if v4.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(v6) if v6.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        other => other,
    }
}

impl Stamping for Authorities {
    fn stamp(&self, signature_value: &[u8], now: Timestamp) -> Result<Stamp, String> {
        let query =
            Query::new(signature_value, self.policy, &SystemRandom::new()).map_err(|error| error.to_string())?;
        let checked = |response: &[u8]| query.token(response, &self.trust, now);
        let stamped = self.runtime.block_on(self.client.stamp(&query, now, checked));
        let Stamped { token, authority } = stamped.map_err(|error| error.to_string())?;
        Ok(Stamp { token: token.der, at: token.at, authority, development: self.development })
    }
}
