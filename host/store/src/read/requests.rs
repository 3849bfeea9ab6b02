//! Requests, as their events leave them.

use std::collections::{BTreeMap, btree_map::Entry};

use qadam_domain::{Event, EventRef, FieldName, Fields, ProviderId, RequestId, RequestState, Update, ids::Cursor};

use crate::{
    Store,
    error::StoreError,
    index::{
        keys, recorded,
        row::{RequestRow, decode},
    },
    read::{Page, RequestFilter, RequestView},
};

impl Store {
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
            let (_, rest) = keys::split(&key);
            if let Some((EventRef { seq, index }, _)) = keys::take_event(rest)
                && let Some(epoch) = self.journal.epoch_of(seq)
                && let Some(view) = self.request_by_id(RequestId { epoch, seq, index })?
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
}
