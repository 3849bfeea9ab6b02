//! Invariant 4: one bad record costs one record, and a broken adapter costs none.
//!
//! A fault on a batch says nothing about which record caused it, so the records are tried one by one. A record on which
//! the adapter fails while it manages others is *poison*: it is quarantined. An adapter that fails on everything is
//! *broken*: its records stay pending, and after [`crate::PipelineLimits::suspend_after`] of them it is suspended.

use std::time::Duration;

/// What is known of one generation of an adapter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// It has managed a record.
    pub(crate) proven: bool,
    /// Records in a row, ending now, on which it failed.
    pub(crate) streak: u32,
    /// It gets no more work until it is replaced or an operator resumes it.
    pub(crate) suspended: bool,
    /// An operator resumed it in spite of its faults: a proven one is not suspended again before it manages a record.
    pub(crate) trusted: bool,
    /// Attempts that ended with nothing decided, for the pause before the next.
    pub(crate) attempts: u32,
}

/// What to do with the results of a batch, tried one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Judgement {
    /// So many results, from the first on, are to be committed; faults among them as quarantined. The others stay pending.
    pub(crate) commit: usize,
    /// What is known of the adapter now.
    pub(crate) standing: Standing,
}

impl Standing {
    /// Whether it makes sense to try another record after so many faults in a row.
    pub(crate) const fn goes_on(&self, streak: u32, limit: u32) -> bool {
        self.trusted || streak < limit
    }

    /// Judges results in the order of the records: true where the adapter managed the record, whatever it said of it.
    pub(crate) fn judge(mut self, managed: &[bool], limit: u32) -> Judgement {
        if let Some(last) = managed.iter().rposition(|managed| *managed) {
            self.proven = true;
            self.streak = 0;
            self.attempts = 0;
            let tail = managed.len() - last - 1;
            if tail == 0 {
                self.trusted = false;
                return Judgement { commit: managed.len(), standing: self };
            }
        }
        let tail = managed.iter().rev().take_while(|managed| !**managed).count();
        let decided = managed.len() - tail;
        self.streak = self.streak.saturating_add(u32::try_from(tail).unwrap_or(u32::MAX));
        if self.proven && (self.trusted || self.streak < limit) {
            return Judgement { commit: managed.len(), standing: self };
        }
        if self.streak >= limit {
            self.suspended = true;
            return Judgement { commit: decided, standing: self };
        }
        // Nothing was ever managed, and little was tried: perhaps the record, perhaps the adapter. Tried again together with
        // what arrives, or alone after a pause; the same records must not count twice.
        self.streak = 0;
        self.attempts += 1;
        Judgement { commit: decided, standing: self }
    }

    /// Before the next attempt when nothing was decided: 1 s, doubling to a minute.
    pub(crate) fn pause(&self) -> Duration {
        Duration::from_secs((1u64 << self.attempts.saturating_sub(1).min(6)).min(60))
    }

    /// An operator's word.
    pub(crate) const fn resume(&mut self) {
        self.suspended = false;
        self.streak = 0;
        self.trusted = true;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: u32 = 5;

    #[test]
    fn a_poison_record_among_others_is_quarantined() {
        let judged = Standing::default().judge(&[true, false, true], LIMIT);
        assert_eq!(judged.commit, 3);
        assert!(!judged.standing.suspended);
    }

    #[test]
    fn an_adapter_that_fails_on_all_keeps_them_pending_and_is_suspended() {
        let judged = Standing::default().judge(&[false; 5], LIMIT);
        assert_eq!((judged.commit, judged.standing.suspended), (0, true));
    }

    #[test]
    fn a_proven_adapter_that_breaks_loses_no_record_at_the_limit() {
        let proven = Standing::default().judge(&[true], LIMIT).standing;
        let judged = proven.judge(&[true, false, true, false, false, false, false, false], LIMIT);
        assert_eq!(
            (judged.commit, judged.standing.suspended),
            (3, true),
            "the poison between is quarantined, the rest waits"
        );
    }

    #[test]
    fn a_lone_record_on_an_unproven_adapter_waits_for_company() {
        let judged = Standing::default().judge(&[false], LIMIT);
        assert_eq!(
            (judged.commit, judged.standing.suspended, judged.standing.pause()),
            (0, false, Duration::from_secs(1))
        );
        let judged = judged.standing.judge(&[false, true], LIMIT);
        assert_eq!(judged.commit, 2, "with another that passes, it is poison");
    }

    #[test]
    fn a_resumed_adapter_gets_over_a_run_of_poison() {
        let mut standing = Standing::default().judge(&[true], LIMIT).standing.judge(&[false; 5], LIMIT).standing;
        assert!(standing.suspended);
        standing.resume();
        let judged = standing.judge(&[false; 9], LIMIT);
        assert_eq!((judged.commit, judged.standing.suspended), (9, false));
        let after = judged.standing.judge(&[true], LIMIT).standing;
        assert!(!after.trusted, "trust ends with the first record that it manages");
    }

    proptest! {
        #[test]
        fn nothing_managed_is_ever_left_undecided_and_nothing_is_suspended_while_it_manages(
            batches in proptest::collection::vec(proptest::collection::vec(any::<bool>(), 1..12), 1..12),
        ) {
            let mut standing = Standing::default();
            for managed in batches {
                let judged = standing.judge(&managed, LIMIT);
                let last = managed.iter().rposition(|managed| *managed).map_or(0, |last| last + 1);
                prop_assert!(judged.commit >= last);
                if managed.last() == Some(&true) {
                    prop_assert!(!judged.standing.suspended || standing.suspended);
                    prop_assert_eq!(judged.commit, managed.len());
                }
                standing = judged.standing;
                if standing.suspended {
                    break;
                }
            }
        }
    }
}
