//! What can be read. Everything is read as of the index's applied position.

use std::collections::{BTreeMap, btree_map::Entry};

use jiff::Timestamp;
use qadam_domain::{
    Anomalies, Event, EventId, EventMark, EventRef, FieldName, Fields, ProviderId, RecordId, RequestId, RequestState,
    Stage, Update, ids::Cursor,
};

use crate::{
    Store,
    entry::{AdapterFact, EventEntry, Fact, OutcomeFact, OutcomeResult, Personal, Received, from_cbor},
    error::StoreError,
    index::{
        keys, recorded,
        row::{REQUEUED, RESENT, RecordRow, RecordState, RequestRow, decode},
    },
    journal,
};

/// Entries of the journal looked at for one page of events, at most.
const SCAN: u64 = 20_000;

/// A list's part, and where to go on.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page starts; none at the end.
    pub next: Option<Cursor>,
}

/// A record to be mapped.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its id.
    pub id: RecordId,
    /// Its fact.
    pub received: Received,
    /// Its body; none if it was erased.
    pub body: Option<Vec<u8>>,
}

/// Which records of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordFilter {
    /// All that were received.
    All,
    /// Those in a state.
    In(RecordState),
    /// Resends: the first one's view, once for each resend.
    Duplicates,
}

/// A record and what became of it.
#[derive(Clone, Debug)]
pub struct RecordView {
    /// Its id.
    pub id: RecordId,
    /// Its fact.
    pub received: Received,
    /// What became of it.
    pub state: RecordState,
    /// The last attempt at it.
    pub outcome: Option<OutcomeView>,
}

/// An attempt at a record.
#[derive(Clone, Debug)]
pub struct OutcomeView {
    /// When.
    pub at: Timestamp,
    /// By which adapter.
    pub adapter: Option<AdapterFact>,
    /// What it gave.
    pub result: OutcomeResult,
    /// The events it stands for, new or recorded before.
    pub events: Vec<EventId>,
}

/// A recorded event.
#[derive(Clone, Debug)]
pub struct EventView {
    /// Its id.
    pub id: EventId,
    /// Whose.
    pub provider: ProviderId,
    /// The record it came with.
    pub record: RecordId,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// What it says.
    pub event: Event,
    /// What is odd about it.
    pub anomalies: Anomalies,
    /// Whether it counts: not replaced, corrected or withdrawn.
    pub standing: bool,
    /// The event that it corrects by having its key, or by a re-mapping.
    pub corrects: Option<EventId>,
}

/// Which requests.
#[derive(Clone, Debug, Default)]
pub struct RequestFilter {
    /// Of one provider.
    pub provider: Option<ProviderId>,
    /// Closed or open.
    pub closed: Option<bool>,
    /// With or without missing fields.
    pub incomplete: Option<bool>,
}

/// A request as its events leave it.
#[derive(Clone, Debug)]
pub struct RequestView {
    /// Its id.
    pub id: RequestId,
    /// Whose.
    pub provider: ProviderId,
    /// The provider's own id of it.
    pub native: String,
    /// What its events amount to.
    pub state: RequestState,
    /// The values of its fields.
    pub fields: Fields,
}

impl RequestView {
    /// The current stage.
    #[must_use]
    pub fn stage(&self) -> Option<Stage> {
        self.state.stage()
    }
}

/// How the store is.
#[derive(Clone, Debug)]
pub struct Health {
    /// Entries in the journal.
    pub entries: u64,
    /// Entries that the index has applied.
    pub applied: u64,
    /// Bytes of the journal's entries.
    pub journal_bytes: u64,
    /// Bytes of the index.
    pub index_bytes: u64,
    /// Why nothing more is taken, if so.
    pub poisoned: Option<String>,
}

impl Store {
    /// How the store is.
    #[must_use]
    pub fn health(&self) -> Health {
        Health {
            entries: self.journal.last(),
            applied: self.applied.get(),
            journal_bytes: self.journal.bytes(),
            index_bytes: self.index.bytes(),
            poisoned: self.poisoned.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone(),
        }
    }

    /// The public id of an entry that received a record.
    #[must_use]
    pub fn record_id(&self, seq: u64) -> RecordId {
        RecordId { epoch: self.journal.epoch_of(seq).unwrap_or(0), seq }
    }

    fn event_id(&self, at: EventRef) -> EventId {
        EventId { epoch: self.journal.epoch_of(at.seq).unwrap_or(0), seq: at.seq, index: at.index }
    }

    fn request_id(&self, first: EventRef) -> RequestId {
        let EventId { epoch, seq, index } = self.event_id(first);
        RequestId { epoch, seq, index }
    }

    fn cursor(&self, at: EventRef) -> Cursor {
        let EventId { epoch, seq, index } = self.event_id(at);
        Cursor { epoch, seq, index }
    }

    /// All counters, by provider.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub fn counters(&self) -> Result<BTreeMap<ProviderId, BTreeMap<String, i64>>, StoreError> {
        let mut counters: BTreeMap<ProviderId, BTreeMap<String, i64>> = BTreeMap::new();
        for row in self.index.rows()?.scan_prefix(b"C") {
            let (key, value) = row?;
            let (texts, _) = keys::split(&key);
            if let [provider, name] = texts.as_slice()
                && let Ok(provider) = provider.parse()
            {
                counters.entry(provider).or_default().insert((*name).to_owned(), decode(&value)?);
            }
        }
        Ok(counters)
    }

    /// Records of a provider that wait to be mapped: those to be mapped again, then the others in the order of receipt; at
    /// most `limit` of them and about `bytes` of bodies.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn pending(&self, provider: &ProviderId, limit: usize, bytes: usize) -> Result<Vec<Record>, StoreError> {
        let rows = self.index.rows()?;
        let mut seqs = Vec::new();
        for row in rows.scan_prefix(keys::rare_prefix(provider, REQUEUED)).take(limit) {
            seqs.push(keys::last_number(&row?.0));
        }
        let decided = rows.get(keys::cursor(provider))?;
        let decided: u64 = decided.map(|bytes| decode(&bytes)).transpose()?.unwrap_or(0);
        let range = keys::record(provider, decided + 1)..=keys::record(provider, u64::MAX);
        for row in rows.range(range) {
            if seqs.len() >= limit {
                break;
            }
            let (key, value) = row?;
            let seq = keys::last_number(&key);
            if decode::<RecordRow>(&value)?.state == RecordState::Pending && !seqs.contains(&seq) {
                seqs.push(seq);
            }
        }
        let mut records = Vec::with_capacity(seqs.len());
        let mut size = 0;
        for seq in seqs {
            let journal::Entry { fact: Fact::Received(received), body, .. } = self.journal.read(seq)? else {
                return Err(StoreError::NoEntry { seq, wanted: "record" });
            };
            size += body.as_ref().map_or(0, Vec::len);
            if size > bytes && !records.is_empty() {
                break;
            }
            records.push(Record { id: self.record_id(seq), received, body });
        }
        Ok(records)
    }

    /// Providers that have records, and the number that wait for each.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub fn waiting(&self) -> Result<BTreeMap<ProviderId, u64>, StoreError> {
        let waiting = |counters: BTreeMap<String, i64>| counters.get("records.pending").copied().unwrap_or(0);
        Ok(self.counters()?.into_iter().map(|(p, c)| (p, u64::try_from(waiting(c)).unwrap_or(0))).collect())
    }

    /// The state of a record; none where it is not known, or of another provider.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub fn record_state(&self, provider: &ProviderId, seq: u64) -> Result<Option<RecordState>, StoreError> {
        let row = self.index.rows()?.get(keys::record(provider, seq))?;
        Ok(row.map(|bytes| decode::<RecordRow>(&bytes)).transpose()?.map(|row| row.state))
    }

    /// A record and what became of it.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn record_view(&self, id: RecordId) -> Result<Option<RecordView>, StoreError> {
        if self.journal.epoch_of(id.seq) != Some(id.epoch) {
            return Ok(None);
        }
        let indexed = id.seq <= self.applied.get();
        let Fact::Received(received) = self.journal.read(id.seq)?.fact else { return Ok(None) };
        if !indexed {
            // Acknowledged, and the index has not come there yet.
            let state = if received.withheld { RecordState::Refused } else { RecordState::Pending };
            return Ok(Some(RecordView { id, received, state, outcome: None }));
        }
        let row = self.index.rows()?.get(keys::record(&received.provider, id.seq))?;
        let Some(row) = row.map(|bytes| decode::<RecordRow>(&bytes)).transpose()? else { return Ok(None) };
        let outcome = if row.outcome == id.seq { None } else { Some(self.outcome(row.outcome)?) };
        Ok(Some(RecordView { id, received, state: row.state, outcome }))
    }

    fn outcome(&self, seq: u64) -> Result<OutcomeView, StoreError> {
        let Fact::Outcome(outcome) = self.journal.read(seq)?.fact else {
            return Err(StoreError::NoEntry { seq, wanted: "outcome" });
        };
        let adapter = match outcome.adapter {
            Some(adapter) => match self.journal.read(adapter)?.fact {
                Fact::Adapter(fact) => Some(fact),
                _ => None,
            },
            None => None,
        };
        let events = match &outcome.result {
            OutcomeResult::Mapped(events) => events
                .iter()
                .zip(0u16..)
                .map(|(event, index)| match event {
                    EventEntry::New(_) => self.event_id(EventRef { seq, index }),
                    EventEntry::Same(link) => self.event_id(link.seen_from(seq)),
                })
                .collect(),
            OutcomeResult::Refused(_) | OutcomeResult::Quarantined(_) => Vec::new(),
        };
        Ok(OutcomeView { at: outcome.at, adapter, result: outcome.result, events })
    }

    /// Records of a provider in the order of receipt, after a cursor.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn records(
        &self,
        provider: &ProviderId,
        filter: RecordFilter,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<RecordView>, StoreError> {
        let rows = self.index.rows()?;
        let after = after.map_or(0, |cursor| cursor.seq);
        let key = |seq: u64| match filter {
            RecordFilter::All | RecordFilter::In(RecordState::Pending | RecordState::Mapped) => {
                keys::record(provider, seq)
            }
            RecordFilter::In(state) => keys::rare(provider, state.code(), seq),
            RecordFilter::Duplicates => keys::rare(provider, RESENT, seq),
        };
        let mut items = Vec::new();
        let mut last = 0;
        for row in rows.range(key(after + 1)..=key(u64::MAX)) {
            let (key, value) = row?;
            if let RecordFilter::In(state @ (RecordState::Pending | RecordState::Mapped)) = filter
                && decode::<RecordRow>(&value)?.state != state
            {
                continue;
            }
            if items.len() == limit {
                return Ok(Page { items, next: Some(self.cursor(EventRef { seq: last, index: 0 })) });
            }
            last = keys::last_number(&key);
            let record = if filter == RecordFilter::Duplicates { decode(&value)? } else { last };
            items.extend(self.record_view(self.record_id(record))?);
        }
        Ok(Page { items, next: None })
    }

    /// A request by its provider's own id.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn request(&self, provider: &ProviderId, native: &str) -> Result<Option<RequestView>, StoreError> {
        let row = self.index.rows()?.get(keys::request(provider.as_str(), native))?;
        let Some(row) = row.map(|bytes| decode::<RequestRow>(&bytes)).transpose()? else { return Ok(None) };
        self.view(provider.clone(), native.to_owned(), row.state).map(Some)
    }

    /// A request by its id.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn request_by_id(&self, id: RequestId) -> Result<Option<RequestView>, StoreError> {
        let RequestId { epoch, seq, index } = id;
        match self.named(Cursor { epoch, seq, index })? {
            Some((provider, native)) => self.request(&provider, &native),
            None => Ok(None),
        }
    }

    /// Provider and native id of the request whose first event this is.
    fn named(&self, first: Cursor) -> Result<Option<(ProviderId, String)>, StoreError> {
        if self.journal.epoch_of(first.seq) != Some(first.epoch) {
            return Ok(None);
        }
        let key = keys::first_event(EventRef { seq: first.seq, index: first.index });
        let row = self.index.rows()?.get(key)?;
        row.map(|bytes| decode(&bytes)).transpose()
    }

    fn view(&self, provider: ProviderId, native: String, state: RequestState) -> Result<RequestView, StoreError> {
        let first = state.first.unwrap_or(EventRef { seq: 0, index: 0 });
        let fields = self.values(&state)?;
        Ok(RequestView { id: self.request_id(first), provider, native, state, fields })
    }

    /// The values of the fields, from the events that the state names.
    fn values(&self, state: &RequestState) -> Result<Fields, StoreError> {
        let mut fields = Fields::default();
        let mut events: BTreeMap<EventRef, Event> = BTreeMap::new();
        for (name, mark) in state.fields.iter().filter(|(_, mark)| mark.present) {
            let event: &Event = match events.entry(mark.at) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => entry.insert(recorded(&self.journal, mark.at)?.1),
            };
            let from = &event.fields;
            match name {
                FieldName::Recipient => fields.recipient = from.recipient.clone(),
                FieldName::IdentificationNumber => fields.identification_number = from.identification_number.clone(),
                FieldName::ServiceName => fields.service_name = from.service_name.clone(),
                FieldName::IntakePlace => fields.intake_place = from.intake_place.clone(),
                FieldName::IntakeAt => fields.intake_at = from.intake_at.clone(),
                FieldName::Executor => fields.executor = from.executor.clone(),
                FieldName::PlannedAt => {
                    fields.planned_at = event.planned().cloned().map_or(Update::Unchanged, Update::Set)
                }
                FieldName::CompletedAt => fields.completed_at = from.completed_at.clone(),
                FieldName::Channel => fields.channel = from.channel.clone(),
                FieldName::ProviderBin => fields.provider_bin = from.provider_bin.clone(),
                FieldName::ServiceCode => fields.service_code = from.service_code.clone(),
                FieldName::CompositeReference => fields.composite_reference = from.composite_reference.clone(),
            }
        }
        Ok(fields)
    }

    /// Requests by provider and native id, after a cursor.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn requests(
        &self,
        filter: &RequestFilter,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<RequestView>, StoreError> {
        let prefix = match &filter.provider {
            Some(provider) => keys::requests(provider),
            None => keys::Key::table(b'R').done(),
        };
        let start = match after.map(|cursor| self.named(cursor)).transpose()?.flatten() {
            Some((provider, native)) => keys::request(provider.as_str(), &native),
            None => prefix.clone(),
        };
        let mut page = Page { items: Vec::new(), next: None };
        let mut last = None;
        let rows = self.index.rows()?.range(start.clone()..);
        for row in rows {
            let (key, value) = row?;
            if !key.starts_with(&prefix) {
                break;
            }
            if after.is_some() && key == start {
                continue;
            }
            let state = decode::<RequestRow>(&value)?.state;
            let wanted = filter.closed.is_none_or(|closed| closed == state.is_closed())
                && filter.incomplete.is_none_or(|incomplete| incomplete != state.missing().is_empty());
            if !wanted {
                continue;
            }
            if page.items.len() == limit {
                page.next = last.map(|first| self.cursor(first));
                break;
            }
            last = state.first;
            let (texts, _) = keys::split(&key);
            if let [provider, native] = texts.as_slice()
                && let Ok(provider) = provider.parse()
            {
                page.items.push(self.view(provider, (*native).to_owned(), state)?);
            }
        }
        Ok(page)
    }

    /// Requests whose identification number (field 2) is this now.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn find(&self, number: &str, limit: usize) -> Result<Vec<RequestView>, StoreError> {
        let mut found = Vec::new();
        for row in self.index.rows()?.scan_prefix(keys::numbers(number)) {
            let (key, _) = row?;
            let (texts, _) = keys::split(&key);
            if let [_, provider, native] = texts.as_slice()
                && let Ok(provider) = provider.parse()
                && let Some(view) = self.request(&provider, native)?
                && view.fields.identification_number.value().is_some_and(|now| now == number)
            {
                found.push(view);
            }
            if found.len() == limit {
                break;
            }
        }
        Ok(found)
    }

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
        let prefix = keys::events(provider.as_str(), native);
        let after = after.map(|cursor| EventRef { seq: cursor.seq, index: cursor.index });
        let mut page = Page { items: Vec::new(), next: None };
        let mut last = None;
        for row in
            self.index.rows()?.range(after.map_or(prefix.clone(), |at| keys::event(provider.as_str(), native, at))..)
        {
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
            let mark = rows.get(keys::event(outcome.provider.as_str(), &event.request, at))?;
            let mark: Option<EventMark> = mark.map(|bytes| decode(&bytes)).transpose()?;
            views.push(EventView {
                id: self.event_id(at),
                provider: outcome.provider.clone(),
                record: self.record_id(outcome.record),
                recorded_at: outcome.at,
                event,
                anomalies: mark.map_or(fact.anomalies, |mark| mark.anomalies()),
                standing: mark.is_none_or(|mark| mark.standing),
                corrects: fact.corrects.map(|link| self.event_id(link.seen_from(entry.seq))),
            });
        }
        Ok(views)
    }
}
