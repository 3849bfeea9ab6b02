//! Destinations that come for their messages: what waits is handed out in order, and stays until its receipt is there. Handing out
//! is recorded as the beginning of an attempt, once; the receipt as its end.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;
use qadam_domain::{DestinationId, MessageId, ProviderId};
use qadam_store::{AttemptedFact, Holding, ItemState, LeasedFact, QueueItem, Step, Store, StoreError};

use crate::{
    attempt::{Attempted, Failure, Statuses},
    code::Code,
    decide::{Ended, blank, dead, decide},
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
        let (this, provider, by) = (self.clone(), provider.cloned(), by.to_owned());
        let read = tokio::task::spawn_blocking(move || this.read(provider.as_ref(), after, limit, &by));
        let (handed, steps) = read.await.map_err(|error| PullError::Unreadable(error.to_string()))??;
        self.store.deliver(steps).await?;
        Ok(handed)
    }

    /// What is to be handed out, and what is to be written of it before.
    fn read(
        &self,
        provider: Option<&ProviderId>,
        after: u64,
        limit: usize,
        by: &str,
    ) -> Result<(Handed, Vec<Step>), PullError> {
        let lanes = self.store.queue_heads(&self.destination)?;
        let mut items = Vec::new();
        for lane in lanes.into_iter().filter(|head| provider.is_none_or(|provider| *provider == head.provider)) {
            items.extend(self.store.queue_ahead(&self.destination, &lane.provider, after, limit)?);
        }
        items.sort_by_key(|item| item.item);
        items.truncate(limit);
        let (mut handed, mut steps, mut bytes) = (Handed::default(), Vec::new(), 0);
        let mut unstamped = BTreeSet::new();
        for item in items {
            // A lane goes on where its stamp has come; others do not wait for it.
            if unstamped.contains(&item.provider) {
                continue;
            }
            let holding = self.store.holding(&self.destination, &item.provider)?;
            let end = Ended { attempt: 0, ..self.end(&item, &[], (self.clock)(), Duration::ZERO) };
            let decided = |fact| Step::Attempted(Box::new(fact), None);
            match self.prepare(&item, &holding)? {
                Prepared::Send(places, sending) => {
                    if matches!(item.state, ItemState::Ready | ItemState::Waiting(_)) {
                        steps.push(Step::Leased(self.lease(&item, places, sending.stamped, by)));
                    }
                    bytes += sending.events().iter().map(|event| event.document.len()).sum::<usize>();
                    handed.sendings.push(*sending);
                }
                Prepared::NotStamped => {
                    unstamped.insert(item.provider.clone());
                    continue;
                }
                Prepared::Aside(held) => steps.push(decided(AttemptedFact { held, ..blank(&end) })),
                Prepared::Erased => {
                    let reason = "its events were erased".to_owned();
                    steps.push(decided(dead(&end, Code::Erased, &item.places, reason)));
                }
                // Nothing is left of it: an operator skipped it after it was handed out.
                Prepared::Gone => steps.push(decided(blank(&end))),
                Prepared::TooLarge { .. } => {}
            }
            if unstamped.is_empty() {
                handed.last = Some(item.item);
            }
            if bytes >= self.takes.bytes {
                break;
            }
        }
        Ok((handed, steps))
    }

    fn end<'a>(&'a self, item: &'a QueueItem, sent: &'a [u16], at: Timestamp, took: Duration) -> Ended<'a> {
        Ended { item, sent, attempt: item.attempts.max(1), at, zone: &self.zone, took }
    }

    fn prepare(&self, item: &QueueItem, holding: &Holding) -> Result<Prepared, PullError> {
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
        let (this, bytes, signature) = (self.clone(), receipt.clone(), signature.map(<[u8]>::to_vec));
        let judged = tokio::task::spawn_blocking(move || this.judge(message, &bytes, signature.as_deref()));
        let fact = judged.await.map_err(|error| PullError::Unreadable(error.to_string()))??;
        self.store.deliver(vec![Step::Attempted(Box::new(fact.clone()), Some(receipt))]).await?;
        Ok(fact)
    }

    fn judge(&self, message: MessageId, receipt: &[u8], signature: Option<&[u8]>) -> Result<AttemptedFact, PullError> {
        let item = self.item(message)?.ok_or(PullError::NotWaiting(message))?;
        let now = (self.clock)();
        let mut wrong = PullError::NotWaiting(message);
        // It may have been handed out before a dead letter held some of it, or before it was to go event by event.
        let holding = self.store.holding(&self.destination, &item.provider)?;
        let whole = QueueItem { singly: false, ..item.clone() };
        for (item, holding) in [(&item, &holding), (&whole, &Holding::default())] {
            let Prepared::Send(places, sending) = self.prepare(item, holding)? else { continue };
            let result = Receipt::read(receipt, signature, &sending, &self.trust, now);
            if let Err(failure) = &result
                && failure.code == Code::InvalidReceipt
            {
                wrong = PullError::Receipt(failure.clone());
                continue;
            }
            let ended = self.end(item, &places, now, self.took(item, now)?);
            let statuses = Statuses { transport: Some("pull".to_owned()), ..Statuses::default() };
            let attempted = Attempted { statuses, result, reply: None };
            return Ok(decide(&ended, &attempted, &RetryPolicy::default(), Duration::ZERO));
        }
        Err(wrong)
    }

    /// The item that waits for a message's receipt: its events, or else its time-stamp.
    fn item(&self, message: MessageId) -> Result<Option<QueueItem>, StoreError> {
        let ours = |item: &QueueItem| item.destination == self.destination && item.message == message;
        if let Some(item) = self.store.queue_item(message.seq)?.filter(ours) {
            // What is left of it may be dead letters, and its time-stamp wait all the same.
            if matches!(item.state, ItemState::Ready | ItemState::Leased | ItemState::Waiting(_)) {
                return Ok(Some(item));
            }
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
