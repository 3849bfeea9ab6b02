//! Intake: a record is kept as it came, then acknowledged. Nothing interprets it before that (invariants 1 and 2).

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use qadam_domain::{ProviderId, RecordId};
use qadam_store::{NewRecord, Received, RecordState, StoreError, Taken, sha256};
use tokio::time::Instant;

use crate::{Pipeline, signatures::taken};

/// Records of one sender for one provider.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Whose records.
    pub provider: ProviderId,
    /// Id of the key that sends them.
    pub sender: String,
    /// The caller's idempotency key.
    pub idempotency_key: Option<String>,
    /// The records.
    pub records: Vec<NativeRecord>,
}

/// A record as it came.
#[derive(Clone, Debug)]
pub struct NativeRecord {
    /// Media type as stated.
    pub content_type: String,
    /// The bytes.
    pub body: Bytes,
    /// A detached signature over them, where one came along: CMS in DER or BER.
    pub signature: Option<Bytes>,
}

/// The receipt, in the order of the records. What it names is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Each record.
    pub records: Vec<Taken>,
}

/// Why nothing was received.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IntakeError {
    /// More waits to be mapped than the host takes on. Try again later.
    #[error("{actual} {what}, the limit is {limit}")]
    Busy {
        /// What waits.
        what: &'static str,
        /// How much may wait.
        limit: u64,
        /// How much waits.
        actual: u64,
    },
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What waits, counted without asking the index.
#[derive(Debug, Default)]
pub(crate) struct Gauges {
    /// Below zero for a moment where a record is decided before the sender's task counts it.
    waiting: AtomicI64,
}

impl Gauges {
    pub(crate) fn starting_with(waiting: u64) -> Self {
        let gauges = Self::default();
        gauges.added(waiting);
        gauges
    }

    pub(crate) fn decided(&self, records: u64) {
        self.waiting.fetch_sub(records.cast_signed(), Ordering::Relaxed);
    }

    pub(crate) fn added(&self, records: u64) {
        self.waiting.fetch_add(records.cast_signed(), Ordering::Relaxed);
    }

    fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed).max(0).cast_unsigned()
    }
}

impl Pipeline {
    /// Receives records. When this answers, they are synced; they are mapped afterwards.
    ///
    /// # Errors
    /// Nothing was received then.
    pub async fn take(&self, submission: Submission) -> Result<Receipt, IntakeError> {
        self.room_for_more()?;
        let at = self.now();
        let profile = self.profiles.of(&submission.provider);
        let records: Vec<NewRecord> = submission
            .records
            .into_iter()
            .map(|NativeRecord { content_type, body, signature }| {
                let received = Received {
                    provider: submission.provider.clone(),
                    sender: submission.sender.clone(),
                    at,
                    content_type,
                    digest: sha256(&body),
                    size: body.len() as u64,
                    redacted: Vec::new(),
                    kept: None,
                    signed: None,
                    withheld: false,
                };
                taken(received, body, signature, &profile)
            })
            .collect();
        let withheld: Vec<bool> = records.iter().map(|record| record.received.withheld).collect();
        let (store, gauges, schedule) = (Arc::clone(&self.store), Arc::clone(&self.intake), Arc::clone(&self.schedule));
        let registry = Arc::clone(&self.registry);
        // On its own, for a sender who hangs up ends this call, and not what the journal does with its records.
        let taken = tokio::spawn(async move {
            let taken = store.receive(records, submission.idempotency_key).await?;
            let pending = taken.iter().zip(withheld).filter(|(taken, withheld)| taken.added && !withheld).count();
            gauges.added(pending as u64);
            // Where nothing serves yet, loading an adapter wakes its provider.
            if pending > 0 && registry.get(&submission.provider).is_some() {
                schedule.wake(submission.provider);
            }
            Ok(taken)
        });
        let records = taken.await.unwrap_or(Err(StoreError::Closing))?;
        Ok(Receipt { records })
    }

    fn room_for_more(&self) -> Result<(), IntakeError> {
        let busy =
            |what, limit, actual| if actual > limit { Err(IntakeError::Busy { what, limit, actual }) } else { Ok(()) };
        busy("records wait to be mapped", self.limits.waiting_records, self.waiting())?;
        busy("journal entries wait to be indexed", self.limits.index_lag, self.store.lag())
    }

    /// Records that wait to be mapped.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.intake.waiting()
    }

    /// Waits until none of the records is pending any more, or the time is up. Whether none is.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn decided(
        &self,
        provider: &ProviderId,
        records: &[RecordId],
        within: Duration,
    ) -> Result<bool, StoreError> {
        let deadline = Instant::now() + within;
        let mut applied = self.store.applied();
        let mut rest = records;
        loop {
            applied.mark_unchanged();
            // In the order of receipt, which is the order of mapping.
            while let Some((first, more)) = rest.split_first() {
                match self.store.record_state(provider, first.seq)? {
                    Some(state) if state != RecordState::Pending => rest = more,
                    _ => break,
                }
            }
            if rest.is_empty() {
                return Ok(true);
            }
            if tokio::time::timeout_at(deadline, applied.changed()).await.is_err() {
                return Ok(false);
            }
        }
    }
}
