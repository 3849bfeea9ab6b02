//! Log lines of an adapter over many batches: a limit a batch is none where there are a thousand batches a second.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// In this time …
const PERIOD: Duration = Duration::from_secs(10);
/// … an adapter may write what so many batches may.
const BATCHES: u32 = 10;

/// What one adapter has written lately.
#[derive(Debug, Default)]
pub(crate) struct Quota(Mutex<Period>);

#[derive(Debug, Default)]
struct Period {
    began: Option<Instant>,
    written: u32,
    untold: u32,
}

/// What one batch may write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Share {
    /// Lines.
    pub(crate) lines: u32,
    /// Lines that earlier batches dropped and nobody was told of.
    pub(crate) untold: u32,
}

impl Quota {
    /// The share of a batch that begins now, where a batch alone may write so many lines.
    pub(crate) fn share(&self, limit: u32, now: Instant) -> Share {
        let mut period = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if period.began.is_none_or(|began| now.saturating_duration_since(began) >= PERIOD) {
            *period = Period { began: Some(now), written: 0, untold: period.untold };
        }
        let lines = limit.saturating_mul(BATCHES).saturating_sub(period.written).min(limit);
        let untold = if lines > 0 { std::mem::take(&mut period.untold) } else { 0 };
        Share { lines, untold }
    }

    /// What a batch has written, and dropped without telling.
    pub(crate) fn settle(&self, written: u32, untold: u32) {
        let mut period = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        period.written = period.written.saturating_add(written);
        period.untold = period.untold.saturating_add(untold);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_batches_write_what_ten_may_and_what_is_dropped_is_told_in_the_next_period() {
        let (quota, start) = (Quota::default(), Instant::now());
        for _ in 0..BATCHES {
            assert_eq!(quota.share(7, start), Share { lines: 7, untold: 0 });
            quota.settle(7, 0);
        }
        assert_eq!(quota.share(7, start + PERIOD / 2), Share::default());
        quota.settle(0, 30);
        assert_eq!(quota.share(7, start + PERIOD), Share { lines: 7, untold: 30 });
        assert_eq!(quota.share(7, start + PERIOD), Share { lines: 7, untold: 0 }, "told once");
    }
}
