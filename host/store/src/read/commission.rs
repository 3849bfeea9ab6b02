//! The steps of adapters' packages.

use bytes::Bytes;
use qadam_domain::{ProviderId, commission::Commission};

use crate::{
    Store,
    entry::{CommissionedFact, Fact},
    error::StoreError,
    index::keys,
};

impl Store {
    /// Records a step. Blocks until it can be read.
    ///
    /// # Errors
    /// Nothing was recorded then.
    pub fn commission(&self, fact: CommissionedFact) -> Result<u64, StoreError> {
        self.keep(&Fact::Commissioned(Box::new(fact)), Bytes::new())
    }

    /// The last steps of a provider's packages, in their order, at most so many.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn commissioned(&self, provider: &ProviderId, limit: usize) -> Result<Vec<CommissionedFact>, StoreError> {
        let rows = self.index.rows()?;
        let range = keys::commission(provider, 0)..=keys::commission(provider, u64::MAX);
        let seqs = rows.range(range).map(|row| row.map(|(key, _)| keys::last_number(&key)));
        let seqs = seqs.collect::<Result<Vec<u64>, _>>()?;
        let step = |seq: &u64| match self.journal.read(*seq)?.fact {
            Fact::Commissioned(fact) => Ok(*fact),
            _ => Err(StoreError::NoEntry { seq: *seq, wanted: "step of a package" }),
        };
        seqs.iter().skip(seqs.len().saturating_sub(limit)).map(step).collect()
    }

    /// Where a package stands, by all its steps.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn commission_of(&self, provider: &ProviderId, package: &[u8; 32]) -> Result<Option<Commission>, StoreError> {
        let steps = self.commissioned(provider, usize::MAX)?;
        Ok(Commission::of(steps.iter().filter(|fact| fact.package == *package).map(|fact| &fact.step)))
    }
}
