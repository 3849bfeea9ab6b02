//! Events delivered in the last minute.

use std::time::Instant;

/// Seconds looked back on.
const WINDOW: u64 = 60;

/// Counts by second.
#[derive(Debug)]
pub(crate) struct Rate {
    start: Instant,
    /// The second that a place was last counted in, and the count.
    places: [(u64, u64); WINDOW as usize],
}

impl Rate {
    pub(crate) fn new(start: Instant) -> Self {
        Self { start, places: [(0, 0); WINDOW as usize] }
    }

    pub(crate) fn add(&mut self, events: u64, now: Instant) {
        let second = now.saturating_duration_since(self.start).as_secs();
        let place = usize::try_from(second % WINDOW).unwrap_or(0);
        if let Some(kept) = self.places.get_mut(place) {
            *kept = if kept.0 == second { (second, kept.1 + events) } else { (second, events) };
        }
    }

    pub(crate) fn last_minute(&self, now: Instant) -> u64 {
        let second = now.saturating_duration_since(self.start).as_secs();
        self.places.iter().filter(|(counted, _)| counted + WINDOW > second).map(|(_, events)| events).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_older_than_a_minute_is_not_counted() {
        let start = Instant::now();
        let mut rate = Rate::new(start);
        rate.add(5, start);
        rate.add(1, start + Duration::from_secs(59));
        assert_eq!(rate.last_minute(start + Duration::from_secs(59)), 6);
        assert_eq!(rate.last_minute(start + Duration::from_secs(61)), 1);
        rate.add(2, start + Duration::from_secs(60));
        assert_eq!(rate.last_minute(start + Duration::from_secs(60)), 3);
        assert_eq!(rate.last_minute(start + Duration::from_secs(600)), 0);
    }
}
