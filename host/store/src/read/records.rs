//! Records: those that wait to be mapped, and what became of the others.

use std::collections::BTreeMap;

use qadam_domain::{EventRef, ProviderId, RecordId, ids::Cursor};

use crate::{
    Store,
    entry::{EventEntry, Fact, OutcomeResult},
    error::StoreError,
    index::{
        keys,
        row::{REQUEUED, RESENT, RecordRow, RecordState, decode},
    },
    read::{OutcomeView, Page, Record, RecordFilter, RecordView},
};

impl Store {
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
            let record = self.received(self.journal.read(seq)?)?;
            size += record.body.as_ref().map_or(0, Vec::len);
            if size > bytes && !records.is_empty() {
                break;
            }
            records.push(record);
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
        let entry = self.journal.read(id.seq)?;
        let erased = self.erased(&entry)?;
        let Fact::Received(received) = entry.fact else { return Ok(None) };
        if !indexed {
            // Acknowledged, and the index has not come there yet.
            let state = if received.withheld { RecordState::Refused } else { RecordState::Pending };
            return Ok(Some(RecordView { id, received, state, outcome: None, erased }));
        }
        let row = self.index.rows()?.get(keys::record(&received.provider, id.seq))?;
        let Some(row) = row.map(|bytes| decode::<RecordRow>(&bytes)).transpose()? else { return Ok(None) };
        let outcome = if row.outcome == id.seq { None } else { Some(self.outcome(row.outcome)?) };
        Ok(Some(RecordView { id, received, state: row.state, outcome, erased }))
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
}
