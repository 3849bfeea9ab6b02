//! The pilot: a candidate maps live records after they were decided, and what it gives is compared with what was recorded, counted,
//! and thrown away. It never touches the outbox, and it cannot harm what serves: it runs on a thread of its own, behind it.
//!
//! The journal is its queue: it follows the records received since it began, and holds no more than a batch. What it has
//! shown is written down every now and then with the last record that counts in it, so that after a crash it goes on from there.

use std::{
    collections::VecDeque,
    sync::{Arc, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use qadam_domain::{
    EventRef, ProviderId,
    commission::{PilotResults, Step},
};
use qadam_store::{FoundResult, Record, RecordFilter, RecordState, StoreError};

use super::Candidate;
use crate::{
    Pipeline, Service,
    loading::{LoadFailure, Order},
    remap::{EventDifference, Preview},
    signatures::UNCERTAIN,
};

/// Between two looks, while a pilot waits for records.
const PAUSE: Duration = Duration::from_millis(250);
/// Records of one turn.
const BATCH: usize = 16;
/// Records after which results are written down.
const WRITTEN: u64 = 1000;
/// Differences that are kept to be looked at.
const SHOWN: usize = 100;
/// Records on which a candidate may fail before its pilot ends by itself.
const FAULTS: u64 = 50;
/// Who is named where the host ends a pilot.
const HOST: &str = "host";

/// A pilot under way.
#[derive(Clone, Debug)]
pub(crate) struct Pilot {
    pub(crate) results: PilotResults,
    /// Records when they were last written down.
    written: u64,
    examples: VecDeque<EventDifference>,
}

/// What a pilot has shown, with the first differences.
#[derive(Clone, Debug)]
pub struct PilotReport {
    /// The counts.
    pub results: PilotResults,
    /// Differences, personal values masked; since the host's start, a hundred at most.
    pub examples: Vec<EventDifference>,
}

impl Pilot {
    /// One that begins, or goes on with what was written down.
    pub(crate) fn going_on(from: u64, mut results: PilotResults) -> Self {
        results.through = results.through.max(from);
        Self { written: results.records, results, examples: VecDeque::new() }
    }
}

/// The thread of the pilots. Dropping it ends it.
#[derive(Debug)]
pub struct Piloter {
    pipeline: Arc<Pipeline>,
    thread: Option<JoinHandle<()>>,
}

impl Piloter {
    /// Starts it.
    ///
    /// # Errors
    /// If the machine gives no more threads.
    pub fn start(pipeline: &Arc<Pipeline>) -> std::io::Result<Self> {
        let work = Arc::clone(pipeline);
        let builder = std::thread::Builder::new().name("qadam-pilot".into()).stack_size(crate::mapping::STACK);
        let thread = builder.spawn(move || run(&work))?;
        Ok(Self { pipeline: Arc::clone(pipeline), thread: Some(thread) })
    }
}

impl Drop for Piloter {
    fn drop(&mut self) {
        self.pipeline.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(pipeline: &Pipeline) {
    while !pipeline.store().is_leaving() {
        let mut busy = false;
        for provider in pipeline.piloting() {
            match pipeline.pilot_turn(&provider) {
                Ok(some) => busy |= some,
                Err(LoadFailure::Store(StoreError::Closing)) => return,
                Err(error) => tracing::warn!(%provider, %error, "the pilot does not go on; it is tried again"),
            }
        }
        if !busy {
            let _ = pipeline.store().wait_for(u64::MAX, PAUSE);
        }
    }
    for provider in pipeline.piloting() {
        let _ = pipeline.write_down(&provider);
    }
}

impl Pipeline {
    /// Begins the pilot of a provider's candidate: it maps what is received from now on.
    ///
    /// # Errors
    /// If there is none, its key is revoked, or the step could not be recorded.
    pub fn pilot(&self, provider: &ProviderId, order: Order<'_>) -> Result<(), LoadFailure> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let candidate = self.candidate(provider)?;
        self.trust().holds(&candidate.provenance.signer, provider, self.now())?;
        let from = self.store.last();
        self.step(provider, &candidate.provenance, Step::PilotBegun(from), order)?;
        self.with_pilot(provider, |candidate| {
            candidate.pilot = Some(Pilot::going_on(from, PilotResults::default()));
        });
        Ok(())
    }

    /// Ends it without promotion. The candidate stays on the test stand, its results are kept.
    ///
    /// # Errors
    /// If there is none, or the step could not be recorded.
    pub fn pilot_end(&self, provider: &ProviderId, order: Order<'_>) -> Result<(), LoadFailure> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.candidate(provider)?.pilot.is_none() {
            return Err(LoadFailure::NoPilot(provider.clone()));
        }
        self.end_pilot(provider, order, order.why)
    }

    /// What the pilot of a provider's candidate has shown so far.
    ///
    /// # Errors
    /// If there is none.
    pub fn pilot_report(&self, provider: &ProviderId) -> Result<PilotReport, LoadFailure> {
        let pilot = self.candidate(provider)?.pilot.ok_or_else(|| LoadFailure::NoPilot(provider.clone()))?;
        Ok(PilotReport { results: pilot.results, examples: pilot.examples.into() })
    }

    /// Ends a pilot, if there is one. Whoever calls holds the lock of changes.
    pub(super) fn end_pilot(&self, provider: &ProviderId, order: Order<'_>, why: &str) -> Result<(), LoadFailure> {
        let Ok(Candidate { provenance, pilot: Some(pilot), .. }) = self.candidate(provider) else { return Ok(()) };
        self.step(provider, &provenance, Step::PilotEnded(pilot.results), Order { why, ..order })?;
        self.with_pilot(provider, |candidate| candidate.pilot = None);
        Ok(())
    }

    /// The host ends a package's pilot, unless another one's has begun meanwhile.
    fn end_of(&self, provider: &ProviderId, package: &[u8; 32], why: &str) -> Result<(), LoadFailure> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.candidate(provider).is_ok_and(|candidate| candidate.provenance.package == *package) {
            self.end_pilot(provider, Order { who: HOST, why: "" }, why)?;
        }
        Ok(())
    }

    fn with_pilot(&self, provider: &ProviderId, change: impl FnOnce(&mut Candidate)) {
        self.with_service(|slots| slots.get_mut(provider).and_then(|slot| slot.candidate.as_mut()).map(change));
    }

    fn piloting(&self) -> Vec<ProviderId> {
        let pilots = |candidate: &Candidate| candidate.pilot.is_some();
        self.with_service(|slots| {
            let with = slots.iter().filter(|(_, slot)| slot.candidate.as_ref().is_some_and(pilots));
            with.map(|(provider, _)| provider.clone()).collect()
        })
    }

    /// One batch; whether there was any.
    fn pilot_turn(&self, provider: &ProviderId) -> Result<bool, LoadFailure> {
        let Ok(Candidate { adapter, provenance, pilot: Some(pilot), .. }) = self.candidate(provider) else {
            return Ok(false);
        };
        if let Err(distrust) = self.trust().holds(&provenance.signer, provider, self.now()) {
            self.end_of(provider, &provenance.package, &distrust.to_string())?;
            return Ok(true);
        }
        let mut results = pilot.results;
        // Where nothing decides them, records are tried as they come, and there is nothing to compare with.
        let alone = matches!(self.adapter_of(provider).service, Service::Absent | Service::Suspended);
        let after = self.store.cursor(EventRef { seq: results.through, index: 0 });
        let mut records: VecDeque<(Record, RecordState)> = VecDeque::new();
        let before = results.through;
        for view in self.store.records(provider, RecordFilter::All, Some(after), BATCH)?.items {
            if view.state == RecordState::Pending && !alone {
                break;
            }
            results.through = view.id.seq;
            if !view.received.withheld && view.erased.is_none() {
                records.extend(self.store.native(view.id)?.map(|record| (record, view.state)));
            }
        }
        let mut preview = Preview::new(String::new());
        let most = FAULTS.max(self.criteria.pilot_faults);
        while !records.is_empty() && results.faults <= most {
            if self.store.is_leaving() {
                return Ok(false);
            }
            let tried = self.try_again(provider, &adapter, records.make_contiguous())?;
            let many = tried.len().max(1).min(records.len());
            for (found, (record, state)) in tried.into_iter().zip(records.drain(..many)) {
                self.tell(&mut results, &mut preview, &record, state, found)?;
            }
        }
        if results.through == before {
            return Ok(false);
        }
        self.with_pilot(provider, |candidate| {
            let same = candidate.provenance.package == provenance.package;
            if let Some(pilot) = candidate.pilot.as_mut().filter(|pilot| same && pilot.results.through == before) {
                let room = SHOWN.saturating_sub(pilot.examples.len());
                pilot.examples.extend(preview.events.into_iter().take(room));
                pilot.results = results.clone();
            }
        });
        if results.faults > most {
            self.end_of(provider, &provenance.package, "it failed on too many records")?;
        } else if results.records.saturating_sub(pilot.written) >= WRITTEN {
            self.write_down(provider)?;
        }
        Ok(true)
    }

    /// Counts what a candidate gave for one record.
    fn tell(
        &self,
        results: &mut PilotResults,
        preview: &mut Preview,
        record: &Record,
        state: RecordState,
        found: FoundResult,
    ) -> Result<(), StoreError> {
        results.records += 1;
        if matches!(&found, FoundResult::Quarantined(quarantine) if quarantine.fault != UNCERTAIN) {
            results.faults += 1;
        }
        if state == RecordState::Pending {
            results.alone += 1;
            let outcome = format!("nothing → {}", name(&found));
            *results.outcomes.entry(outcome).or_default() += 1;
            return Ok(());
        }
        let (same, told) = (preview.same, preview.events.len());
        let counts = [preview.added, preview.changed, preview.withdrawn];
        if state.name() != name(&found) {
            let outcome = format!("{} → {}", state.name(), name(&found));
            *results.outcomes.entry(outcome).or_default() += 1;
        }
        self.compare(preview, record, state, found)?;
        if preview.same > same {
            results.same += 1;
        } else {
            results.differing += 1;
        }
        for (what, before, now) in [
            ("added", counts[0], preview.added),
            ("changed", counts[1], preview.changed),
            ("withdrawn", counts[2], preview.withdrawn),
        ] {
            if now > before {
                *results.events.entry(what.to_owned()).or_default() += (now - before) as u64;
            }
        }
        for event in preview.events.iter().skip(told).filter(|event| event.change == "changed") {
            for difference in &event.fields {
                *results.fields.entry(difference.field.clone()).or_default() += 1;
            }
        }
        Ok(())
    }

    /// Writes the results down, if there are new ones.
    pub(super) fn write_down(&self, provider: &ProviderId) -> Result<(), LoadFailure> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(Candidate { provenance, pilot: Some(pilot), .. }) = self.candidate(provider) else { return Ok(()) };
        if pilot.results.records > pilot.written {
            let records = pilot.results.records;
            self.step(provider, &provenance, Step::Piloted(pilot.results), Order { who: HOST, why: "" })?;
            self.with_pilot(provider, |candidate| candidate.pilot.iter_mut().for_each(|pilot| pilot.written = records));
        }
        Ok(())
    }
}

const fn name(found: &FoundResult) -> &'static str {
    match found {
        FoundResult::Mapped(_) => RecordState::Mapped.name(),
        FoundResult::Refused(_) => RecordState::Refused.name(),
        FoundResult::Quarantined(_) => RecordState::Quarantined.name(),
    }
}
