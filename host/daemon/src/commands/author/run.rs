//! Runs golden records in the engine that the host has, under the same limits.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use qadam_domain::{
    Event, Refusal,
    validate::{Policy, Rejection, ValidatedEvent},
};
use qadam_engine::{Adapter, AdapterFault, Engine, EngineConfig, Limits, LoadError, NativeInput};

use super::golden::Record;
use crate::cli::Failure;

/// What became of one record.
#[derive(Debug)]
pub(crate) enum Outcome {
    Mapped(Vec<Event>),
    Refused(Refusal),
    Fault(AdapterFault),
}

/// What a batch gave: an outcome for each record, and the adapter's log lines.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) log: Vec<String>,
}

/// When every golden record was received: the only clock that an adapter has must not differ from run to run.
const RECEIVED_AT: Timestamp = Timestamp::constant(1_767_225_600, 0); // 2026-01-01T00:00:00Z

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

/// Maps the records as one batch. If the adapter fails on it, each record is mapped alone, as the host does.
pub(crate) fn map(adapter: &Adapter, records: &[Record]) -> Ran {
    let lines = Lines::default();
    let inputs: Vec<NativeInput<'_>> = records.iter().map(input).collect();
    let outcomes = lines.while_mapping(|| match adapter.map(&inputs) {
        Ok(mapped) => mapped.outcomes.into_iter().map(checked).collect(),
        Err(fault) if inputs.len() == 1 => vec![Outcome::Fault(fault)],
        Err(_) => inputs.iter().map(|input| alone(adapter, input)).collect(),
    });
    Ran { outcomes, log: lines.take() }
}

/// A golden record as the host would hand it over.
pub(crate) fn input(record: &Record) -> NativeInput<'_> {
    NativeInput { id: &record.place, content_type: record.content_type, received_at: RECEIVED_AT, body: &record.body }
}

fn alone(adapter: &Adapter, input: &NativeInput<'_>) -> Outcome {
    match adapter.map(std::slice::from_ref(input)) {
        Ok(mapped) => mapped.outcomes.into_iter().next().map_or(Outcome::Mapped(vec![]), checked),
        Err(fault) => Outcome::Fault(fault),
    }
}

/// The checks that the host makes on what an adapter gives.
fn checked(outcome: Result<Vec<qadam_engine::NormalisedEvent>, Refusal>) -> Outcome {
    let events = match outcome {
        Ok(events) => events,
        Err(refusal) => return Outcome::Refused(refusal),
    };
    let mut checked = Vec::new();
    for event in events {
        match ValidatedEvent::check(event.into_event(), &Policy::default()) {
            Ok(event) => checked.push(event.into_event()),
            Err(Rejection::Refused(refusal)) => return Outcome::Refused(refusal),
            Err(Rejection::Breach(breach)) => {
                let fault = AdapterFault::Contract { record: None, field: "event", detail: breach.to_string() };
                return Outcome::Fault(fault);
            }
        }
    }
    Outcome::Mapped(checked)
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
