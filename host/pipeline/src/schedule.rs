//! Which providers have something to map. A provider is worked on by one thread at a time, so that its requests are
//! changed in the order of receipt; a slow adapter holds one worker, not its neighbours' turn, and slow ones together no more
//! than half of the workers: however many loop until their time is up, the others are mapped meanwhile.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    sync::{Condvar, Mutex, PoisonError},
    time::{Duration, Instant},
};

use qadam_domain::ProviderId;

/// Turns, and those who wait for one.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    turns: Mutex<Turns>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Turns {
    ready: VecDeque<ProviderId>,
    /// Those that are ready or being worked on; true if woken while being worked on.
    known: HashMap<ProviderId, bool>,
    /// Those to be tried again later.
    later: BTreeMap<(Instant, ProviderId), ()>,
    /// Those whose last turn was slow, and those of them that are being worked on.
    slow: HashSet<ProviderId>,
    slow_turns: HashSet<ProviderId>,
    workers: usize,
    closed: bool,
}

/// A turn that took longer is slow.
const SLOW: Duration = Duration::from_secs(1);

impl Schedule {
    /// So many threads take turns.
    pub(crate) fn staff(&self, workers: usize) {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner).workers = workers;
    }

    /// A provider has something to map.
    pub(crate) fn wake(&self, provider: ProviderId) {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        let ready = turns.wake(provider);
        drop(turns);
        if ready {
            self.changed.notify_one();
        }
    }

    /// The next provider, for this thread alone until [`Self::done`]. None once closed.
    pub(crate) fn take(&self) -> Option<ProviderId> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if turns.closed {
                return None;
            }
            let now = Instant::now();
            while turns.later.first_key_value().is_some_and(|((due, _), ())| *due <= now) {
                if let Some(((_, provider), ())) = turns.later.pop_first() {
                    turns.wake(provider);
                }
            }
            if let Some(provider) = turns.next() {
                return Some(provider);
            }
            turns = match turns.later.first_key_value() {
                Some(((due, _), ())) => {
                    let pause = due.saturating_duration_since(now);
                    self.changed.wait_timeout(turns, pause).map_or_else(|e| e.into_inner().0, |(turns, _)| turns)
                }
                None => self.changed.wait(turns).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// A turn ended, after so long: with more to do at once, with something to try again after a pause, or with nothing.
    pub(crate) fn done(&self, provider: ProviderId, again: Again, spent: Duration) {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.slow_turns.remove(&provider);
        if spent > SLOW {
            turns.slow.insert(provider.clone());
        } else {
            turns.slow.remove(&provider);
        }
        let woken = turns.known.remove(&provider).unwrap_or(false);
        match again {
            _ if woken => _ = turns.wake(provider),
            Again::Now => _ = turns.wake(provider),
            Again::After(pause) => {
                // One only: each turn of a provider that keeps failing would leave another.
                turns.later.retain(|(_, waiting), ()| *waiting != provider);
                turns.later.insert((Instant::now() + pause, provider), ());
            }
            Again::Idle => {}
        }
        drop(turns);
        self.changed.notify_one();
    }

    pub(crate) fn close(&self) {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.changed.notify_all();
    }
}

/// When a provider wants its next turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    Now,
    After(Duration),
    Idle,
}

impl Turns {
    /// The first that may begin: a slow one only if half of the workers are left.
    fn next(&mut self) -> Option<ProviderId> {
        let full = self.slow_turns.len() >= (self.workers / 2).max(1);
        let at = self.ready.iter().position(|provider| !(full && self.slow.contains(provider)))?;
        let provider = self.ready.remove(at)?;
        if self.slow.contains(&provider) {
            self.slow_turns.insert(provider.clone());
        }
        Some(provider)
    }

    /// Whether it became ready just now, which somebody should be told.
    fn wake(&mut self, provider: ProviderId) -> bool {
        match self.known.get_mut(&provider) {
            Some(woken) => {
                *woken = true;
                false
            }
            None => {
                self.known.insert(provider.clone(), false);
                self.ready.push_back(provider);
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_woken_during_its_turn_gets_another_and_never_two_at_once() {
        let schedule = Schedule::default();
        let provider: ProviderId = "p".parse().unwrap();
        schedule.wake(provider.clone());
        schedule.wake(provider.clone());
        assert_eq!(schedule.take(), Some(provider.clone()));
        schedule.wake(provider.clone());
        schedule.wake("q".parse().unwrap());
        assert_eq!(schedule.take(), Some("q".parse().unwrap()), "p is taken");
        schedule.done(provider.clone(), Again::Idle, Duration::ZERO);
        assert_eq!(schedule.take(), Some(provider));
        schedule.close();
        assert_eq!(schedule.take(), None);
    }

    #[test]
    fn a_provider_that_keeps_failing_is_tried_again_once_a_pause() {
        let schedule = Schedule::default();
        let provider: ProviderId = "p".parse().unwrap();
        for _ in 0..3 {
            schedule.wake(provider.clone());
            assert_eq!(schedule.take(), Some(provider.clone()));
            schedule.done(provider.clone(), Again::After(Duration::from_secs(3600)), Duration::ZERO);
        }
        assert_eq!(schedule.turns.lock().unwrap().later.len(), 1);
    }

    #[test]
    fn slow_providers_leave_half_of_the_workers_to_the_others_and_get_on_by_turns() {
        let schedule = Schedule::default();
        schedule.staff(4);
        let [a, b, c, quick] = ["a", "b", "c", "quick"].map(|id| id.parse::<ProviderId>().unwrap());
        for slow in [&a, &b, &c] {
            schedule.wake(slow.clone());
            assert_eq!(schedule.take().as_ref(), Some(slow));
        }
        for slow in [&a, &b, &c] {
            schedule.done(slow.clone(), Again::Now, SLOW * 2);
        }
        schedule.wake(quick.clone());
        let taken = [(); 3].map(|()| schedule.take().unwrap());
        assert_eq!(taken, [a.clone(), b.clone(), quick.clone()], "the third slow one has to wait");
        schedule.done(quick.clone(), Again::Now, Duration::ZERO);
        assert_eq!(schedule.take(), Some(quick), "for another, not for a free worker");
        schedule.done(a.clone(), Again::Now, Duration::ZERO);
        assert_eq!([(); 2].map(|()| schedule.take().unwrap()), [c, a], "what is quick again counts no more");
    }
}
