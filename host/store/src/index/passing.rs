//! Messages that pass a request on, or its result back: what becomes of them can decide whose breach it is, so each change marks
//! the requests to be judged anew. Of messages to the monitoring system nothing of that follows, and nothing is done.

use qadam_domain::{EventRef, breach::Passing};

use super::{
    keys,
    queue::request_at,
    row::{DestinationRow, LaneMessageRow},
    txn::Txn,
};
use crate::{
    entry::{Fact, SealedFact},
    error::StoreError,
    journal::Journal,
};

/// What a message that is sealed now is to bring about.
pub(super) fn now(txn: &Txn<'_>, fact: &SealedFact) -> Result<Passing, StoreError> {
    let row = txn.get::<DestinationRow>(&keys::destination(&fact.destination))?;
    Ok(row.map(|row| row.passing).unwrap_or_default())
}

/// What a message that was sealed was to bring about.
pub(super) fn then(txn: &Txn<'_>, fact: &SealedFact) -> Result<Passing, StoreError> {
    let last = fact.events.last().copied().unwrap_or(EventRef { seq: 0, index: 0 });
    let row = txn.get::<LaneMessageRow>(&keys::lane_message(&fact.destination, &fact.provider, last))?;
    Ok(row.map(|row| row.passing).unwrap_or_default())
}

/// Something became of an item.
pub(super) fn attempted(txn: &mut Txn<'_>, journal: &Journal, item: u64, passing: Passing) -> Result<(), StoreError> {
    if passing.is_monitoring() {
        return Ok(());
    }
    match journal.fact(item)? {
        Fact::Sealed(fact) => changed(txn, journal, &fact, passing),
        _ => Ok(()),
    }
}

/// Marks the requests of a message.
pub(super) fn changed(
    txn: &mut Txn<'_>,
    journal: &Journal,
    fact: &SealedFact,
    passing: Passing,
) -> Result<(), StoreError> {
    if passing.is_monitoring() {
        return Ok(());
    }
    for at in &fact.events {
        let request = request_at(journal, *at)?;
        // To have asked for it is to have changed it.
        txn.request(&fact.provider, &request)?;
    }
    Ok(())
}
