//! Authorities that fail are left alone for a growing pause, so that an outage of one costs its timeout once, not with every
//! question.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

/// The first pause of an authority that failed.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(2);
/// The longest: so soon after its return is an authority found again.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(5);

/// An authority that failed when it was asked last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    /// Its host: the rest of its URL may be a secret.
    pub authority: String,
    /// What was wrong.
    pub reason: String,
    /// How often, one after another.
    pub times: u32,
    /// When it failed first since it last answered.
    pub since: Timestamp,
    /// It is not asked before.
    pub again_at: Timestamp,
}

impl fmt::Display for Failing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { authority, reason, times, since, again_at } = self;
        write!(f, "{authority}: {reason} ({times} times since {since}, asked again at {again_at})")
    }
}

/// What is known of one authority's failures.
#[derive(Debug)]
pub(crate) struct Watch {
    name: String,
    failing: Mutex<Option<Failing>>,
}

impl Watch {
    /// Over the authority at this host.
    pub(crate) const fn over(name: String) -> Self {
        Self { name, failing: Mutex::new(None) }
    }

    /// The host, as it is told.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// How it failed, if it did when it was asked last.
    pub(crate) fn failing(&self) -> Option<Failing> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The same, while it is not to be asked.
    pub(crate) fn left_alone(&self, now: Timestamp) -> Option<Failing> {
        self.failing().filter(|known| now < known.again_at)
    }

    /// It works.
    pub(crate) fn answered(&self) {
        self.note(None);
    }

    fn note(&self, failing: Option<Failing>) {
        *self.failing.lock().unwrap_or_else(PoisonError::into_inner) = failing;
    }

    /// It does not. Each further failure doubles the pause.
    pub(crate) fn failed(&self, reason: String, now: Timestamp) -> Failing {
        let before = self.failing();
        let times = before.as_ref().map_or(0, |before| before.times).saturating_add(1);
        let doubled = 2_i32.saturating_pow(times - 1);
        let pause = FIRST_PAUSE.checked_mul(doubled).map_or(LONGEST_PAUSE, |pause| pause.min(LONGEST_PAUSE));
        let failing = Failing {
            authority: self.name.clone(),
            reason,
            times,
            since: before.map_or(now, |before| before.since),
            again_at: now.checked_add(pause).unwrap_or(Timestamp::MAX),
        };
        self.note(Some(failing.clone()));
        failing
    }
}
