//! The queue of delivery.

use jiff::Timestamp;
use qadam_domain::{DestinationId, EventRef, MessageId, ProviderId, ids::Cursor};

use crate::{
    Store,
    entry::{AttemptedFact, Fact, LeasedFact, SealedFact},
    error::StoreError,
    index::{
        keys,
        queue::request_at,
        queue_row::{DeadRow, LaneQueueRow, QueueRow, QueueState},
        row::{DestinationRow, LaneMessageRow, MessageRow, decode},
    },
    journal::Entry,
    read::Page,
};

/// A lane's queue.
#[derive(Clone, Debug)]
pub struct QueueLane {
    /// To whom.
    pub destination: DestinationId,
    /// Of whom.
    pub provider: ProviderId,
    /// Items that may be sent: messages, and time-stamps that follow theirs.
    pub items: u64,
    /// Items set aside, because all that is left of them is of requests with dead letters.
    pub held: u64,
    /// Events that are not delivered and are no dead letters.
    pub events: u64,
    /// Dead letters.
    pub dead: u64,
    /// Events delivered.
    pub delivered: u64,
    /// Attempts begun.
    pub attempts: u64,
    /// Whether an operator paused it, or its destination.
    pub paused: bool,
    /// The last attempt that failed, if none succeeded since.
    pub failed: Option<AttemptedFact>,
    /// When an attempt last succeeded.
    pub succeeded: Option<Timestamp>,
    /// The first item that may be sent.
    pub head: Option<QueueItem>,
}

/// Something to be delivered.
#[derive(Clone, Debug)]
pub struct QueueItem {
    /// Its entry.
    pub item: u64,
    /// The message: itself, or that whose time-stamp it is.
    pub message: MessageId,
    /// Whether it is a time-stamp that follows its message.
    pub stamp: bool,
    /// To whom.
    pub destination: DestinationId,
    /// Of whom.
    pub provider: ProviderId,
    /// Where it stands.
    pub state: ItemState,
    /// Attempts made or begun.
    pub attempts: u32,
    /// Attempts that failed since something of it was last delivered.
    pub failures: u32,
    /// Which operator's act put it into the queue again; 0 where none did.
    pub round: u64,
    /// Places of the events still to be delivered.
    pub places: Vec<u16>,
    /// Places of dead letters.
    pub dead: Vec<u16>,
    /// They go one by one.
    pub singly: bool,
    /// Events that the message has.
    pub events: u16,
    /// When it was sealed, or stamped.
    pub since: Timestamp,
    /// Entry of the last attempt's end.
    pub last: Option<u64>,
}

/// Where an item stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemState {
    /// It can be sent.
    Ready,
    /// An attempt began, and its end is not known.
    Leased,
    /// It is tried again, not before this.
    Waiting(Timestamp),
    /// All that is left of it waits for requests to be released.
    Held,
    /// All that is left of it are dead letters.
    Dead,
}

/// A dead letter.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// The item that holds it.
    pub item: u64,
    /// Its place in the manifest; [`STAMP`](crate::STAMP) for a time-stamp.
    pub place: u16,
    /// The message.
    pub message: MessageId,
    /// The event; none for a time-stamp.
    pub event: Option<EventRef>,
    /// Its request.
    pub request: Option<String>,
    /// To whom.
    pub destination: DestinationId,
    /// Of whom.
    pub provider: ProviderId,
    /// The attempt that says why.
    pub attempt: AttemptedFact,
}

/// An attempt that began, and how it ended, if it did.
#[derive(Clone, Debug)]
pub struct AttemptView {
    /// Its beginning; none for a decision without an attempt.
    pub leased: Option<LeasedFact>,
    /// Its end.
    pub ended: Option<AttemptedFact>,
}

/// The requests that dead letters hold in a lane.
#[derive(Clone, Debug, Default)]
pub struct Holding(std::collections::BTreeSet<String>);

impl Holding {
    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this one is.
    #[must_use]
    pub fn holds(&self, request: &str) -> bool {
        self.0.contains(request)
    }
}

impl Store {
    /// The queues of a destination's lanes, or of all.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn queue_lanes(&self, destination: Option<&DestinationId>) -> Result<Vec<QueueLane>, StoreError> {
        let prefix = destination.map_or_else(|| b"l".to_vec(), keys::lane_queues);
        let mut lanes = Vec::new();
        for row in self.index.rows()?.scan_prefix(prefix) {
            let (key, value) = row?;
            if let [destination, provider] = keys::split(&key).0[..]
                && let (Ok(destination), Ok(provider)) = (destination.parse(), provider.parse())
            {
                lanes.push(self.queue_lane(destination, provider, decode(&value)?)?);
            }
        }
        Ok(lanes)
    }

    fn queue_lane(
        &self,
        destination: DestinationId,
        provider: ProviderId,
        row: LaneQueueRow,
    ) -> Result<QueueLane, StoreError> {
        let all = self.index.rows()?.get(keys::destination(&destination))?;
        let all: Option<DestinationRow> = all.map(|bytes| decode(&bytes)).transpose()?;
        let head = self.queue_head(&destination, &provider)?;
        let succeeded = row.succeeded.map(|seq| self.attempted(seq)).transpose()?.map(|fact| fact.at);
        Ok(QueueLane {
            items: row.items,
            held: row.held,
            events: row.events,
            dead: row.dead,
            delivered: row.delivered,
            attempts: row.attempts,
            paused: row.paused || all.is_some_and(|row| row.paused),
            failed: row.failed.map(|seq| self.attempted(seq)).transpose()?,
            succeeded,
            head,
            destination,
            provider,
        })
    }

    fn attempted(&self, seq: u64) -> Result<AttemptedFact, StoreError> {
        match self.journal.fact(seq)? {
            Fact::Attempted(fact) => Ok(fact),
            _ => Err(StoreError::NoEntry { seq, wanted: "attempt" }),
        }
    }

    /// The lanes of a destination that have something to send, each with its first item, and whether it is paused. Reads the
    /// index only.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub fn queue_heads(&self, destination: &DestinationId) -> Result<Vec<QueueItem>, StoreError> {
        let rows = self.index.rows()?;
        let all = rows.get(keys::destination(destination))?;
        if all.map(|bytes| decode::<DestinationRow>(&bytes)).transpose()?.is_none_or(|row| row.paused || !row.open) {
            return Ok(Vec::new());
        }
        let mut heads = Vec::new();
        for row in rows.scan_prefix(keys::lane_queues(destination)) {
            let (key, value) = row?;
            let row: LaneQueueRow = decode(&value)?;
            if let ([_, provider], true) = (&keys::split(&key).0[..], row.items > 0 && !row.paused)
                && let Ok(provider) = provider.parse()
            {
                heads.extend(self.queue_head(destination, &provider)?);
            }
        }
        Ok(heads)
    }

    /// The first item of a lane that may be sent.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub fn queue_head(
        &self,
        destination: &DestinationId,
        provider: &ProviderId,
    ) -> Result<Option<QueueItem>, StoreError> {
        Ok(self.queue_ahead(destination, provider, 0, 1)?.pop())
    }

    /// Items of a lane that may be sent, in its order, after one.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub fn queue_ahead(
        &self,
        destination: &DestinationId,
        provider: &ProviderId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<QueueItem>, StoreError> {
        let rows = self.index.rows()?;
        let key = |item| keys::queued(destination, provider, item);
        let mut items = Vec::new();
        for row in rows.range(key(after.saturating_add(1))..=key(u64::MAX)).take(limit) {
            items.extend(self.queue_item(keys::last_number(&row?.0))?);
        }
        Ok(items)
    }

    /// An item that is not settled.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub fn queue_item(&self, item: u64) -> Result<Option<QueueItem>, StoreError> {
        let row = self.index.rows()?.get(keys::item(item))?;
        row.map(|bytes| decode(&bytes).map(|row| self.item(item, row))).transpose()
    }

    fn item(&self, item: u64, row: QueueRow) -> QueueItem {
        let seq = row.stamps.unwrap_or(item);
        QueueItem {
            item,
            message: MessageId { epoch: self.journal.epoch_of(seq).unwrap_or_default(), seq },
            stamp: row.stamps.is_some(),
            state: match row.state {
                QueueState::Ready => ItemState::Ready,
                QueueState::Leased(_) => ItemState::Leased,
                QueueState::Waiting(due) => ItemState::Waiting(due),
                QueueState::Held => ItemState::Held,
                QueueState::Dead => ItemState::Dead,
            },
            attempts: row.attempts,
            failures: row.failures,
            round: row.round,
            places: row.places(),
            dead: row.dead,
            singly: row.singly,
            events: row.events,
            since: row.since,
            last: row.last,
            destination: row.destination,
            provider: row.provider,
        }
    }

    /// Items that are not settled, whatever their state, in the order of the journal, after a cursor.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub fn queue_items(&self, after: Option<Cursor>, limit: usize) -> Result<Page<QueueItem>, StoreError> {
        let mut page = Page { items: Vec::new(), next: None };
        let after = after.map_or(0, |cursor| cursor.seq);
        for row in self.index.rows()?.range(keys::item(after.saturating_add(1))..=keys::item(u64::MAX)) {
            if page.items.len() == limit {
                let last = page.items.last().map_or(0, |item: &QueueItem| item.item);
                page.next = Some(self.cursor(EventRef { seq: last, index: 0 }));
                break;
            }
            let (key, value) = row?;
            page.items.push(self.item(keys::last_number(&key), decode(&value)?));
        }
        Ok(page)
    }

    /// Items whose attempt began before the host was started and has no end.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub fn interrupted(&self) -> Result<Vec<QueueItem>, StoreError> {
        let mut items = Vec::new();
        for row in self.index.rows()?.scan_prefix(b"z") {
            let (key, value) = row?;
            let row: QueueRow = decode(&value)?;
            if let QueueState::Leased(_) = row.state {
                items.push(self.item(keys::last_number(&key), row));
            }
        }
        Ok(items)
    }

    /// The requests that dead letters hold in a lane.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub fn holding(&self, destination: &DestinationId, provider: &ProviderId) -> Result<Holding, StoreError> {
        let mut held = Holding::default();
        for row in self.index.rows()?.scan_prefix(keys::holding(destination, provider)) {
            if let [_, _, request] = keys::split(&row?.0).0[..] {
                held.0.insert(request.to_owned());
            }
        }
        Ok(held)
    }

    /// The request that a recorded event, or the withdrawal of one, is about.
    ///
    /// # Errors
    /// If there is none, or the journal cannot be read.
    pub fn request_at(&self, at: EventRef) -> Result<String, StoreError> {
        request_at(&self.journal, at)
    }

    /// Dead letters of a lane, in the order of the journal, from an item and a place on.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn dead_letters(
        &self,
        destination: &DestinationId,
        provider: &ProviderId,
        from: (u64, u16),
        limit: usize,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        let key = |(item, place)| keys::dead(destination, provider, item, place);
        let mut letters = Vec::new();
        for row in self.index.rows()?.range(key(from)..=key((u64::MAX, u16::MAX))).take(limit) {
            let (key, value) = row?;
            let row: DeadRow = decode(&value)?;
            let Some((item, place)) = key.split_last_chunk::<2>() else { continue };
            let (item, place) = (keys::last_number(item), u16::from_be_bytes(*place));
            let Some(found) = self.queue_item(item)? else { continue };
            let event = match self.journal.fact(found.message.seq)? {
                Fact::Sealed(sealed) if !found.stamp => sealed.events.get(usize::from(place)).copied(),
                _ => None,
            };
            letters.push(DeadLetter {
                item,
                place,
                message: found.message,
                event,
                request: row.request,
                destination: destination.clone(),
                provider: provider.clone(),
                attempt: self.attempted(row.attempt)?,
            });
        }
        Ok(letters)
    }

    /// Messages of a lane in the order of their numbers, after one by its entry: entry, fact, and whether its events are still
    /// there.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn lane_sealed(
        &self,
        destination: &DestinationId,
        provider: &ProviderId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, SealedFact, bool)>, StoreError> {
        let last = match if after > 0 { Some(self.journal.fact(after)?) } else { None } {
            Some(Fact::Sealed(sealed)) => sealed.events.last().copied(),
            _ => None,
        };
        let from = keys::lane_message(destination, provider, last.unwrap_or(EventRef { seq: 0, index: 0 }));
        let prefix = keys::lane_messages(destination, provider);
        let mut messages = Vec::new();
        for row in self.index.rows()?.range(from..) {
            let (key, value) = row?;
            if !key.starts_with(&prefix) || messages.len() == limit {
                break;
            }
            let LaneMessageRow { entry, .. } = decode(&value)?;
            if entry > after
                && let Entry { fact: Fact::Sealed(sealed), body, .. } = self.journal.read(entry)?
            {
                messages.push((entry, sealed, body.is_some()));
            }
        }
        Ok(messages)
    }

    /// The attempts made for a message in their order, then those for its time-stamp, where that followed by itself; the last
    /// `limit` of them.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn attempts(&self, message: MessageId, limit: usize) -> Result<Vec<AttemptView>, StoreError> {
        if self.journal.epoch_of(message.seq) != Some(message.epoch) {
            return Ok(Vec::new());
        }
        let mut attempts = self.attempts_at(message.seq, limit)?;
        // Its time-stamp, where it went without, followed as an item of its own.
        if let Some(stamp) = self.stamp_of(message)? {
            attempts.extend(self.attempts_at(stamp, limit)?);
        }
        let more = attempts.len().saturating_sub(limit);
        Ok(attempts.split_off(more))
    }

    pub(super) fn attempts_at(&self, item: u64, limit: usize) -> Result<Vec<AttemptView>, StoreError> {
        let mut entries = Vec::new();
        for row in self.index.rows()?.scan_prefix(keys::attempts(item)).rev().take(limit.saturating_mul(2)) {
            entries.push(keys::last_number(&row?.0));
        }
        let mut attempts: Vec<AttemptView> = Vec::new();
        for seq in entries.into_iter().rev() {
            match self.journal.fact(seq)? {
                Fact::Leased(leased) => attempts.push(AttemptView { leased: Some(leased), ended: None }),
                Fact::Attempted(ended) => match attempts.last_mut() {
                    Some(AttemptView { leased: Some(leased), ended: none @ None })
                        if leased.attempt == ended.attempt =>
                    {
                        *none = Some(ended);
                    }
                    _ => attempts.push(AttemptView { leased: None, ended: Some(ended) }),
                },
                _ => return Err(StoreError::NoEntry { seq, wanted: "attempt" }),
            }
        }
        Ok(attempts)
    }

    /// Whether nothing of a message is to be delivered any more, by its entry: when the last of it was delivered, or skipped.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn settled(&self, message: u64) -> Result<Option<Timestamp>, StoreError> {
        let row = self.index.rows()?.get(keys::message(message))?;
        let Some(row) = row.map(|bytes| decode::<MessageRow>(&bytes)).transpose()? else { return Ok(None) };
        let open = self.index.rows()?.get(keys::item(message))?.is_some();
        let Some(seq) = row.settled.filter(|_| !open) else { return Ok(None) };
        Ok(Some(match self.journal.fact(seq)? {
            Fact::Attempted(fact) => fact.at,
            Fact::Act(act) => act.at,
            _ => return Err(StoreError::NoEntry { seq, wanted: "attempt" }),
        }))
    }
}
