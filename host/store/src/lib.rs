//! The store: a journal, which is the truth, and an index that is rebuilt from it.
//!
//! * **Durability.** What [`Store::receive`] or [`Store::record`] has answered was synced (`fdatasync`) before the answer
//!   and survives a power cut. Many callers share one sync.
//! * **Visibility.** Reads come from the index, which follows the journal by a moment; [`Store::applied`] says how far it
//!   has come. [`Store::record`] returns when its own outcomes can be read.
//! * **Failures.** A failed write refuses and is forgotten; a failed sync poisons the store until a restart
//!   ([`StoreError`]). The index can be thrown away at any time the store is closed.
//!
//! The seam is this public interface: no type of sled, no iterator and no lock crosses it.

mod applier;
mod backup;
mod commit;
mod decide;
mod delivery;
mod digest;
mod entry;
mod erase;
mod error;
pub mod foreign;
mod index;
mod journal;
mod read;
mod sealing;
mod signal;
mod terms;
mod verify;

use std::{
    fs::File,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use bytes::Bytes;
use qadam_domain::ProviderId;
use tokio::sync::{oneshot, watch};

use crate::{
    applier::Applier,
    commit::{Committer, Idempotency, Incoming, Job, Queue, Recent},
    index::{Index, keys, row},
    journal::{Draft, Journal},
    signal::Signal,
};
pub use crate::{
    backup::{Copied, Extent, ExtentSegment, begin_epoch, inspect},
    commit::Taken,
    decide::{Found, FoundResult},
    delivery::Step,
    digest::sha256,
    entry::{
        Act, AdapterFact, AttemptedFact, CheckedFact, CommissionedFact, DeadFact, DestinationFact, ERASED, ErasedFact,
        ErasureDone, ErasureOrder, Fact, LaneName, LeasedFact, OutcomeResult, Quarantine, QueueAct, Received, STAMP,
        SealedEvent, SealedFact, Signed, SignedForm, StampedFact, WITHDRAWN,
    },
    erase::{Erasures, GoOn, Kept, Ordered},
    error::StoreError,
    index::row::RecordState,
    journal::Entry,
    read::{
        AttemptView, Body, BodyKind, Checked, DeadLetter, Erased, EventView, Exchange, Feed, Health, Holding,
        ItemState, Lane, LaneItem, MessageView, OutcomeView, Page, QueueItem, QueueLane, Record, RecordFilter,
        RecordView, RecordedItem, ReportItem, RequestFilter, RequestView, SegmentView, Unstamped,
    },
    verify::{Verdict, verify},
};
// Of terms.
pub use crate::{
    entry::{ContestedFact, Reference, ReferenceFact, ReportedFact},
    index::terms::{Counted, OpenTerm, Totals},
    read::{OverdueItem, TermHistory, Told},
    terms::Settled,
};

/// Where and how large.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// The data folder; `journal` and `index` lie in it.
    pub folder: PathBuf,
    /// Bytes of a segment of the journal, preallocated. Less than 4 GiB.
    pub segment_bytes: u64,
    /// Bytes that sled may cache.
    pub cache_bytes: u64,
    /// Bytes of entries that may wait to be written before callers are told to come back.
    pub queue_bytes: usize,
}

impl StoreConfig {
    /// The defaults: segments of 256 MiB, 64 MiB of cache, 64 MiB of queue.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), segment_bytes: 256 << 20, cache_bytes: 64 << 20, queue_bytes: 64 << 20 }
    }
}

/// A native record to be received.
#[derive(Clone, Debug)]
pub struct NewRecord {
    /// Its fact.
    pub received: Received,
    /// Its body as it is to be kept; empty where it is withheld.
    pub body: Bytes,
    /// Its detached signature.
    pub signature: Option<Bytes>,
}

/// An open store. Dropping it stops its threads after what waits has been written.
#[derive(Debug)]
pub struct Store {
    queue: Arc<Queue>,
    queue_bytes: usize,
    pub(crate) journal: Arc<Journal>,
    pub(crate) index: Arc<Index>,
    pub(crate) applied: Arc<Signal>,
    synced: Arc<Signal>,
    closing: Arc<AtomicBool>,
    leaving: AtomicBool,
    threads: Mutex<Vec<JoinHandle<()>>>,
    poisoned: Arc<Mutex<Option<String>>>,
    /// Held by who rewrites segments.
    erasing: Mutex<()>,
    _lock: File,
}

impl Store {
    /// Opens a folder, recovering from whatever stop it had, and brings the index up to date before it returns.
    ///
    /// # Errors
    /// If another process has it open, if files cannot be read, or if the journal is damaged where it was synced.
    pub fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        let lock = lock(&config.folder)?;
        let segment_bytes = config.segment_bytes.clamp(1 << 16, u64::from(u32::MAX) / 2);
        let (journal, appender) = journal::open(&config.folder.join("journal"), segment_bytes)?;
        let last = journal.last();
        let synced = Arc::new(Signal::new(last));
        let folder = config.folder.join("index");
        let (index, applied) = Index::open(&folder, config.cache_bytes, &journal, last, Arc::clone(&synced))?;
        let index = Arc::new(index);
        let applied = Arc::new(Signal::new(applied));
        let closing = Arc::new(AtomicBool::new(false));
        let applier = Applier {
            journal: Arc::clone(&journal),
            index: Arc::clone(&index),
            applied: Arc::clone(&applied),
            synced: Arc::clone(&synced),
            closing: Arc::clone(&closing),
        };
        let queue = Arc::new(Queue::default());
        let committer = Committer {
            queue: Arc::clone(&queue),
            journal: Arc::clone(&journal),
            index: Arc::clone(&index),
            applied: Arc::clone(&applied),
            synced: Arc::clone(&synced),
            recent: Recent::starting_at(journal.last()),
            appender,
        };
        let poisoned = committer.poisoned();
        let threads =
            vec![spawn("qadam-commit", move || committer.run())?, spawn("qadam-index", move || applier.run())?];
        Ok(Self {
            queue,
            queue_bytes: config.queue_bytes,
            journal,
            index,
            applied,
            synced,
            closing,
            leaving: AtomicBool::new(false),
            threads: Mutex::new(threads),
            poisoned,
            erasing: Mutex::default(),
            _lock: lock,
        })
    }

    /// Receives records: journaled and synced when this answers (invariant 1). Records whose bytes the provider sent
    /// before are journaled as resends, and answered with the first one's id. All of one call share sender and provider.
    ///
    /// Under an idempotency key (scoped to the sender) the key is the identity instead of the bytes; the same key with the
    /// same records brings the same answer, and adds nothing.
    ///
    /// # Errors
    /// Nothing was received then, as far as this call goes.
    pub async fn receive(
        &self,
        records: Vec<NewRecord>,
        idempotency: Option<String>,
    ) -> Result<Vec<Taken>, StoreError> {
        let checked = self.applied.get();
        let rows = self.index.rows()?;
        let mut digests = Vec::with_capacity(records.len() * 32);
        let mut incoming = Vec::with_capacity(records.len());
        for NewRecord { mut received, body, signature } in records {
            let body = match (&mut received.signed, signature) {
                (Some(signed), Some(signature)) => {
                    signed.bytes = u32::try_from(signature.len()).unwrap_or(u32::MAX);
                    [body, signature].concat().into()
                }
                _ => body,
            };
            let identity = received.identity();
            digests.extend_from_slice(&identity);
            let key = keys::digest(&received.provider, &identity);
            let known = match rows.get(key)? {
                Some(bytes) => Some(row::decode(&bytes)?),
                None => None,
            };
            let fact = Fact::Received(received);
            let draft = Draft::new(&fact, body)?;
            if let Fact::Received(received) = fact {
                incoming.push(Incoming { received, draft, known });
            }
        }
        let idempotency = idempotency.map(|key| Idempotency { key, digest: sha256(&digests) });
        let (reply, answer) = oneshot::channel();
        self.queue.push(Job::Receive { records: incoming, checked, idempotency, reply }, self.queue_bytes);
        answer.await.unwrap_or(Err(StoreError::Closing))
    }

    /// Records what became of records of one provider, in order. Blocks until it is synced and can be read. Only one
    /// thread at a time may do so for a provider.
    ///
    /// # Errors
    /// Nothing was recorded then.
    pub fn record(&self, provider: &ProviderId, found: Vec<Found>) -> Result<(), StoreError> {
        let drafts = decide::decide(self, provider, found)?;
        let last = drafts.len() as u64;
        let first = self.append(drafts)?;
        self.wait_applied(first + last - 1)
    }

    /// Records that an adapter was put to work, and gives the number that outcomes refer to. Blocks.
    ///
    /// # Errors
    /// Nothing was recorded then.
    pub fn adapter(&self, fact: AdapterFact) -> Result<u64, StoreError> {
        self.append(vec![Draft::new(&Fact::Adapter(fact), Bytes::new())?])
    }

    /// Records an act. Blocks until its effect can be read.
    ///
    /// # Errors
    /// Nothing was recorded then.
    pub fn act(&self, act: Act) -> Result<(), StoreError> {
        let seq = self.append(vec![Draft::new(&Fact::Act(act), Bytes::new())?])?;
        self.wait_applied(seq)
    }

    /// Records an act, and waits for nothing but the journal: on a full disk the index may stand still for long. Blocks until it is
    /// synced.
    ///
    /// # Errors
    /// Nothing was recorded then.
    pub fn note(&self, act: Act) -> Result<(), StoreError> {
        self.append(vec![Draft::new(&Fact::Act(act), Bytes::new())?]).map(drop)
    }

    fn append(&self, drafts: Vec<Draft>) -> Result<u64, StoreError> {
        let (reply, answer) = oneshot::channel();
        // What the host itself records is never turned away for what waits.
        self.queue.push(Job::Append { drafts, reply }, usize::MAX);
        answer.blocking_recv().unwrap_or(Err(StoreError::Closing))
    }

    /// Blocks until the index has applied an entry.
    ///
    /// # Errors
    /// If the store closes before.
    pub fn wait_applied(&self, seq: u64) -> Result<(), StoreError> {
        let leaving = || self.leaving.load(Ordering::Acquire);
        if self.applied.wait(seq, leaving) < seq { Err(StoreError::Closing) } else { Ok(()) }
    }

    /// Blocks until the index has applied an entry, or so much time has passed, or the store closes. How far it has come.
    #[must_use]
    pub fn wait_for(&self, seq: u64, within: Duration) -> u64 {
        self.applied.wait_within(seq, within, || self.leaving.load(Ordering::Acquire))
    }

    /// Whether the store is about to close: who waits for more should end.
    #[must_use]
    pub fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Acquire)
    }

    /// Before [`Self::close`]: nobody waits for the index any more, which on a full disk may be mended never. What was
    /// journaled stays so.
    pub fn leave(&self) {
        self.leaving.store(true, Ordering::Release);
        self.applied.wake();
    }

    /// How far the index has come; changes as it goes on.
    #[must_use]
    pub fn applied(&self) -> watch::Receiver<u64> {
        self.applied.subscribe()
    }

    /// Stops: what waits is written, the index flushed. Everything after it fails with [`StoreError::Closing`].
    pub fn close(&self) {
        self.leave();
        self.queue.close();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let mut threads = threads.into_iter();
        if let Some(committer) = threads.next() {
            let _ = committer.join();
        }
        self.closing.store(true, Ordering::Release);
        self.synced.wake();
        for thread in threads {
            thread.thread().unpark();
            let _ = thread.join();
        }
        self.index.close();
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.close();
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StoreError> {
    let started = std::thread::Builder::new().name(name.to_owned()).spawn(run);
    started.map_err(StoreError::io("start a thread for", Path::new(name)))
}

/// One process has the folder.
fn lock(folder: &Path) -> Result<File, StoreError> {
    create(folder).map_err(StoreError::io("create", folder))?;
    let path = folder.join("lock");
    let file =
        File::options().create(true).truncate(false).write(true).open(&path).map_err(StoreError::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::Locked { folder: folder.to_owned() }),
        Err(std::fs::TryLockError::Error(error)) => Err(StoreError::io("lock", &path)(error)),
    }
}

/// Makes a folder that only this user may read, for what is in there is about people, and makes its name durable, with
/// those above it.
fn create(folder: &Path) -> std::io::Result<()> {
    let missing: Vec<&Path> = folder.ancestors().take_while(|path| !path.exists()).collect();
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    for made in missing.iter().filter_map(|path| path.parent()) {
        let above = if made.as_os_str().is_empty() { Path::new(".") } else { made };
        File::open(above)?.sync_all()?;
    }
    Ok(())
}
