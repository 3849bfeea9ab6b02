//! Byte ranges of a file that were written since its last sync.

use std::collections::BTreeMap;

/// A set of bytes, kept as disjoint ranges that do not touch.
///
/// ```
/// let mut ranges = qadam_powercut::ranges::Ranges::default();
/// ranges.add(0, 10);
/// ranges.add(10, 20);
/// assert_eq!(ranges.take(), [(0, 20)]);
/// ```
#[derive(Debug, Default)]
pub struct Ranges {
    ends: BTreeMap<u64, u64>,
}

impl Ranges {
    /// Adds the bytes from `start` up to, not including, `end`.
    pub fn add(&mut self, mut start: u64, mut end: u64) {
        if start >= end {
            return;
        }
        while let Some((&from, &to)) = self.ends.range(..=end).next_back() {
            if to < start {
                break;
            }
            self.ends.remove(&from);
            start = start.min(from);
            end = end.max(to);
        }
        self.ends.insert(start, end);
    }

    /// Forgets every byte from `length` on: the file was cut there.
    pub fn truncate(&mut self, length: u64) {
        self.ends.split_off(&length);
        if let Some(mut last) = self.ends.last_entry() {
            let end = last.get_mut();
            *end = length.min(*end);
        }
    }

    /// Empties the set and returns its ranges in ascending order.
    pub fn take(&mut self) -> Vec<(u64, u64)> {
        std::mem::take(&mut self.ends).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Ranges;

    fn ranges(of: &[(u64, u64)]) -> Ranges {
        let mut ranges = Ranges::default();
        of.iter().for_each(|&(start, end)| ranges.add(start, end));
        ranges
    }

    #[test]
    fn ranges_that_overlap_or_touch_become_one() {
        assert_eq!(ranges(&[(5, 9), (0, 5), (20, 30), (8, 20)]).take(), [(0, 30)]);
        assert_eq!(ranges(&[(0, 100), (10, 20)]).take(), [(0, 100)]);
    }

    #[test]
    fn ranges_apart_stay_apart() {
        assert_eq!(ranges(&[(10, 12), (0, 3), (5, 5)]).take(), [(0, 3), (10, 12)]);
    }

    #[test]
    fn a_cut_forgets_what_lies_behind_it() {
        let mut cut = ranges(&[(0, 10), (20, 30), (40, 50)]);
        cut.truncate(25);
        assert_eq!(cut.take(), [(0, 10), (20, 25)]);
    }
}
