//! The report of a month: its total, the breakdown of 452-12 with each body and each of its services under it, and the
//! services by themselves. Lines stand in one order; the same counts give the same report.

use std::{collections::BTreeMap, rc::Rc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Change, Figures, Month, Tally, sum::Sum};
use crate::passport::Level;

/// What a line sums up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "of")]
pub enum Scope {
    /// All.
    Total,
    /// A level of the breakdown; none is what has no passport to say it.
    Level {
        /// The level.
        level: Option<Level>,
    },
    /// A body.
    Provider {
        /// Its level.
        level: Option<Level>,
        /// Its BIN, or its id on this host.
        provider: String,
    },
    /// A service of a body.
    ServiceOfProvider {
        /// The body's level.
        level: Option<Level>,
        /// The body.
        provider: String,
        /// The service.
        service: String,
    },
    /// A service, of all bodies.
    Service {
        /// The service.
        service: String,
    },
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What it sums up.
    pub scope: Scope,
    /// The figures.
    pub figures: Figures,
    /// The change from the month before; none where that month is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
}

/// The report of a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// The month.
    pub month: Month,
    /// As of when.
    pub as_of: Timestamp,
    /// The total.
    pub total: Line,
    /// The breakdown: a level, then each of its bodies, each followed by its services.
    pub breakdown: Vec<Line>,
    /// The services, by code.
    pub services: Vec<Line>,
}

impl Report {
    /// The report by the counts of a month and, where known, of the month before. A line that has figures in one of
    /// them only is there too, so that the changes add up.
    #[must_use]
    pub fn of(month: Month, as_of: Timestamp, counted: &Tally, before: Option<&Tally>) -> Self {
        let (now, then) = (sums(counted), before.map(sums));
        let line = |scope: &Scope| {
            let rank = rank(scope);
            let figures = now.get(&rank).map(|(_, sum)| sum.figures()).unwrap_or_default();
            // What the median was then is not asked.
            let change = then
                .as_ref()
                .map(|then| figures.since(&then.get(&rank).map(|(_, sum)| sum.without_median()).unwrap_or_default()));
            Line { scope: scope.clone(), figures, change }
        };
        let scopes: BTreeMap<Rank, &Scope> =
            then.iter().flatten().chain(&now).map(|(rank, (scope, _))| (rank.clone(), scope)).collect();
        let (mut breakdown, mut services) = (Vec::new(), Vec::new());
        for scope in scopes.into_values() {
            match scope {
                Scope::Total => {}
                Scope::Service { .. } => services.push(line(scope)),
                _ => breakdown.push(line(scope)),
            }
        }
        Self { month, as_of, total: line(&Scope::Total), breakdown, services }
    }
}

/// Where a line stands: the section; then the level, what has none last; then body and service, a sum before its parts.
type Rank = (u8, bool, Option<Level>, Option<String>, Option<String>);

fn rank(scope: &Scope) -> Rank {
    match scope {
        Scope::Total => (0, false, None, None, None),
        Scope::Level { level } => (1, level.is_none(), *level, None, None),
        Scope::Provider { level, provider } => (1, level.is_none(), *level, Some(provider.clone()), None),
        Scope::ServiceOfProvider { level, provider, service } => {
            (1, level.is_none(), *level, Some(provider.clone()), Some(service.clone()))
        }
        Scope::Service { service } => (2, false, None, None, Some(service.clone())),
    }
}

/// The counts of each line.
fn sums(tally: &Tally) -> BTreeMap<Rank, (Scope, Sum)> {
    let mut sums: BTreeMap<Rank, (Scope, Sum)> = BTreeMap::new();
    for (key, cell) in tally.cells() {
        let cell = Rc::new(Sum::of(cell));
        let (level, provider, service) = (key.level, key.provider.clone(), key.service.clone());
        for scope in [
            Scope::Total,
            Scope::Level { level },
            Scope::Provider { level, provider: provider.clone() },
            Scope::ServiceOfProvider { level, provider, service: service.clone() },
            Scope::Service { service },
        ] {
            sums.entry(rank(&scope)).or_insert_with(|| (scope, Sum::default())).1.add(&cell);
        }
    }
    sums
}
