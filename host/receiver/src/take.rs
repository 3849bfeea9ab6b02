//! Taking a message: checked, stored, answered.

use std::{
    io,
    sync::{Mutex, MutexGuard, PoisonError, RwLockReadGuard, RwLockWriteGuard},
};

use jiff::Timestamp;
use qadam_delivery::{
    Envelope, Parts,
    receipt::{Answer, Says, Stated},
};

use crate::{
    Receiver,
    check::{self, Checked, Refusal},
    effects::{Again, Line, Took},
    known::{Known, Plan},
    seal,
    shelf::{Aside, Shelf},
};

/// Why a message gets no receipt. It may come again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TakeError {
    /// No space.
    #[error("no space is left for messages: {0}")]
    Full(String),
    /// Something here does not work.
    #[error("messages cannot be taken now: {0}")]
    Unavailable(String),
    /// Whoever sealed it is not trusted here.
    #[error("the message is sealed by somebody who is not trusted here: {0}")]
    Stranger(String),
}

impl TakeError {
    pub(crate) fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full(error.to_string()),
            _ => Self::Unavailable(error.to_string()),
        }
    }
}

impl Receiver {
    /// Takes a message, or some of it. When this returns a receipt, what it accepts is on disk, and in effect once.
    ///
    /// # Errors
    /// If it can be neither taken nor refused now. Nothing of it is in effect then, unless a sync failed: then all of it may be,
    /// and it is answered as a repetition after a restart.
    pub fn take(&self, envelope: &Envelope) -> Result<Stated, TakeError> {
        let now = (self.options.clock)();
        let says = match self.says(envelope, now) {
            Ok(says) => says,
            Err(seal::Wrong::Waits(error)) => return Err(error),
            Err(seal::Wrong::Refused(Refusal { code, reason })) => {
                self.count_refusal(code);
                let reason = reason.chars().take(300).collect();
                Says::Refused { code: code.to_owned(), reason }
            }
        };
        if let Says::Events(answers) = &says {
            for (_, answer) in answers {
                if let Answer::Refused { code, .. } = answer {
                    self.count_refusal(code);
                }
            }
        }
        let receiver = self.options.name.clone();
        Ok(Stated { message: envelope.message, manifest: envelope.digest(), received_at: now, receiver, says })
    }

    fn says(&self, envelope: &Envelope, now: Timestamp) -> Result<Says, seal::Wrong> {
        let checked = check::check(envelope).map_err(seal::Wrong::Refused)?;
        let stamped = seal::check(envelope, &self.options.trust, now)?;
        let plan = self.known().plan(envelope, &checked, stamped).map_err(seal::Wrong::Refused)?;
        let plan = if plan.is_new() {
            // The long part, beside others.
            let aside = Aside::write(&self.places, &checked.stored(envelope), now).map_err(seal::Wrong::Waits)?;
            self.commit(envelope, &checked, stamped, aside, now)?
        } else {
            plan
        };
        self.note_repetitions(envelope, &plan, now);
        Ok(match &envelope.parts {
            Parts::Stamp => Says::Stamp { duplicate: !plan.stamps },
            Parts::Events(events) => Says::Events(events.iter().map(|event| event.id).zip(plan.answers).collect()),
        })
    }

    /// The short part, one after another; somebody may have brought the same meanwhile.
    fn commit(
        &self,
        envelope: &Envelope,
        checked: &Checked,
        stamped: bool,
        aside: Aside,
        now: Timestamp,
    ) -> Result<Plan, seal::Wrong> {
        let mut shelf = self.shelf();
        if let Some(reason) = &shelf.broken {
            return Err(seal::Wrong::Waits(TakeError::Unavailable(reason.clone())));
        }
        let plan = self.known().plan(envelope, checked, stamped).map_err(seal::Wrong::Refused)?;
        if plan.is_new() {
            let took = took(shelf.next, envelope, checked, &plan, stamped, now);
            let place = shelf.commit(aside, &took).map_err(seal::Wrong::Waits)?;
            self.known_mut().took(&took, place);
        }
        Ok(plan)
    }

    /// Counts what came again. The count is a help to who looks, so nothing waits for it.
    fn note_repetitions(&self, envelope: &Envelope, plan: &Plan, now: Timestamp) {
        if plan.again.is_empty() {
            return;
        }
        let Envelope { message, destination, provider, .. } = envelope;
        let (destination, provider) = (destination.clone(), provider.clone());
        let again = Again { at: now, message: *message, destination, provider, events: plan.again.clone() };
        let mut shelf = self.shelf();
        self.known_mut().again(&again);
        if let Err(error) = shelf.effects.add(&Line::Again(again)) {
            tracing::warn!(%error, "a repetition was not noted");
        }
    }

    fn count_refusal(&self, code: &str) {
        *self.known_mut().counts.refused.entry(code.to_owned()).or_default() += 1;
    }

    pub(crate) fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn known_mut(&self) -> RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn shelf(&self) -> MutexGuard<'_, Shelf> {
        Mutex::lock(&self.shelf).unwrap_or_else(PoisonError::into_inner)
    }
}

/// The line of the list.
pub(crate) fn took(
    seq: u64,
    envelope: &Envelope,
    checked: &Checked,
    plan: &Plan,
    stamped: bool,
    at: Timestamp,
) -> Took {
    Took {
        seq,
        at,
        message: envelope.message,
        destination: envelope.destination.clone(),
        provider: envelope.provider.clone(),
        number: envelope.number,
        manifest: checked.digest,
        previous: checked.manifest.previous,
        epoch: checked.manifest.lineage.last().map_or(0, |newest| newest.epoch),
        of: u32::try_from(checked.manifest.events.len()).unwrap_or(u32::MAX),
        stamped,
        events: plan.fresh.iter().cloned().map(Into::into).collect(),
        elsewhere: plan.elsewhere.clone(),
        contents: plan.fresh.iter().map(|head| head.content.clone()).collect(),
        same: plan.same.iter().map(|head| (head.index, head.id, head.document.clone(), head.content.clone())).collect(),
    }
}
