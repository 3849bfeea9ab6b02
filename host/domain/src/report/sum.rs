//! The counts of many cells together. A report sums each cell five times, so what can be added is, and of the rest only the
//! median looks at every number of minutes.

use std::rc::Rc;

use super::{Cell, Figures};
use crate::breach::Blame;

/// Counts of some cells.
#[derive(Clone, Debug, Default)]
pub(super) struct Sum {
    /// All but the median.
    figures: Figures,
    total: u128,
    minutes: Minutes,
}

/// How late breaches were, and how many were so late.
#[derive(Clone, Debug)]
enum Minutes {
    /// Of one cell, in order.
    One(Vec<(u64, u64)>),
    /// Of these cells.
    All(Vec<Rc<Sum>>),
}

impl Default for Minutes {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

impl Sum {
    /// The counts of one cell.
    pub(super) fn of(cell: &Cell) -> Self {
        let breaches = cell.breaches();
        let figures = Figures {
            requests: cell.requests,
            without_passport: cell.without_passport,
            finished: cell.finished,
            breaches,
            by_computed: breaches.saturating_sub(cell.by_reported),
            by_reported: cell.by_reported,
            maximum_minutes: cell.minutes.last_key_value().map_or(0, |(minutes, _)| *minutes),
            technical: cell.blamed(Blame::Technical),
            contested: cell.contested,
            ..Figures::default()
        };
        let total = cell.minutes.iter().map(|(minutes, count)| u128::from(*minutes) * u128::from(*count)).sum();
        Self { figures, total, minutes: Minutes::One(cell.minutes.iter().map(|(m, count)| (*m, *count)).collect()) }
    }

    /// Adds those of a cell.
    pub(super) fn add(&mut self, cell: &Rc<Self>) {
        let (sum, more) = (&mut self.figures, &cell.figures);
        sum.requests += more.requests;
        sum.without_passport += more.without_passport;
        sum.finished += more.finished;
        sum.breaches += more.breaches;
        sum.by_computed += more.by_computed;
        sum.by_reported += more.by_reported;
        sum.maximum_minutes = sum.maximum_minutes.max(more.maximum_minutes);
        sum.technical += more.technical;
        sum.contested += more.contested;
        self.total += cell.total;
        if let Minutes::All(cells) = &mut self.minutes {
            cells.push(Rc::clone(cell));
        }
    }

    /// The figures, the median left out.
    pub(super) fn without_median(&self) -> Figures {
        Figures { total_minutes: u64::try_from(self.total).unwrap_or(u64::MAX), ..self.figures }
    }

    /// The figures.
    pub(super) fn figures(&self) -> Figures {
        Figures { median_minutes: self.median(), ..self.without_median() }
    }

    /// The middle one; of two in the middle their mean, half a minute counted as one.
    fn median(&self) -> u64 {
        let mut known: usize = 0;
        self.each(|_, _| known += 1);
        if known == 0 {
            return 0;
        }
        // Where the numbers lie close together, there is a place for each of them; else they are sorted.
        let places = self.figures.maximum_minutes.checked_add(1).and_then(|places| usize::try_from(places).ok());
        if let Some(places) = places.filter(|places| *places <= known.saturating_mul(8)) {
            let mut counts = vec![0; places];
            self.each(|minutes, count| {
                let place = usize::try_from(minutes).ok().and_then(|place| counts.get_mut(place));
                *place.unwrap_or(&mut 0) += count;
            });
            return middle((0..).zip(counts.iter().copied()));
        }
        let mut all = Vec::with_capacity(known);
        self.each(|minutes, count| all.push((minutes, count)));
        all.sort_unstable();
        middle(all.iter().copied())
    }

    fn each(&self, mut visit: impl FnMut(u64, u64)) {
        let one = |sum: &Self, visit: &mut dyn FnMut(u64, u64)| {
            if let Minutes::One(minutes) = &sum.minutes {
                minutes.iter().for_each(|(minutes, count)| visit(*minutes, *count));
            }
        };
        match &self.minutes {
            Minutes::One(_) => one(self, &mut visit),
            Minutes::All(cells) => cells.iter().for_each(|cell| one(cell, &mut visit)),
        }
    }
}

/// The middle of numbers in order, each so many times.
fn middle(counts: impl Iterator<Item = (u64, u64)> + Clone) -> u64 {
    let count: u64 = counts.clone().map(|(_, count)| count).sum();
    let Some(last) = count.checked_sub(1) else { return 0 };
    let nth = |place: u64| {
        let mut passed = 0;
        counts.clone().find(|(_, count)| {
            passed += count;
            passed > place
        })
    };
    let value = |place| nth(place).map_or(0, |(minutes, _)| minutes);
    let (low, high) = (value(last / 2), value(count / 2));
    low + (high - low).div_ceil(2)
}
