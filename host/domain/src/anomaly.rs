//! What is odd about an event. Real histories go back, repeat and arrive late; each oddity is named on the event, and
//! none refuses it (invariant 5).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An oddity of one event. The first five compare it with what was received before it and are fixed at receipt; the last
/// three follow from the whole history, whatever the order of receipt, and may come and go as the history grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Anomaly {
    /// Its stage is lower than that of the stage event of the request received before it.
    Backward,
    /// The request had the same native status before, under another key.
    Repeated,
    /// It occurred earlier than an event of the request received before it.
    OutOfOrder,
    /// It was received more than the provider's configured delay after it occurred.
    Late,
    /// Its source wrote an offset that the zone no longer used then ([`crate::Moment::is_stale`]).
    StaleZone,
    /// Activity that occurred after a closing that stands, with no reopening between.
    AfterClosing,
    /// A stage before the last that occurred earlier than the date of intake (field 5, not the first event).
    BeforeIntake,
    /// The event that gave the completion date (field 8), where that is earlier than the date of intake (field 5).
    CompletedBeforeIntake,
}

impl Anomaly {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Backward,
        Self::Repeated,
        Self::OutOfOrder,
        Self::Late,
        Self::StaleZone,
        Self::AfterClosing,
        Self::BeforeIntake,
        Self::CompletedBeforeIntake,
    ];

    /// The name used in the API and the journal, `after-closing`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Backward => "backward",
            Self::Repeated => "repeated",
            Self::OutOfOrder => "out-of-order",
            Self::Late => "late",
            Self::StaleZone => "stale-zone",
            Self::AfterClosing => "after-closing",
            Self::BeforeIntake => "before-intake",
            Self::CompletedBeforeIntake => "completed-before-intake",
        }
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// A set of anomalies. Written as a list of names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Anomalies(u16);

impl Anomalies {
    /// No anomaly.
    pub const NONE: Self = Self(0);

    /// Adds one.
    pub const fn insert(&mut self, anomaly: Anomaly) {
        self.0 |= anomaly.bit();
    }

    /// This set with one more, where the condition holds.
    #[must_use]
    pub const fn with(mut self, anomaly: Anomaly, holds: bool) -> Self {
        if holds {
            self.insert(anomaly);
        }
        self
    }

    /// Both sets together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it has that one.
    #[must_use]
    pub const fn contains(self, anomaly: Anomaly) -> bool {
        self.0 & anomaly.bit() != 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those in the set.
    pub fn iter(self) -> impl Iterator<Item = Anomaly> {
        Anomaly::ALL.into_iter().filter(move |anomaly| self.contains(*anomaly))
    }

    /// As a number, for an index that can be rebuilt.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// From that number.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits & 0xff)
    }
}

impl FromIterator<Anomaly> for Anomalies {
    fn from_iter<I: IntoIterator<Item = Anomaly>>(anomalies: I) -> Self {
        anomalies.into_iter().fold(Self::NONE, |set, anomaly| set.with(anomaly, true))
    }
}

impl fmt::Display for Anomalies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(Anomaly::name).collect();
        f.write_str(&names.join(", "))
    }
}

impl Serialize for Anomalies {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Anomaly::name))
    }
}

impl<'de> Deserialize<'de> for Anomalies {
    /// A name that this version does not know is left out: the journal of a later version stays readable.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        Ok(Anomaly::ALL.into_iter().filter(|anomaly| names.iter().any(|name| name == anomaly.name())).collect())
    }
}
