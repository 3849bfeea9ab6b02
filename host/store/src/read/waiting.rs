//! Since when records wait.

use jiff::Timestamp;
use qadam_domain::{ProviderId, RecordId};

use crate::{
    Store,
    entry::Fact,
    error::StoreError,
    index::{
        keys,
        row::{REQUEUED, RecordRow, RecordState, decode},
    },
};

impl Store {
    /// The oldest record of a provider that waits to be mapped, and when it was received.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn oldest_waiting(&self, provider: &ProviderId) -> Result<Option<(RecordId, Timestamp)>, StoreError> {
        let rows = self.index.rows()?;
        let again = rows.scan_prefix(keys::rare_prefix(provider, REQUEUED)).next().transpose()?;
        let mut oldest = again.map(|(key, _)| keys::last_number(&key));
        let decided = rows.get(keys::cursor(provider))?;
        let decided: u64 = decided.map(|bytes| decode(&bytes)).transpose()?.unwrap_or(0);
        for row in rows.range(keys::record(provider, decided + 1)..=keys::record(provider, u64::MAX)) {
            let (key, value) = row?;
            if decode::<RecordRow>(&value)?.state == RecordState::Pending {
                let seq = keys::last_number(&key);
                oldest = Some(oldest.map_or(seq, |again| again.min(seq)));
                break;
            }
        }
        let Some(seq) = oldest else { return Ok(None) };
        match self.journal.read(seq)?.fact {
            Fact::Received(received) => Ok(Some((self.record_id(seq), received.at))),
            _ => Err(StoreError::NoEntry { seq, wanted: "record" }),
        }
    }
}
