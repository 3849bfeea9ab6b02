//! When a failed attempt is made again, and when no more.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// When a failed attempt is made again. Written in configuration as `retry = { first = "PT1S", most = "PT5M", … }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RetryPolicy {
    /// The pause after the first failure is up to this, and up to twice as much after each further one.
    pub first: SignedDuration,
    /// No pause is longer.
    pub most: SignedDuration,
    /// After so many failures in a row an item is given up; never, where this is 0.
    pub attempts: u32,
    /// So long after it was sealed an item is given up, if it was tried at least 8 times; never, where this is 0.
    pub expire_after: SignedDuration,
}

/// A clock that jumped must not give up what was hardly tried.
const LEAST_TRIES: u32 = 8;
/// No pause is shorter.
const LEAST_PAUSE: Duration = Duration::from_millis(20);

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            first: SignedDuration::from_secs(1),
            most: SignedDuration::from_mins(5),
            attempts: 0,
            expire_after: SignedDuration::from_hours(30 * 24),
        }
    }
}

impl RetryPolicy {
    /// The pause after so many failures in a row: anything up to the doubled first one ("full jitter"), so that many who failed at
    /// once do not come back at once. `dice` is a random number.
    #[must_use]
    pub fn pause(&self, failures: u32, dice: u64) -> Duration {
        let first = self.first.unsigned_abs();
        let doubled = first.saturating_mul(2u32.saturating_pow(failures.saturating_sub(1)));
        let longest = doubled.min(self.longest());
        let share = u32::try_from(dice >> 32).unwrap_or(u32::MAX);
        longest.mul_f64(f64::from(share) / f64::from(u32::MAX)).max(LEAST_PAUSE)
    }

    /// The longest pause.
    #[must_use]
    pub fn longest(&self) -> Duration {
        self.most.unsigned_abs().max(LEAST_PAUSE)
    }

    /// Whether an item is given up after so many attempts that failed, nothing of it being delivered between them.
    #[must_use]
    pub fn gives_up(&self, attempts: u32, since: Timestamp, now: Timestamp) -> bool {
        let too_many = self.attempts > 0 && attempts >= self.attempts;
        let too_old = self.expire_after > SignedDuration::ZERO && now.duration_since(since) > self.expire_after;
        too_many || (too_old && attempts >= LEAST_TRIES)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_pause_is_never_longer_than_the_longest_nor_than_the_doubled_first(failures in 0u32..80, dice: u64) {
            let policy = RetryPolicy::default();
            let pause = policy.pause(failures, dice);
            prop_assert!(pause <= policy.longest() && pause >= LEAST_PAUSE);
            prop_assert!(failures > 12 || pause <= Duration::from_secs(1 << failures.max(1) >> 1).max(LEAST_PAUSE));
        }
    }

    #[test]
    fn pauses_are_spread_from_nothing_to_all_of_what_is_allowed() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.pause(4, 0), LEAST_PAUSE);
        assert_eq!(policy.pause(4, u64::MAX), Duration::from_secs(8));
        assert_eq!(policy.pause(40, u64::MAX), Duration::from_secs(300));
    }

    #[test]
    fn an_item_is_given_up_for_age_only_if_it_was_tried_and_never_where_there_is_no_limit() {
        let policy = RetryPolicy::default();
        let (sealed, later) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 31));
        assert!(!policy.gives_up(LEAST_TRIES - 1, sealed, later), "the clock may have jumped");
        assert!(policy.gives_up(LEAST_TRIES, sealed, later));
        assert!(!policy.gives_up(1_000_000, sealed, sealed));
        assert!(!policy.gives_up(LEAST_TRIES, later, sealed), "nor for a clock that went back");
        let never = RetryPolicy { expire_after: SignedDuration::ZERO, ..policy };
        assert!(!never.gives_up(u32::MAX, sealed, later));
        assert!(RetryPolicy { attempts: 3, ..never }.gives_up(3, sealed, sealed));
    }
}
