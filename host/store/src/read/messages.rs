//! Sealed messages.

use jiff::Timestamp;
use qadam_domain::{DestinationId, EventId, EventRef, MessageId, ProviderId, ids::Cursor};

use crate::{
    Store,
    entry::{Fact, SealedEvent, SealedFact, StampedFact, from_cbor},
    error::StoreError,
    index::{
        keys,
        row::{LaneMessageRow, MessageRow, decode},
    },
    read::{Erased, Page},
};

/// A sealed message.
#[derive(Clone, Debug)]
pub struct MessageView {
    /// Its id.
    pub id: MessageId,
    /// What was sealed.
    pub sealed: SealedFact,
    /// Its time-stamp, once there is one.
    pub stamped: Option<StampedFact>,
    /// The ids of its events, withdrawals among them.
    pub ids: Vec<EventId>,
    /// Its events with their salts, in the order of the manifest; none where they were erased.
    pub events: Option<Vec<SealedEvent>>,
    /// Why they are not there any more, where they were erased.
    pub erased: Option<Erased>,
}

/// Messages that no authority has stamped yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unstamped {
    /// How many, up to what was asked for.
    pub messages: u64,
    /// When the oldest was sealed.
    pub since: Option<Timestamp>,
}

impl Store {
    /// A message by its id.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn message(&self, id: MessageId) -> Result<Option<MessageView>, StoreError> {
        if self.journal.epoch_of(id.seq) != Some(id.epoch) {
            return Ok(None);
        }
        self.message_at(id.seq)
    }

    /// The entry of a message's time-stamp, once there is one. Reads the index only.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub fn stamp_of(&self, id: MessageId) -> Result<Option<u64>, StoreError> {
        let row = self.index.rows()?.get(keys::message(id.seq))?;
        Ok(row.map(|row| decode::<MessageRow>(&row)).transpose()?.and_then(|row| row.stamp))
    }

    fn message_at(&self, seq: u64) -> Result<Option<MessageView>, StoreError> {
        let Some(row) = self.index.rows()?.get(keys::message(seq))? else { return Ok(None) };
        let stamped = match decode::<MessageRow>(&row)?.stamp {
            Some(stamp) => match self.journal.fact(stamp)? {
                Fact::Stamped(fact) => Some(fact),
                _ => return Err(StoreError::NoEntry { seq: stamp, wanted: "time-stamp" }),
            },
            None => None,
        };
        let entry = self.journal.read(seq)?;
        let erased = self.erased(&entry)?;
        let Fact::Sealed(sealed) = entry.fact else { return Err(StoreError::NoEntry { seq, wanted: "message" }) };
        let events = entry.body.map(|body| from_cbor(&body).map_err(|reason| StoreError::Index { reason }));
        let id = MessageId { epoch: entry.epoch, seq };
        let ids = sealed.events.iter().map(|at| self.event_id(*at)).collect();
        Ok(Some(MessageView { id, sealed, stamped, ids, events: events.transpose()?, erased }))
    }

    /// Messages in the order of the journal, after a cursor. An empty page means that there are no more by now.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn messages(&self, after: Option<Cursor>, limit: usize) -> Result<Page<MessageView>, StoreError> {
        let mut page = Page { items: Vec::new(), next: None };
        let mut last = after.map_or(0, |cursor| cursor.seq);
        for row in self.index.rows()?.range(keys::message(last.saturating_add(1))..=keys::message(u64::MAX)) {
            if page.items.len() == limit {
                break;
            }
            last = keys::last_number(&row?.0);
            page.items.extend(self.message_at(last)?);
        }
        // A reader of messages stays: it is always told where to go on.
        page.next = (!page.items.is_empty()).then(|| self.cursor(EventRef { seq: last, index: 0 })).or(after);
        Ok(page)
    }

    /// The messages that hold an event, one for each destination that it was sealed for.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn sealed_in(&self, event: EventId) -> Result<Vec<MessageView>, StoreError> {
        let mut found = Vec::new();
        if self.journal.epoch_of(event.seq) != Some(event.epoch) {
            return Ok(found);
        }
        let provider = match self.journal.fact(event.seq)? {
            Fact::Outcome(outcome) => outcome.provider,
            Fact::Reported(_) => ProviderId::host(),
            _ => return Ok(found),
        };
        let at = EventRef { seq: event.seq, index: event.index };
        for (destination, _) in self.known_destinations()? {
            if let Some(row) = self.lane_message(&destination, &provider, at)? {
                found.extend(self.message_at(row.entry)?.filter(|message| message.sealed.events.contains(&at)));
            }
        }
        Ok(found)
    }

    /// The message of a lane that holds an event, if one does: the first whose last event is this one or a later one.
    pub(crate) fn lane_message(
        &self,
        destination: &DestinationId,
        provider: &ProviderId,
        at: EventRef,
    ) -> Result<Option<LaneMessageRow>, StoreError> {
        let first = keys::lane_message(destination, provider, at);
        let Some((key, row)) = self.index.rows()?.range(first..).next().transpose()? else { return Ok(None) };
        if key.starts_with(&keys::lane_messages(destination, provider)) { decode(&row).map(Some) } else { Ok(None) }
    }

    /// The oldest messages that no authority has stamped, in the order in which they were sealed.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn to_be_stamped(&self, limit: usize) -> Result<Vec<(u64, SealedFact)>, StoreError> {
        let mut waiting = Vec::new();
        for row in self.index.rows()?.scan_prefix(b"T").take(limit) {
            let seq = keys::last_number(&row?.0);
            let Fact::Sealed(sealed) = self.journal.fact(seq)? else {
                return Err(StoreError::NoEntry { seq, wanted: "message" });
            };
            waiting.push((seq, sealed));
        }
        Ok(waiting)
    }

    /// How many messages wait for a time-stamp, counted up to a limit, and since when.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn unstamped(&self, limit: usize) -> Result<Unstamped, StoreError> {
        let since = self.to_be_stamped(1)?.first().map(|(_, sealed)| sealed.at);
        let mut messages = 0;
        for row in self.index.rows()?.scan_prefix(b"T").take(limit) {
            row?;
            messages += 1;
        }
        Ok(Unstamped { messages, since })
    }
}
