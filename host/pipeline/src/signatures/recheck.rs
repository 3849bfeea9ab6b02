//! What could not be told is tried again (invariant 9): when the lists and answers have come, the verdict is recorded anew, and
//! a record that was set aside for the want of it is mapped.

use std::{sync::Arc, thread::JoinHandle, time::Duration};

use qadam_domain::ProviderId;
use qadam_store::{Act, OutcomeResult, RecordState, StoreError};

use super::{Gate, UNCERTAIN, Verdicts};
use crate::Pipeline;

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(10);
/// The longest pause, where nothing can be told.
const LONGEST: Duration = Duration::from_secs(160);
/// Records of a provider looked at in one turn.
const STEP: usize = 256;

/// The thread that tries again. Dropping it ends it.
#[derive(Debug)]
pub struct Rechecker {
    pipeline: Arc<Pipeline>,
    thread: Option<JoinHandle<()>>,
}

impl Rechecker {
    /// Starts to try again.
    ///
    /// # Errors
    /// If the machine gives no more threads.
    pub fn start(pipeline: &Arc<Pipeline>) -> std::io::Result<Self> {
        let work = Arc::clone(pipeline);
        let thread = std::thread::Builder::new().name("qadam-recheck".into()).spawn(move || run(&work))?;
        Ok(Self { pipeline: Arc::clone(pipeline), thread: Some(thread) })
    }
}

impl Drop for Rechecker {
    fn drop(&mut self) {
        self.pipeline.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(pipeline: &Pipeline) {
    let mut pause = PAUSE;
    while !pipeline.store().is_leaving() {
        pause = match pipeline.recheck() {
            // As long as nothing new is known, less and less often.
            Ok(0) => (pause * 2).min(LONGEST),
            Ok(_) => PAUSE,
            Err(StoreError::Closing) => return,
            Err(error) => {
                tracing::warn!(%error, "signatures are not checked again; it is tried again");
                LONGEST
            }
        };
        let _ = pipeline.store().wait_for(u64::MAX, pause);
    }
}

impl Pipeline {
    /// One look at all of them; how many could be told, or are new since a while.
    fn recheck(&self) -> Result<usize, StoreError> {
        let (mut told, mut seen) = (0, 0);
        for provider in self.store.counters()?.into_keys() {
            let mut after = 0;
            while !self.store.is_leaving() {
                let records = self.store.to_be_checked(&provider, after, STEP)?;
                let Some(last) = records.last().copied() else { break };
                seen += records.len();
                told += self.recheck_some(&provider, records)?;
                after = last;
            }
        }
        // Where there are none, the next one is not to wait long.
        Ok(if seen == 0 { 1 } else { told })
    }

    fn recheck_some(&self, provider: &ProviderId, records: Vec<u64>) -> Result<usize, StoreError> {
        let profile = self.profiles.of(provider);
        let (mut found, mut waiting) = (Vec::new(), Vec::new());
        for seq in records {
            let Some(view) = self.store.record_view(self.store.record_id(seq))? else { continue };
            // What is about to be mapped is judged then.
            let (Some(outcome), true) = (view.outcome, view.state != RecordState::Pending) else { continue };
            let Some(record) = self.store.native(view.id)? else { continue };
            let verdicts: Option<Verdicts> = match self.gate(&profile, &record)? {
                Gate::Open(opened) => opened.verdicts,
                Gate::Refuse(_, verdicts) | Gate::Hold(_, verdicts) => verdicts,
                Gate::Wait => None,
            };
            let Some(mut verdicts) = verdicts else { continue };
            if let Some(before) = self.store.checked(seq)? {
                verdicts.with_owner_of(&before.fact.checks);
            }
            let Some((fact, body)) = verdicts.recorded() else { continue };
            if fact.again {
                continue;
            }
            if matches!(outcome.result, OutcomeResult::Quarantined(aside) if aside.fault == UNCERTAIN) {
                // Its verdict is recorded where it is mapped: a stop between the two must not leave it aside for ever.
                waiting.push((provider.clone(), seq));
            } else {
                found.push((fact, body));
            }
        }
        let told = found.len() + waiting.len();
        self.store.check(found)?;
        if waiting.is_empty() {
            return Ok(told);
        }
        let records = waiting.len() as u64;
        let act = Act {
            what: "recheck-signatures".to_owned(),
            subject: provider.to_string(),
            about: Vec::new(),
            who: "host".to_owned(),
            why: "what their signatures are can be told now".to_owned(),
            at: self.now(),
            remap: waiting,
            queue: None,
        };
        self.store.act(act)?;
        self.intake.added(records);
        self.schedule.wake(provider.clone());
        Ok(told)
    }
}
