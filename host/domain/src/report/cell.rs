//! The counts of one service in one month. Cells can be added to, merged and taken apart again: how late breaches were
//! is kept as a count for each number of minutes, so that median and maximum stay exact.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Figures,
    assessed::{By, Part},
    sum::Sum,
};
use crate::breach::Blame;

/// Counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Cell {
    /// Requests taken.
    pub requests: u64,
    /// Of them, without a passport in force.
    pub without_passport: u64,
    /// Requests finished.
    pub finished: u64,
    /// Breaches by the reported date; all others are by the computed one.
    pub by_reported: u64,
    /// Breaches that a reviewer contests.
    pub contested: u64,
    /// Breaches by whose they are.
    pub blames: BTreeMap<Blame, u64>,
    /// Breaches by how late they were, in minutes.
    pub minutes: BTreeMap<u64, u64>,
}

/// More was taken out of a cell than was in it: the counts are not those of the requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more {0} were taken out than had been counted")]
pub struct Underflow(pub &'static str);

impl Cell {
    /// Whether nothing is counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// All breaches.
    #[must_use]
    pub fn breaches(&self) -> u64 {
        self.blames.values().sum()
    }

    /// Those of one sort.
    #[must_use]
    pub fn blamed(&self, blame: Blame) -> u64 {
        self.blames.get(&blame).copied().unwrap_or(0)
    }

    /// The figures of the report.
    #[must_use]
    pub fn figures(&self) -> Figures {
        Sum::of(self).figures()
    }

    pub(super) fn of(part: Part) -> Self {
        let mut cell = Self::default();
        match part {
            Part::Request { has_passport } => {
                cell.requests = 1;
                cell.without_passport = u64::from(!has_passport);
            }
            Part::Finished => cell.finished = 1,
            Part::Breach(breach) => {
                cell.by_reported = u64::from(breach.by == By::Reported);
                cell.contested = u64::from(breach.contested);
                cell.blames.insert(breach.blame, 1);
                cell.minutes.insert(breach.minutes, 1);
            }
        }
        cell
    }

    /// Adds all that the other has counted.
    pub fn merge(&mut self, other: &Self) {
        self.requests += other.requests;
        self.without_passport += other.without_passport;
        self.finished += other.finished;
        self.by_reported += other.by_reported;
        self.contested += other.contested;
        for (blame, count) in &other.blames {
            *self.blames.entry(*blame).or_default() += count;
        }
        for (minutes, count) in &other.minutes {
            *self.minutes.entry(*minutes).or_default() += count;
        }
    }

    /// Takes out all that the other has counted.
    ///
    /// # Errors
    /// If that was never counted; then the cell is as it was.
    pub fn subtract(&mut self, other: &Self) -> Result<(), Underflow> {
        let less = |from: u64, what: u64, name| from.checked_sub(what).ok_or(Underflow(name));
        *self = Self {
            requests: less(self.requests, other.requests, "requests")?,
            without_passport: less(self.without_passport, other.without_passport, "requests without a passport")?,
            finished: less(self.finished, other.finished, "finished requests")?,
            by_reported: less(self.by_reported, other.by_reported, "breaches by the reported date")?,
            contested: less(self.contested, other.contested, "contested breaches")?,
            blames: without(&self.blames, &other.blames, Underflow("breaches"))?,
            minutes: without(&self.minutes, &other.minutes, Underflow("minutes of breaches"))?,
        };
        Ok(())
    }
}

fn without<K: Ord + Copy>(
    from: &BTreeMap<K, u64>,
    what: &BTreeMap<K, u64>,
    under: Underflow,
) -> Result<BTreeMap<K, u64>, Underflow> {
    let mut left = from.clone();
    for (key, count) in what {
        let kept = left.get(key).copied().unwrap_or(0).checked_sub(*count).ok_or(under)?;
        if kept == 0 {
            left.remove(key);
        } else {
            left.insert(*key, kept);
        }
    }
    Ok(left)
}
