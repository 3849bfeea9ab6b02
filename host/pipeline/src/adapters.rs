//! The adapters in service: each provider's adapter has a state that operators see.

use std::sync::Arc;

use jiff::Timestamp;
use qadam_domain::{Allowance, ProviderId, RecordId};
use qadam_engine::{AdapterFault, Loaded};
use qadam_store::{Act, StoreError};

use crate::{
    Pipeline,
    commission::{Candidate, CandidateStatus, Provenance},
    folder::Version,
    inspect::Failed,
    judge::Standing,
};

/// A provider's adapter, as the pipeline keeps it.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    pub(crate) generation: u64,
    /// The journal's entry of the generation that serves.
    pub(crate) fact: u64,
    pub(crate) standing: Standing,
    pub(crate) last_fault: Option<(Timestamp, String)>,
    /// The same with where in the code, and on which record.
    pub(crate) failed: Option<Failed>,
    pub(crate) load_error: Option<(Timestamp, String)>,
    pub(crate) loaded_at: Option<Timestamp>,
    pub(crate) loaded_by: Option<String>,
    /// Where what serves came from; none where nobody signed it.
    pub(crate) provenance: Option<Arc<Provenance>>,
    /// What is on the test stand.
    pub(crate) candidate: Option<Candidate>,
    /// What the file in the watched folder was when it was last looked into.
    pub(crate) seen: Option<Version>,
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
    /// The limits in force.
    pub limits: Option<Allowance>,
    /// When it was loaded.
    pub loaded_at: Option<Timestamp>,
    /// Who loaded it: id of a key, or `folder`.
    pub loaded_by: Option<String>,
    /// The package that what serves came in; none where nobody signed it, and it was not commissioned.
    pub provenance: Option<Arc<Provenance>>,
    /// Why that package is not trusted any more.
    pub distrusted: Option<String>,
    /// The package on the test stand or in the pilot.
    pub candidate: Option<CandidateStatus>,
    /// What a rollback would bring back.
    pub previous: Option<Earlier>,
    /// Its last fault, masked, and when.
    pub last_fault: Option<(Timestamp, String)>,
    /// Since when and why what should serve does not: a file of the watched folder, or what served before a restart.
    pub load_error: Option<(Timestamp, String)>,
}

/// The adapter before the one that serves.
#[derive(Clone, Debug)]
pub struct Earlier {
    /// Its own name.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// SHA-256 of the component.
    pub component: [u8; 32],
}

impl Pipeline {
    /// What serves a provider, the journal's entry of it, and what is known of it.
    pub(crate) fn serving(&self, provider: &ProviderId) -> Option<(Arc<Loaded>, u64, Standing)> {
        self.with_service(|slots| {
            let loaded = self.registry.get(provider)?;
            let slot = slots.get(provider).filter(|slot| slot.generation == loaded.generation)?;
            Some((loaded, slot.fact, slot.standing))
        })
    }

    /// Keeps what a turn has shown, unless another generation serves by now.
    pub(crate) fn note(
        &self,
        provider: &ProviderId,
        generation: u64,
        standing: Standing,
        fault: Option<(&AdapterFault, Option<RecordId>)>,
    ) {
        let at = self.now();
        self.with_service(|slots| {
            let Some(slot) = slots.get_mut(provider).filter(|slot| slot.generation == generation) else { return };
            if standing.suspended && !slot.standing.suspended {
                tracing::error!(%provider, generation, "the adapter is suspended after repeated faults; its records wait");
            }
            slot.standing = standing;
            if let Some((fault, record)) = fault {
                slot.failed = Some(Failed::of(fault, record, at));
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

    pub(crate) fn act_of(
        &self,
        what: &str,
        subject: String,
        who: &str,
        why: &str,
        remap: Vec<(ProviderId, u64)>,
    ) -> Act {
        let (what, who, why) = (what.to_owned(), who.to_owned(), qadam_domain::mask::text(why, 500));
        Act { what, subject, about: Vec::new(), who, why, at: self.now(), remap, queue: None }
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

    /// The adapter of a provider.
    #[must_use]
    pub fn adapter_of(&self, provider: &ProviderId) -> AdapterStatus {
        self.with_service(|slots| self.status(provider, slots.entry(provider.clone()).or_default()))
    }

    fn status(&self, provider: &ProviderId, slot: &Slot) -> AdapterStatus {
        let loaded = self.registry.get(provider);
        let previous = self.registry.previous(provider);
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
            limits: loaded.as_ref().map(|loaded| loaded.adapter.limits().allowance()),
            loaded_at: slot.loaded_at,
            loaded_by: slot.loaded_by.clone(),
            provenance: slot.provenance.clone(),
            distrusted: slot
                .provenance
                .as_ref()
                .and_then(|served| self.distrusted(provider, served))
                .map(|distrust| distrust.to_string()),
            candidate: self.candidate_status(slot),
            previous: previous.map(|previous| Earlier {
                name: previous.adapter.description().name.clone(),
                version: previous.adapter.description().version.clone(),
                component: *previous.adapter.component_digest(),
            }),
            last_fault: slot.last_fault.clone(),
            load_error: slot.load_error.clone(),
        }
    }
}
