//! The real host, opened in this process.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    time::{Duration, Instant},
};

use qadam::{
    config::Config,
    host::{Host, OPERATOR_KEY, Options},
};
use qadam_tests::components;

use crate::{
    Failure,
    client::{self, Load, Sent},
};

/// An open host.
pub(crate) struct Qadam {
    host: Host,
    key: String,
    maps: bool,
}

impl Qadam {
    /// On a fresh folder; with the permits adapter, put into a folder of its own, or without any.
    pub(crate) fn open(data: &Path, adapters: Option<&Path>) -> Result<Self, Failure> {
        if let Some(adapters) = adapters {
            std::fs::create_dir_all(adapters)?;
            std::fs::copy(components::permits(), adapters.join("permits.wasm"))?;
        }
        let options = Options {
            data: data.to_owned(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            adapters: adapters.map(Path::to_owned),
            allow_unsigned: true,
            compiler: None,
            // Without an adapter a provider must be configured for its records to be expected.
            config: toml_config()?,
        };
        let host = Host::open(&options)?;
        if let Some(adapters) = adapters {
            host.pipeline.scan(adapters)?;
            if host.pipeline.adapters().is_empty() {
                return Err("the adapter was not loaded".into());
            }
        }
        let key = std::fs::read_to_string(data.join(OPERATOR_KEY))?;
        Ok(Self { host, key, maps: adapters.is_some() })
    }

    pub(crate) fn router(&self) -> axum::Router {
        self.host.router()
    }

    /// The operator's key.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Waits until the index has followed and, with an adapter, every record is mapped.
    pub(crate) fn settle(&self) -> Result<(), Failure> {
        let store = self.host.pipeline.store();
        let start = Instant::now();
        loop {
            let health = store.health();
            let waiting: u64 = if self.maps { store.waiting()?.values().sum() } else { 0 };
            if health.applied >= health.entries && waiting == 0 {
                return Ok(());
            }
            if start.elapsed() > Duration::from_secs(300) {
                return Err(format!("{waiting} records are not mapped after 300 s: {health:?}").into());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Sends, and waits until the last record is mapped and can be read; the time includes that.
    pub(crate) fn sustained(&self, load: &Load) -> Result<Sent, Failure> {
        let start = Instant::now();
        let sent = client::drive(load)?;
        self.settle()?;
        Ok(Sent { time: start.elapsed(), ..sent })
    }
}

fn toml_config() -> Result<Config, Failure> {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), "[providers.permits]\n")?;
    Ok(Config::read(file.path())?)
}
