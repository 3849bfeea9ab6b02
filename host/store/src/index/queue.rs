//! What the entries change in the queue of delivery. Of a request that has a dead letter at a destination, later events are held
//! there; what is held is decided when an item is about to be sent, and written.

use jiff::Timestamp;
use qadam_domain::{DestinationId, EventRef, ProviderId, breach::Passing};

use super::{
    keys, passing,
    queue_row::{DeadRow, LaneQueueRow, QueueRow, QueueState},
    row::{DestinationRow, MessageRow},
    txn::Txn,
};
use crate::{
    entry::{
        AttemptedFact, EventEntry, Fact, LaneName, LeasedFact, OutcomeResult, QueueAct, STAMP, SealedFact, StampedFact,
        WITHDRAWN,
    },
    error::StoreError,
    journal::Journal,
};

/// A message is to be delivered.
pub(super) fn sealed(
    txn: &mut Txn<'_>,
    journal: &Journal,
    seq: u64,
    fact: &SealedFact,
    passing: Passing,
) -> Result<(), StoreError> {
    passing::changed(txn, journal, fact, passing)?;
    put(txn, seq, None, Some(message(fact, passing)))
}

fn message(fact: &SealedFact, passing: Passing) -> QueueRow {
    QueueRow {
        destination: fact.destination.clone(),
        provider: fact.provider.clone(),
        state: QueueState::Ready,
        attempts: 0,
        failures: 0,
        round: 0,
        last: None,
        stamps: None,
        events: u16::try_from(fact.events.len()).unwrap_or(u16::MAX),
        left: None,
        dead: Vec::new(),
        singly: false,
        passing,
        since: fact.at,
    }
}

/// A time-stamp follows a message that was sent, or may have been, without.
pub(super) fn stamped(txn: &mut Txn<'_>, journal: &Journal, seq: u64, fact: &StampedFact) -> Result<(), StoreError> {
    let open: Option<QueueRow> = txn.get(&keys::item(fact.message))?;
    let lane = match open {
        // Nothing of it was sent: it goes with its stamp when it goes.
        Some(_) if !sent(txn, journal, fact.message)? => return Ok(()),
        None if !sent(txn, journal, fact.message)? => return Ok(()),
        Some(row) => (row.destination, row.provider),
        None => match journal.fact(fact.message)? {
            Fact::Sealed(sealed) => (sealed.destination, sealed.provider),
            _ => return Err(StoreError::NoEntry { seq: fact.message, wanted: "message" }),
        },
    };
    put(txn, seq, None, Some(stamp(lane, fact.message, fact.at)))
}

/// Whether an attempt to send a message was begun.
fn sent(txn: &Txn<'_>, journal: &Journal, message: u64) -> Result<bool, StoreError> {
    let Some(first) = txn.first(&keys::attempts(message))? else { return Ok(false) };
    if let Fact::Leased(_) = journal.fact(keys::last_number(&first))? {
        return Ok(true);
    }
    // What came first was a decision: to set it aside.
    for (key, ()) in txn.rows::<()>(&keys::attempts(message))? {
        if let Fact::Leased(_) = journal.fact(keys::last_number(&key))? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn stamp(lane: (DestinationId, ProviderId), message: u64, since: Timestamp) -> QueueRow {
    QueueRow {
        destination: lane.0,
        provider: lane.1,
        state: QueueState::Ready,
        attempts: 0,
        failures: 0,
        round: 0,
        last: None,
        stamps: Some(message),
        events: 0,
        left: None,
        dead: Vec::new(),
        singly: false,
        passing: Passing::default(),
        since,
    }
}

/// An attempt begins.
pub(super) fn leased(txn: &mut Txn<'_>, seq: u64, fact: &LeasedFact) -> Result<(), StoreError> {
    txn.put(keys::attempt(fact.item, seq), &())?;
    let key = keys::lane_queue(&fact.destination, &fact.provider);
    let counts: LaneQueueRow = txn.get(&key)?.unwrap_or_default();
    txn.put(key, &LaneQueueRow { attempts: counts.attempts + 1, ..counts })?;
    let Some(before) = txn.get::<QueueRow>(&keys::item(fact.item))? else { return Ok(()) };
    let after = QueueRow { state: QueueState::Leased(seq), attempts: fact.attempt, ..before.clone() };
    // The stamp may have come after the message was read and before this was written.
    let late = match txn.get::<MessageRow>(&keys::message(fact.item))? {
        Some(row) if !fact.stamped => row.stamp,
        _ => None,
    };
    if let Some(entry) = late
        && txn.get::<QueueRow>(&keys::item(entry))?.is_none()
    {
        put(txn, entry, None, Some(stamp(lane(&before), fact.item, fact.at)))?;
    }
    put(txn, fact.item, Some(before), Some(after))
}

/// An attempt ended, or an item is set aside.
pub(super) fn attempted(
    txn: &mut Txn<'_>,
    journal: &Journal,
    seq: u64,
    fact: &AttemptedFact,
) -> Result<(), StoreError> {
    txn.put(keys::attempt(fact.item, seq), &())?;
    let Some(before) = txn.get::<QueueRow>(&keys::item(fact.item))? else { return Ok(()) };
    passing::attempted(txn, journal, fact.item, before.passing)?;
    let mut after = before.clone();
    after.last = Some(seq);
    after.singly |= fact.singly;
    after.state = match fact.due {
        Some(due) => QueueState::Waiting(due),
        None => QueueState::Ready,
    };
    let gone = |place: u16| fact.delivered.contains(&place) || fact.dead.iter().any(|dead| dead.place == place);
    let open = before.places();
    after.left = Some(open.iter().copied().filter(|place| !gone(*place)).collect());
    after.failures = match (fact.delivered.is_empty(), &fact.code) {
        (true, Some(_)) if fact.attempt > 0 => before.failures.saturating_add(1),
        (true, _) => before.failures,
        (false, _) => 0,
    };
    // What an operator skipped meanwhile is neither delivered nor dead any more.
    let counts_for = |place: u16| open.contains(&place) || (place == STAMP && before.stamps.is_some());
    let fresh = |place: u16| counts_for(place) && !before.dead.contains(&place);
    for dead in fact.dead.iter().filter(|dead| fresh(dead.place)) {
        after.dead.push(dead.place);
        let request = request_of(txn, journal, fact.item, dead.place)?;
        if let Some(request) = &request {
            hold(txn, &before, request, 1)?;
        }
        let key = keys::dead(&before.destination, &before.provider, fact.item, dead.place);
        txn.put(key, &DeadRow { attempt: seq, request })?;
    }
    let stamp_done = before.stamps.is_some() && fact.code.is_none() && fact.attempt > 0;
    let finished = after.undelivered() == 0 && (before.stamps.is_none() || stamp_done || !after.dead.is_empty());
    // A request may have been released since this was decided: then it is looked at once more.
    let mut held = !fact.held.is_empty();
    for request in &fact.held {
        let key = keys::held(&before.destination, &before.provider, request);
        held &= txn.get::<u32>(&key)?.unwrap_or(0) > 0;
    }
    if held {
        after.state = QueueState::Held;
        for request in &fact.held {
            txn.put(keys::aside(&before.destination, &before.provider, request, fact.item), &())?;
        }
    } else if finished {
        after.state = QueueState::Dead;
    }
    let lane = keys::lane_queue(&before.destination, &before.provider);
    let mut counts: LaneQueueRow = txn.get(&lane)?.unwrap_or_default();
    counts.delivered += fact.delivered.iter().filter(|place| open.contains(place)).count() as u64;
    match fact.code {
        Some(_) if fact.attempt > 0 => counts.failed = Some(seq),
        None if fact.attempt > 0 => (counts.failed, counts.succeeded) = (None, Some(seq)),
        _ => {}
    }
    txn.put(lane, &counts)?;
    settle_or_put(txn, seq, fact.item, before, after)
}

/// An operator acts on the queue.
pub(super) fn act(txn: &mut Txn<'_>, journal: &Journal, seq: u64, act: &QueueAct) -> Result<(), StoreError> {
    match act {
        QueueAct::Pause(lane) => pause(txn, lane, true),
        QueueAct::Resume(lane) => pause(txn, lane, false),
        QueueAct::Retry(lane) => {
            for (item, row) in open(txn, lane)? {
                if let QueueState::Waiting(_) = row.state {
                    put(txn, item, Some(row.clone()), Some(QueueRow { state: QueueState::Ready, ..row }))?;
                }
            }
            Ok(())
        }
        QueueAct::Requeue { letters, .. } => {
            for (item, place) in letters {
                let Some(before) = txn.get::<QueueRow>(&keys::item(*item))? else { continue };
                if !release(txn, &before, *item, *place)? {
                    continue;
                }
                let mut after = before.clone();
                after.dead.retain(|dead| dead != place);
                if *place != STAMP {
                    let mut left = before.places();
                    left.push(*place);
                    left.sort_unstable();
                    after.left = Some(left);
                }
                (after.state, after.failures, after.singly, after.round) = (QueueState::Ready, 0, true, seq);
                put(txn, *item, Some(before), Some(after))?;
            }
            Ok(())
        }
        QueueAct::Skip { letters, .. } => {
            for (item, place) in letters {
                let Some(before) = txn.get::<QueueRow>(&keys::item(*item))? else { continue };
                release(txn, &before, *item, *place)?;
                let mut after = before.clone();
                after.dead.retain(|dead| dead != place);
                after.left = Some(before.places().into_iter().filter(|left| left != place).collect());
                let leased = matches!(before.state, QueueState::Leased(_));
                let whole = before.stamps.is_none() && after.undelivered() == 0 && !leased;
                if whole || (before.stamps.is_some() && *place == STAMP) {
                    after.state = QueueState::Dead;
                }
                settle_or_put(txn, seq, *item, before, after)?;
            }
            Ok(())
        }
        QueueAct::Replay { messages, .. } => {
            for item in messages {
                let Fact::Sealed(fact) = journal.fact(*item)? else { continue };
                let before: Option<QueueRow> = txn.get(&keys::item(*item))?;
                // What is under way, or was never delivered, is in the queue already.
                if before.is_none() {
                    let passing = passing::then(txn, &fact)?;
                    put(txn, *item, None, Some(QueueRow { round: seq, ..message(&fact, passing) }))?;
                }
            }
            Ok(())
        }
    }
}

fn pause(txn: &mut Txn<'_>, lane: &LaneName, paused: bool) -> Result<(), StoreError> {
    match &lane.provider {
        Some(provider) => {
            let key = keys::lane_queue(&lane.destination, provider);
            let row: LaneQueueRow = txn.get(&key)?.unwrap_or_default();
            txn.put(key, &LaneQueueRow { paused, ..row })
        }
        None => match txn.get::<DestinationRow>(&keys::destination(&lane.destination))? {
            Some(row) => txn.put_destination(&lane.destination, DestinationRow { paused, ..row }),
            None => Ok(()),
        },
    }
}

/// The first item of each lane that is meant: one that waits is the first, for a lane is in order.
fn open(txn: &Txn<'_>, lane: &LaneName) -> Result<Vec<(u64, QueueRow)>, StoreError> {
    let lanes: Vec<(Vec<u8>, LaneQueueRow)> = match &lane.provider {
        Some(provider) => txn.rows(&keys::lane_queue(&lane.destination, provider))?,
        None => txn.rows(&keys::lane_queues(&lane.destination))?,
    };
    let mut open = Vec::new();
    for (key, _) in lanes {
        let [_, provider] = keys::split(&key).0[..] else { continue };
        let Ok(provider) = provider.parse::<ProviderId>() else { continue };
        if let Some(item) = txn.first(&keys::queue(&lane.destination, &provider))?.map(|key| keys::last_number(&key))
            && let Some(row) = txn.get(&keys::item(item))?
        {
            open.push((item, row));
        }
    }
    Ok(open)
}

/// A dead letter is none any more; whether it was one.
fn release(txn: &mut Txn<'_>, row: &QueueRow, item: u64, place: u16) -> Result<bool, StoreError> {
    let key = keys::dead(&row.destination, &row.provider, item, place);
    let Some(dead) = txn.get::<DeadRow>(&key)? else { return Ok(false) };
    txn.remove(key);
    if let Some(request) = &dead.request {
        hold(txn, row, request, -1)?;
    }
    Ok(true)
}

/// One more, or one less, dead letter holds a request. With the last, what was set aside for it comes back: whether something else
/// holds that is looked at when it is about to be sent.
fn hold(txn: &mut Txn<'_>, row: &QueueRow, request: &str, change: i32) -> Result<(), StoreError> {
    let key = keys::held(&row.destination, &row.provider, request);
    let letters = txn.get::<u32>(&key)?.unwrap_or(0).saturating_add_signed(change);
    if letters > 0 {
        return txn.put(key, &letters);
    }
    txn.remove(key);
    for (key, ()) in txn.rows::<()>(&keys::set_aside(&row.destination, &row.provider, request))? {
        let item = keys::last_number(&key);
        txn.remove(key);
        if let Some(before) = txn.get::<QueueRow>(&keys::item(item))?
            && before.state == QueueState::Held
        {
            let after = QueueRow { state: QueueState::Ready, ..before.clone() };
            put(txn, item, Some(before), Some(after))?;
        }
    }
    Ok(())
}

/// An item of which nothing is left is settled, unless dead letters are.
fn settle_or_put(txn: &mut Txn<'_>, seq: u64, item: u64, before: QueueRow, after: QueueRow) -> Result<(), StoreError> {
    if after.state != QueueState::Dead || !after.dead.is_empty() {
        return put(txn, item, Some(before), Some(after));
    }
    if before.stamps.is_none() {
        let key = keys::message(item);
        let row: MessageRow = txn.get(&key)?.unwrap_or_default();
        txn.put(key, &MessageRow { settled: Some(seq), ..row })?;
    }
    put(txn, item, Some(before), None)
}

/// Changes an item, its place in the queue, and what is counted of it.
fn put(txn: &mut Txn<'_>, item: u64, before: Option<QueueRow>, after: Option<QueueRow>) -> Result<(), StoreError> {
    let Some((destination, provider)) = before.as_ref().or(after.as_ref()).map(lane) else { return Ok(()) };
    let queued = |row: &Option<QueueRow>| row.as_ref().is_some_and(QueueRow::is_queued);
    let key = keys::queued(&destination, &provider, item);
    match (queued(&before), queued(&after)) {
        (false, true) => txn.put(key, &())?,
        (true, false) => txn.remove(key),
        _ => {}
    }
    let lane = keys::lane_queue(&destination, &provider);
    let mut counts: LaneQueueRow = txn.get(&lane)?.unwrap_or_default();
    let unchanged = counts;
    for (row, times) in [(&before, -1), (&after, 1)] {
        let Some(row) = row else { continue };
        let add = |count: &mut u64, change: u64| *count = count.saturating_add_signed(times * change.cast_signed());
        add(&mut counts.items, u64::from(row.is_queued()));
        add(&mut counts.held, u64::from(row.state == QueueState::Held));
        add(&mut counts.events, row.undelivered());
        add(&mut counts.dead, row.dead.len() as u64);
    }
    if counts != unchanged {
        txn.put(lane, &counts)?;
    }
    match after {
        Some(row) => txn.put(keys::item(item), &row),
        None => {
            txn.remove(keys::item(item));
            Ok(())
        }
    }
}

fn lane(row: &QueueRow) -> (DestinationId, ProviderId) {
    (row.destination.clone(), row.provider.clone())
}

/// The request of a message's event; none for a time-stamp.
fn request_of(txn: &Txn<'_>, journal: &Journal, item: u64, place: u16) -> Result<Option<String>, StoreError> {
    if place == STAMP || txn.get::<QueueRow>(&keys::item(item))?.is_none_or(|row| row.stamps.is_some()) {
        return Ok(None);
    }
    let Fact::Sealed(sealed) = journal.fact(item)? else {
        return Err(StoreError::NoEntry { seq: item, wanted: "message" });
    };
    match sealed.events.get(usize::from(place)) {
        Some(at) => request_at(journal, *at).map(Some),
        None => Ok(None),
    }
}

/// The request that an event, or the withdrawal of one, is about.
pub(crate) fn request_at(journal: &Journal, at: EventRef) -> Result<String, StoreError> {
    let none = || StoreError::NoEntry { seq: at.seq, wanted: "event" };
    let outcome = match journal.fact(at.seq)? {
        Fact::Outcome(outcome) => outcome,
        Fact::Reported(fact) => return Ok(fact.number()),
        _ => return Err(none()),
    };
    if at.index & WITHDRAWN != 0 {
        let vanished = outcome.vanished.get(usize::from(at.index & !WITHDRAWN)).copied().ok_or_else(none)?;
        return if vanished.index & WITHDRAWN == 0 { request_at(journal, vanished) } else { Err(none()) };
    }
    let OutcomeResult::Mapped(events) = outcome.result else { return Err(none()) };
    match events.into_iter().nth(usize::from(at.index)) {
        Some(EventEntry::New(fact)) => Ok(fact.event.request),
        _ => Err(none()),
    }
}
