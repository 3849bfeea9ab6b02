//! What a record's last mapping gave, for comparing another one with it.

use qadam_domain::{Event, EventRef, ProviderId};

use crate::{
    Store,
    entry::{EventEntry, Fact, OutcomeFact, OutcomeResult},
    error::StoreError,
    index::{
        keys, recorded,
        row::{RecordRow, decode},
    },
};

impl Store {
    /// The entry of a record's outcome, another after each mapping; the record's own where it has none.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub fn outcome_of(&self, provider: &ProviderId, seq: u64) -> Result<u64, StoreError> {
        let row = self.index.rows()?.get(keys::record(provider, seq))?;
        Ok(row.map(|row| decode::<RecordRow>(&row)).transpose()?.map_or(seq, |row| row.outcome))
    }

    /// The events that a record stands for now, whole, in the adapter's order: none where it was never mapped.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn mapped(&self, provider: &ProviderId, seq: u64) -> Result<Vec<(EventRef, Event)>, StoreError> {
        let outcome = self.outcome_of(provider, seq)?;
        let mut events = Vec::new();
        if outcome != seq
            && let Fact::Outcome(OutcomeFact { result: OutcomeResult::Mapped(entries), .. }) =
                self.journal.read(outcome)?.fact
        {
            for (entry, index) in entries.iter().zip(0u16..) {
                let at = match entry {
                    EventEntry::New(_) => EventRef { seq: outcome, index },
                    EventEntry::Same(link) => link.seen_from(outcome),
                };
                events.push((at, recorded(&self.journal, at)?.1));
            }
        }
        Ok(events)
    }
}
