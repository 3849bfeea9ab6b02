//! What could not be told is tried again (invariant 9): when the lists and answers have come, the verdict is recorded anew, and
//! a record that was set aside for the want of it is mapped.

use std::{sync::Arc, thread::JoinHandle, time::Duration};

use qadam_domain::ProviderId;
use qadam_store::{Act, OutcomeResult, RecordState, StoreError};

use super::{Gate, UNCERTAIN, Verdicts};
use crate::Pipeline;

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(10);
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
    while !pipeline.store().is_leaving() {
        match pipeline.recheck() {
            Ok(()) | Err(StoreError::Closing) => {}
            Err(error) => tracing::warn!(%error, "signatures are not checked again; it is tried again"),
        }
        let _ = pipeline.store().wait_for(u64::MAX, PAUSE);
    }
}

impl Pipeline {
    fn recheck(&self) -> Result<(), StoreError> {
        for provider in self.store.counters()?.into_keys() {
            let mut after = 0;
            loop {
                let records = self.store.to_be_checked(&provider, after, STEP)?;
                let Some(last) = records.last().copied() else { break };
                self.recheck_some(&provider, records)?;
                after = last;
            }
        }
        Ok(())
    }

    fn recheck_some(&self, provider: &ProviderId, records: Vec<u64>) -> Result<(), StoreError> {
        let profile = self.profiles.of(provider);
        let (mut found, mut waiting) = (Vec::new(), Vec::new());
        for seq in records {
            let Some(record) = self.store.native(self.store.record_id(seq))? else { continue };
            let verdicts: Option<Verdicts> = match self.gate(&profile, &record)? {
                Gate::Open(opened) => opened.verdicts,
                Gate::Refuse(_, verdicts) | Gate::Hold(_, verdicts) => verdicts,
                Gate::Wait => None,
            };
            let Some((fact, body)) = verdicts.map(Verdicts::recorded) else { continue };
            if fact.again {
                continue;
            }
            found.push((fact, body));
            let view = self.store.record_view(record.id)?;
            let held = view.filter(|view| view.state == RecordState::Quarantined).and_then(|view| view.outcome);
            if held
                .is_some_and(|outcome| matches!(outcome.result, OutcomeResult::Quarantined(q) if q.fault == UNCERTAIN))
            {
                waiting.push((provider.clone(), seq));
            }
        }
        self.store.check(found)?;
        if waiting.is_empty() {
            return Ok(());
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
        };
        self.store.act(act)?;
        self.intake.added(records);
        self.schedule.wake(provider.clone());
        Ok(())
    }
}
