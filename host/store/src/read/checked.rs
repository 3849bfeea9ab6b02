//! What is known of the signatures of records.

use qadam_domain::{EventRef, ProviderId};

use crate::{
    Store,
    entry::{CheckedFact, Fact},
    error::StoreError,
    index::{
        keys,
        row::{CheckedRow, UNSURE, decode},
    },
    journal::Draft,
};

/// The last verdict on a record's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What was found.
    pub fact: CheckedFact,
    /// What it was found with, personal data among it, as the pipeline wrote it; none where it was erased.
    pub body: Option<Vec<u8>>,
}

impl Store {
    /// Records what the checks of records' signatures gave, all or none. Blocks until that can be read.
    ///
    /// # Errors
    /// Nothing was recorded then.
    pub fn check(&self, found: Vec<(CheckedFact, Vec<u8>)>) -> Result<(), StoreError> {
        let drafts: Result<Vec<Draft>, StoreError> =
            found.into_iter().map(|(fact, body)| Draft::new(&Fact::Checked(fact), body.into())).collect();
        let drafts = drafts?;
        let last = drafts.len() as u64;
        if last == 0 {
            return Ok(());
        }
        let first = self.append(drafts)?;
        self.wait_applied(first + last - 1)
    }

    /// Whether the provider answers for an event of a record: by a signature over the record that was checked, or because a
    /// key that it entrusted has sealed the event (452-8).
    pub(crate) fn is_certified(&self, provider: &ProviderId, record: u64, at: EventRef) -> Result<bool, StoreError> {
        let rows = self.index.rows()?;
        let checked = rows.get(keys::checked(record))?;
        if checked.map(|row| decode::<CheckedRow>(&row)).transpose()?.is_some_and(|row| row.certifies) {
            return Ok(true);
        }
        for (destination, _) in self.known_destinations()? {
            if self.lane_message(&destination, provider, at)?.is_some_and(|message| message.certified) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The last verdict on a record's signature; none where it was not checked.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn checked(&self, record: u64) -> Result<Option<Checked>, StoreError> {
        let Some(row) = self.index.rows()?.get(keys::checked(record))? else { return Ok(None) };
        let seq = decode::<CheckedRow>(&row)?.entry;
        let entry = self.journal.read(seq)?;
        match entry.fact {
            Fact::Checked(fact) => Ok(Some(Checked { fact, body: entry.body })),
            _ => Err(StoreError::NoEntry { seq, wanted: "verdict" }),
        }
    }

    /// Records of a provider whose signature is to be checked again, after one of them.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub fn to_be_checked(&self, provider: &ProviderId, after: u64, limit: usize) -> Result<Vec<u64>, StoreError> {
        let range = keys::rare(provider, UNSURE, after.saturating_add(1))..=keys::rare(provider, UNSURE, u64::MAX);
        self.index.rows()?.range(range).take(limit).map(|row| Ok(keys::last_number(&row?.0))).collect()
    }
}
