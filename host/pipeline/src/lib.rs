//! What happens to a record, in this order: [`intake`] keeps it as it came and acknowledges; [`mapping`] gives it to the
//! provider's adapter, isolates what the adapter fails on, checks the events and commits them; [`sealing`] signs what was
//! recorded, message by message, and has it time-stamped.
//!
//! The clock is an argument ([`Clock`]); the daemon has the real one.

pub mod adapters;
pub mod commission;
pub mod export;
mod folder;
pub mod inspect;
pub mod intake;
mod judge;
pub mod loading;
pub mod mapping;
pub mod profile;
pub mod remap;
pub mod retention;
mod schedule;
pub mod sealing;
mod shelf;
pub mod signatures;
pub mod terms;
pub mod trial;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use jiff::Timestamp;
use qadam_domain::{Allowance, ProviderId, commission::Criteria};
use qadam_engine::{Engine, Registry};
use qadam_package::TrustStore;
use qadam_store::{Store, StoreError};

pub use crate::{
    adapters::{AdapterStatus, Earlier, Service},
    commission::{CandidateStatus, PilotReport, Piloter, Promotion, Provenance},
    intake::{IntakeError, NativeRecord, Receipt, Submission},
    loading::{LoadFailure, Order},
    mapping::Mapper,
    profile::{Profile, Profiles},
    retention::{Retainer, Retention},
    sealing::{SealLimits, SealPolicy, Sealer, Stamper, Stamping},
    shelf::{hand_over, private},
    signatures::{Rechecker, SignaturePolicy},
    terms::{Assessor, TermSettings, Terms},
};

/// What tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The pipeline's shared state.
pub struct Pipeline {
    store: Arc<Store>,
    engine: Engine,
    registry: Arc<Registry>,
    profiles: Profiles,
    clock: Clock,
    limits: PipelineLimits,
    schedule: Arc<schedule::Schedule>,
    service: RwLock<HashMap<ProviderId, adapters::Slot>>,
    shelf: shelf::Shelf,
    allow_unsigned: bool,
    trust: RwLock<Arc<TrustStore>>,
    criteria: Criteria,
    ceiling: Allowance,
    /// Held while what serves changes, so that shelf, journal and registry say the same.
    changing: Mutex<()>,
    intake: Arc<intake::Gauges>,
    progress: sealing::Progress,
    signatures: SignaturePolicy,
    /// Since when records wait for what tells of their signatures.
    asked: Mutex<HashMap<u64, Timestamp>>,
}

/// Where adapters are kept, and which may serve.
#[derive(Clone, Debug)]
pub struct AdapterPolicy {
    /// The host's own folder of components.
    pub shelf: PathBuf,
    /// Whether components that nobody signed may serve.
    pub allow_unsigned: bool,
    /// Whose packages may serve whom.
    pub trust: TrustStore,
    /// What promotion of a package asks for.
    pub criteria: Criteria,
    /// The most that any of them may use, and what they may where their profiles say nothing.
    pub limits: Allowance,
}

/// How much the pipeline takes on.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PipelineLimits {
    /// Records that may wait to be mapped, of all providers together, before intake answers that it is busy.
    pub waiting_records: u64,
    /// Entries that the index may lag behind the journal before intake answers that it is busy.
    pub index_lag: u64,
    /// Records of one batch, 1 to 256.
    pub batch_records: usize,
    /// Bytes of bodies in one batch, about.
    pub batch_bytes: usize,
    /// Records in a row on which an adapter may fail, and on no other between, before it is suspended.
    pub suspend_after: u32,
}

impl Default for PipelineLimits {
    fn default() -> Self {
        Self {
            waiting_records: 2_000_000,
            index_lag: 500_000,
            batch_records: 256,
            batch_bytes: 4 << 20,
            suspend_after: 5,
        }
    }
}

impl Pipeline {
    /// A pipeline over an open store.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn new(
        store: Arc<Store>,
        engine: Engine,
        profiles: Profiles,
        limits: PipelineLimits,
        adapters: AdapterPolicy,
        signatures: SignaturePolicy,
        clock: Clock,
    ) -> Result<Self, StoreError> {
        let waiting = store.waiting()?;
        let pipeline = Self {
            intake: Arc::new(intake::Gauges::starting_with(waiting.values().sum())),
            store,
            engine,
            registry: Arc::default(),
            profiles,
            clock,
            limits,
            schedule: Arc::default(),
            service: RwLock::default(),
            shelf: shelf::Shelf::in_folder(adapters.shelf),
            allow_unsigned: adapters.allow_unsigned,
            trust: RwLock::new(Arc::new(adapters.trust)),
            criteria: adapters.criteria,
            ceiling: adapters.limits,
            changing: Mutex::default(),
            progress: sealing::Progress::default(),
            signatures,
            asked: Mutex::default(),
        };
        for (provider, _) in waiting.into_iter().filter(|(_, waiting)| *waiting > 0) {
            pipeline.schedule.wake(provider);
        }
        Ok(pipeline)
    }

    /// The store below.
    #[must_use]
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// The configured providers.
    #[must_use]
    pub fn profiles(&self) -> &Profiles {
        &self.profiles
    }

    /// How much it takes on.
    #[must_use]
    pub const fn limits(&self) -> &PipelineLimits {
        &self.limits
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Lets the workers end after their current batch, without waiting for the index.
    pub fn close(&self) {
        self.schedule.close();
        self.engine.close();
        self.store.leave();
    }

    fn with_service<T>(&self, change: impl FnOnce(&mut HashMap<ProviderId, adapters::Slot>) -> T) -> T {
        change(&mut self.service.write().unwrap_or_else(PoisonError::into_inner))
    }
}

impl std::fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pipeline").field("limits", &self.limits).finish_non_exhaustive()
    }
}
