//! The host's configuration: one TOML file. Unknown keys are errors; every key has a default.

mod adapters;

use std::{collections::BTreeMap, net::SocketAddr, path::Path};

use qadam_domain::{DestinationId, time::Zone};
use qadam_monitor::ApiLimits;
use qadam_pipeline::{PipelineLimits, Profiles, Retention, TermSettings};
use serde::Deserialize;

pub use self::adapters::AdapterSettings;
use crate::delivery::DestinationSettings;
use crate::edge::TlsSettings;
use crate::evidence::{EvidenceSettings, SealSettings, TimestampSettings, TrustSettings};
pub use crate::watch::AlarmSettings;

/// All of it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// SHA-256 of the file.
    #[serde(skip)]
    pub digest: Option<[u8; 32]>,
    /// Where to listen; `--listen` comes first. Default 127.0.0.1:8640.
    pub listen: Option<SocketAddr>,
    /// By what it proves its name there; `--tls-cert` and `--tls-key` come first.
    pub tls: TlsSettings,
    /// Whether components that nobody signed may serve; `--allow-unsigned` says the same.
    pub allow_unsigned: bool,
    /// What one caller may ask for.
    pub api: ApiLimits,
    /// What adapters may use.
    pub adapters: AdapterSettings,
    /// How much the host takes on.
    pub pipeline: PipelineLimits,
    /// How the store is laid out.
    pub store: StoreLayout,
    /// The host's own key, and when messages are closed.
    pub seal: SealSettings,
    /// Who stamps messages.
    pub timestamp: TimestampSettings,
    /// Whose signatures over records count.
    pub trust: TrustSettings,
    /// To whom messages go. Default: `monitoring`.
    pub destinations: BTreeMap<DestinationId, DestinationSettings>,
    /// The zone of this host's local time, in which attempts to deliver are recorded (1277-10). Default: Asia/Almaty.
    pub zone: Option<Zone>,
    /// For how long bodies are kept. Default: for ever.
    pub retention: Retention,
    /// How terms are reckoned, and when reports are made.
    pub terms: TermSettings,
    /// Who is told what is wrong.
    pub alarms: AlarmSettings,
    /// The providers, by their ids.
    pub providers: Profiles,
}

/// How the store is laid out.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct StoreLayout {
    /// MiB of a segment of the journal, preallocated, 1 to 2048.
    pub segment_mib: u64,
    /// MiB that the index may cache.
    pub cache_mib: u64,
}

impl Default for StoreLayout {
    fn default() -> Self {
        Self { segment_mib: 256, cache_mib: 64 }
    }
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration {path} cannot be read: {source}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file does not say what it should.
    #[error("the configuration {path} is wrong: {reason}")]
    Wrong {
        /// The file.
        path: String,
        /// What and where.
        reason: String,
    },
}

impl Config {
    /// What it says of evidence.
    #[must_use]
    pub fn evidence(&self) -> EvidenceSettings {
        EvidenceSettings {
            seal: self.seal.clone(),
            timestamp: self.timestamp.clone(),
            trust: self.trust.clone(),
            destinations: self.destinations.clone(),
        }
    }

    fn resolve(&mut self, folder: &Path) {
        self.adapters.resolve(folder);
        self.tls.resolve(folder);
        self.seal.resolve(folder);
        self.timestamp.resolve(folder);
        self.trust.resolve(folder);
        self.destinations.values_mut().for_each(|destination| destination.resolve(folder));
    }

    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read, has unknown keys, or values out of their range.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: name.clone(), source })?;
        let wrong = |reason: String| ConfigError::Wrong { path: name.clone(), reason };
        let mut config: Self = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        config.digest = Some(qadam_store::sha256(text.as_bytes()));
        config.providers.read_settings(path.parent().unwrap_or(Path::new(""))).map_err(wrong)?;
        let within = |what: &str, value: u64, least: u64, most: u64| {
            if (least..=most).contains(&value) {
                Ok(())
            } else {
                Err(wrong(format!("`{what}` is {value}; it must be {least} to {most}")))
            }
        };
        config.resolve(path.parent().unwrap_or(Path::new("")));
        config.tls.files().map_err(|why| wrong(format!("`tls`: {why}")))?;
        within("seal.events", config.seal.events as u64, 1, 10_000)?;
        let report_day = u64::try_from(config.terms.report_day).unwrap_or_default();
        within("terms.report-day", report_day, 1, TermSettings::LAST_DAY as u64)?;
        within("seal.bytes", config.seal.bytes as u64, 1, 8 << 20)?;
        within("timestamp.seconds", config.timestamp.seconds, 1, 300)?;
        for (name, destination) in &config.destinations {
            destination.check().map_err(|reason| wrong(format!("`destinations.{name}`: {reason}")))?;
        }
        within("store.segment-mib", config.store.segment_mib, 1, 2048)?;
        within("store.cache-mib", config.store.cache_mib, 1, 65536)?;
        within("pipeline.batch-records", config.pipeline.batch_records as u64, 1, 256)?;
        within("pipeline.suspend-after", u64::from(config.pipeline.suspend_after), 1, 1000)?;
        within("api.header-bytes", config.api.header_bytes as u64, 8192, 1 << 20)?;
        within("api.record-bytes", config.api.record_bytes as u64, 1, 32 << 20)?;
        within("api.body-bytes", config.api.body_bytes as u64, config.api.record_bytes as u64, 1 << 30)?;
        within("api.connections", config.api.connections as u64, 1, 1 << 20)?;
        within("api.write-seconds", config.api.write_seconds, 1, 3600)?;
        config.adapters.checked().map_err(wrong)?;
        within("adapters.compile.seconds", config.adapters.compile.seconds, 1, 3600)?;
        within("adapters.compile.memory-mib", config.adapters.compile.memory_mib, 256, 65536)?;
        for (provider, profile) in config.providers.iter() {
            if provider.is_host() {
                return Err(wrong(format!(
                    "`providers.{provider}`: in this name the host seals its reports; choose another"
                )));
            }
            profile
                .allowed(&config.adapters.limits)
                .map_err(|why| wrong(format!("`providers.{provider}.limits`: {why}")))?;
            profile.checked().map_err(|why| wrong(format!("`providers.{provider}`: {why}")))?;
            if profile.signatures.required && config.trust.roots.is_none() {
                return Err(wrong(format!(
                    "`providers.{provider}.signatures.required` needs `trust.roots`: without them no signature is valid"
                )));
            }
        }
        config.retention.checked().map_err(|why| wrong(format!("`retention`: {why}")))?;
        config.trust.checked().map_err(|why| wrong(format!("`trust`: {why}")))?;
        config.alarms.receiver().map_err(|error| wrong(format!("`alarms.webhook`: {error}")))?;
        within("alarms.disk-free-mib", config.alarms.disk_free_mib, 0, 1 << 40)?;
        within("api.streams", config.api.streams as u64, 0, 10_000)?;
        within("api.heartbeat-seconds", config.api.heartbeat_seconds, 1, 3600)?;
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, ConfigError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Config::read(file.path())
    }

    #[test]
    fn an_empty_file_gives_the_defaults() {
        let config = read("").unwrap();
        assert_eq!((config.store.segment_mib, config.api), (256, ApiLimits::default()));
    }

    #[test]
    fn a_setting_may_be_the_text_of_a_file_beside_the_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let (config, mapping) = (folder.path().join("qadam.toml"), folder.path().join("a.toml"));
        std::fs::write(&config, "[providers.a]\nsettings-from = { mapping = 'a.toml' }").unwrap();
        let error = Config::read(&config).unwrap_err().to_string();
        assert!(error.contains("`providers.a.settings-from.mapping`") && error.contains("a.toml"), "{error}");
        std::fs::write(&mapping, "format = 'csv'\n").unwrap();
        let read = Config::read(&config).unwrap();
        assert_eq!(read.providers.of(&"a".parse().unwrap()).settings.get("mapping").unwrap(), "format = 'csv'\n");
        std::fs::write(&config, "[providers.a]\nsettings = { mapping = '' }\nsettings-from = { mapping = 'a.toml' }")
            .unwrap();
        assert!(Config::read(&config).unwrap_err().to_string().contains("in `settings` too"));
    }

    #[test]
    fn a_wrong_key_or_value_is_named_with_its_place_or_range() {
        for (text, named) in [
            ("[store]\nsegment-mb = 1", "segment-mb"),
            ("[store]\nsegment-mib = 0", "1 to 2048"),
            ("[providers.permits]\nzone = 'Europe/Nowhere'", "Europe/Nowhere"),
            ("[providers.Permits]", "Permits"),
            ("[providers.qadam]", "seals its reports"),
            ("[alarms]\nwebhook = 'https://example.kz/'", "alarms.webhook"),
            ("[alarms]\nhook = 'x'", "hook"),
            ("[adapters]\nlimits = { memory-mib = 64 }", "memory-bytes"),
            ("[adapters]\nlimits = { tables = 9 }", "`adapters.limits`: `tables` is 9; the engine takes 1 to 8"),
            (
                "[providers.a]\nlimits = { batch-ms = 600001 }",
                "`providers.a.limits`: `batch-ms` is 600001; the engine takes 1 to 600000",
            ),
            (
                "[adapters]\nlimits = { batch-ms = 2000 }\n[providers.a]\nlimits = { batch-ms = 2001 }",
                "`providers.a.limits`: `batch-ms` is 2001, the ceiling in `adapters.limits` is 2000",
            ),
            ("[adapters]\ncompile = { seconds = 0 }", "`adapters.compile.seconds` is 0; it must be 1 to 3600"),
            ("[tls]\ncertificate = 'a.pem'", "no key"),
            ("[retention]\nevents-days = 30", "needs `messages-days`"),
            ("[retention]\nmessages-days = -1", "messages-days"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }
}
