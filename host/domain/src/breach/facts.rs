//! The facts that a verdict is found from. The store and the delivery know them; here is only what is needed of them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Citation;
use crate::{deadline::Allotted, fields::Channel, ids::EventRef, stage::Stage};

/// A standing stage event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The event.
    pub event: EventRef,
    /// The stage it reports.
    pub stage: Stage,
    /// When it occurred.
    pub occurred: Timestamp,
    /// When the host received it.
    pub received: Timestamp,
}

/// A completion date (field 8), and the event that reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completion {
    /// The date.
    pub at: Timestamp,
    /// The event.
    pub event: EventRef,
}

/// What a message was to bring about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Passing {
    /// The request to its executor.
    ToExecutor,
    /// The result to the place that issues it.
    ToFrontOffice,
    /// The stage to the monitoring system. No request is late because of it, so no verdict rests on it.
    #[default]
    ToMonitoring,
}

impl Passing {
    /// Whether an event that reports a stage is what has to be passed: a request comes to its executor with the stages before he
    /// takes it into work, a result to the front office with those from its execution on.
    #[must_use]
    pub fn needs(self, stage: Stage) -> bool {
        match self {
            Self::ToExecutor => stage < Stage::TakenIntoWork,
            Self::ToFrontOffice => stage >= Stage::Executed,
            Self::ToMonitoring => true,
        }
    }

    /// Whether it is to the monitoring system.
    #[must_use]
    pub const fn is_monitoring(&self) -> bool {
        matches!(self, Self::ToMonitoring)
    }
}

/// A failed attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// When.
    pub at: Timestamp,
    /// The error code that was recorded with it (1336-9).
    pub code: String,
}

/// A message about the request and how it fared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Delivery {
    /// Its id, to cite.
    pub id: String,
    /// What it was for.
    pub passing: Passing,
    /// When it was ready to go.
    pub ready: Timestamp,
    /// When it was delivered.
    pub delivered: Option<Timestamp>,
    /// Attempts that failed.
    #[serde(default)]
    pub failures: Vec<Failure>,
}

/// A declared outage of a system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Outage {
    /// Its id, to cite.
    pub id: String,
    /// Code of the system, as in the operator's list.
    pub system: String,
    /// Who maintains it.
    pub maintainer: String,
    /// From when.
    pub from: Timestamp,
    /// Until when; none while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// When it was declared.
    pub declared: Timestamp,
}

/// A request whose term may have been missed, as of an instant.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// When the request was taken.
    pub taken: Timestamp,
    /// The planned date.
    pub due: Timestamp,
    /// When it was finished.
    pub finished: Option<Timestamp>,
    /// The instant asked about.
    pub as_of: Timestamp,
    /// Where the request entered.
    pub channel: Option<&'a Channel>,
    /// Standing stage events, in any order.
    pub events: &'a [Seen],
    /// Field 8, where reported.
    pub completed: Option<Completion>,
    /// The time allotted to stages.
    pub allotted: &'a [Allotted],
    /// Deliveries.
    pub deliveries: &'a [Delivery],
    /// Declared outages.
    pub outages: &'a [Outage],
}

impl Case<'_> {
    /// When the term was missed by: the finish, or as far as it is known.
    pub(super) fn missed_at(&self) -> Timestamp {
        self.finished.map_or(self.as_of, |finished| finished.min(self.as_of))
    }

    /// Stage events up to an instant, by occurrence; those that were not received yet at the instant asked about are
    /// not known.
    pub(super) fn until(&self, at: Timestamp) -> Vec<&Seen> {
        let mut seen: Vec<_> =
            self.events.iter().filter(|seen| seen.occurred <= at && seen.received <= self.as_of).collect();
        seen.sort_by_key(|seen| (seen.occurred, seen.event));
        seen
    }

    /// The event after which nothing more is known up to the planned date.
    pub(super) fn last_event(&self) -> Vec<Citation> {
        self.until(self.due).last().map(|seen| Citation::Event { event: seen.event }).into_iter().collect()
    }
}
