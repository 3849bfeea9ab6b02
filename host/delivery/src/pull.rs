//! Destinations that come for their messages: what waits is handed out in order, and stays until its receipt is there. Handing out
//! is recorded as the beginning of an attempt, once; the receipt as its end.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;
use qadam_domain::{DestinationId, MessageId, ProviderId};
use qadam_store::{AttemptedFact, ItemState, LeasedFact, QueueItem, Step, Store, StoreError};

use crate::{
    attempt::{Attempted, Failure, Statuses},
    decide::{Ended, decide},
    delivery::Clock,
    policy::RetryPolicy,
    prepare::{PrepareError, Prepared, Takes, prepare},
    receipt::{Receipt, ReceiptTrust},
    sending::Sending,
};

/// A destination that comes for its messages.
#[derive(Clone)]
pub struct Pull {
    /// Where they wait.
    pub store: Arc<Store>,
    /// The clock.
    pub clock: Clock,
    /// The zone of the host's local time.
    pub zone: Arc<str>,
    /// Which.
    pub destination: DestinationId,
    /// What it takes.
    pub takes: Takes,
    /// Whose signatures over receipts count.
    pub trust: ReceiptTrust,
}

/// Why nothing can be handed out or acknowledged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PullError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was sealed cannot be put together.
    #[error("{0}")]
    Unreadable(String),
    /// The message waits for nobody: it is not known, another destination's, or was acknowledged before.
    #[error("message {0} does not wait at this destination; it may have been acknowledged before")]
    NotWaiting(MessageId),
    /// The receipt is none. The message still waits.
    #[error("{}", .0.detail)]
    Receipt(Failure),
}

/// What waits, and the item to go on from.
#[derive(Debug, Default)]
pub struct Handed {
    /// In the order of the journal.
    pub sendings: Vec<Sending>,
    /// The last item looked at.
    pub last: Option<u64>,
}

impl Pull {
    /// What waits, after an item, of one provider or of all. Blocks on the disk, and on a sync where something is handed out for the
    /// first time. `by` is the id of the key that came.
    ///
    /// # Errors
    /// If it cannot be read, or the handing out cannot be recorded: then nothing is handed out.
    pub async fn waiting(
        &self,
        provider: Option<&ProviderId>,
        after: u64,
        limit: usize,
        by: &str,
    ) -> Result<Handed, PullError> {
        let lanes = self.store.queue_heads(&self.destination)?;
        let mut items = Vec::new();
        for lane in lanes.into_iter().filter(|head| provider.is_none_or(|provider| *provider == head.provider)) {
            items.extend(self.store.queue_ahead(&self.destination, &lane.provider, after, limit)?);
        }
        items.sort_by_key(|item| item.item);
        items.truncate(limit);
        let (mut handed, mut steps) = (Handed::default(), Vec::new());
        for item in items {
            let holding = self.store.holding(&self.destination, &item.provider)?;
            match self.prepare(&item, &holding)? {
                Prepared::Send(places, sending) => {
                    if item.state == ItemState::Ready {
                        steps.push(Step::Leased(self.lease(&item, places, sending.stamped, by)));
                    }
                    handed.sendings.push(*sending);
                }
                // It goes on here when the stamp has come.
                Prepared::NotStamped => break,
                Prepared::Aside(_) | Prepared::Erased | Prepared::TooLarge { .. } | Prepared::Gone => {}
            }
            handed.last = Some(item.item);
        }
        self.store.deliver(steps).await?;
        Ok(handed)
    }

    fn prepare(&self, item: &QueueItem, holding: &qadam_store::Holding) -> Result<Prepared, PullError> {
        // An event of any size is taken by who comes for it.
        let takes = Takes { bytes: usize::MAX, ..self.takes };
        prepare(&self.store, item, holding, takes).map_err(|error| match error {
            PrepareError::Store(error) => PullError::Store(error),
            error => PullError::Unreadable(error.to_string()),
        })
    }

    fn lease(&self, item: &QueueItem, places: Vec<u16>, stamped: bool, by: &str) -> LeasedFact {
        LeasedFact {
            destination: item.destination.clone(),
            provider: item.provider.clone(),
            item: item.item,
            attempt: item.attempts + 1,
            places: if places.len() == usize::from(item.events) { Vec::new() } else { places },
            stamped,
            by: by.to_owned(),
            at: (self.clock)(),
            zone: self.zone.to_string(),
        }
    }

    /// Takes the receipt for a message, or for its time-stamp where that is what waits. What it answers for is delivered, or a dead
    /// letter, as with any destination; a receipt that refuses the message as a whole is recorded, and its events are handed
    /// out one by one from then on.
    ///
    /// # Errors
    /// [`PullError::Receipt`] if it is no receipt for what waits, or not signed as it must be: nothing has changed then.
    pub async fn acknowledge(
        &self,
        message: MessageId,
        receipt: Bytes,
        signature: Option<&[u8]>,
    ) -> Result<AttemptedFact, PullError> {
        let item = self.item(message)?.ok_or(PullError::NotWaiting(message))?;
        let holding = self.store.holding(&self.destination, &item.provider)?;
        let Prepared::Send(places, mut sending) = self.prepare(&item, &holding)? else {
            return Err(PullError::NotWaiting(message));
        };
        let attempt = item.attempts.max(1);
        sending.attempt = attempt;
        let now = (self.clock)();
        let result = Receipt::read(&receipt, signature, &sending, &self.trust, now);
        if let Err(failure) = &result
            && failure.code == crate::Code::InvalidReceipt
        {
            return Err(PullError::Receipt(failure.clone()));
        }
        let ended =
            Ended { item: &item, sent: &places, attempt, at: now, zone: &self.zone, took: self.took(&item, now)? };
        let statuses = Statuses { transport: Some("pull".to_owned()), ..Statuses::default() };
        let attempted = Attempted { statuses, result, reply: None };
        let fact = decide(&ended, &attempted, &RetryPolicy::default(), Duration::ZERO);
        self.store.deliver(vec![Step::Attempted(Box::new(fact.clone()), Some(receipt))]).await?;
        Ok(fact)
    }

    /// The item that waits for a message's receipt: its events, or else its time-stamp.
    fn item(&self, message: MessageId) -> Result<Option<QueueItem>, StoreError> {
        let ours = |item: &QueueItem| item.destination == self.destination && item.message == message;
        if let Some(item) = self.store.queue_item(message.seq)?.filter(ours) {
            return Ok(matches!(item.state, ItemState::Ready | ItemState::Leased).then_some(item));
        }
        let stamp = self.store.stamp_of(message)?;
        Ok(stamp.map(|seq| self.store.queue_item(seq)).transpose()?.flatten().filter(ours))
    }

    /// Since it was handed out.
    fn took(&self, item: &QueueItem, now: Timestamp) -> Result<Duration, StoreError> {
        let last = self.store.attempts(item.message, 1)?;
        let since = last.first().and_then(|attempt| attempt.leased.as_ref()).map_or(now, |leased| leased.at);
        Ok(Duration::try_from(now.duration_since(since)).unwrap_or_default())
    }
}
