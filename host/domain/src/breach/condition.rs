//! What a rule asks of the facts.

use serde::{Deserialize, Serialize};

use super::{Case, Citation, Delivery, Passing, Rules, Seen};
use crate::{fields::Channel, stage::Stage};

/// A condition. "In time" is up to and with the planned date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "if")]
pub enum Condition {
    /// The completion date (field 8) is in time: the work was done, and its status came late, or has not come yet.
    CompletedInTime,
    /// A declared outage overlaps the term. Only systems on the operator's list count where `listed`.
    Outage {
        /// Whether the system must be on the list.
        listed: bool,
    },
    /// A message was ready in time, and none was delivered in time.
    NotDelivered {
        /// What it was for.
        passing: Passing,
    },
    /// As before, and an attempt failed with an error code that starts with one of these; any code, if there are none.
    Failed {
        /// What it was for.
        passing: Passing,
        /// Starts of error codes.
        #[serde(default)]
        codes: Vec<String>,
    },
    /// An event in time reports that stage or a later one.
    Reached {
        /// The stage.
        stage: Stage,
    },
    /// No event in time does.
    NotReached {
        /// The stage.
        stage: Stage,
    },
    /// In time, the request went back to a stage after it had been at a later one.
    WentBack {
        /// The stage it went back to.
        to: Stage,
        /// The later one.
        from: Stage,
    },
    /// In time, a stage was reported twice and another was not between.
    Twice {
        /// The stage.
        stage: Stage,
        /// The other.
        without: Stage,
    },
    /// A stage lasted longer than the time allotted to it.
    Overrun {
        /// The stage.
        stage: Stage,
    },
    /// The request entered there.
    Entered {
        /// The channel.
        channel: Channel,
    },
}

impl Condition {
    /// What the condition is met by; none where it is not.
    pub(super) fn met(&self, case: &Case<'_>, rules: &Rules) -> Option<Vec<Citation>> {
        let in_time = || case.until(case.due);
        let event = |seen: &Seen| Citation::Event { event: seen.event };
        match self {
            Self::CompletedInTime => {
                let completed = case.completed.filter(|completed| completed.at <= case.due)?;
                let finish = case.missed_at();
                let by = case
                    .until(finish)
                    .into_iter()
                    .filter(|seen| case.finished == Some(finish) && seen.occurred == finish)
                    .map(event);
                Some(std::iter::once(Citation::Event { event: completed.event }).chain(by).collect())
            }
            Self::Outage { listed } => some(outages(case, |system| !listed || rules.listed.contains(system))),
            Self::NotDelivered { passing } => some(undelivered(case, *passing).map(cited).collect()),
            Self::Failed { passing, codes } => {
                let meant = |code: &str| codes.is_empty() || codes.iter().any(|start| code.starts_with(start.as_str()));
                let failed = |delivery: &&Delivery| {
                    delivery.failures.iter().any(|failure| failure.at <= case.due && meant(&failure.code))
                };
                some(undelivered(case, *passing).filter(failed).map(cited).collect())
            }
            Self::Reached { stage } => {
                in_time().into_iter().find(|seen| seen.stage >= *stage).map(|seen| vec![event(seen)])
            }
            Self::NotReached { stage } => in_time().iter().all(|seen| seen.stage < *stage).then(|| case.last_event()),
            Self::WentBack { to, from } => {
                let seen = in_time();
                let high = seen.iter().position(|seen| seen.stage == *from)?;
                let back = seen.iter().skip(high).find(|seen| seen.stage == *to)?;
                Some(seen.get(high).into_iter().chain([back]).map(|seen| event(seen)).collect())
            }
            Self::Twice { stage, without } => {
                let seen: Vec<_> =
                    in_time().into_iter().filter(|seen| seen.stage == *stage || seen.stage == *without).collect();
                let pair = seen.windows(2).find(|pair| pair.iter().all(|seen| seen.stage == *stage))?;
                Some(pair.iter().map(|seen| event(seen)).collect())
            }
            Self::Overrun { stage } => {
                let allotted = case.allotted.iter().find(|allotted| allotted.stage() == *stage)?;
                let points = std::iter::once(allotted.entered).chain(allotted.left);
                allotted
                    .is_overrun(case.as_of)
                    .then(|| points.map(|point| Citation::Event { event: point.at }).collect())
            }
            Self::Entered { channel } => (case.channel == Some(channel)).then(Vec::new),
        }
    }
}

/// Declared outages of the systems meant that last for a second or more of the term.
fn outages(case: &Case<'_>, meant: impl Fn(&str) -> bool) -> Vec<Citation> {
    let overlap = |outage: &super::Outage| {
        let until = outage.until.unwrap_or(case.as_of).min(case.due);
        let overlap = until.duration_since(outage.from.max(case.taken)).as_secs();
        u64::try_from(overlap).ok().filter(|overlap| *overlap > 0)
    };
    case.outages
        .iter()
        .filter(|outage| meant(&outage.system))
        .filter_map(|outage| overlap(outage).map(|overlap| Citation::Outage { id: outage.id.clone(), overlap }))
        .collect()
}

/// Messages that were ready in time, where none that passes the same was delivered in time.
fn undelivered<'a>(case: &Case<'a>, passing: Passing) -> impl Iterator<Item = &'a Delivery> {
    let due = case.due;
    let in_time = |delivery: &Delivery| delivery.delivered.is_some_and(|at| at <= due);
    let meant = move |delivery: &&Delivery| delivery.passing == passing;
    let passed = case.deliveries.iter().filter(meant).any(in_time);
    case.deliveries.iter().filter(meant).filter(move |delivery| !passed && delivery.ready <= due)
}

fn cited(delivery: &Delivery) -> Citation {
    Citation::Delivery { id: delivery.id.clone() }
}

fn some(found: Vec<Citation>) -> Option<Vec<Citation>> {
    (!found.is_empty()).then_some(found)
}
