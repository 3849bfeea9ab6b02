//! A destination that fails is left alone: it costs one probe at a time, not a storm, however many lanes wait for it.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::{code::Code, policy::RetryPolicy};

/// How a destination does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Down {
    /// Since when it fails.
    pub since: Timestamp,
    /// How often, in a row.
    pub failures: u32,
    /// What the last failure was.
    pub code: Code,
    /// In words.
    pub detail: String,
    /// The next probe is not made before. By a clock that does not jump.
    next: Instant,
}

/// What is known of a destination's failures.
#[derive(Debug, Default)]
pub(crate) struct Breaker(Option<Down>);

impl Breaker {
    /// Whether an attempt may be made now, with so many under way: a destination that fails gets one at a time.
    pub(crate) fn lets(&self, under_way: usize, now: Instant) -> bool {
        self.0.as_ref().is_none_or(|down| under_way == 0 && now >= down.next)
    }

    /// How long until a probe may be made; none where nothing stands in the way.
    pub(crate) fn wait(&self, now: Instant) -> Option<Duration> {
        self.0.as_ref().map(|down| down.next.saturating_duration_since(now))
    }

    /// How it fails, if it does.
    pub(crate) fn down(&self) -> Option<Down> {
        self.0.clone()
    }

    /// It answered.
    pub(crate) fn answered(&mut self) {
        self.0 = None;
    }

    /// The next probe may be made at once: an operator says so.
    pub(crate) fn retry(&mut self, now: Instant) {
        if let Some(down) = &mut self.0 {
            down.next = now;
        }
    }

    /// It failed. How long it is left alone: longer with each failure. Attempts that were under way together count as one.
    pub(crate) fn failed(
        &mut self,
        code: Code,
        detail: &str,
        policy: &RetryPolicy,
        dice: u64,
        clocks: (Timestamp, Instant),
    ) -> Duration {
        let (at, now) = clocks;
        let again = self.0.as_ref().is_none_or(|down| now >= down.next);
        let failures = self.0.as_ref().map_or(0, |down| down.failures).saturating_add(u32::from(again));
        let pause = policy.pause(failures, dice);
        let since = self.0.as_ref().map_or(at, |down| down.since);
        self.0 = Some(Down { since, failures, code, detail: detail.to_owned(), next: now + pause });
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_that_fails_gets_one_probe_at_a_time_after_growing_pauses() {
        let (policy, start) = (RetryPolicy::default(), Instant::now());
        let mut breaker = Breaker::default();
        assert!(breaker.lets(7, start));
        let fail = |breaker: &mut Breaker, now| {
            breaker.failed(Code::Unreachable, "refused", &policy, u64::MAX, (Timestamp::UNIX_EPOCH, now))
        };
        assert_eq!(fail(&mut breaker, start), Duration::from_secs(1));
        // Seven more were under way, and fail too: that is no further failure.
        for _ in 0..7 {
            assert_eq!(fail(&mut breaker, start), Duration::from_secs(1));
        }
        let second = start + Duration::from_secs(1);
        assert!(!breaker.lets(0, start) && !breaker.lets(1, second) && breaker.lets(0, second));
        assert_eq!(fail(&mut breaker, second), Duration::from_secs(2));
        assert_eq!(breaker.down().unwrap().failures, 2);
        breaker.retry(second);
        assert!(breaker.lets(0, second), "an operator need not wait");
        breaker.answered();
        assert!(breaker.lets(7, start) && breaker.wait(start).is_none());
    }
}
