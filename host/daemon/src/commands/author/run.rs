//! Runs golden records in the engine that the host has, under the same limits.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, PoisonError},
};

use qadam_engine::{Adapter, Engine, EngineConfig, Limits, LoadError};
use qadam_package::golden::Record;
use qadam_pipeline::trial;
pub(crate) use qadam_pipeline::trial::{Outcome, input};

use crate::cli::Failure;

/// What a batch gave: an outcome for each record, and the adapter's log lines.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) log: Vec<String>,
}

/// A component, loaded once for each set of settings.
pub(crate) struct Runner {
    engine: Engine,
    component: Vec<u8>,
    _compiled: tempfile::TempDir,
}

impl Runner {
    pub(crate) fn new(component: Vec<u8>) -> Result<Self, Failure> {
        let compiled = tempfile::Builder::new().prefix("qadam-adapter-").tempdir()?;
        let cache_dir = Some(compiled.path().join("compiled"));
        let engine = Engine::new(EngineConfig { cache_dir, instances: 1, ..EngineConfig::default() })?;
        Ok(Self { engine, component, _compiled: compiled })
    }

    /// The component with these settings. It is compiled once.
    pub(crate) fn adapter(&self, settings: &BTreeMap<String, String>) -> Result<Adapter, Failure> {
        self.engine.load(&self.component, settings.clone(), Limits::default()).map_err(|error| match error {
            LoadError::MissingSettings { .. } => {
                Failure::Failed(format!("{error}: write them into golden/settings.toml"))
            }
            error => error.into(),
        })
    }
}

/// Maps the records as one batch, and hears what the adapter logs.
pub(crate) fn map(adapter: &Adapter, records: &[Record]) -> Ran {
    let lines = Lines::default();
    let outcomes = lines.while_mapping(|| trial::map(adapter, records));
    Ran { outcomes, log: lines.take() }
}

/// The adapter's log lines, which the engine writes as events of `tracing`.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn while_mapping<T>(&self, map: impl FnOnce() -> T) -> T {
        let lines = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter("off,qadam::adapter=debug")
            .with_writer(move || lines.clone())
            .with_ansi(false)
            .with_target(false)
            .without_time()
            .finish();
        tracing::subscriber::with_default(subscriber, map)
    }

    fn take(&self) -> Vec<String> {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let text = String::from_utf8_lossy(&bytes).into_owned();
        text.lines()
            .map(|line| line.rsplit_once(" adapter=").map_or(line, |(line, _)| line).trim().to_owned())
            .collect()
    }
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
