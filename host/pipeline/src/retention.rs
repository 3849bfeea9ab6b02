//! Retention: bodies that nobody needs any more are erased after so many days, by policy, and their space is given back. Facts
//! stay, with digest, cause and time, and everything that is counted and reported from them. Without configuration nothing is
//! ever erased.

use std::{collections::BTreeMap, sync::Arc, thread::JoinHandle, time::Duration};

use jiff::{SignedDuration, Timestamp};
use qadam_store::{Act, Body, BodyKind, ErasureOrder, SegmentView, StoreError};

use crate::Pipeline;

/// Between two runs.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Before what failed is tried again.
const AGAIN: SignedDuration = SignedDuration::from_mins(10);
/// How long the thread sleeps where nothing is due: a stop is noticed anyway.
const IDLE: Duration = Duration::from_secs(1);
/// Between two pieces of a segment, 4 MiB each: the disk is there for intake first.
const PACE: Duration = Duration::from_millis(50);
/// A segment is rewritten where this part of it is gained, ...
const WORTH: u64 = 10;
/// ... or where a body is due for longer than this.
const OVERDUE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Bytes that stay where a body was.
const TOMBSTONE: u64 = 64;

/// For how many days bodies are kept; for ever where it does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Retention {
    /// Messages, from when they were delivered or skipped on: their events as sealed, with the salts. No evidence of an event
    /// can be exported after.
    pub messages_days: Option<u32>,
    /// Native records, with what tells of their signatures, from when their events were delivered everywhere on. They cannot
    /// be mapped again after.
    pub records_days: Option<u32>,
    /// Names, numbers and all else in events that is personal, from when they were delivered everywhere on, once their
    /// requests are closed. Nobody is found by an erased number.
    pub events_days: Option<u32>,
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retained {
    /// Bodies erased, by the setting that says so.
    pub bodies: BTreeMap<&'static str, u64>,
    /// Segments rewritten.
    pub segments: u64,
    /// Bytes that the journal takes less.
    pub freed: i64,
}

impl Retention {
    /// Whether it erases anything.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        self.messages_days.is_none() && self.records_days.is_none() && self.events_days.is_none()
    }

    /// Whether it makes sense.
    ///
    /// # Errors
    /// What does not.
    pub fn checked(&self) -> Result<(), String> {
        let Some(events) = self.events_days else { return Ok(()) };
        for (name, days) in [("messages-days", self.messages_days), ("records-days", self.records_days)] {
            match days {
                Some(days) if days <= events => {}
                Some(days) => {
                    return Err(format!(
                        "`{name}` is {days}, longer than `events-days`, {events}: what is erased from events would still stand in them"
                    ));
                }
                None => {
                    return Err(format!(
                        "`events-days` needs `{name}`: what is erased from events would still stand in them"
                    ));
                }
            }
        }
        Ok(())
    }

    fn of(&self, kind: BodyKind) -> Option<(&'static str, u32)> {
        match kind {
            BodyKind::Message => Some(("messages-days", self.messages_days?)),
            BodyKind::Record | BodyKind::Verdict => Some(("records-days", self.records_days?)),
            BodyKind::Events => Some(("events-days", self.events_days?)),
        }
    }
}

fn days(days: u32) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(days))
}

/// The thread that erases what is due. Dropping it ends it.
#[derive(Debug)]
pub struct Retainer {
    pipeline: Arc<Pipeline>,
    thread: Option<JoinHandle<()>>,
}

impl Retainer {
    /// Starts: what was ordered before a stop is done at once, what is due once a day.
    ///
    /// # Errors
    /// If the machine gives no more threads.
    pub fn start(pipeline: &Arc<Pipeline>, policy: Retention) -> std::io::Result<Self> {
        let work = Arc::clone(pipeline);
        let thread = std::thread::Builder::new().name("qadam-retain".into()).spawn(move || run(&work, policy))?;
        Ok(Self { pipeline: Arc::clone(pipeline), thread: Some(thread) })
    }
}

impl Drop for Retainer {
    fn drop(&mut self) {
        self.pipeline.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(pipeline: &Pipeline, policy: Retention) {
    let mut next = pipeline.now();
    while !pipeline.store.is_leaving() {
        let now = pipeline.now();
        // A clock that went back does not put off what is due.
        if now >= next || next.duration_since(now) > DAY {
            next = now + after(&pipeline.retain(policy));
        }
        let _ = pipeline.store.wait_for(u64::MAX, IDLE);
    }
}

fn after(done: &Result<Retained, StoreError>) -> SignedDuration {
    match done {
        Ok(Retained { segments: 0, .. }) | Err(StoreError::Closing) => DAY,
        Ok(Retained { bodies, segments, freed }) => {
            tracing::info!(?bodies, segments, freed, "bodies were erased by policy");
            DAY
        }
        Err(error) => {
            tracing::warn!(%error, "bodies are not erased now; it is tried again");
            AGAIN
        }
    }
}

impl Pipeline {
    /// Erases what is due, and what was ordered before. Blocks.
    ///
    /// # Errors
    /// If it could not be done to the end. What was done stays done, and the rest is due still.
    pub fn retain(&self, policy: Retention) -> Result<Retained, StoreError> {
        let mut retained = Retained::default();
        self.finish(&mut retained)?;
        if policy.is_idle() {
            return Ok(retained);
        }
        let done = self.each_segment(policy, &mut retained);
        if !retained.bodies.is_empty() {
            let told: Vec<String> = retained.bodies.iter().map(|(name, count)| format!("{name}: {count}")).collect();
            self.store.act(Act {
                what: "erase-by-policy".to_owned(),
                subject: "retention".to_owned(),
                about: Vec::new(),
                who: "host".to_owned(),
                why: format!("bodies due by the configuration, {}", told.join(", ")),
                at: self.now(),
                remap: Vec::new(),
                queue: None,
            })?;
        }
        done.map(|()| retained)
    }

    fn each_segment(&self, policy: Retention, retained: &mut Retained) -> Result<(), StoreError> {
        for segment in self.store.segments() {
            let due = self.due_in(policy, segment)?;
            if self.store.is_leaving() {
                return Ok(());
            }
            if !due.is_worth_it(segment.bytes) {
                continue;
            }
            if !segment.finished {
                self.store.roll()?;
            }
            for (name, entries) in due.entries {
                let why = format!("`retention.{name}` is {}", due.days.get(name).copied().unwrap_or_default());
                let order =
                    ErasureOrder { cause: name.to_owned(), who: "host".to_owned(), why, at: self.now(), entries };
                *retained.bodies.entry(name).or_default() += self.store.erase(order)?.bodies;
            }
            self.finish(retained)?;
        }
        Ok(())
    }

    fn finish(&self, retained: &mut Retained) -> Result<(), StoreError> {
        let done = self.store.finish_erasures(self.now(), &mut || {
            let _ = self.store.wait_for(u64::MAX, PACE);
            !self.store.is_leaving()
        })?;
        retained.segments += done.segments;
        retained.freed += done.freed;
        Ok(())
    }

    fn due_in(&self, policy: Retention, segment: SegmentView) -> Result<Due, StoreError> {
        let now = self.now();
        let mut due = Due::default();
        let mut next = segment.first;
        while next < segment.end && !self.store.is_leaving() {
            let mut old = |kind, at: Timestamp| policy.of(kind).is_some_and(|(_, kept)| at + days(kept) <= now);
            let (bodies, on) = self.store.bodies(next, &mut old)?;
            if on == next {
                break;
            }
            next = on;
            for body in bodies {
                let Some(((name, kept), settled)) = policy.of(body.kind).zip(body.settled) else { continue };
                let at = settled.max(body.at) + days(kept);
                if at <= now && (body.kind != BodyKind::Events || self.store.is_about_closed(body.seq)?) {
                    due.add(name, kept, &body, now.duration_since(at));
                }
            }
            let _ = self.store.wait_for(u64::MAX, PACE);
        }
        Ok(due)
    }
}

/// What is due in one segment.
#[derive(Default)]
struct Due {
    entries: BTreeMap<&'static str, Vec<u64>>,
    days: BTreeMap<&'static str, u32>,
    gained: u64,
    longest: SignedDuration,
}

impl Due {
    fn add(&mut self, name: &'static str, kept: u32, body: &Body, since: SignedDuration) {
        self.entries.entry(name).or_default().push(body.seq);
        self.days.insert(name, kept);
        self.gained += body.bytes.saturating_sub(TOMBSTONE);
        self.longest = self.longest.max(since);
    }

    fn is_worth_it(&self, bytes: u64) -> bool {
        !self.entries.is_empty() && (self.gained * WORTH >= bytes || self.longest > OVERDUE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_erased_from_events_may_not_stand_in_records_or_messages_for_longer() {
        let policy = |messages_days, records_days, events_days| Retention { messages_days, records_days, events_days };
        for sound in [policy(None, None, None), policy(Some(1), None, None), policy(Some(3), Some(4), Some(4))] {
            sound.checked().unwrap();
        }
        for (wrong, named) in [
            (policy(None, Some(1), Some(1)), "messages-days"),
            (policy(Some(1), Some(9), Some(8)), "`records-days` is 9"),
        ] {
            assert!(wrong.checked().unwrap_err().contains(named));
        }
    }

    #[test]
    fn a_segment_is_rewritten_for_a_tenth_of_it_or_for_what_is_overdue() {
        let body = Body { seq: 1, kind: BodyKind::Record, at: Timestamp::UNIX_EPOCH, bytes: 164, settled: None };
        let mut due = Due::default();
        assert!(!due.is_worth_it(0), "nothing is due");
        due.add("records-days", 1, &body, SignedDuration::ZERO);
        assert!(due.is_worth_it(1000) && !due.is_worth_it(1001));
        due.add("records-days", 1, &body, OVERDUE + SignedDuration::from_secs(1));
        assert!(due.is_worth_it(1 << 40));
    }
}
