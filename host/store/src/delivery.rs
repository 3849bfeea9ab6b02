//! What delivery writes.

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::{
    Store,
    commit::Job,
    entry::{AttemptedFact, Fact, LeasedFact},
    error::StoreError,
    journal::Draft,
};

/// A step of delivery, to be kept.
#[derive(Clone, Debug)]
pub enum Step {
    /// An attempt begins.
    Leased(LeasedFact),
    /// An attempt ended, with the receipt as it came; or an item is set aside.
    Attempted(Box<AttemptedFact>, Option<Bytes>),
}

impl Store {
    /// Keeps steps of delivery, all or none. Synced when this answers, and can be read: an attempt whose beginning is not known to
    /// be on disk must not be made.
    ///
    /// # Errors
    /// Nothing was recorded then.
    pub async fn deliver(&self, steps: Vec<Step>) -> Result<(), StoreError> {
        let count = steps.len() as u64;
        if count == 0 {
            return Ok(());
        }
        let mut drafts = Vec::with_capacity(steps.len());
        for step in steps {
            drafts.push(match step {
                Step::Leased(fact) => Draft::new(&Fact::Leased(fact), Bytes::new())?,
                Step::Attempted(fact, reply) => Draft::new(&Fact::Attempted(*fact), reply.unwrap_or_default())?,
            });
        }
        let (reply, answer) = oneshot::channel();
        // What the host itself records is never turned away for what waits.
        self.queue.push(Job::Append { drafts, reply }, usize::MAX);
        let last = answer.await.unwrap_or(Err(StoreError::Closing))? + count - 1;
        let mut applied = self.applied();
        loop {
            if *applied.borrow_and_update() >= last {
                return Ok(());
            }
            if self.is_leaving() {
                return Err(StoreError::Closing);
            }
            // A store that leaves raises nothing any more.
            let _ = tokio::time::timeout(std::time::Duration::from_secs(1), applied.changed()).await;
        }
    }
}
