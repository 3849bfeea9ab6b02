//! Loading, rolling back and unloading while records flow. Whatever fails, what served before goes on serving; the batch
//! after the swap is the new adapter's. Each is an act in the journal, and what serves is there again after a restart.

use std::sync::{Arc, PoisonError};

use qadam_domain::{
    Allowance, ProviderId,
    commission::{OutOfOrder, Step},
};
use qadam_engine::{Adapter, Limits, LoadError};
use qadam_package::{Distrust, PackageError, golden::GoldenError, is_package};
use qadam_store::{AdapterFact, StoreError};

use crate::{
    Pipeline,
    adapters::AdapterStatus,
    commission::Provenance,
    judge::Standing,
    shelf::{self, Installed, Item},
};

/// Who wants it, and why.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// Id of a key, or `folder`.
    pub who: &'a str,
    /// The reason stated; may be empty.
    pub why: &'a str,
}

/// Who is named where the watched folder has a new file.
pub(crate) const FOLDER: &str = "folder";

/// Why an adapter does not serve. What served before still does.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadFailure {
    /// Nobody signed it, and this host takes signed ones only.
    #[error(
        "the component is not signed, and this host takes unsigned ones only where it is started with --allow-unsigned"
    )]
    Unsigned,
    /// The package is at fault.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// Its manifest promises another contract than its component keeps.
    #[error("the manifest says that the component keeps {said}; it keeps {keeps}")]
    Contract {
        /// What the manifest says.
        said: String,
        /// What the component's imports and exports say.
        keeps: String,
    },
    /// Its golden records cannot be read.
    #[error("golden records: {0}")]
    Golden(#[from] GoldenError),
    /// The package is whole, and not trusted.
    #[error(transparent)]
    Distrust(#[from] Distrust),
    /// It may not take that step from where it stands.
    #[error(transparent)]
    OutOfOrder(#[from] OutOfOrder),
    /// Promotion asks for more.
    #[error("not yet: {}; an operator may do it all the same and say why (--override)", .0.join("; "))]
    Unmet(Vec<String>),
    /// There is nothing on the test stand.
    #[error(
        "the provider `{0}` has no package on its test stand; load one: qadam adapter load --provider {0} FILE.qadam"
    )]
    NoCandidate(ProviderId),
    /// There is no pilot under way.
    #[error("the provider `{0}` has no pilot under way")]
    NoPilot(ProviderId),
    /// No such package.
    #[error("the package `{0}` is not known for this provider; see qadam adapter history")]
    NoPackage(String),
    /// Nothing to try it with.
    #[error("none of its golden records is mapped; there is nothing to load it with")]
    NothingToBench,
    /// The component is at fault.
    #[error(transparent)]
    Component(#[from] LoadError),
    /// There is none that could be brought back.
    #[error("the provider `{0}` has no earlier adapter to go back to")]
    NoEarlier(ProviderId),
    /// There is none in service.
    #[error("the provider `{0}` has no adapter in service")]
    NoneServes(ProviderId),
    /// The host's own folder did not take it, or did not give it. Try again when it does.
    #[error("the component is not to be had, or could not be kept: {0}")]
    Kept(#[from] std::io::Error),
    /// The journal did not take the act.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LoadFailure {
    /// Whether the fault is the host's own, so that the same component may serve at the next try.
    pub(crate) const fn passes(&self) -> bool {
        matches!(self, Self::Store(_) | Self::Kept(_) | Self::Component(LoadError::Compiler { .. }))
    }
}

impl Pipeline {
    /// Puts a component to work for a provider. The same component with the same settings as serve already changes
    /// nothing. Blocks, for compiling too.
    ///
    /// # Errors
    /// Why not; the one before goes on serving.
    pub fn load(
        &self,
        provider: &ProviderId,
        component: &[u8],
        order: Order<'_>,
    ) -> Result<AdapterStatus, LoadFailure> {
        if is_package(component) {
            return self.take_package(provider, component, order);
        }
        let adapter = self.compile(provider, component)?;
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.serves(provider, &adapter) {
            return Ok(self.adapter_of(provider));
        }
        let digest = shelf::name(adapter.component_digest());
        self.shelf.keep(&digest, component)?;
        let item = Item { component: digest.clone(), by: order.who.to_owned(), package: None };
        let mut installed = self.shelf.of(provider)?.with(item);
        if order.who == FOLDER {
            installed.folder = Some(digest);
        }
        self.relieved(provider, Step::Relieved, order)?;
        self.act(provider, "load-adapter", order)?;
        self.put(provider, adapter, order.who, Some(&installed), None)
    }

    /// Brings back the adapter before the one that serves, or the one that was unloaded.
    ///
    /// # Errors
    /// Why not; what serves goes on serving.
    pub fn rollback(&self, provider: &ProviderId, order: Order<'_>) -> Result<AdapterStatus, LoadFailure> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut installed = self.shelf.of(provider)?.rolled_back();
        let Some(current) = &mut installed.current else {
            return Err(LoadFailure::NoEarlier(provider.clone()));
        };
        order.who.clone_into(&mut current.by);
        // What the shelf names, and as if it were loaded now: its key may have been revoked since it last served, or what nobody
        // signed be taken no more. The code is in the cache.
        let (adapter, origin) = self.bring_back(provider, current)?;
        self.relieved(provider, Step::RolledBack, order)?;
        if let Some(provenance) = &origin {
            self.step(provider, provenance, Step::Restored, order)?;
        }
        self.act(provider, "rollback-adapter", order)?;
        self.put(provider, adapter, order.who, Some(&installed), origin)
    }

    /// Takes a provider's adapter out of service; its records wait.
    ///
    /// # Errors
    /// Why not; it goes on serving.
    pub fn unload(&self, provider: &ProviderId, order: Order<'_>) -> Result<AdapterStatus, LoadFailure> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.registry.get(provider).is_none() {
            return Err(LoadFailure::NoneServes(provider.clone()));
        }
        let installed = self.shelf.of(provider)?.unloaded();
        self.relieved(provider, Step::Relieved, order)?;
        self.act(provider, "unload-adapter", order)?;
        self.shelf.note(provider, &installed)?;
        self.with_service(|slots| {
            self.registry.unload(provider);
            let slot = slots.entry(provider.clone()).or_default();
            (slot.standing, slot.last_fault, slot.loaded_at, slot.loaded_by) = (Standing::default(), None, None, None);
            slot.provenance = None;
        });
        tracing::warn!(%provider, who = order.who, "the adapter is unloaded; records wait");
        Ok(self.adapter_of(provider))
    }

    /// Puts to work what served when the host stopped. Blocks. How many serve; what is wrong with one is noted at its
    /// provider.
    ///
    /// # Errors
    /// If the shelf cannot be read.
    pub fn restore(&self) -> std::io::Result<usize> {
        let mut restored = 0;
        for (provider, installed) in self.shelf.all()? {
            let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
            if self.registry.get(&provider).is_some() {
                continue;
            }
            // That there is nothing to go back to any more is no loss.
            if let Some(item) = &installed.previous {
                match self.bring_back(&provider, item) {
                    Ok((adapter, _)) => self.registry.keep(&provider, adapter),
                    Err(error) => tracing::warn!(%provider, %error, "there is no earlier adapter to go back to"),
                }
            }
            if let Some(id) = &installed.candidate
                && let Err(error) = self.restore_candidate(&provider, id)
            {
                tracing::error!(%provider, %error, "the package on the test stand is not there again");
            }
            let Some(item) = &installed.current else { continue };
            let put = self
                .bring_back(&provider, item)
                .and_then(|(adapter, origin)| self.put(&provider, adapter, &item.by, None, origin));
            match put {
                Ok(_) => restored += 1,
                Err(error) => self.failed_to_load(&provider, &error.to_string()),
            }
        }
        Ok(restored)
    }

    /// From bytes to an adapter that could serve.
    pub(crate) fn compile(&self, provider: &ProviderId, component: &[u8]) -> Result<Adapter, LoadFailure> {
        if !self.allow_unsigned {
            return Err(LoadFailure::Unsigned);
        }
        let settings = self.profiles.of(provider).settings.clone();
        let limits = Limits::of(&self.allowance_of(provider)).map_err(LoadError::from)?;
        Ok(self.engine.load(component, settings, limits)?)
    }

    /// What a provider's adapter may use, every limit of it: its profile's word within the operator's ceiling, where it says
    /// nothing the ceiling, and where that says nothing the engine's default.
    #[must_use]
    pub fn allowance_of(&self, provider: &ProviderId) -> Allowance {
        let stated = self.profiles.of(provider).limits.and(&self.ceiling);
        stated.iter().fold(Limits::default().allowance(), |all, (limit, value)| all.with(limit, value))
    }

    fn serves(&self, provider: &ProviderId, adapter: &Adapter) -> bool {
        self.registry.get(provider).is_some_and(|loaded| {
            loaded.adapter.component_digest() == adapter.component_digest()
                && loaded.adapter.settings_digest() == adapter.settings_digest()
        })
    }

    pub(crate) fn act(&self, provider: &ProviderId, what: &str, order: Order<'_>) -> Result<(), StoreError> {
        self.store.act(self.act_of(what, provider.to_string(), order.who, order.why, Vec::new()))
    }

    /// The swap, with all that must be durable before it.
    pub(crate) fn put(
        &self,
        provider: &ProviderId,
        adapter: Adapter,
        by: &str,
        installed: Option<&Installed>,
        origin: Option<Arc<Provenance>>,
    ) -> Result<AdapterStatus, LoadFailure> {
        let description = adapter.description().clone();
        let at = self.now();
        let fact = self.store.adapter(AdapterFact {
            provider: provider.clone(),
            at,
            name: description.name.clone(),
            version: description.version.clone(),
            contract: adapter.contract().to_owned(),
            component: *adapter.component_digest(),
            configuration: *adapter.settings_digest(),
        })?;
        if let Some(installed) = installed {
            self.shelf.note(provider, installed)?;
        }
        let signature = origin.as_ref().map_or_else(|| "none".to_owned(), |origin| origin.signature());
        let generation = self.with_service(|slots| {
            let generation = self.registry.load(provider, adapter);
            let slot = slots.entry(provider.clone()).or_default();
            (slot.generation, slot.fact, slot.standing) = (generation, fact, Standing::default());
            (slot.load_error, slot.last_fault, slot.failed) = (None, None, None);
            (slot.loaded_at, slot.loaded_by) = (Some(at), Some(by.to_owned()));
            slot.provenance = origin;
            generation
        });
        let (name, version) = (description.name, description.version);
        tracing::info!(%provider, generation, name, version, by, signature, "an adapter serves");
        self.schedule.wake(provider.clone());
        Ok(self.adapter_of(provider))
    }

    /// Notes at a provider why what should serve does not.
    pub(crate) fn failed_to_load(&self, provider: &ProviderId, reason: &str) {
        let (at, reason) = (self.now(), qadam_domain::mask::text(reason, 500));
        tracing::error!(%provider, reason, "an adapter is not put to work");
        self.with_service(|slots| slots.entry(provider.clone()).or_default().load_error = Some((at, reason)));
    }
}
