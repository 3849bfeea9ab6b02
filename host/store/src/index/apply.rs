//! What each entry of the journal changes in the index. The journal has decided already; here nothing is judged anew, so
//! that a rebuilt index equals the one that was lost.

use qadam_domain::{Event, EventKind, EventMark, EventRef, ProviderId, RequestState, request::History};

use super::{
    erased, keys, lanes, queue,
    row::{CheckedRow, KeyRow, REQUEUED, RESENT, RecordRow, RecordState, UNSURE},
    tally::Count,
    terms,
    txn::Txn,
};
use crate::{
    digest::{self, Mark},
    entry::{self, EventEntry, EventFact, Fact, OutcomeFact, OutcomeResult, Personal, from_cbor},
    error::StoreError,
    journal::{Entry, Journal},
};

/// Applies one entry.
pub(crate) fn apply(txn: &mut Txn<'_>, journal: &Journal, entry: &Entry) -> Result<(), StoreError> {
    let seq = entry.seq;
    if entry.fact.is_audited() {
        txn.put(keys::act(keys::AUDIT, seq), &())?;
    }
    match &entry.fact {
        Fact::Received(received) => {
            let provider = &received.provider;
            txn.put(keys::digest(provider, &received.identity()), &seq)?;
            let state = if received.withheld { RecordState::Refused } else { RecordState::Pending };
            txn.put(keys::record(provider, seq), &RecordRow { state, outcome: seq, again: false })?;
            txn.count(provider, Count::Received, 1);
            change(txn, provider, seq, None, state)?;
        }
        Fact::Resent(resent) => {
            txn.put(keys::rare(&resent.provider, RESENT, seq), &resent.record)?;
            txn.count(&resent.provider, Count::Duplicate, 1);
        }
        Fact::Submission(submission) => txn.put(keys::submission(&submission.sender, &submission.key), &seq)?,
        Fact::Outcome(outcome) => apply_outcome(txn, journal, entry, outcome)?,
        Fact::Adapter(adapter) => txn.put(keys::adapter(&adapter.provider), &seq)?,
        Fact::Destination(fact) => lanes::destination(txn, seq, fact)?,
        Fact::Sealed(sealed) => lanes::sealed(txn, journal, seq, sealed)?,
        Fact::Stamped(stamped) => lanes::stamped(txn, journal, seq, stamped)?,
        Fact::Leased(leased) => queue::leased(txn, seq, leased)?,
        Fact::Attempted(attempted) => queue::attempted(txn, journal, seq, attempted)?,
        Fact::Checked(checked) => {
            txn.put(keys::checked(checked.record), &CheckedRow { entry: seq, certifies: checked.certifies() })?;
            let unsure = keys::rare(&checked.provider, UNSURE, checked.record);
            if checked.again {
                txn.put(unsure, &())?;
            } else {
                txn.remove(unsure);
            }
        }
        Fact::Erased(erased) => erased::erased(txn, journal, seq, erased)?,
        Fact::Reference(_) => terms::reference(txn, seq)?,
        Fact::Contested(fact) => terms::contested(txn, seq, fact)?,
        Fact::Reported(fact) => {
            terms::reported(txn, seq, fact)?;
            lanes::reported(txn, seq)?;
        }
        Fact::Commissioned(fact) => txn.put(keys::commission(&fact.provider, seq), &())?,
        Fact::Act(act) => {
            let list = if act.is_of_the_host() { None } else { Some("") };
            for about in list.into_iter().chain([act.subject.as_str()]).chain(act.about.iter().map(String::as_str)) {
                txn.put(keys::act(about, seq), &())?;
            }
            if let Some(queued) = &act.queue {
                queue::act(txn, journal, seq, queued)?;
            }
            for (provider, record) in &act.remap {
                let key = keys::record(provider, *record);
                if let Some(row) = txn.get::<RecordRow>(&key)? {
                    txn.put(keys::rare(provider, REQUEUED, *record), &())?;
                    change(txn, provider, *record, Some(row.state), RecordState::Pending)?;
                    // The outcome so far stays known: a re-mapping compares with it.
                    txn.put(key, &RecordRow { state: RecordState::Pending, outcome: row.outcome, again: true })?;
                }
            }
        }
    }
    Ok(())
}

fn change(
    txn: &mut Txn<'_>,
    provider: &ProviderId,
    record: u64,
    from: Option<RecordState>,
    to: RecordState,
) -> Result<(), StoreError> {
    if let Some(from) = from {
        txn.count(provider, Count::Records(from), -1);
        if from.is_rare() {
            txn.remove(keys::rare(provider, from.code(), record));
        }
    }
    txn.count(provider, Count::Records(to), 1);
    if to.is_rare() {
        txn.put(keys::rare(provider, to.code(), record), &())?;
    }
    Ok(())
}

fn apply_outcome(txn: &mut Txn<'_>, journal: &Journal, entry: &Entry, outcome: &OutcomeFact) -> Result<(), StoreError> {
    let provider = &outcome.provider;
    let record = outcome.record;
    let key = keys::record(provider, record);
    let before: Option<RecordRow> = txn.get(&key)?;
    let state = match &outcome.result {
        OutcomeResult::Mapped(_) => RecordState::Mapped,
        OutcomeResult::Refused(_) => RecordState::Refused,
        OutcomeResult::Quarantined(_) => RecordState::Quarantined,
    };
    change(txn, provider, record, before.map(|row| row.state), state)?;
    txn.put(key, &RecordRow { state, outcome: entry.seq, again: false })?;
    if before.is_some_and(|row| row.again) {
        txn.remove(keys::rare(provider, REQUEUED, record));
    } else {
        txn.put(keys::cursor(provider), &record)?;
    }
    if let OutcomeResult::Mapped(events) = &outcome.result {
        let numbers = match &entry.body {
            Some(body) => entry::numbers(body).map_err(|reason| StoreError::Index { reason })?,
            None => Vec::new(),
        };
        let mut numbers = numbers.into_iter();
        for (event, index) in events.iter().zip(0u16..) {
            if let EventEntry::New(fact) = event {
                let at = EventRef { seq: entry.seq, index };
                apply_event(txn, journal, provider, at, fact, numbers.next().flatten().as_deref())?;
            }
        }
    }
    for at in &outcome.vanished {
        drop_event(txn, journal, provider, *at)?;
    }
    lanes::recorded(txn, entry.seq, outcome)
}

/// `number` is the identification number that the event sets, unless it was erased: all that the index wants of what is
/// personal.
fn apply_event(
    txn: &mut Txn<'_>,
    journal: &Journal,
    provider: &ProviderId,
    at: EventRef,
    fact: &EventFact,
    number: Option<&str>,
) -> Result<(), StoreError> {
    let event = &fact.join(None);
    let request = event.request.as_str();
    let first = txn.request(provider, request)?.state.first;
    let (new, first) = (first.is_none(), first.unwrap_or(at));
    if new {
        txn.put(keys::first_event(first), &(provider.as_str(), request))?;
    }
    let key_mark = digest::event_key(event, &fact.digest);
    let key = keys::event_key(first, &key_mark);
    let known = !new && txn.get::<KeyRow>(&key)?.is_some();
    txn.put(key, &Some(at))?;
    let status = keys::status(first, &digest::mark(event.native_status.as_bytes()));
    if new || txn.get::<Mark>(&status)?.is_none() {
        txn.put(status, &key_mark)?;
    }
    let target = match &event.kind {
        EventKind::Correction(correction) => Some(&correction.event),
        EventKind::Withdrawn(withdrawal) => Some(&withdrawal.event),
        _ => None,
    };
    if let Some(target) = target {
        let key = keys::event_key(first, &digest::mark(target.as_bytes()));
        if txn.get::<KeyRow>(&key)?.is_none() {
            txn.put(key, &KeyRow::None)?;
        }
    }
    if let Some(number) = number {
        let key = keys::number(number, first);
        if new || txn.get::<()>(&key)?.is_none() {
            txn.put(key, &())?;
        }
    }
    let mut mark = EventMark {
        at,
        occurred: event.instant(),
        stage: event.kind.stage(),
        standing: true,
        dropped: false,
        fixed: fact.anomalies,
        derived: qadam_domain::Anomalies::NONE,
    };
    if !RequestState::absorbs(event, known) {
        txn.put(keys::event(first, at), &mark)?;
        return refold(txn, journal, provider, request, first);
    }
    let row = txn.request(provider, request)?;
    let changed = row.state.absorb(&mark, event);
    mark.derived = row.state.derived(&mark);
    row.count(&mark);
    let state = changed.then(|| row.state.clone());
    txn.put(keys::event(first, at), &mark)?;
    // The first event cannot change what earlier ones are.
    match state {
        Some(state) if !new => rederive(txn, provider, request, first, &state),
        _ => Ok(()),
    }
}

/// Derives the anomalies of all events of a request anew.
fn rederive(
    txn: &mut Txn<'_>,
    provider: &ProviderId,
    request: &str,
    first: EventRef,
    state: &RequestState,
) -> Result<(), StoreError> {
    let mut marks: Vec<(Vec<u8>, EventMark)> = txn.rows(&keys::events(first))?;
    for (key, mark) in &mut marks {
        let derived = state.derived(mark);
        if derived != mark.derived {
            mark.derived = derived;
            txn.put(key.clone(), mark)?;
        }
    }
    txn.request(provider, request)?.recount(marks.iter().map(|(_, mark)| mark));
    Ok(())
}

/// Folds the whole history of a request anew, from the journal.
fn refold(
    txn: &mut Txn<'_>,
    journal: &Journal,
    provider: &ProviderId,
    request: &str,
    first: EventRef,
) -> Result<(), StoreError> {
    let marks: Vec<(Vec<u8>, EventMark)> = txn.rows(&keys::events(first))?;
    let mut events = Vec::with_capacity(marks.len());
    for (_, mark) in &marks {
        let (fact, event) = recorded(journal, mark.at)?;
        events.push((mark, fact.corrects.map(|link| link.seen_from(mark.at.seq)), event));
    }
    let history: Vec<History<'_>> = events
        .iter()
        .map(|(mark, corrects, event)| History {
            at: mark.at,
            event,
            fixed: mark.fixed,
            replaces: *corrects,
            dropped: mark.dropped,
        })
        .collect();
    let (state, marks) = RequestState::fold(&history);
    for mark in &marks {
        txn.put(keys::event(first, mark.at), mark)?;
    }
    let row = txn.request(provider, request)?;
    row.state = state;
    row.recount(&marks);
    Ok(())
}

fn drop_event(txn: &mut Txn<'_>, journal: &Journal, provider: &ProviderId, at: EventRef) -> Result<(), StoreError> {
    let (_, event) = recorded(journal, at)?;
    let Some(first) = txn.request(provider, &event.request)?.state.first else { return Ok(()) };
    let key = keys::event(first, at);
    if let Some(mark) = txn.get::<EventMark>(&key)? {
        txn.put(key, &EventMark { dropped: true, ..mark })?;
        refold(txn, journal, provider, &event.request, first)?;
    }
    Ok(())
}

/// An event as the journal has it.
pub(crate) fn recorded(journal: &Journal, at: EventRef) -> Result<(EventFact, Event), StoreError> {
    let entry = journal.read(at.seq)?;
    let none = || StoreError::NoEntry { seq: at.seq, wanted: "event" };
    let Fact::Outcome(OutcomeFact { result: OutcomeResult::Mapped(events), .. }) = entry.fact else {
        return Err(none());
    };
    let personal: Option<Vec<Personal>> = match &entry.body {
        Some(body) => Some(from_cbor(body).map_err(|reason| StoreError::Index { reason })?),
        None => None,
    };
    let news = events.into_iter().zip(0u16..).filter_map(|(event, index)| match event {
        EventEntry::New(fact) => Some((index, fact)),
        EventEntry::Same(_) => None,
    });
    let (place, (_, fact)) = news.enumerate().find(|(_, (index, _))| *index == at.index).ok_or_else(none)?;
    let event = fact.join(personal.as_ref().and_then(|parts| parts.get(place)));
    Ok((*fact, event))
}
