//! The committing thread: drains whatever waits, decides which records are resends, appends all of it with one write and
//! one sync, and then answers (group commit). Many senders share one sync.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Condvar, Mutex, PoisonError},
};

use bytes::Bytes;
use qadam_domain::{ProviderId, RecordId};
use tokio::sync::oneshot;

use crate::{
    entry::{Fact, Received, Resent, Submission},
    error::StoreError,
    index::{Index, keys, row},
    journal::{Appender, Draft, Journal},
    signal::Signal,
};

/// Bytes written with one sync, at most; more waits for the next.
const GROUP: usize = 4 << 20;
/// Digests kept in memory beyond what the index has not applied yet.
const RECENT: usize = 100_000;

/// A record to be received, digested and encoded.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) received: Received,
    pub(crate) draft: Draft,
    /// The entry that received it before, as the index knew at `checked`.
    pub(crate) known: Option<u64>,
}

/// An idempotency key with the digest of what it stands for.
#[derive(Clone, Debug)]
pub(crate) struct Idempotency {
    pub(crate) key: String,
    pub(crate) digest: [u8; 32],
}

/// What became of one record of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its id, the first one's for a resend.
    pub id: RecordId,
    /// Whether the bytes had been received before.
    pub duplicate: bool,
    /// Whether this call added the record to the journal: neither a resend nor a receipt under a repeated key did.
    pub added: bool,
}

/// Work for the committing thread.
#[derive(Debug)]
pub(crate) enum Job {
    Receive {
        records: Vec<Incoming>,
        /// Position of the index when it was asked for `known`.
        checked: u64,
        idempotency: Option<Idempotency>,
        reply: oneshot::Sender<Result<Vec<Taken>, StoreError>>,
    },
    Append {
        drafts: Vec<Draft>,
        reply: oneshot::Sender<Result<u64, StoreError>>,
    },
    /// Finishes the segment that is written to.
    Roll {
        reply: oneshot::Sender<Result<u64, StoreError>>,
    },
}

/// Where work waits for the committing thread.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    jobs: Mutex<Jobs>,
    arrived: Condvar,
}

#[derive(Debug, Default)]
struct Jobs {
    waiting: VecDeque<Job>,
    bytes: usize,
    closed: bool,
}

impl Job {
    fn bytes(&self) -> usize {
        let size = |draft: &Draft| draft.fact.len() + draft.body.len() + 64;
        match self {
            Self::Receive { records, .. } => records.iter().map(|record| size(&record.draft)).sum(),
            Self::Append { drafts, .. } => drafts.iter().map(size).sum(),
            Self::Roll { .. } => 0,
        }
    }

    fn refuse(self, error: StoreError) {
        // A caller that no longer waits needs no answer.
        match self {
            Self::Receive { reply, .. } => drop(reply.send(Err(error))),
            Self::Append { reply, .. } | Self::Roll { reply } => drop(reply.send(Err(error))),
        }
    }
}

impl Queue {
    /// Adds a job, unless too much waits already.
    pub(crate) fn push(&self, job: Job, limit: usize) {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        if jobs.closed {
            return job.refuse(StoreError::Closing);
        }
        let bytes = jobs.bytes + job.bytes();
        if bytes > limit && !jobs.waiting.is_empty() {
            let (limit, actual) = (limit as u64, bytes as u64);
            return job.refuse(StoreError::Busy { what: "bytes to be written", limit, actual });
        }
        jobs.bytes = bytes;
        jobs.waiting.push_back(job);
        drop(jobs);
        self.arrived.notify_one();
    }

    pub(crate) fn close(&self) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.arrived.notify_one();
    }

    /// Waits for work and takes a group of it; none once closed and empty.
    fn take(&self) -> Option<Vec<Job>> {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        while jobs.waiting.is_empty() {
            if jobs.closed {
                return None;
            }
            jobs = self.arrived.wait(jobs).unwrap_or_else(PoisonError::into_inner);
        }
        let mut group = Vec::new();
        let mut bytes = 0;
        while let Some(job) = jobs.waiting.front() {
            let size = job.bytes();
            if bytes + size > GROUP && !group.is_empty() {
                break;
            }
            bytes += size;
            group.extend(jobs.waiting.pop_front());
        }
        jobs.bytes = jobs.bytes.saturating_sub(bytes);
        Some(group)
    }
}

/// The committing thread's state.
#[derive(Debug)]
pub(crate) struct Committer {
    pub(crate) queue: Arc<Queue>,
    pub(crate) journal: Arc<Journal>,
    pub(crate) index: Arc<Index>,
    pub(crate) applied: Arc<Signal>,
    pub(crate) synced: Arc<Signal>,
    pub(crate) appender: Appender,
    pub(crate) recent: Recent,
}

enum Reply {
    Receive(oneshot::Sender<Result<Vec<Taken>, StoreError>>, Vec<Taken>),
    Append(oneshot::Sender<Result<u64, StoreError>>, u64),
}

impl Committer {
    /// Where the reason stands once a sync has failed.
    pub(crate) fn poisoned(&self) -> Arc<Mutex<Option<String>>> {
        self.appender.poisoned()
    }

    /// Works until the queue is closed and empty.
    pub(crate) fn run(mut self) {
        while let Some(jobs) = self.queue.take() {
            self.commit(jobs);
        }
        self.appender.close();
    }

    fn commit(&mut self, jobs: Vec<Job>) {
        let mut drafts = Vec::new();
        let mut replies = Vec::new();
        let mut fresh = Fresh::default();
        for job in jobs {
            let next = self.appender.next() + drafts.len() as u64;
            match job {
                Job::Append { drafts: mut more, reply } => {
                    Draft::bind(&mut more);
                    drafts.append(&mut more);
                    replies.push(Reply::Append(reply, next));
                }
                // Now or after the others of the group is the same to who asks.
                Job::Roll { reply } => drop(reply.send(self.appender.roll().map(|()| self.appender.next()))),
                Job::Receive { records, checked, idempotency, reply } => {
                    let before = drafts.len();
                    match self.receive(records, checked, idempotency, next, &mut drafts, &mut fresh) {
                        Ok(taken) => {
                            Draft::bind(drafts.get_mut(before..).unwrap_or_default());
                            replies.push(Reply::Receive(reply, taken));
                        }
                        Err(error) => {
                            drafts.truncate(before);
                            fresh.records.retain(|_, seq| *seq < next);
                            drop(reply.send(Err(error)));
                        }
                    }
                }
            }
        }
        let done = if drafts.is_empty() { Ok(()) } else { self.appender.append(&drafts) };
        if done.is_ok() {
            self.recent.keep(fresh, self.applied.get());
            self.synced.raise(self.journal.last());
        }
        for reply in replies {
            match reply {
                Reply::Receive(reply, taken) => drop(reply.send(done.as_ref().map(|()| taken).map_err(again))),
                Reply::Append(reply, first) => drop(reply.send(done.as_ref().map(|()| first).map_err(again))),
            }
        }
    }

    fn receive(
        &self,
        records: Vec<Incoming>,
        checked: u64,
        idempotency: Option<Idempotency>,
        mut next: u64,
        drafts: &mut Vec<Draft>,
        fresh: &mut Fresh,
    ) -> Result<Vec<Taken>, StoreError> {
        let sender_and_provider =
            records.first().map(|r| (r.received.sender.clone(), r.received.provider.clone(), r.received.at));
        if let (Some(idempotency), Some((sender, ..))) = (&idempotency, &sender_and_provider)
            && let Some(submission) = self.submission(sender, &idempotency.key, fresh)?
        {
            return self.repeat(idempotency, &submission);
        }
        let mut taken = Vec::with_capacity(records.len());
        let mut places = Vec::new();
        for incoming in records {
            // Under an idempotency key the key is the identity, not the bytes.
            let known = if idempotency.is_some() { None } else { self.known(&incoming, checked, fresh)? };
            let provider = &incoming.received.provider;
            match known {
                Some(record) => {
                    let resent = Resent {
                        provider: provider.clone(),
                        record,
                        sender: incoming.received.sender.clone(),
                        at: incoming.received.at,
                    };
                    drafts.push(Draft::new(&Fact::Resent(resent), Bytes::new())?);
                    taken.push(Taken { id: self.id(record), duplicate: true, added: false });
                    places.push((record, true));
                }
                None => {
                    fresh.records.insert((provider.clone(), incoming.received.identity()), next);
                    drafts.push(incoming.draft);
                    taken.push(Taken { id: self.id(next), duplicate: false, added: true });
                    places.push((next, false));
                }
            }
            next += 1;
        }
        if let (Some(idempotency), Some((sender, provider, at))) = (idempotency, sender_and_provider) {
            let Idempotency { key, digest } = idempotency;
            let submission =
                Submission { provider, sender: sender.clone(), key: key.clone(), digest, at, records: places };
            drafts.push(Draft::new(&Fact::Submission(submission.clone()), Bytes::new())?);
            fresh.submissions.insert((sender, key), submission);
        }
        Ok(taken)
    }

    fn id(&self, seq: u64) -> RecordId {
        RecordId { epoch: self.journal.epoch_of(seq).unwrap_or_else(|| self.appender.epoch()), seq }
    }

    /// The entry that received these bytes before: in this group, lately, or as the index says.
    fn known(&self, incoming: &Incoming, checked: u64, fresh: &Fresh) -> Result<Option<u64>, StoreError> {
        let key = (incoming.received.provider.clone(), incoming.received.identity());
        if let Some(seq) = fresh.records.get(&key).or_else(|| self.recent.records.get(&key)) {
            return Ok(Some(*seq));
        }
        if incoming.known.is_some() || checked >= self.recent.floor {
            return Ok(incoming.known);
        }
        // The caller asked the index before what is no longer kept in memory was applied.
        let row = self.index.rows()?.get(keys::digest(&key.0, &key.1))?;
        row.map(|bytes| row::decode(&bytes)).transpose()
    }

    fn submission(&self, sender: &str, key: &str, fresh: &Fresh) -> Result<Option<Submission>, StoreError> {
        let pair = (sender.to_owned(), key.to_owned());
        if let Some(submission) = fresh.submissions.get(&pair).or_else(|| self.recent.submissions.get(&pair)) {
            return Ok(Some(submission.clone()));
        }
        let row = self.index.rows()?.get(keys::submission(sender, key))?;
        let Some(bytes) = row else { return Ok(None) };
        let seq = row::decode(&bytes)?;
        match self.journal.read(seq)?.fact {
            Fact::Submission(submission) => Ok(Some(submission)),
            _ => Err(StoreError::NoEntry { seq, wanted: "submission" }),
        }
    }

    /// The same receipt again.
    fn repeat(&self, idempotency: &Idempotency, submission: &Submission) -> Result<Vec<Taken>, StoreError> {
        if submission.digest != idempotency.digest {
            return Err(StoreError::KeyReused);
        }
        let taken = |(seq, duplicate): &(u64, bool)| Taken { id: self.id(*seq), duplicate: *duplicate, added: false };
        Ok(submission.records.iter().map(taken).collect())
    }
}

/// The same failure for each of those who shared the sync.
fn again(error: &StoreError) -> StoreError {
    match error {
        StoreError::Poisoned { reason } => StoreError::Poisoned { reason: reason.clone() },
        other => StoreError::NotWritten { reason: other.to_string() },
    }
}

/// What the group under way adds.
#[derive(Debug, Default)]
pub(crate) struct Fresh {
    records: HashMap<(ProviderId, [u8; 32]), u64>,
    submissions: HashMap<(String, String), Submission>,
}

/// What was committed lately, and may not be in the index yet.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    records: HashMap<(ProviderId, [u8; 32]), u64>,
    submissions: HashMap<(String, String), Submission>,
    order: VecDeque<(u64, (ProviderId, [u8; 32]))>,
    /// All digests up to this entry have left the memory.
    floor: u64,
}

impl Recent {
    /// Starts with an index that has applied everything up to `floor`.
    pub(crate) fn starting_at(floor: u64) -> Self {
        Self { floor, ..Self::default() }
    }

    fn keep(&mut self, fresh: Fresh, applied: u64) {
        let mut added: Vec<_> = fresh.records.into_iter().map(|(key, seq)| (seq, key)).collect();
        added.sort_unstable_by_key(|(seq, _)| *seq);
        for (seq, key) in added {
            self.records.insert(key.clone(), seq);
            self.order.push_back((seq, key));
        }
        self.submissions.extend(fresh.submissions);
        while self.order.len() > RECENT && self.order.front().is_some_and(|(seq, _)| *seq <= applied) {
            if let Some((seq, key)) = self.order.pop_front() {
                self.records.remove(&key);
                self.floor = seq;
            }
        }
        if self.submissions.len() > RECENT {
            // Each was journaled at or before the last of its records, which the index has by now or will be asked for.
            self.submissions.retain(|_, submission| submission.records.last().is_some_and(|(seq, _)| *seq >= applied));
        }
    }
}
