//! What an adapter may use: what its manifest asks for, what its operator allows, and what both come to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One of the limits under which an adapter runs. The name says the unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// Milliseconds of a batch, by the clock on the wall.
    BatchMs,
    /// Bytes of all linear memories of an instance together.
    MemoryBytes,
    /// Elements of each table.
    TableElements,
    /// Core instances that the component is made of.
    Instances,
    /// Linear memories.
    Memories,
    /// Tables.
    Tables,
    /// Bytes that the guest may hand to the host in one call.
    OutputBytes,
    /// Log lines of a batch.
    LogLines,
    /// Characters of a log line.
    LogLineChars,
    /// Bytes of the component.
    ComponentBytes,
    /// Functions of all modules of the component together.
    Functions,
    /// Bytes of the largest function.
    FunctionBytes,
}

impl Limit {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::BatchMs,
        Self::MemoryBytes,
        Self::TableElements,
        Self::Instances,
        Self::Memories,
        Self::Tables,
        Self::OutputBytes,
        Self::LogLines,
        Self::LogLineChars,
        Self::ComponentBytes,
        Self::Functions,
        Self::FunctionBytes,
    ];

    /// The name in configurations and manifests, `memory-bytes`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BatchMs => "batch-ms",
            Self::MemoryBytes => "memory-bytes",
            Self::TableElements => "table-elements",
            Self::Instances => "instances",
            Self::Memories => "memories",
            Self::Tables => "tables",
            Self::OutputBytes => "output-bytes",
            Self::LogLines => "log-lines",
            Self::LogLineChars => "log-line-chars",
            Self::ComponentBytes => "component-bytes",
            Self::Functions => "functions",
            Self::FunctionBytes => "function-bytes",
        }
    }
}

/// Limits by name; what is absent is left to the other side, and in the end to the engine's default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Allowance(BTreeMap<Limit, u64>);

impl Allowance {
    /// What it says of one limit.
    #[must_use]
    pub fn get(&self, limit: Limit) -> Option<u64> {
        self.0.get(&limit).copied()
    }

    /// The same with one limit set.
    #[must_use]
    pub fn with(mut self, limit: Limit, value: u64) -> Self {
        self.0.insert(limit, value);
        self
    }

    /// What is said, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Limit, u64)> + '_ {
        self.0.iter().map(|(limit, value)| (*limit, *value))
    }

    /// Where both say something, the lower; else what one says.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut both = self.clone();
        for (limit, value) in other.iter() {
            both.0.entry(limit).and_modify(|mine| *mine = value.min(*mine)).or_insert(value);
        }
        both
    }

    /// The first limit that is above a ceiling, with what is wanted and what is the most.
    #[must_use]
    pub fn above(&self, ceiling: &Self) -> Option<(Limit, u64, u64)> {
        self.iter()
            .find_map(|(limit, value)| ceiling.get(limit).filter(|most| value > *most).map(|most| (limit, value, most)))
    }
}

impl FromIterator<(Limit, u64)> for Allowance {
    fn from_iter<T: IntoIterator<Item = (Limit, u64)>>(limits: T) -> Self {
        Self(limits.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_say_is_the_lower_and_what_one_says_stands() {
        let asked: Allowance = [(Limit::BatchMs, 5000), (Limit::Functions, 10)].into_iter().collect();
        let allowed: Allowance = [(Limit::BatchMs, 2000), (Limit::MemoryBytes, 7)].into_iter().collect();
        let both = [(Limit::BatchMs, 2000), (Limit::Functions, 10), (Limit::MemoryBytes, 7)].into_iter().collect();
        assert_eq!((asked.and(&allowed), allowed.and(&asked)), (both, asked.and(&allowed)));
        assert_eq!(asked.above(&allowed), Some((Limit::BatchMs, 5000, 2000)));
        assert_eq!(allowed.above(&asked), None);
    }

    #[test]
    fn names_are_those_of_the_file_and_an_unknown_one_is_refused() {
        for limit in Limit::ALL {
            assert_eq!(serde_json::to_value(limit).unwrap(), limit.name());
        }
        let error = toml::from_str::<Allowance>("memory = 1").unwrap_err().to_string();
        assert!(error.contains("memory-bytes"), "{error}");
    }
}
