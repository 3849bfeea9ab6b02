//! What an erasure changes in the index: identification numbers are in it, and nothing else that is personal. Whatever has been
//! rewritten by now, the index comes to the same: it has the numbers that bodies set which nobody ordered to be erased.

use std::collections::BTreeSet;

use qadam_domain::{EventMark, EventRef};

use super::{keys, txn::Txn};
use crate::{
    entry::{self, ErasedFact, ErasureOrder, EventEntry, Fact, OutcomeFact, OutcomeResult},
    error::StoreError,
    journal::{Entry, Journal},
};

/// Applies a fact of erasure.
pub(super) fn erased(txn: &mut Txn<'_>, journal: &Journal, seq: u64, fact: &ErasedFact) -> Result<(), StoreError> {
    match fact {
        ErasedFact::Ordered(order) => {
            txn.put(keys::erasure(seq), &())?;
            forget(txn, journal, order)
        }
        ErasedFact::Done(done) => {
            done.orders.iter().for_each(|order| txn.remove(keys::erasure(*order)));
            Ok(())
        }
    }
}

/// Takes the numbers out that no other body sets for the same request.
fn forget(txn: &mut Txn<'_>, journal: &Journal, order: &ErasureOrder) -> Result<(), StoreError> {
    let mut forgotten = BTreeSet::new();
    for seq in &order.entries {
        let entry = journal.read(*seq)?;
        let Fact::Outcome(outcome) = &entry.fact else { continue };
        for (number, _, request) in set(&entry, outcome)? {
            if let Some(first) = txn.request(&outcome.provider, &request)?.state.first {
                forgotten.insert((first, number));
            }
        }
    }
    if forgotten.is_empty() {
        return Ok(());
    }
    let gone = going(txn, journal)?;
    for (first, number) in forgotten {
        if !is_set(txn, journal, first, &number, &gone)? {
            txn.remove(keys::number(&number, first));
        }
    }
    Ok(())
}

/// Entries that were ordered to be erased, and may still have their bodies.
fn going(txn: &Txn<'_>, journal: &Journal) -> Result<BTreeSet<u64>, StoreError> {
    let mut going = BTreeSet::new();
    for (key, ()) in txn.rows::<()>(&keys::erasures())? {
        if let Fact::Erased(ErasedFact::Ordered(order)) = journal.fact(keys::last_number(&key))? {
            going.extend(order.entries);
        }
    }
    Ok(going)
}

fn is_set(
    txn: &Txn<'_>,
    journal: &Journal,
    first: EventRef,
    number: &str,
    gone: &BTreeSet<u64>,
) -> Result<bool, StoreError> {
    for (_, EventMark { at, .. }) in txn.rows::<EventMark>(&keys::events(first))? {
        if gone.contains(&at.seq) {
            continue;
        }
        let entry = journal.read(at.seq)?;
        let Fact::Outcome(outcome) = &entry.fact else { continue };
        if set(&entry, outcome)?.iter().any(|(other, index, _)| other == number && *index == at.index) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The numbers that an outcome's body sets, each with the event and the request.
fn set(entry: &Entry, outcome: &OutcomeFact) -> Result<Vec<(String, u16, String)>, StoreError> {
    let (Some(body), OutcomeResult::Mapped(events)) = (&entry.body, &outcome.result) else { return Ok(Vec::new()) };
    let numbers = entry::numbers(body).map_err(|reason| StoreError::Index { reason })?;
    let new = events.iter().zip(0u16..).filter_map(|(event, index)| match event {
        EventEntry::New(fact) => Some((index, fact.event.request.clone())),
        EventEntry::Same(_) => None,
    });
    Ok(numbers.into_iter().zip(new).filter_map(|(number, (index, request))| Some((number?, index, request))).collect())
}
