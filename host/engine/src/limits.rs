//! What an adapter may use. Every limit ends the batch with a named fault, never the host.

use std::time::Duration;

use crate::error::LoadError;

/// What one adapter may use, in one batch unless said otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Wall-clock time of a batch, instantiation included, waiting for a free place not. Rounded up to whole ticks of
    /// [`crate::EngineConfig::tick`]. Default 2 s.
    pub batch_time: Duration,
    /// Bytes of all linear memories of the instance together. Default 64 MiB.
    pub memory_bytes: u64,
    /// Elements of each table. Default 20,000.
    pub table_elements: usize,
    /// Core instances that the component is made of. Default 48 (a Rust guest has about three, Python about thirty).
    pub instances: usize,
    /// Linear memories. Default 4.
    pub memories: usize,
    /// Tables. Default 8.
    pub tables: usize,
    /// Bytes that the guest may hand to the host in one call: the answer of `map`, or one log line. Default 8 MiB.
    pub output_bytes: usize,
    /// Log lines of a batch; further ones are counted and dropped. Default 100.
    pub log_lines: u32,
    /// Characters of a log line; the rest is cut. Default 500.
    pub log_line_chars: usize,
    /// Bytes of the component. Default 64 MiB.
    pub component_bytes: usize,
    /// Functions of all modules of the component together: bounds the work of compiling. Default 200,000.
    pub functions: usize,
    /// Bytes of the largest function: some of the compiler's work grows faster than this. Default 1 MiB.
    pub function_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            batch_time: Duration::from_secs(2),
            memory_bytes: 64 << 20,
            table_elements: 20_000,
            instances: 48,
            memories: 4,
            tables: 8,
            output_bytes: 8 << 20,
            log_lines: 100,
            log_line_chars: 500,
            component_bytes: 64 << 20,
            functions: 200_000,
            function_bytes: 1 << 20,
        }
    }
}

/// Most core instances that any adapter can be allowed: the pool of instances is laid out for it.
pub(crate) const MOST_INSTANCES: u32 = 64;
/// Most memories, likewise.
pub(crate) const MOST_MEMORIES: u32 = 4;
/// Most tables, likewise.
pub(crate) const MOST_TABLES: u32 = 8;
/// Most elements of a table, likewise.
pub(crate) const MOST_TABLE_ELEMENTS: usize = 65_536;

impl Limits {
    /// Refuses limits that the pool of instances is not laid out for, so that they mean the same with and without it.
    pub(crate) fn check(&self) -> Result<(), LoadError> {
        for (what, actual, limit) in [
            ("limits.instances", self.instances, MOST_INSTANCES as usize),
            ("limits.memories", self.memories, MOST_MEMORIES as usize),
            ("limits.tables", self.tables, MOST_TABLES as usize),
            ("limits.table_elements", self.table_elements, MOST_TABLE_ELEMENTS),
        ] {
            within(what, actual, limit)?;
        }
        Ok(())
    }
}

/// Refuses what is larger than its limit.
pub(crate) const fn within(what: &'static str, actual: usize, limit: usize) -> Result<(), LoadError> {
    if actual > limit { Err(LoadError::TooLarge { what, limit, actual }) } else { Ok(()) }
}
