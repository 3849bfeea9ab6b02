//! What moves a planned date by law. Each is an event of the request.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::EventRef;

/// What an event does to the term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moves {
    /// It stops running.
    Suspended,
    /// It runs again.
    Resumed,
    /// It ends then.
    Prolonged(Timestamp),
}

/// A standing event that moves the term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// When it occurred.
    pub at: Timestamp,
    /// The event.
    pub event: EventRef,
    /// What it does.
    pub moves: Moves,
    /// Whether it names a legal ground.
    pub grounded: bool,
}

/// Why a change has no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhyIgnored {
    /// The term was over when it occurred: what is missed is not mended.
    TermOver,
    /// It was suspended already.
    AlreadySuspended,
    /// It was not suspended.
    NotSuspended,
    /// It occurred before the request was taken.
    BeforeIntake,
}

/// A change without effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ignored {
    /// The event.
    pub event: EventRef,
    /// Why.
    pub why: WhyIgnored,
}
