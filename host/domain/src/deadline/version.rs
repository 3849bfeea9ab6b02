//! The versions of a planned date. A recomputation that gives another date adds one and says why; none is ever changed,
//! so that the report of any day can be made again.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Basis, DeadlineError, Planned, plan};
use crate::ids::EventRef;

/// Why there is another version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The first.
    Intake,
    /// Another time of intake.
    TakenAt,
    /// Events that suspend, resume or prolong.
    Events,
    /// The calendar is known to be another.
    Calendar,
    /// The passport is another, or another version of it.
    Passport,
}

/// One version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Version {
    /// From 1.
    pub number: u32,
    /// When it was computed.
    pub made_at: Timestamp,
    /// Why; several where several things changed between.
    pub causes: Vec<Cause>,
    /// When the request was taken.
    pub taken: Timestamp,
    /// The events that moved the term, the last that occurred last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventRef>,
    /// The date.
    pub planned: Planned,
}

/// All versions of a request's planned date, at least one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    first: Version,
    later: Vec<Version>,
}

impl Versions {
    /// The original, computed at intake.
    ///
    /// # Errors
    /// As [`plan`].
    pub fn first(basis: &Basis<'_>, made_at: Timestamp) -> Result<Self, DeadlineError> {
        let first = version(basis, made_at, 1, vec![Cause::Intake])?;
        Ok(Self { first, later: Vec::new() })
    }

    /// Computes again, and adds a version if the date is another. Says whether it did.
    ///
    /// # Errors
    /// As [`plan`]; then the versions are as they were.
    pub fn recompute(&mut self, basis: &Basis<'_>, made_at: Timestamp) -> Result<bool, DeadlineError> {
        let old = self.current();
        let mut new = version(basis, made_at, old.number.saturating_add(1), Vec::new())?;
        let same = (old.planned.due, old.planned.suspended_since) == (new.planned.due, new.planned.suspended_since);
        if same {
            return Ok(false);
        }
        let (before, after) = (&old.planned, &new.planned);
        let passport = (&before.passport, before.passport_version) != (&after.passport, after.passport_version);
        let mut causes = Vec::new();
        for (cause, holds) in [
            (Cause::TakenAt, old.taken != new.taken),
            (Cause::Events, old.events != new.events),
            (Cause::Passport, passport),
        ] {
            if holds {
                causes.push(cause);
            }
        }
        // Nothing else is left that a date follows from.
        if causes.is_empty() {
            causes.push(Cause::Calendar);
        }
        new.causes = causes;
        self.later.push(new);
        Ok(true)
    }

    /// The original.
    #[must_use]
    pub const fn original(&self) -> &Version {
        &self.first
    }

    /// The one in effect.
    #[must_use]
    pub fn current(&self) -> &Version {
        self.later.last().unwrap_or(&self.first)
    }

    /// The one that was in effect at an instant; none before the first was made.
    #[must_use]
    pub fn as_of(&self, at: Timestamp) -> Option<&Version> {
        self.all().take_while(|version| version.made_at <= at).last()
    }

    /// All of them, the original first.
    pub fn all(&self) -> impl Iterator<Item = &Version> {
        std::iter::once(&self.first).chain(&self.later)
    }
}

fn version(basis: &Basis<'_>, made_at: Timestamp, number: u32, causes: Vec<Cause>) -> Result<Version, DeadlineError> {
    let mut events: Vec<_> = basis.changes.iter().map(|change| (change.at, change.event)).collect();
    events.sort_unstable();
    let events = events.into_iter().map(|(_, event)| event).collect();
    Ok(Version { number, made_at, causes, taken: basis.taken, events, planned: plan(basis)? })
}
