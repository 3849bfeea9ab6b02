//! The counts of months. When a request changes, what it was counted as is taken out and what it is now is put in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Assessed, Cell, Key, Month, Underflow};

/// The counts of one month. Written as pairs, in order; cells in which nothing is counted are not kept, so that equal
/// counts are written equally.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(Key, Cell)>", into = "Vec<(Key, Cell)>")]
pub struct Tally {
    cells: BTreeMap<Key, Cell>,
}

impl From<Vec<(Key, Cell)>> for Tally {
    fn from(cells: Vec<(Key, Cell)>) -> Self {
        let mut tally = Self::default();
        for (key, cell) in cells {
            tally.put(&key, &cell);
        }
        tally
    }
}

impl From<Tally> for Vec<(Key, Cell)> {
    fn from(tally: Tally) -> Self {
        tally.cells.into_iter().collect()
    }
}

impl Tally {
    /// The cells, in order.
    pub fn cells(&self) -> impl Iterator<Item = (&Key, &Cell)> {
        self.cells.iter()
    }

    /// Adds counts to a cell.
    pub fn put(&mut self, key: &Key, cell: &Cell) {
        if cell.is_empty() {
            return;
        }
        match self.cells.get_mut(key) {
            Some(kept) => kept.merge(cell),
            None => {
                self.cells.insert(key.clone(), cell.clone());
            }
        }
    }

    /// Takes counts out of a cell.
    ///
    /// # Errors
    /// If they were never counted; then the cell is as it was.
    pub fn take(&mut self, key: &Key, cell: &Cell) -> Result<(), Underflow> {
        if cell.is_empty() {
            return Ok(());
        }
        let kept = self.cells.get_mut(key).ok_or(Underflow("cells"))?;
        kept.subtract(cell)?;
        if kept.is_empty() {
            self.cells.remove(key);
        }
        Ok(())
    }

    /// Adds all that the other has counted.
    pub fn merge(&mut self, other: &Self) {
        for (key, cell) in &other.cells {
            self.put(key, cell);
        }
    }

    /// Takes out all that the other has counted.
    ///
    /// # Errors
    /// If that was never counted; then the counts are as they were.
    pub fn subtract(&mut self, other: &Self) -> Result<(), Underflow> {
        let mut left = self.clone();
        other.cells.iter().try_for_each(|(key, cell)| left.take(key, cell))?;
        *self = left;
        Ok(())
    }
}

/// The counts of all months. Months in which nothing is counted are not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tallies {
    months: BTreeMap<Month, Tally>,
}

impl Tallies {
    /// The counts of a month.
    #[must_use]
    pub fn month(&self, month: Month) -> Option<&Tally> {
        self.months.get(&month)
    }

    /// The months, in order.
    pub fn months(&self) -> impl Iterator<Item = (Month, &Tally)> {
        self.months.iter().map(|(month, tally)| (*month, tally))
    }

    /// Counts a request.
    pub fn add(&mut self, request: &Assessed) {
        for (month, part) in request.parts() {
            self.months.entry(month).or_default().put(&request.key, &Cell::of(part));
        }
    }

    /// Takes a request out, as it was counted.
    ///
    /// # Errors
    /// If it was never counted so, and an audit is due; then the counts are as they were.
    pub fn remove(&mut self, request: &Assessed) -> Result<(), Underflow> {
        let mut taken = Vec::new();
        for (month, part) in request.parts() {
            let cell = Cell::of(part);
            let took = self
                .months
                .get_mut(&month)
                .ok_or(Underflow("months"))
                .and_then(|tally| tally.take(&request.key, &cell));
            if let Err(under) = took {
                for (month, cell) in taken {
                    self.months.entry(month).or_default().put(&request.key, &cell);
                }
                return Err(under);
            }
            if self.months.get(&month).is_some_and(|tally| tally.cells.is_empty()) {
                self.months.remove(&month);
            }
            taken.push((month, cell));
        }
        Ok(())
    }

    /// Adds all that the other has counted.
    pub fn merge(&mut self, other: &Self) {
        for (month, tally) in &other.months {
            self.months.entry(*month).or_default().merge(tally);
        }
    }
}
