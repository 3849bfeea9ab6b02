//! Sealing: what was recorded is put into messages, lane by lane and in the order of the journal; a message is closed by count,
//! by bytes or by age, its manifest is signed, and its exact bytes are journaled before anyone sees them.
//!
//! One thread follows the journal. What it had read and not sealed when the host stopped it reads again: the index knows, by
//! lane, from where.

mod lane;
mod stamping;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use qadam_domain::{DestinationId, ProviderId, breach::Passing};
use qadam_evidence::{
    Certificate, Signer,
    document::{Adapter, DocumentError, RecordedEvent, document},
    manifest::Epoch,
    report::{MonthlyReport, report},
    withdrawal::{Withdrawal, withdrawal},
};
use qadam_store::{LaneItem, RecordedItem, ReportItem, StoreError};

use self::lane::{Label, Lane, Pending};
pub use self::stamping::{Stamp, Stamper, Stamping};
use crate::Pipeline;

/// Bytes of the journal looked at in one step.
const STEP: usize = 256 << 10;
/// How long the thread sleeps where nothing is due: a stop is noticed anyway.
const IDLE: Duration = Duration::from_secs(1);

/// Who signs, for whom, and when a message is closed.
#[derive(Clone, Debug)]
pub struct SealPolicy {
    /// The destinations that messages are sealed for, and what messages to each are to bring about.
    pub destinations: BTreeMap<DestinationId, Passing>,
    /// The host's own key: a transport seal, which certifies nothing.
    pub host: Arc<dyn Signer>,
    /// The host made that key for itself.
    pub development: bool,
    /// Keys that providers entrusted to the host (452-8).
    pub entrusted: HashMap<ProviderId, Arc<dyn Signer>>,
    /// When a message is closed.
    pub limits: SealLimits,
}

/// When a message is closed: whatever comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SealLimits {
    /// Events.
    pub events: usize,
    /// Bytes of events.
    pub bytes: usize,
    /// Since its first event was recorded.
    pub age: SignedDuration,
}

impl Default for SealLimits {
    fn default() -> Self {
        Self { events: 256, bytes: 1 << 20, age: SignedDuration::from_secs(2) }
    }
}

/// Why sealing or stamping stands still, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standstill {
    /// Since.
    pub since: Timestamp,
    /// Why.
    pub reason: String,
}

/// How sealing and stamping go on.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    sealing: Mutex<Option<Standstill>>,
    stamping: Mutex<Option<Standstill>>,
}

impl Progress {
    fn note(what: &Mutex<Option<Standstill>>, now: Timestamp, reason: Option<String>) {
        let mut what = what.lock().unwrap_or_else(PoisonError::into_inner);
        *what = reason.map(|reason| Standstill { since: what.as_ref().map_or(now, |before| before.since), reason });
    }
}

impl Pipeline {
    /// Why nothing is sealed, if so.
    #[must_use]
    pub fn sealing(&self) -> Option<Standstill> {
        self.progress.sealing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Why nothing is stamped, if so.
    #[must_use]
    pub fn stamping(&self) -> Option<Standstill> {
        self.progress.stamping.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The sealing thread. Dropping it ends it.
#[derive(Debug)]
pub struct Sealer {
    pipeline: Arc<Pipeline>,
    thread: Option<JoinHandle<()>>,
}

impl Sealer {
    /// Starts sealing.
    ///
    /// # Errors
    /// If the destinations cannot be recorded, or there is no thread to be had.
    pub fn start(pipeline: &Arc<Pipeline>, policy: SealPolicy) -> Result<Self, SealerError> {
        pipeline.store().destinations(&policy.destinations, pipeline.now())?;
        let sealing = Sealing { pipeline: Arc::clone(pipeline), policy };
        let thread = std::thread::Builder::new().name("qadam-seal".into()).spawn(move || sealing.run())?;
        Ok(Self { pipeline: Arc::clone(pipeline), thread: Some(thread) })
    }
}

impl Drop for Sealer {
    fn drop(&mut self) {
        self.pipeline.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Why sealing does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealerError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The machine.
    #[error("no thread for sealing: {0}")]
    Thread(#[from] std::io::Error),
}

/// Why a message was not sealed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Seal(#[from] qadam_evidence::SealError),
    #[error(transparent)]
    Document(#[from] DocumentError),
    #[error(
        "the certificate of the key that seals for {0} is in force from {1} to {2}; events wait until the key is renewed"
    )]
    NotInForce(ProviderId, Timestamp, Timestamp),
    #[error("event {0} names no adapter")]
    NoAdapter(String),
    #[error("no random bits to be had")]
    Random,
}

/// The thread's state.
struct Sealing {
    pipeline: Arc<Pipeline>,
    policy: SealPolicy,
}

/// The lanes with their open messages, and the entry to go on from.
struct Work {
    lanes: BTreeMap<(DestinationId, ProviderId), Lane>,
    next: u64,
}

impl Sealing {
    fn run(&self) {
        let store = self.pipeline.store();
        let mut work = None;
        while !store.is_leaving() {
            let done = match work.take().map_or_else(|| self.begin(), Ok) {
                Ok(mut begun) => {
                    let done = self.turn(&mut begun).map(|pause| (begun.next, pause));
                    // What cannot be read or written is begun anew: the index knows what was sealed. What cannot be signed waits.
                    work = (!matches!(done, Err(Failure::Store(_)))).then_some(begun);
                    done
                }
                Err(failure) => Err(failure),
            };
            let (next, pause) = match done {
                Ok(next) => {
                    Progress::note(&self.pipeline.progress.sealing, self.pipeline.now(), None);
                    next
                }
                Err(Failure::Store(StoreError::Closing)) => return,
                Err(failure) => {
                    let reason = failure.to_string();
                    if self.pipeline.sealing().is_none_or(|before| before.reason != reason) {
                        tracing::error!(reason, "messages are not sealed; it is tried again");
                    }
                    Progress::note(&self.pipeline.progress.sealing, self.pipeline.now(), Some(reason));
                    (u64::MAX, IDLE)
                }
            };
            let _ = store.wait_for(next, pause);
        }
    }

    /// The lanes as the index has them, once it has all that was journaled before: by one that lags behind, as after a power cut,
    /// what was sealed last would be sealed again, under the same number.
    fn begin(&self) -> Result<Work, Failure> {
        let store = self.pipeline.store();
        store.wait_applied(store.last())?;
        // Before the lanes are read: what is recorded meanwhile is looked at twice rather than never.
        let mut next = store.wait_for(0, Duration::ZERO) + 1;
        let mut lanes = BTreeMap::new();
        for lane in store.lanes()? {
            next = lane.oldest.map_or(next, |oldest| oldest.min(next));
            lanes.insert((lane.destination.clone(), lane.provider.clone()), Lane::at(&lane));
        }
        Ok(Work { lanes, next })
    }

    /// Takes up what was recorded since, seals what is due, and says how long nothing will be.
    fn turn(&self, work: &mut Work) -> Result<Duration, Failure> {
        loop {
            let read = self.read_on(work);
            // What the store failed at, as at a stop, may be written all the same: sealed again it would have its number twice.
            if let Err(Failure::Store(error)) = read {
                return Err(error.into());
            }
            // In a long backlog too, nobody waits beyond the age; and a lane that cannot be sealed holds up no other.
            let pause = self.close_due(work)?;
            if !read? || self.pipeline.store().is_leaving() {
                return Ok(pause);
            }
        }
    }

    /// Takes up some of what was recorded since. Whether there was any.
    fn read_on(&self, work: &mut Work) -> Result<bool, Failure> {
        let (items, next) = self.pipeline.store().recorded(work.next, STEP)?;
        for item in &items {
            self.take(work, item)?;
        }
        let more = next != work.next;
        work.next = next;
        Ok(more)
    }

    fn close_due(&self, work: &mut Work) -> Result<Duration, Failure> {
        let now = self.pipeline.now();
        let mut pause = IDLE;
        let mut failed = None;
        for ((destination, provider), lane) in &mut work.lanes {
            match lane.due(now, self.policy.limits.age) {
                Some(left) if left.is_zero() => failed = self.close(destination, provider, lane).err().or(failed),
                Some(left) => pause = pause.min(left),
                None => {}
            }
        }
        failed.map_or(Ok(pause), Err)
    }

    fn take(&self, work: &mut Work, item: &LaneItem) -> Result<(), Failure> {
        let provider = item.provider();
        let entrusted = self.policy.entrusted.contains_key(&provider);
        let mut document = None;
        for (destination, passing) in &self.policy.destinations {
            // Reports are for who monitors.
            if matches!(item, LaneItem::Report(_)) && !passing.is_monitoring() {
                continue;
            }
            let lane = work.lanes.entry((destination.clone(), provider.clone())).or_default();
            if !lane.wants(item.at()) {
                continue;
            }
            let document = match &mut document {
                Some(document) => Arc::clone(document),
                none => Arc::clone(none.insert(document_of(item, entrusted)?)),
            };
            let SealLimits { events, bytes, .. } = self.policy.limits;
            // One that could not be closed before takes no more.
            if lane.is_full(events, bytes) {
                self.close(destination, &provider, lane)?;
            }
            lane.add(Pending { at: item.at(), salt: salt()?, document }, item.recorded_at());
            if lane.is_full(events, bytes) {
                self.close(destination, &provider, lane)?;
            }
        }
        Ok(())
    }

    fn close(&self, destination: &DestinationId, provider: &ProviderId, lane: &mut Lane) -> Result<(), Failure> {
        let entrusted = self.policy.entrusted.get(provider);
        let signer = entrusted.unwrap_or(&self.policy.host);
        let now = self.pipeline.now();
        in_force(signer.as_ref(), provider, now)?;
        let lineage = self.pipeline.store().lineage();
        let lineage: Vec<Epoch> = lineage.into_iter().map(|(epoch, first)| Epoch { epoch, first }).collect();
        let label = Label {
            destination,
            provider,
            lineage: &lineage,
            certified: entrusted.is_some(),
            development: self.policy.development && entrusted.is_none(),
            at: now,
        };
        let (fact, events) =
            lane.close(label, |manifest| qadam_evidence::seal::seal(manifest, signer.as_ref(), now))?;
        let digest = fact.digest;
        self.pipeline.store().seal(fact, &events)?;
        lane.sealed(digest);
        Ok(())
    }
}

/// A seal by a certificate that is not in force would prove nothing to anyone.
fn in_force(signer: &dyn Signer, provider: &ProviderId, now: Timestamp) -> Result<(), Failure> {
    let certificate = signer.certificates().first().and_then(|der| Certificate::parse(der).ok());
    match certificate.map(|certificate| (certificate.not_before(), certificate.not_after())) {
        Some((from, to)) if now < from || now > to => Err(Failure::NotInForce(provider.clone(), from, to)),
        _ => Ok(()),
    }
}

/// The bytes that are sealed for an item.
fn document_of(item: &LaneItem, entrusted: bool) -> Result<Arc<[u8]>, Failure> {
    match item {
        LaneItem::Recorded(item) => written(item, entrusted),
        LaneItem::Report(item) => {
            let ReportItem { id, fact, .. } = item.as_ref();
            let (number, as_of, recorded_at) = (&fact.number(), fact.as_of, fact.at);
            Ok(report(&MonthlyReport { id: *id, number, as_of, recorded_at, report: &fact.report })?.into())
        }
    }
}

fn written(item: &RecordedItem, entrusted: bool) -> Result<Arc<[u8]>, Failure> {
    let hex = |digest: &[u8]| data_encoding::HEXLOWER.encode(digest);
    let adapter = item.adapter.as_ref().map(|fact| Adapter {
        name: fact.name.clone(),
        version: fact.version.clone(),
        contract: fact.contract.clone(),
        component: hex(&fact.component),
        configuration: hex(&fact.configuration),
    });
    let certified = entrusted || item.certified;
    if let (true, Some(withdrawn)) = (item.is_withdrawal(), item.other) {
        return Ok(withdrawal(&Withdrawal {
            id: item.id,
            provider: &item.provider,
            number: &item.event.request,
            record: item.record,
            recorded_at: item.recorded_at,
            withdraws: withdrawn,
            adapter: adapter.as_ref(),
            certified,
        })?
        .into());
    }
    let Some(adapter) = &adapter else { return Err(Failure::NoAdapter(item.id.to_string())) };
    let recorded = RecordedEvent {
        id: item.id,
        provider: &item.provider,
        record: item.record,
        record_digest: item.record_digest,
        kept_digest: item.kept_digest,
        received_at: item.received_at,
        recorded_at: item.recorded_at,
        event: &item.event,
        adapter,
        corrects: item.other,
        certified,
    };
    Ok(document(&recorded)?.into())
}

fn salt() -> Result<[u8; 16], Failure> {
    let random = ring::rand::SystemRandom::new();
    let salt = ring::rand::generate::<[u8; 16]>(&random).map_err(|_| Failure::Random)?;
    Ok(salt.expose())
}
