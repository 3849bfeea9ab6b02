//! The events as a feed: like the list of them, but it always says where it has come, for readers that stay.

use qadam_domain::{EventId, EventRef, ProviderId, ids::Cursor};

use crate::{Store, error::StoreError, read::EventView};

/// A part of the feed.
#[derive(Clone, Debug)]
pub struct Feed {
    /// The events.
    pub events: Vec<EventView>,
    /// Everything up to here has been looked at; where to go on.
    pub to: Cursor,
}

impl Store {
    /// Events in the order of the journal, after a cursor, and how far this has come, be there events or not. None where the
    /// cursor is not of this journal: it was made before a restore, or by another host.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn feed(&self, provider: Option<&ProviderId>, after: Cursor, limit: usize) -> Result<Option<Feed>, StoreError> {
        if after.seq > 0 && self.journal.epoch_of(after.seq) != Some(after.epoch) {
            return Ok(None);
        }
        // Asked before the events are, so that none that come meanwhile is passed over.
        let applied = self.applied.get();
        let page = self.events(provider, (after.seq > 0).then_some(after), limit)?;
        let last = page.items.last().map(|event| event.id);
        let last = last.map(|EventId { epoch, seq, index }| Cursor { epoch, seq, index });
        let end = self.cursor(EventRef { seq: applied, index: u16::MAX });
        let to = page.next.or(last.max(Some(end))).map_or(after, |to| to.max(after));
        Ok(Some(Feed { events: page.items, to }))
    }
}
