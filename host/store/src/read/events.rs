//! Recorded events: of a request, and in the order of the journal.

use qadam_domain::{EventId, EventMark, EventRef, ProviderId, RequestId, ids::Cursor};

use crate::{
    Store,
    entry::{EventEntry, Fact, OutcomeFact, OutcomeResult, Personal, from_cbor},
    error::StoreError,
    index::{
        Rows, keys,
        row::{RequestRow, decode},
    },
    journal,
    read::{EventView, Page},
};

/// Entries of the journal looked at for one page of events, at most.
const SCAN: u64 = 20_000;

impl Store {
    /// The events of a request in the order of receipt, after a cursor.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn history(
        &self,
        provider: &ProviderId,
        native: &str,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<EventView>, StoreError> {
        let mut page = Page { items: Vec::new(), next: None };
        let Some(first) = first_of(&self.index.rows()?, provider, native)? else { return Ok(page) };
        let prefix = keys::events(first);
        let after = after.map(|cursor| EventRef { seq: cursor.seq, index: cursor.index });
        let mut last = None;
        for row in self.index.rows()?.range(after.map_or(prefix.clone(), |at| keys::event(first, at))..) {
            let (key, value) = row?;
            if !key.starts_with(&prefix) {
                break;
            }
            let mark: EventMark = decode(&value)?;
            if Some(mark.at) == after {
                continue;
            }
            if page.items.len() == limit {
                page.next = last.map(|at| self.cursor(at));
                break;
            }
            last = Some(mark.at);
            let entry = self.journal.read(mark.at.seq)?;
            page.items.extend(self.events_of(&entry)?.into_iter().filter(|event| event.id.index == mark.at.index));
        }
        Ok(page)
    }

    /// A recorded event; none if there is none with this id.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn event(&self, id: EventId) -> Result<Option<EventView>, StoreError> {
        if self.journal.epoch_of(id.seq) != Some(id.epoch) || id.seq > self.applied.get() {
            return Ok(None);
        }
        let entry = self.journal.read(id.seq)?;
        Ok(self.events_of(&entry)?.into_iter().find(|event| event.id == id))
    }

    /// The request that an event is of.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn request_of(&self, id: EventId) -> Result<Option<RequestId>, StoreError> {
        let Some(event) = self.event(id)? else { return Ok(None) };
        Ok(self.request(&event.provider, &event.event.request)?.map(|request| request.id))
    }

    /// Recorded events in the order of the journal, after a cursor; of one provider, or of all. A page may be short, or
    /// empty, and still have a next one.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn events(
        &self,
        provider: Option<&ProviderId>,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<EventView>, StoreError> {
        let applied = self.applied.get();
        let from = after.map_or(EventRef { seq: 0, index: u16::MAX }, |c| EventRef { seq: c.seq, index: c.index });
        let mut seq = from.seq.max(1);
        let stop = seq.saturating_add(SCAN).min(applied);
        let mut items = Vec::new();
        while seq <= stop {
            for entry in self.journal.read_from(seq, 256 << 10)?.iter().take_while(|entry| entry.seq <= stop) {
                seq = entry.seq + 1;
                if !matches!(&entry.fact, Fact::Outcome(outcome) if provider.is_none_or(|p| *p == outcome.provider)) {
                    continue;
                }
                for event in self.events_of(entry)? {
                    let at = EventRef { seq: event.id.seq, index: event.id.index };
                    if at <= from {
                        continue;
                    }
                    if items.len() == limit {
                        let last = items.last().map(|event: &EventView| event.id);
                        let next = last.map(|EventId { epoch, seq, index }| Cursor { epoch, seq, index });
                        return Ok(Page { items, next });
                    }
                    items.push(event);
                }
            }
        }
        // Where the list goes on, now or when there is more.
        let end = EventRef { seq: seq.saturating_sub(1), index: u16::MAX };
        Ok(Page { items, next: (end.seq < applied).then(|| self.cursor(end)) })
    }

    /// The new events of an outcome, with what the index says of them.
    fn events_of(&self, entry: &journal::Entry) -> Result<Vec<EventView>, StoreError> {
        let Fact::Outcome(outcome) = &entry.fact else { return Ok(Vec::new()) };
        let OutcomeFact { result: OutcomeResult::Mapped(events), .. } = outcome else { return Ok(Vec::new()) };
        let personal: Option<Vec<Personal>> = match &entry.body {
            Some(body) => Some(from_cbor(body).map_err(|reason| StoreError::Index { reason })?),
            None => None,
        };
        let rows = self.index.rows()?;
        let mut views = Vec::new();
        for (event, index) in events.iter().zip(0u16..) {
            let EventEntry::New(fact) = event else { continue };
            let parts = personal.as_ref().and_then(|parts| parts.get(views.len()));
            let event = fact.join(parts);
            let at = EventRef { seq: entry.seq, index };
            let mark = match first_of(&rows, &outcome.provider, &event.request)? {
                Some(first) => rows.get(keys::event(first, at))?,
                None => None,
            };
            let mark: Option<EventMark> = mark.map(|bytes| decode(&bytes)).transpose()?;
            views.push(EventView {
                id: self.event_id(at),
                provider: outcome.provider.clone(),
                record: self.record_id(outcome.record),
                recorded_at: outcome.at,
                event,
                anomalies: mark.map_or(fact.anomalies, |mark| mark.anomalies()),
                certified: self.is_certified(&outcome.provider, outcome.record, at)?,
                standing: mark.is_none_or(|mark| mark.standing),
                corrects: fact.corrects.map(|link| self.event_id(link.seen_from(entry.seq))),
            });
        }
        Ok(views)
    }
}

/// The first event of a request, by which the index knows it.
fn first_of(rows: &Rows, provider: &ProviderId, native: &str) -> Result<Option<EventRef>, StoreError> {
    let row = rows.get(keys::request(provider.as_str(), native))?;
    Ok(row.map(|bytes| decode::<RequestRow>(&bytes)).transpose()?.and_then(|row| row.state.first))
}
