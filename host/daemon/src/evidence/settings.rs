//! What the configuration says of keys, destinations and authorities.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use jiff::SignedDuration;
use qadam_domain::DestinationId;
use qadam_pipeline::{SealLimits, profile::KeyFiles};
use serde::Deserialize;

use super::TrustSettings;
use crate::delivery::DestinationSettings;

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct EvidenceSettings {
    /// The host's own key, and when messages are closed.
    pub seal: SealSettings,
    /// Who stamps.
    pub timestamp: TimestampSettings,
    /// Whose signatures over records count.
    pub trust: TrustSettings,
    /// To whom messages go.
    pub destinations: BTreeMap<DestinationId, DestinationSettings>,
}

/// The host's own key, and when messages are closed.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SealSettings {
    /// File of the key: PKCS#12, or PEM. Default: a key that the host makes for development.
    pub key: Option<PathBuf>,
    /// File of its certificates, PEM, where they are not in the key's file.
    pub certificates: Option<PathBuf>,
    /// File of the password of a PKCS#12 file.
    pub password_file: Option<PathBuf>,
    /// Events of a message, at most.
    pub events: usize,
    /// Bytes of events of a message, about, at most.
    pub bytes: usize,
    /// How long an event waits for others.
    pub age: SignedDuration,
}

impl Default for SealSettings {
    fn default() -> Self {
        let SealLimits { events, bytes, age } = SealLimits::default();
        Self { key: None, certificates: None, password_file: None, events, bytes, age }
    }
}

/// Who stamps.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TimestampSettings {
    /// URLs of authorities (RFC 3161 over HTTP), asked in this order. Default: the host's own, for development.
    pub authorities: Vec<String>,
    /// File of the roots that their certificates lead to, PEM.
    pub roots: Option<PathBuf>,
    /// The policies under which a token is taken; any where there is none.
    pub policies: Vec<String>,
    /// How far a token's time may be from this machine's.
    pub max_skew: SignedDuration,
    /// Seconds that an authority may take to answer.
    pub seconds: u64,
}

impl Default for TimestampSettings {
    fn default() -> Self {
        Self {
            authorities: Vec::new(),
            roots: None,
            policies: Vec::new(),
            max_skew: SignedDuration::from_mins(5),
            seconds: 10,
        }
    }
}

/// The destination where none is configured: the monitoring system.
const MONITORING: &str = "monitoring";

impl EvidenceSettings {
    /// The destinations, or the one that is there by default.
    #[must_use]
    pub fn destinations(&self) -> BTreeMap<DestinationId, DestinationSettings> {
        let mut destinations = self.destinations.clone();
        if destinations.is_empty() {
            destinations.extend(MONITORING.parse().ok().map(|name| (name, DestinationSettings::default())));
        }
        destinations
    }
}

impl TimestampSettings {
    /// Paths are from the configuration's folder.
    pub(crate) fn resolve(&mut self, folder: &Path) {
        if let Some(path) = &mut self.roots {
            *path = folder.join(&*path);
        }
    }
}

impl SealSettings {
    /// Paths are from the configuration's folder.
    pub(crate) fn resolve(&mut self, folder: &Path) {
        let Self { key, certificates, password_file, .. } = self;
        for path in [key, certificates, password_file].into_iter().flatten() {
            *path = folder.join(&*path);
        }
    }

    /// The key's files, where it is configured.
    #[must_use]
    pub fn files(&self) -> Option<KeyFiles> {
        let key = self.key.clone()?;
        Some(KeyFiles { key, certificates: self.certificates.clone(), password_file: self.password_file.clone() })
    }

    /// When messages are closed.
    #[must_use]
    pub const fn limits(&self) -> SealLimits {
        SealLimits { events: self.events, bytes: self.bytes, age: self.age }
    }
}
