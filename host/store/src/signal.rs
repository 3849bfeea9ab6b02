//! A number that only grows, for threads and tasks that wait until it has come far enough.

use std::{
    sync::{Condvar, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

/// The number, with those who wait for it.
#[derive(Debug)]
pub(crate) struct Signal {
    number: Mutex<u64>,
    grown: Condvar,
    watch: watch::Sender<u64>,
}

impl Signal {
    pub(crate) fn new(number: u64) -> Self {
        Self { number: Mutex::new(number), grown: Condvar::new(), watch: watch::Sender::new(number) }
    }

    pub(crate) fn get(&self) -> u64 {
        *self.number.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn raise(&self, to: u64) {
        let mut number = self.number.lock().unwrap_or_else(PoisonError::into_inner);
        if to > *number {
            *number = to;
            drop(number);
            self.grown.notify_all();
            self.watch.send_replace(to);
        }
    }

    /// Waits until the number is at least `least`, or `stop` says so; `stop` is asked after each wake-up.
    pub(crate) fn wait(&self, least: u64, stop: impl Fn() -> bool) -> u64 {
        let mut number = self.number.lock().unwrap_or_else(PoisonError::into_inner);
        while *number < least && !stop() {
            number = self.grown.wait(number).unwrap_or_else(PoisonError::into_inner);
        }
        *number
    }

    /// As [`Self::wait`], but not for longer than this.
    pub(crate) fn wait_within(&self, least: u64, within: Duration, stop: impl Fn() -> bool) -> u64 {
        let number = self.number.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.grown.wait_timeout_while(number, within, |number| *number < least && !stop());
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Wakes all who wait, so that they ask their `stop`.
    pub(crate) fn wake(&self) {
        drop(self.number.lock().unwrap_or_else(PoisonError::into_inner));
        self.grown.notify_all();
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.watch.subscribe()
    }
}
