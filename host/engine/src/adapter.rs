//! A loaded adapter and its call.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use qadam_domain::Refusal;

use crate::{
    CONTRACT,
    bindings::{mapping, types},
    convert::{self, NormalisedEvent},
    cpu::thread_time,
    digest::Digest,
    error::LoadError,
    fault::AdapterFault,
    limits::Limits,
    room::Room,
    usage::{Usage, Used},
};

/// An adapter, ready to map. Clones are the same adapter.
#[derive(Clone)]
pub struct Adapter(Arc<Inner>);

struct Inner {
    room: Room,
    name: Arc<str>,
    component: Digest,
    settings: Digest,
    description: Description,
    usage: Usage,
}

/// A record as received, borrowed for the call.
#[derive(Clone, Copy, Debug)]
pub struct NativeInput<'a> {
    /// The host's id of the record.
    pub id: &'a str,
    /// Media type that the sender stated.
    pub content_type: &'a str,
    /// When the host received it: the only clock that an adapter has.
    pub received_at: Timestamp,
    /// The bytes as received.
    pub body: &'a [u8],
}

/// What a batch gave.
#[derive(Debug)]
#[non_exhaustive]
pub struct Mapped {
    /// One outcome for each record, in the order of the records: its events, none or more, or why it is refused.
    pub outcomes: Vec<Result<Vec<NormalisedEvent>, Refusal>>,
    /// Wall-clock time of the batch, waiting for a free place not included.
    pub spent: Duration,
    /// Most bytes that its memories together held.
    pub memory_peak: u64,
    /// Log lines that were over the limit and dropped.
    pub log_lines_cut: u32,
}

/// What an adapter says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Description {
    /// Its name, `permits-xes`.
    pub name: String,
    /// Its own version, `0.1.0`.
    pub version: String,
    /// Media types that it reads.
    pub media_types: Vec<String>,
    /// The settings that it reads.
    pub settings: Vec<Setting>,
}

/// One setting that an adapter reads.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Setting {
    /// Its key, `service-name`.
    pub key: String,
    /// Whether the adapter can do nothing useful without it.
    pub required: bool,
    /// What it means, for the operator.
    pub about: String,
}

impl Adapter {
    /// SHA-256 of the component's bytes.
    #[must_use]
    pub fn component_digest(&self) -> &[u8; 32] {
        &self.0.component
    }

    /// SHA-256 of the settings in their canonical form: in order of the keys, each key and value after its length.
    #[must_use]
    pub fn settings_digest(&self) -> &[u8; 32] {
        &self.0.settings
    }

    /// The contract that it keeps, `qadam:adapter@0.1.0`.
    #[must_use]
    pub fn contract(&self) -> &str {
        CONTRACT
    }

    /// What it says it is.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.0.description
    }

    /// What it may use.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.room.limits
    }

    /// Maps a batch in a new instance, of which nothing is kept. Blocks the calling thread, first until a place is free
    /// and then for [`Limits::batch_time`] at most. An empty batch calls nothing.
    ///
    /// # Errors
    /// Any fault of the adapter, for the batch as a whole: no outcome of it stands. A batch of one record tells which record
    /// is the cause.
    pub fn map(&self, records: &[NativeInput<'_>]) -> Result<Mapped, AdapterFault> {
        if records.is_empty() {
            return Ok(Mapped { outcomes: vec![], spent: Duration::ZERO, memory_peak: 0, log_lines_cut: 0 });
        }
        let before = thread_time();
        let mapped = self.call(records);
        self.0.usage.note(thread_time().saturating_sub(before), mapped.as_ref());
        mapped
    }

    /// What its calls took, since it was loaded.
    #[must_use]
    pub fn used(&self) -> Used {
        self.0.usage.used()
    }

    pub(crate) fn room(&self) -> (&Room, &Arc<str>) {
        (&self.0.room, &self.0.name)
    }

    fn call(&self, records: &[NativeInput<'_>]) -> Result<Mapped, AdapterFault> {
        let batch = records.iter().map(convert::native).collect::<Vec<types::NativeRecord<'_>>>();
        let run =
            self.0.room.run(&self.0.name, |adapter, store| adapter.qadam_adapter_mapping().call_map(store, &batch))?;
        if run.value.len() != records.len() {
            return Err(AdapterFault::Length { expected: records.len(), actual: run.value.len() });
        }
        let outcomes = run.value.into_iter().enumerate().map(|(at, outcome)| convert::outcome(at, outcome));
        Ok(Mapped {
            outcomes: outcomes.collect::<Result<_, _>>()?,
            spent: run.spent,
            memory_peak: run.memory_peak,
            log_lines_cut: run.log_lines_cut,
        })
    }

    /// Asks a component what it is, once, and holds its answer against the settings.
    pub(crate) fn open(room: Room, component: Digest, settings: Digest) -> Result<Self, LoadError> {
        let digest = data_encoding::HEXLOWER.encode(component.get(..6).unwrap_or_default());
        let answer = room
            .run_and_hear(&Arc::from(digest), |adapter, store| adapter.qadam_adapter_mapping().call_describe(store))
            .map_err(|(fault, complaint)| match (fault, complaint) {
                // It said what is wrong before it ended itself.
                (AdapterFault::Trap { .. }, Some(complaint)) => LoadError::Complaint { complaint },
                (fault, _) => LoadError::Describe(fault),
            })
            .and_then(|run| Description::checked(run.value).map_err(LoadError::Describe))?;
        let required = answer.settings.iter().filter(|setting| setting.required);
        let missing = required.filter(|setting| !room.settings.contains_key(&setting.key));
        let keys = missing.map(|setting| setting.key.clone()).collect::<Vec<_>>();
        if !keys.is_empty() {
            return Err(LoadError::MissingSettings { keys });
        }
        for key in room.settings.keys().filter(|key| answer.settings.iter().all(|setting| setting.key != **key)) {
            tracing::warn!(adapter = answer.name, key, "the adapter does not name this setting");
        }
        let name = Arc::from(answer.name.as_str());
        Ok(Self(Arc::new(Inner { room, name, component, settings, description: answer, usage: Usage::default() })))
    }
}

impl std::fmt::Debug for Adapter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Description { name, version, .. } = self.description();
        f.debug_struct("Adapter").field("name", name).field("version", version).finish_non_exhaustive()
    }
}

impl Description {
    /// Longest name, version, key and media type, in bytes.
    const NAME_LIMIT: usize = 256;
    /// Longest explanation of a setting, in bytes.
    const ABOUT_LIMIT: usize = 4096;
    /// Most media types, and most settings.
    const LIST_LIMIT: usize = 256;

    fn checked(answer: mapping::Description) -> Result<Self, AdapterFault> {
        let setting = |mapping::Setting { key, required, about }| Setting { key, required, about };
        let settings = answer.settings.into_iter().map(setting).collect::<Vec<_>>();
        let media_types = answer.media_types;
        named("name", &answer.name)?;
        named("version", &answer.version)?;
        at_most("media-types", media_types.len(), Self::LIST_LIMIT)?;
        at_most("settings", settings.len(), Self::LIST_LIMIT)?;
        media_types.iter().try_for_each(|text| named("media-types", text))?;
        settings.iter().try_for_each(|setting| {
            named("settings.key", &setting.key)?;
            at_most("settings.about", setting.about.len(), Self::ABOUT_LIMIT)
        })?;
        Ok(Self { name: answer.name, version: answer.version, media_types, settings })
    }
}

fn named(field: &'static str, text: &str) -> Result<(), AdapterFault> {
    if text.is_empty() || text.chars().any(char::is_control) {
        let detail = "is empty or holds control characters; expected a short line".to_owned();
        return Err(AdapterFault::Contract { record: None, field, detail });
    }
    at_most(field, text.len(), Description::NAME_LIMIT)
}

fn at_most(field: &'static str, actual: usize, limit: usize) -> Result<(), AdapterFault> {
    let detail = || format!("has {actual}, the limit is {limit}");
    if actual > limit { Err(AdapterFault::Contract { record: None, field, detail: detail() }) } else { Ok(()) }
}
