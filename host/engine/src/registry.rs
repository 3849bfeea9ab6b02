//! Which adapter serves which provider, swapped atomically while calls run.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use arc_swap::{ArcSwap, ArcSwapOption};
use qadam_domain::ProviderId;

use crate::adapter::Adapter;

/// The adapters that serve. Reading takes no lock; a swap is one atomic store. A batch in flight keeps its generation
/// through the [`Arc`] it got, and the old one is dropped when the last of them ends and nothing can roll back to it.
#[derive(Debug, Default)]
pub struct Registry {
    slots: ArcSwap<BTreeMap<ProviderId, Arc<Slot>>>,
    /// Held by whoever changes something, never by a reader.
    change: Mutex<()>,
}

/// One generation of a provider's adapter.
#[derive(Debug)]
#[non_exhaustive]
pub struct Loaded {
    /// Counts the swaps of this provider in this process, from 1.
    pub generation: u64,
    /// The adapter.
    pub adapter: Adapter,
}

/// What a provider has.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Listed {
    /// The provider.
    pub provider: ProviderId,
    /// What serves it; none after [`Registry::unload`].
    pub current: Option<Arc<Loaded>>,
    /// What [`Registry::rollback`] would take.
    pub previous: Option<Arc<Loaded>>,
}

#[derive(Debug, Default)]
struct Slot {
    current: ArcSwapOption<Loaded>,
    previous: ArcSwapOption<Loaded>,
}

impl Registry {
    /// Makes an adapter the one that serves a provider, from the next call of [`Self::get`] on. The one before is kept for
    /// [`Self::rollback`]. Returns the new generation.
    pub fn load(&self, provider: &ProviderId, adapter: Adapter) -> u64 {
        let _change = self.change();
        self.slot(provider).swap(Some(adapter))
    }

    /// What serves a provider now.
    #[must_use]
    pub fn get(&self, provider: &ProviderId) -> Option<Arc<Loaded>> {
        self.slots.load().get(provider)?.current.load_full()
    }

    /// Makes an adapter what [`Self::rollback`] would take, without ever serving: that of a provider whose adapters are
    /// brought back after a restart.
    pub fn keep(&self, provider: &ProviderId, adapter: Adapter) {
        let _change = self.change();
        self.slot(provider).previous.store(Some(Arc::new(Loaded { generation: 0, adapter })));
    }

    /// Forgets what [`Self::rollback`] would take.
    pub fn forget(&self, provider: &ProviderId) {
        let _change = self.change();
        self.slot(provider).previous.store(None);
    }

    /// What [`Self::rollback`] would take.
    #[must_use]
    pub fn previous(&self, provider: &ProviderId) -> Option<Arc<Loaded>> {
        self.slots.load().get(provider)?.previous.load_full()
    }

    /// Makes the adapter before the current one serve again, as a new generation, which is returned; a second call takes
    /// it back. After [`Self::unload`] it brings back what was unloaded. None where there is nothing to go back to.
    pub fn rollback(&self, provider: &ProviderId) -> Option<u64> {
        let _change = self.change();
        let slot = self.slots.load().get(provider).cloned()?;
        let previous = slot.previous.load_full()?;
        Some(slot.swap(Some(previous.adapter.clone())))
    }

    /// Takes a provider's adapter out of service; its records stay pending. Returns what served.
    pub fn unload(&self, provider: &ProviderId) -> Option<Arc<Loaded>> {
        let _change = self.change();
        let slot = self.slots.load().get(provider).cloned()?;
        let served = slot.current.load_full()?;
        slot.swap(None);
        Some(served)
    }

    /// What each provider has, in order of their ids.
    #[must_use]
    pub fn list(&self) -> Vec<Listed> {
        let listed = |(provider, slot): (&ProviderId, &Arc<Slot>)| Listed {
            provider: provider.clone(),
            current: slot.current.load_full(),
            previous: slot.previous.load_full(),
        };
        self.slots.load().iter().map(listed).collect()
    }

    fn slot(&self, provider: &ProviderId) -> Arc<Slot> {
        let slots = self.slots.load();
        if let Some(slot) = slots.get(provider) {
            return Arc::clone(slot);
        }
        let slot = Arc::<Slot>::default();
        let mut more = BTreeMap::clone(&slots);
        more.insert(provider.clone(), Arc::clone(&slot));
        self.slots.store(Arc::new(more));
        slot
    }

    fn change(&self) -> MutexGuard<'_, ()> {
        self.change.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    /// Puts an adapter in service, or none, and keeps the one before. Returns the generation
    /// of what is put in.
    fn swap(&self, adapter: Option<Adapter>) -> u64 {
        let (current, previous) = (self.current.load_full(), self.previous.load_full());
        let last = [&current, &previous].into_iter().flatten().map(|loaded| loaded.generation).max();
        let generation = last.unwrap_or(0) + 1;
        self.current.store(adapter.map(|adapter| Arc::new(Loaded { generation, adapter })));
        if current.is_some() {
            self.previous.store(current);
        }
        generation
    }
}
