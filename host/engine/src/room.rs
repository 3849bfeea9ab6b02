//! Where an adapter runs: a new instance within limits, for one call.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use wasmtime::Store;

use crate::{
    bindings::{Status, StatusPre},
    fault::AdapterFault,
    gate::Gate,
    guest::Guest,
    limits::Limits,
    quota::Quota,
    tried::LogLine,
};

/// A compiled component with what it needs to run.
pub(crate) struct Room {
    /// Shared by all adapters of one component.
    pub(crate) pre: Arc<StatusPre<Guest>>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) limits: Limits,
    pub(crate) ticks: u64,
    pub(crate) settings: Arc<BTreeMap<String, String>>,
    pub(crate) quota: Quota,
}

/// What a call gave and used.
pub(crate) struct Run<T> {
    pub(crate) value: T,
    pub(crate) spent: Duration,
    pub(crate) memory_peak: u64,
    pub(crate) log_lines_cut: u32,
}

/// A fault, and the last error that the adapter logged before it.
pub(crate) type Complained = (AdapterFault, Option<String>);

/// What is left of a call, whether it failed or not.
pub(crate) struct Kept {
    pub(crate) lines: Vec<LogLine>,
    pub(crate) memory_peak: u64,
    pub(crate) log_lines_cut: u32,
}

impl Room {
    /// Makes an instance, calls it once and drops it. The name stands in its log lines.
    pub(crate) fn run<T>(
        &self,
        name: &Arc<str>,
        call: impl FnOnce(&Status, &mut Store<Guest>) -> wasmtime::Result<T>,
    ) -> Result<Run<T>, AdapterFault> {
        self.run_and_keep(name, call).0.map_err(|(fault, _)| fault)
    }

    /// The same; where it fails, with the last error that the adapter logged.
    pub(crate) fn run_and_hear<T>(
        &self,
        name: &Arc<str>,
        call: impl FnOnce(&Status, &mut Store<Guest>) -> wasmtime::Result<T>,
    ) -> Result<Run<T>, Complained> {
        self.run_and_keep(name, call).0
    }

    /// The same, with all that it logged and the most memory that it had, whether it failed or not.
    pub(crate) fn run_and_keep<T>(
        &self,
        name: &Arc<str>,
        call: impl FnOnce(&Status, &mut Store<Guest>) -> wasmtime::Result<T>,
    ) -> (Result<Run<T>, Complained>, Kept) {
        // Declared before the store and so given back after it: the pool never has more instances than places.
        let _place = self.gate.enter();
        let began = Instant::now();
        let share = self.quota.share(self.limits.log_lines, began);
        let guest = Guest::new(Arc::clone(name), Arc::clone(&self.settings), &self.limits, share);
        let mut store = Store::new(self.pre.engine(), guest);
        store.limiter(|guest| &mut guest.budget);
        store.set_hostcall_fuel(self.limits.output_bytes);
        store.set_epoch_deadline(self.ticks);
        let instance = self.pre.instantiate(&mut store);
        let started = instance.is_ok();
        let result = instance.and_then(|adapter| call(&adapter, &mut store));
        let guest = store.data_mut();
        let (written, untold) = guest.log.close();
        self.quota.settle(written, untold);
        let (memory_peak, log_lines_cut) = (guest.budget.peak(), guest.log.cut);
        let kept = Kept { lines: std::mem::take(&mut guest.log.kept), memory_peak, log_lines_cut };
        let result = result.map_err(|error| {
            (AdapterFault::of(&error, started, &guest.budget, &self.limits), guest.log.complaint.clone())
        });
        drop(store);
        (result.map(|value| Run { value, spent: began.elapsed(), memory_peak, log_lines_cut }), kept)
    }
}
