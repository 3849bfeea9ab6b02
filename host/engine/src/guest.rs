//! The host's side of an instance: what it counts, and the two interfaces that an adapter is given.

use std::{collections::BTreeMap, sync::Arc};

use qadam_domain::mask;
use wasmtime::{
    ResourceLimiter, StoreContextMut,
    component::{Linker, WasmStr},
};

use crate::{bindings::Level, fault::AdapterFault, limits::Limits, quota::Share, tried::LogLine};

/// The data of a store: one instance, for one batch.
pub(crate) struct Guest {
    pub(crate) budget: Budget,
    pub(crate) log: Log,
    settings: Arc<BTreeMap<String, String>>,
}

impl Guest {
    pub(crate) fn new(name: Arc<str>, settings: Arc<BTreeMap<String, String>>, limits: &Limits, share: Share) -> Self {
        let (left, chars) = (share.lines, limits.log_line_chars);
        let log = Log { name, share, left, chars, cut: 0, complaint: None, kept: Vec::new() };
        Self { budget: Budget::new(limits), log, settings }
    }
}

/// Links `log` and `config`, and nothing else.
pub(crate) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    linker.instance("qadam:adapter/types@0.1.0")?;
    linker.instance("qadam:adapter/log@0.1.0")?.func_wrap(
        "write",
        |mut store: StoreContextMut<'_, Guest>, (level, message): (Level, WasmStr)| {
            if store.data_mut().log.admits() {
                let message = mask::text(&message.to_str(&store)?, store.data().log.chars);
                store.data_mut().log.write(level, message);
            }
            Ok(())
        },
    )?;
    linker.instance("qadam:adapter/config@0.1.0")?.func_wrap(
        "get",
        |store: StoreContextMut<'_, Guest>, (key,): (WasmStr,)| {
            let key = key.to_str(&store)?;
            Ok((store.data().settings.get(key.as_ref()).cloned(),))
        },
    )?;
    Ok(())
}

/// The log lines of a batch.
pub(crate) struct Log {
    name: Arc<str>,
    share: Share,
    left: u32,
    chars: usize,
    /// Lines that were dropped.
    pub(crate) cut: u32,
    /// The last line of the level `error`, masked.
    pub(crate) complaint: Option<String>,
    /// All of them, masked; as many as the limits let through.
    pub(crate) kept: Vec<LogLine>,
}

impl Log {
    const fn admits(&mut self) -> bool {
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None => {
                self.cut = self.cut.saturating_add(1);
                return false;
            }
        }
        true
    }

    fn write(&mut self, level: Level, message: String) {
        self.kept.push(LogLine { level: name_of(level), message: message.clone() });
        let adapter = self.name.as_ref();
        match level {
            Level::Debug => tracing::debug!(target: "qadam::adapter", adapter, "{message}"),
            Level::Info => tracing::info!(target: "qadam::adapter", adapter, "{message}"),
            Level::Warn => tracing::warn!(target: "qadam::adapter", adapter, "{message}"),
            Level::Error => {
                tracing::error!(target: "qadam::adapter", adapter, "{message}");
                self.complaint = Some(message);
            }
        }
    }

    /// Says how many lines were dropped, if any. How many were written, and how many dropped ones are left to be told of: a
    /// batch that may write nothing does not even do that.
    pub(crate) fn close(&self) -> (u32, u32) {
        let cut = self.cut.saturating_add(self.share.untold);
        if self.share.lines == 0 {
            return (0, cut);
        }
        if cut > 0 {
            tracing::warn!(target: "qadam::adapter", adapter = self.name.as_ref(), cut, "log lines cut");
        }
        (self.share.lines.saturating_sub(self.left), 0)
    }
}

const fn name_of(level: Level) -> &'static str {
    match level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    }
}

/// What the runtime asks before it gives an instance memory, tables or parts.
pub(crate) struct Budget {
    memory_bytes: u64,
    table_elements: usize,
    instances: usize,
    tables: usize,
    memories: usize,
    used: u64,
    peak: u64,
    last: u64,
    denied: Option<AdapterFault>,
}

impl Budget {
    const fn new(limits: &Limits) -> Self {
        Self {
            memory_bytes: limits.memory_bytes,
            table_elements: limits.table_elements,
            instances: limits.instances,
            tables: limits.tables,
            memories: limits.memories,
            used: 0,
            peak: 0,
            last: 0,
            denied: None,
        }
    }

    /// Most bytes of all memories together so far.
    pub(crate) const fn peak(&self) -> u64 {
        self.peak
    }

    /// The first thing that was denied, as the fault that it becomes should the call fail.
    pub(crate) fn denied(&self) -> Option<AdapterFault> {
        self.denied.clone()
    }
}

impl ResourceLimiter for Budget {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let more = (desired as u64).saturating_sub(current as u64);
        let wanted = self.used.saturating_add(more);
        if wanted > self.memory_bytes {
            self.denied.get_or_insert(AdapterFault::Memory { limit: self.memory_bytes, wanted });
            self.last = 0;
            return Ok(false);
        }
        self.used = wanted;
        self.last = more;
        self.peak = self.peak.max(wanted);
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.used = self.used.saturating_sub(std::mem::take(&mut self.last));
        Ok(())
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired > self.table_elements {
            self.denied.get_or_insert(AdapterFault::Table { limit: self.table_elements, wanted: desired });
            return Ok(false);
        }
        Ok(true)
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.tables
    }

    fn memories(&self) -> usize {
        self.memories
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_are_counted_together_and_a_failed_growth_is_given_back() {
        let mut budget = Budget::new(&Limits { memory_bytes: 300, ..Limits::default() });
        assert!(budget.memory_growing(0, 100, None).unwrap(), "the first memory");
        assert!(budget.memory_growing(0, 100, None).unwrap(), "a second one");
        assert!(budget.memory_growing(100, 200, None).unwrap());
        budget.memory_grow_failed(wasmtime::format_err!("no room")).unwrap();
        assert!(budget.memory_growing(100, 200, None).unwrap(), "what failed was not counted");
        assert!(budget.denied().is_none());
        assert!(!budget.memory_growing(200, 201, None).unwrap());
        budget.memory_grow_failed(wasmtime::format_err!("denied")).unwrap();
        assert!(!budget.memory_growing(0, 1, None).unwrap(), "what was denied gives nothing back");
        assert_eq!(budget.denied(), Some(AdapterFault::Memory { limit: 300, wanted: 301 }));
        assert_eq!(budget.peak(), 300);
    }
}
