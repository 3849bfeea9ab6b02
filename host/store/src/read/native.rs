//! A native record with its body, for those who may see it, and the requests that it says something about.

use std::collections::BTreeSet;

use qadam_domain::{RecordId, RequestId};

use crate::{
    Store,
    entry::{EventEntry, Fact, OutcomeResult},
    error::StoreError,
    index::{
        keys, recorded,
        row::{RecordRow, decode},
    },
    read::Record,
};

impl Store {
    /// A record as it was kept; none if there is none with this id.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub fn native(&self, id: RecordId) -> Result<Option<Record>, StoreError> {
        if self.journal.epoch_of(id.seq) != Some(id.epoch) {
            return Ok(None);
        }
        let entry = self.journal.read(id.seq)?;
        if matches!(entry.fact, Fact::Received(_)) { self.received(entry).map(Some) } else { Ok(None) }
    }

    /// The requests that a record's events are of, as its last outcome has them.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn requests_of(&self, record: &Record) -> Result<BTreeSet<RequestId>, StoreError> {
        let provider = &record.received.provider;
        let row = self.index.rows()?.get(keys::record(provider, record.id.seq))?;
        let Some(row) = row.map(|bytes| decode::<RecordRow>(&bytes)).transpose()? else { return Ok(BTreeSet::new()) };
        let Fact::Outcome(outcome) = self.journal.read(row.outcome)?.fact else { return Ok(BTreeSet::new()) };
        let OutcomeResult::Mapped(events) = outcome.result else { return Ok(BTreeSet::new()) };
        let mut natives = BTreeSet::new();
        for event in events {
            natives.insert(match event {
                EventEntry::New(fact) => fact.event.request,
                EventEntry::Same(link) => recorded(&self.journal, link.seen_from(row.outcome))?.1.request,
            });
        }
        let mut requests = BTreeSet::new();
        for native in natives {
            requests.extend(self.request(provider, &native)?.map(|request| request.id));
        }
        Ok(requests)
    }
}
