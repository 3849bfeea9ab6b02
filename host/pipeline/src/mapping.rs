//! Mapping: pending records go to their provider's adapter in batches; what it gives is checked and committed.
//!
//! Worker threads take turns over the providers. A crash between mapping and committing repeats the
//! mapping, which is a pure function, and commits once.

use std::{sync::Arc, thread::JoinHandle, time::Instant};

use qadam_domain::{ProviderId, Refusal, RefusalCause, ValidatedEvent, mask, validate::Rejection};
use qadam_engine::{Adapter, AdapterFault, NativeInput, NormalisedEvent};
use qadam_store::{Found, FoundResult, Quarantine, StoreError};

use crate::{
    Pipeline,
    judge::{Judgement, Standing},
    profile::Profile,
    schedule::Again,
    signatures::{Gate, Verdicts},
};

/// Stack of a worker: the engine's share, and ours.
pub(crate) const STACK: usize = 4 << 20;

/// The worker threads. Dropping it ends them after their current batch.
#[derive(Debug)]
pub struct Mapper {
    pipeline: Arc<Pipeline>,
    threads: Vec<JoinHandle<()>>,
}

impl Mapper {
    /// Starts so many workers.
    ///
    /// # Errors
    /// If the machine gives no more threads.
    pub fn start(pipeline: &Arc<Pipeline>, workers: usize) -> std::io::Result<Self> {
        let workers = workers.max(1);
        let mut threads = Vec::with_capacity(workers);
        pipeline.schedule.staff(workers);
        for worker in 0..workers {
            let pipeline = Arc::clone(pipeline);
            let builder = std::thread::Builder::new().name(format!("qadam-map-{worker}")).stack_size(STACK);
            threads.push(builder.spawn(move || pipeline.work())?);
        }
        Ok(Self { pipeline: Arc::clone(pipeline), threads })
    }
}

impl Drop for Mapper {
    fn drop(&mut self) {
        self.pipeline.close();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// What the adapter did with one record: a result to be committed, or a fault.
pub(crate) type Attempt = Result<FoundResult, AdapterFault>;

impl Pipeline {
    fn work(&self) {
        while let Some(provider) = self.schedule.take() {
            let began = Instant::now();
            let again = match self.turn(&provider) {
                Ok(again) => again,
                Err(StoreError::Closing) => Again::Idle,
                Err(error) => {
                    tracing::error!(%provider, %error, "outcomes could not be committed; the records stay pending");
                    Again::After(std::time::Duration::from_secs(1))
                }
            };
            self.schedule.done(provider, again, began.elapsed());
        }
    }

    /// One batch of one provider.
    fn turn(&self, provider: &ProviderId) -> Result<Again, StoreError> {
        let Some((loaded, fact, standing)) = self.serving(provider) else { return Ok(Again::Idle) };
        if standing.suspended {
            return Ok(Again::Idle);
        }
        // What was acknowledged before this turn is to be seen in it.
        self.store.wait_applied(self.store.last())?;
        let records = self.store.pending(provider, self.limits.batch_records.clamp(1, 256), self.limits.batch_bytes)?;
        if records.is_empty() {
            return Ok(Again::Idle);
        }
        let profile = self.profiles.of(provider);
        let mut gates = Vec::with_capacity(records.len());
        let mut waits = false;
        for record in &records {
            match self.gate(&profile, record)? {
                // Those after it wait with it, for records are mapped in the order of receipt; what they need is asked for.
                Gate::Wait => waits = true,
                gate if !waits => gates.push(gate),
                _ => {}
            }
        }
        if gates.is_empty() {
            return Ok(Again::After(std::time::Duration::from_millis(200)));
        }
        let ids: Vec<String> = records.iter().map(|record| record.id.to_string()).collect();
        let inputs: Vec<NativeInput<'_>> =
            gates.iter().zip(&records).zip(&ids).filter_map(|((gate, record), id)| gate.input(record, id)).collect();
        let attempts = if inputs.is_empty() {
            Vec::new()
        } else {
            self.attempt(provider, &loaded.adapter, &inputs, &profile, standing)
        };
        let managed: Vec<bool> = attempts.iter().map(Result::is_ok).collect();
        let Judgement { commit, standing } = if inputs.is_empty() {
            Judgement { commit: 0, standing }
        } else {
            standing.judge(&managed, self.limits.suspend_after)
        };
        // The attempts are at the first of the inputs, one each.
        let mut failed =
            attempts.iter().zip(&inputs).filter_map(|(attempt, input)| Some((attempt.as_ref().err()?, input.id)));
        let last_fault = failed.next_back().map(|(fault, id)| (fault.clone(), id.parse().ok()));
        drop(inputs);
        let mut decided = attempts.into_iter().take(commit);
        let at = self.now();
        let (mut found, mut verdicts): (Vec<Found>, Vec<_>) = (Vec::with_capacity(gates.len()), Vec::new());
        for (gate, record) in gates.into_iter().zip(&records) {
            let (adapter, result, verdict) = match gate {
                Gate::Open(mut opened) => {
                    let Some(attempt) = decided.next() else { break };
                    let result = attempt.unwrap_or_else(|fault| {
                        tracing::warn!(%provider, record = %record.id, fault = fault.name(), "a record is quarantined");
                        FoundResult::Quarantined(quarantine(&fault))
                    });
                    let result = self.owned(&profile, &mut opened, result);
                    (Some(fact), result, opened.verdicts)
                }
                Gate::Refuse(refusal, verdict) => (None, FoundResult::Refused(refusal), verdict),
                Gate::Hold(quarantine, verdict) => (None, FoundResult::Quarantined(quarantine), verdict),
                Gate::Wait => break,
            };
            verdicts.extend(verdict.and_then(Verdicts::recorded));
            found.push(Found {
                record: record.id.seq,
                received_at: record.received.at,
                at,
                adapter,
                late_after: profile.late_after,
                result,
            });
        }
        let done = found.len() as u64;
        // Before the outcomes: what is sealed of a record says whether it is certified.
        self.store.check(verdicts)?;
        if !found.is_empty() {
            self.store.record(provider, found)?;
            self.intake.decided(done);
        }
        self.note(provider, loaded.generation, standing, last_fault.as_ref().map(|(fault, record)| (fault, *record)));
        Ok(match done {
            _ if standing.suspended => Again::Idle,
            0 => Again::After(standing.pause()),
            _ => Again::Now,
        })
    }

    /// The whole batch at once; if that faults, one record after the other, as long as that makes sense. A batch full of
    /// poison is not isolated in one turn: every fault may take the whole of an adapter's time, and others wait.
    pub(crate) fn attempt(
        &self,
        provider: &ProviderId,
        adapter: &Adapter,
        inputs: &[NativeInput<'_>],
        profile: &Profile,
        standing: Standing,
    ) -> Vec<Attempt> {
        let fault = match adapter.map(inputs) {
            Ok(mapped) => {
                return mapped.outcomes.into_iter().map(|outcome| validated(outcome, profile)).collect();
            }
            Err(fault) => fault,
        };
        // A breach of the contract may repeat what the record said.
        let detail = mask::text(&fault.to_string(), Refusal::DETAIL_LIMIT);
        tracing::warn!(%provider, adapter = adapter.description().name, records = inputs.len(), fault = fault.name(), detail, "the adapter failed on a batch");
        if inputs.len() == 1 {
            return vec![Err(fault)];
        }
        let (mut streak, mut faults) = (standing.streak, 0);
        let mut attempts = Vec::with_capacity(inputs.len());
        for input in inputs {
            let attempt = match adapter.map(std::slice::from_ref(input)) {
                Ok(mapped) => mapped
                    .outcomes
                    .into_iter()
                    .next()
                    .map_or(Err(AdapterFault::Length { expected: 1, actual: 0 }), |outcome| {
                        validated(outcome, profile)
                    }),
                Err(fault) => Err(fault),
            };
            (streak, faults) = if attempt.is_ok() { (0, faults) } else { (streak + 1, faults + 1) };
            attempts.push(attempt);
            let long = faults >= self.limits.suspend_after && attempts.iter().any(Result::is_ok);
            if long || !standing.goes_on(streak, self.limits.suspend_after) {
                break;
            }
        }
        attempts
    }
}

/// The checks of the domain. A breach of the contract is the adapter's fault on that record.
pub(crate) fn validated(outcome: Result<Vec<NormalisedEvent>, Refusal>, profile: &Profile) -> Attempt {
    let events = match outcome {
        Ok(events) => events,
        Err(refusal) => return Ok(FoundResult::Refused(refusal)),
    };
    let policy = profile.policy();
    let mut valid = Vec::with_capacity(events.len());
    for event in events {
        match ValidatedEvent::check(event.into_event(), &policy) {
            Ok(event) => valid.push(event),
            Err(Rejection::Refused(refusal)) => return Ok(FoundResult::Refused(refusal)),
            Err(Rejection::Breach(breach)) => {
                return Err(AdapterFault::Contract { record: None, field: "event", detail: breach.to_string() });
            }
        }
    }
    Ok(FoundResult::Mapped(valid))
}

pub(crate) fn quarantine(fault: &AdapterFault) -> Quarantine {
    Quarantine { fault: fault.name().to_owned(), detail: mask::text(&fault.to_string(), Refusal::DETAIL_LIMIT) }
}

/// The refusal of a record that was withheld at intake.
#[must_use]
pub fn withheld() -> Refusal {
    let detail =
        "the record is marked as a state secret, which is outside the exchange (1277-2); its body was not kept";
    Refusal::new(RefusalCause::Secret, "record", detail, None)
}
