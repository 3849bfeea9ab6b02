//! The adapters in service: a folder is scanned, what is new or changed is loaded, and each provider's adapter has a state
//! that operators see. A file that cannot be loaded leaves the one before serving.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use jiff::Timestamp;
use qadam_domain::ProviderId;
use qadam_engine::{AdapterFault, Limits, Loaded};
use qadam_store::{Act, AdapterFact, StoreError};

use crate::{Pipeline, judge::Standing};

/// A provider's adapter, as the pipeline keeps it.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    /// The journal's entry of each generation that is in use.
    facts: BTreeMap<u64, u64>,
    standing: Standing,
    generation: u64,
    last_fault: Option<(Timestamp, String)>,
    load_error: Option<String>,
    /// What the loaded file was, so that it is loaded once.
    seen: Option<(PathBuf, SystemTime, u64)>,
    loaded_at: Option<Timestamp>,
}

/// Whether a provider's records are being mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// No adapter: records wait.
    Absent,
    /// Records are mapped.
    Serving,
    /// The adapter fails on what there is; it is tried again.
    Failing,
    /// The adapter failed too often; records wait for another, or for an operator.
    Suspended,
}

impl Service {
    /// The name used in the API, `suspended`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Serving => "serving",
            Self::Failing => "failing",
            Self::Suspended => "suspended",
        }
    }
}

/// An adapter, as operators see it.
#[derive(Clone, Debug)]
pub struct AdapterStatus {
    /// Whose records it maps.
    pub provider: ProviderId,
    /// Whether it does.
    pub service: Service,
    /// Counts the swaps in this process.
    pub generation: u64,
    /// Its own name.
    pub name: Option<String>,
    /// Its own version.
    pub version: Option<String>,
    /// SHA-256 of the component.
    pub component: Option<[u8; 32]>,
    /// SHA-256 of its settings.
    pub configuration: Option<[u8; 32]>,
    /// When it was loaded.
    pub loaded_at: Option<Timestamp>,
    /// Its last fault, masked, and when.
    pub last_fault: Option<(Timestamp, String)>,
    /// Why the file in the folder is not in service, if it is not.
    pub load_error: Option<String>,
}

impl Pipeline {
    /// Takes note of the adapters that a folder has, without loading them: their providers are expected from now on.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn discover(&self, folder: &Path) -> std::io::Result<BTreeMap<ProviderId, PathBuf>> {
        let mut files: BTreeMap<ProviderId, PathBuf> = BTreeMap::new();
        let mut claimed = Vec::new();
        for (provider, profile) in self.profiles.iter() {
            let file = profile.adapter.clone().unwrap_or_else(|| format!("{provider}.wasm"));
            claimed.push(file.clone());
            files.insert(provider.clone(), folder.join(file));
        }
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let provider = name.strip_suffix(".wasm").and_then(|stem| stem.parse::<ProviderId>().ok());
            if let Some(provider) = provider.filter(|_| !claimed.iter().any(|claimed| claimed == name)) {
                files.entry(provider).or_insert(path);
            }
        }
        files.retain(|_, path| path.is_file());
        self.with_service(|slots| {
            for provider in files.keys() {
                slots.entry(provider.clone()).or_default();
            }
        });
        Ok(files)
    }

    /// Loads what is new or changed in a folder. Blocks, for compiling too. How many adapters were put to work.
    ///
    /// # Errors
    /// If the folder cannot be read. What is wrong with one file is noted at its provider.
    pub fn scan(&self, folder: &Path) -> std::io::Result<usize> {
        let files = self.discover(folder)?;
        let mut loaded = 0;
        for (provider, path) in files {
            let Ok(metadata) = std::fs::metadata(&path) else { continue };
            let seen = (path.clone(), metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH), metadata.len());
            let same = self.with_service(|slots| {
                let slot = slots.entry(provider.clone()).or_default();
                slot.seen.replace(seen.clone()) == Some(seen)
            });
            if same {
                continue;
            }
            match std::fs::read(&path).map_err(|error| error.to_string()).and_then(|bytes| self.load(&provider, &bytes))
            {
                Ok(()) => loaded += 1,
                Err(reason) => {
                    tracing::error!(%provider, file = %path.display(), reason, "an adapter is not put to work");
                    self.with_service(|slots| slots.entry(provider).or_default().load_error = Some(reason));
                }
            }
        }
        Ok(loaded)
    }

    /// Puts a component to work for a provider; the one before serves until then.
    ///
    /// # Errors
    /// Why not; the one before goes on serving.
    pub fn load(&self, provider: &ProviderId, component: &[u8]) -> Result<(), String> {
        let profile = self.profiles.of(provider);
        let adapter = self
            .engine
            .load(component, profile.settings.clone(), Limits::default())
            .map_err(|error| error.to_string())?;
        let description = adapter.description().clone();
        let fact = AdapterFact {
            provider: provider.clone(),
            at: self.now(),
            name: description.name.clone(),
            version: description.version.clone(),
            contract: adapter.contract().to_owned(),
            component: *adapter.component_digest(),
            configuration: *adapter.settings_digest(),
        };
        let fact = self.store.adapter(fact).map_err(|error| error.to_string())?;
        let at = self.now();
        let generation = self.with_service(|slots| {
            let generation = self.registry.load(provider, adapter);
            let slot = slots.entry(provider.clone()).or_default();
            slot.facts.insert(generation, fact);
            slot.generation = generation;
            slot.standing = Standing::default();
            slot.load_error = None;
            slot.last_fault = None;
            slot.loaded_at = Some(at);
            generation
        });
        tracing::info!(%provider, generation, name = description.name, version = description.version, "an adapter serves");
        self.schedule.wake(provider.clone());
        Ok(())
    }

    /// What serves a provider, the journal's entry of it, and what is known of it.
    pub(crate) fn serving(&self, provider: &ProviderId) -> Option<(Arc<Loaded>, u64, Standing)> {
        self.with_service(|slots| {
            let loaded = self.registry.get(provider)?;
            let slot = slots.get(provider)?;
            let fact = *slot.facts.get(&loaded.generation)?;
            Some((loaded, fact, slot.standing))
        })
    }

    /// Keeps what a turn has shown, unless another generation serves by now.
    pub(crate) fn note(
        &self,
        provider: &ProviderId,
        generation: u64,
        standing: Standing,
        fault: Option<&AdapterFault>,
    ) {
        let at = self.now();
        self.with_service(|slots| {
            let Some(slot) = slots.get_mut(provider).filter(|slot| slot.generation == generation) else { return };
            if standing.suspended && !slot.standing.suspended {
                tracing::error!(%provider, generation, "the adapter is suspended after repeated faults; its records wait");
            }
            slot.standing = standing;
            if let Some(fault) = fault {
                slot.last_fault = Some((at, qadam_domain::mask::text(&fault.to_string(), 500)));
            }
        });
    }

    /// Lets a suspended adapter work again, in spite of its faults. Recorded as an act.
    ///
    /// # Errors
    /// If the act could not be recorded.
    pub fn resume(&self, provider: &ProviderId, who: &str, why: &str) -> Result<bool, StoreError> {
        let known = self.with_service(|slots| slots.contains_key(provider));
        if !known {
            return Ok(false);
        }
        self.store.act(self.act_of("resume-adapter", provider.to_string(), who, why, Vec::new()))?;
        self.with_service(|slots| {
            if let Some(slot) = slots.get_mut(provider) {
                slot.standing.resume();
            }
        });
        self.schedule.wake(provider.clone());
        Ok(true)
    }

    /// Maps records again with what serves now: quarantined ones, or any. Recorded as an act.
    ///
    /// # Errors
    /// If the act could not be recorded.
    pub fn remap(&self, mut records: Vec<(ProviderId, u64)>, who: &str, why: &str) -> Result<(), StoreError> {
        records.sort();
        records.dedup();
        let mut providers: Vec<ProviderId> = records.iter().map(|(provider, _)| provider.clone()).collect();
        providers.sort();
        providers.dedup();
        let count = records.len();
        self.store.act(self.act_of("remap", format!("{count} records"), who, why, records))?;
        self.intake.added(count as u64);
        for provider in providers {
            self.schedule.wake(provider);
        }
        Ok(())
    }

    fn act_of(&self, what: &str, subject: String, who: &str, why: &str, remap: Vec<(ProviderId, u64)>) -> Act {
        let (what, who, why) = (what.to_owned(), who.to_owned(), qadam_domain::mask::text(why, 500));
        Act { what, subject, who, why, at: self.now(), remap }
    }

    /// Whether a provider has an adapter, in service or not.
    #[must_use]
    pub fn has_adapter(&self, provider: &ProviderId) -> bool {
        self.with_service(|slots| slots.contains_key(provider))
    }

    /// All adapters, in the order of their providers.
    #[must_use]
    pub fn adapters(&self) -> Vec<AdapterStatus> {
        let mut listed = self
            .with_service(|slots| slots.iter().map(|(provider, slot)| self.status(provider, slot)).collect::<Vec<_>>());
        listed.sort_by(|a, b| a.provider.cmp(&b.provider));
        listed
    }

    fn status(&self, provider: &ProviderId, slot: &Slot) -> AdapterStatus {
        let loaded = self.registry.get(provider);
        let description = loaded.as_ref().map(|loaded| loaded.adapter.description());
        let service = match &loaded {
            None => Service::Absent,
            Some(_) if slot.standing.suspended => Service::Suspended,
            Some(_) if slot.standing.attempts > 0 => Service::Failing,
            Some(_) => Service::Serving,
        };
        AdapterStatus {
            provider: provider.clone(),
            service,
            generation: slot.generation,
            name: description.map(|d| d.name.clone()),
            version: description.map(|d| d.version.clone()),
            component: loaded.as_ref().map(|loaded| *loaded.adapter.component_digest()),
            configuration: loaded.as_ref().map(|loaded| *loaded.adapter.settings_digest()),
            loaded_at: slot.loaded_at,
            last_fault: slot.last_fault.clone(),
            load_error: slot.load_error.clone(),
        }
    }
}
