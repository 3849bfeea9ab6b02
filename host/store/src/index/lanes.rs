//! What the entries change in the lanes: a lane is what one destination gets of one provider, first in, first out.

use qadam_domain::{EventRef, ProviderId};

use super::{
    keys, passing, queue,
    row::{DestinationRow, LaneMessageRow, LaneRow, MessageRow},
    terms,
    txn::Txn,
};
use crate::{
    entry::{DestinationFact, EventEntry, OutcomeFact, OutcomeResult, SealedFact, StampedFact, WITHDRAWN},
    error::StoreError,
    journal::Journal,
};

/// Nothing was sealed yet.
const START: LaneRow = LaneRow {
    number: 0,
    digest: [0; 32],
    sealed: EventRef { seq: 0, index: 0 },
    oldest: None,
    newest: EventRef { seq: 0, index: 0 },
};

/// A destination opens or closes. What was recorded between `from` and now is put into its lanes.
pub(crate) fn destination(txn: &mut Txn<'_>, seq: u64, fact: &DestinationFact) -> Result<(), StoreError> {
    let name = &fact.destination;
    let before = txn.get::<DestinationRow>(&keys::destination(name))?;
    let paused = before.is_some_and(|row| row.paused);
    let passes = before.is_some_and(|row| row.passes) || !fact.passing.is_monitoring();
    txn.put_destination(
        name,
        DestinationRow { open: fact.open, from: fact.from, paused, passing: fact.passing, passes },
    )?;
    // One that was open only brings about something else from now on.
    if !fact.open || before.is_some_and(|row| row.open) {
        return Ok(());
    }
    let mut providers = txn.providers()?;
    if fact.passing.is_monitoring() && txn.first(&terms::reports())?.is_some() {
        providers.insert(ProviderId::host());
    }
    for provider in providers {
        let lane = txn.get::<LaneRow>(&keys::lane(name, &provider))?.unwrap_or(START);
        let oldest = lane.oldest.unwrap_or(fact.from.max(lane.sealed.seq).max(1));
        // Which of its events is the last is not known here; that of this entry is after all of them.
        let newest = EventRef { seq, index: 0 };
        txn.put(keys::lane(name, &provider), &LaneRow { oldest: Some(oldest), newest, ..lane })?;
    }
    Ok(())
}

/// Events of a provider were recorded or withdrawn: they are in its lanes with the same commit.
pub(crate) fn recorded(txn: &mut Txn<'_>, seq: u64, outcome: &OutcomeFact) -> Result<(), StoreError> {
    let vanished = u16::try_from(outcome.vanished.len()).unwrap_or(u16::MAX).min(WITHDRAWN);
    let withdrawn = vanished.checked_sub(1).map(|place| place | WITHDRAWN);
    let recorded = match &outcome.result {
        OutcomeResult::Mapped(events) => events.iter().rposition(|event| matches!(event, EventEntry::New(_))),
        OutcomeResult::Refused(_) | OutcomeResult::Quarantined(_) => None,
    };
    let Some(index) = withdrawn.or(recorded.and_then(|place| u16::try_from(place).ok())) else { return Ok(()) };
    let newest = EventRef { seq, index };
    for (name, _) in txn.destinations()? {
        let key = keys::lane(&name, &outcome.provider);
        let lane = txn.get::<LaneRow>(&key)?.unwrap_or(START);
        txn.put(key, &LaneRow { oldest: lane.oldest.or(Some(seq)), newest, ..lane })?;
    }
    Ok(())
}

/// A report was made: it goes to whoever monitors.
pub(crate) fn reported(txn: &mut Txn<'_>, seq: u64) -> Result<(), StoreError> {
    let newest = EventRef { seq, index: 0 };
    for (name, _) in txn.destinations()?.into_iter().filter(|(_, row)| row.passing.is_monitoring()) {
        let key = keys::lane(&name, &ProviderId::host());
        let lane = txn.get::<LaneRow>(&key)?.unwrap_or(START);
        txn.put(key, &LaneRow { oldest: lane.oldest.or(Some(seq)), newest, ..lane })?;
    }
    Ok(())
}

/// A message was sealed: its events wait no more.
pub(crate) fn sealed(txn: &mut Txn<'_>, journal: &Journal, seq: u64, fact: &SealedFact) -> Result<(), StoreError> {
    let passing = passing::now(txn, fact)?;
    let key = keys::lane(&fact.destination, &fact.provider);
    let lane = txn.get::<LaneRow>(&key)?.unwrap_or(START);
    let sealed = fact.events.last().copied().unwrap_or(lane.sealed);
    let oldest = (sealed < lane.newest).then_some(sealed.seq);
    txn.put(key, &LaneRow { number: fact.number, digest: fact.digest, sealed, oldest, newest: lane.newest })?;
    txn.put(keys::message(seq), &MessageRow::default())?;
    txn.put(keys::unstamped(seq), &())?;
    txn.put(
        keys::lane_message(&fact.destination, &fact.provider, sealed),
        &LaneMessageRow { entry: seq, certified: fact.certified, passing },
    )?;
    queue::sealed(txn, journal, seq, fact, passing)
}

/// An authority stamped a message.
pub(crate) fn stamped(txn: &mut Txn<'_>, journal: &Journal, seq: u64, fact: &StampedFact) -> Result<(), StoreError> {
    let key = keys::message(fact.message);
    let row: MessageRow = txn.get(&key)?.unwrap_or_default();
    txn.put(key, &MessageRow { stamp: Some(seq), ..row })?;
    txn.remove(keys::unstamped(fact.message));
    queue::stamped(txn, journal, seq, fact)
}
