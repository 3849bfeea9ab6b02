//! What an adapter may use. Every limit ends the batch with a named fault, never the host.

use std::time::Duration;

use qadam_domain::{Allowance, Limit};

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
    /// Log lines of a batch, and ten times as many in ten seconds; further ones are counted and dropped. Default 100.
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

/// A limit that an engine cannot keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is {actual}; the engine takes {least} to {most}", limit.name())]
pub struct LimitError {
    /// Which.
    pub limit: Limit,
    /// What it is.
    pub actual: u64,
    /// The least that it may be.
    pub least: u64,
    /// The most that it may be.
    pub most: u64,
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
    /// What an allowance says, and the default where it says nothing.
    ///
    /// # Errors
    /// The first limit that no engine can keep.
    pub fn of(allowance: &Allowance) -> Result<Self, LimitError> {
        let mut limits = Self::default();
        for (limit, value) in allowance.iter() {
            limits.set(limit, value);
        }
        limits.check().map(|()| limits)
    }

    /// All of them, by their names.
    #[must_use]
    pub fn allowance(&self) -> Allowance {
        Limit::ALL.into_iter().map(|limit| (limit, self.get(limit))).collect()
    }

    /// What a limit may be: what the pool of instances is laid out for, so that limits mean the same with and without it,
    /// and what a host can be asked to bear.
    #[must_use]
    pub const fn range(limit: Limit) -> (u64, u64) {
        match limit {
            Limit::BatchMs => (1, 600_000),
            Limit::MemoryBytes => (1 << 16, 4 << 30),
            Limit::TableElements => (1, MOST_TABLE_ELEMENTS as u64),
            Limit::Instances => (1, MOST_INSTANCES as u64),
            Limit::Memories => (1, MOST_MEMORIES as u64),
            Limit::Tables => (1, MOST_TABLES as u64),
            Limit::OutputBytes => (1, 1 << 30),
            Limit::LogLines => (0, 10_000),
            Limit::LogLineChars => (1, 10_000),
            Limit::ComponentBytes => (1, 1 << 30),
            Limit::Functions => (1, 10_000_000),
            Limit::FunctionBytes => (1, 7 << 20),
        }
    }

    /// Refuses limits that no engine can keep.
    pub(crate) fn check(&self) -> Result<(), LimitError> {
        for limit in Limit::ALL {
            let (actual, (least, most)) = (self.get(limit), Self::range(limit));
            if !(least..=most).contains(&actual) {
                return Err(LimitError { limit, actual, least, most });
            }
        }
        Ok(())
    }

    fn get(&self, limit: Limit) -> u64 {
        match limit {
            Limit::BatchMs => u64::try_from(self.batch_time.as_millis()).unwrap_or(u64::MAX),
            Limit::MemoryBytes => self.memory_bytes,
            Limit::TableElements => self.table_elements as u64,
            Limit::Instances => self.instances as u64,
            Limit::Memories => self.memories as u64,
            Limit::Tables => self.tables as u64,
            Limit::OutputBytes => self.output_bytes as u64,
            Limit::LogLines => u64::from(self.log_lines),
            Limit::LogLineChars => self.log_line_chars as u64,
            Limit::ComponentBytes => self.component_bytes as u64,
            Limit::Functions => self.functions as u64,
            Limit::FunctionBytes => self.function_bytes as u64,
        }
    }

    fn set(&mut self, limit: Limit, value: u64) {
        let size = usize::try_from(value).unwrap_or(usize::MAX);
        match limit {
            Limit::BatchMs => self.batch_time = Duration::from_millis(value),
            Limit::MemoryBytes => self.memory_bytes = value,
            Limit::TableElements => self.table_elements = size,
            Limit::Instances => self.instances = size,
            Limit::Memories => self.memories = size,
            Limit::Tables => self.tables = size,
            Limit::OutputBytes => self.output_bytes = size,
            Limit::LogLines => self.log_lines = u32::try_from(value).unwrap_or(u32::MAX),
            Limit::LogLineChars => self.log_line_chars = size,
            Limit::ComponentBytes => self.component_bytes = size,
            Limit::Functions => self.functions = size,
            Limit::FunctionBytes => self.function_bytes = size,
        }
    }
}

/// Refuses what is larger than its limit.
pub(crate) const fn within(what: &'static str, actual: usize, limit: usize) -> Result<(), LoadError> {
    if actual > limit { Err(LoadError::TooLarge { what, limit, actual }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_is_what_the_allowance_says_and_its_default_where_it_says_nothing() {
        assert_eq!(Limits::of(&Allowance::default()), Ok(Limits::default()));
        for limit in Limit::ALL {
            let (least, most) = Limits::range(limit);
            let default = Limits::default().allowance();
            for value in [least, most] {
                let limits = Limits::of(&Allowance::default().with(limit, value)).unwrap();
                assert_eq!(limits.allowance(), default.clone().with(limit, value), "{}", limit.name());
            }
            let actual = most + 1;
            let error = Limits::of(&Allowance::default().with(limit, actual)).unwrap_err();
            assert_eq!(error, LimitError { limit, actual, least, most });
            assert!(error.to_string().contains(limit.name()), "{error}");
        }
    }
}
