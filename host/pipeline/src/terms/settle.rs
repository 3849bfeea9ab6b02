//! The thread that judges what changed, counts it, and makes the reports of closed months.

use std::{
    collections::BTreeSet,
    sync::{Arc, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use qadam_domain::{EventRef, deadline::local_date};
use qadam_store::{Counted, Reference, Settled, StoreError, sha256};
use serde::{Deserialize, Serialize};

use super::{Register, TermError, Terms, judge};

/// Requests counted with one write.
const STEP: usize = 256;
/// What changes together is judged together, where nobody waits.
const GATHER: Duration = Duration::from_millis(250);
/// Nothing is due for so long, but the clock.
const IDLE: Duration = Duration::from_secs(1);
/// Entries that the index may lag behind before this thread makes room for it.
const LAG: u64 = 5_000;
/// What was recorded so long before a request was judged is read with it.
const OVERLAP: SignedDuration = SignedDuration::from_secs(60);
/// Raised when requests are judged otherwise than before by the same data: all are counted anew.
const JUDGES: u32 = 1;

/// The thread. Dropping it ends it.
#[derive(Debug)]
pub struct Assessor {
    terms: Arc<Terms>,
    thread: Option<JoinHandle<()>>,
}

impl Assessor {
    /// Starts to judge.
    ///
    /// # Errors
    /// If the machine gives no more threads.
    pub fn start(terms: &Arc<Terms>) -> std::io::Result<Self> {
        let work = Arc::clone(terms);
        let thread = std::thread::Builder::new().name("qadam-terms".into()).spawn(move || run(&work))?;
        Ok(Self { terms: Arc::clone(terms), thread: Some(thread) })
    }
}

impl Drop for Assessor {
    fn drop(&mut self) {
        self.terms.pipeline.close();
        self.terms.moved.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(terms: &Terms) {
    let store = terms.pipeline.store();
    while !store.is_leaving() {
        let next = match terms.turn() {
            Ok(position) => {
                terms.note(position);
                position + 1
            }
            Err(TermError::Store(StoreError::Closing)) => return,
            Err(error) => {
                tracing::error!(%error, "terms are not counted; it is tried again");
                terms.stop(&error);
                if let TermError::Store(StoreError::Uneven { .. }) = error
                    && let Err(error) = store.recount()
                {
                    tracing::error!(%error, "terms are not counted anew");
                }
                u64::MAX
            }
        };
        if store.wait_for(next, IDLE) >= next {
            terms.gather();
        }
    }
}

/// By what all is counted. Something else than before means: what it changes is judged anew.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct By {
    /// Digest of what comes with the program and of the settings.
    program: Vec<u8>,
    /// The last change.
    entry: u64,
    /// Which of the times between changes it is.
    epoch: usize,
}

impl Terms {
    /// Lets what changes together gather, unless somebody waits.
    fn gather(&self) {
        let progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = |progress: &mut super::Progress| !progress.asked && !self.pipeline.store().is_leaving();
        drop(self.moved.wait_timeout_while(progress, GATHER, waits));
    }

    fn note(&self, settled: u64) {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.settled = settled;
        progress.asked = false;
        progress.stopped = None;
        drop(progress);
        self.moved.notify_all();
    }

    fn stop(&self, error: &TermError) {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let since = progress.stopped.take().map_or_else(|| self.pipeline.now(), |(since, _)| since);
        progress.stopped = Some((since, error.to_string()));
    }

    fn is_asked(&self) -> bool {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).asked
    }

    /// Counts all that changed up to an entry, and gives that.
    fn turn(&self) -> Result<u64, TermError> {
        let store = self.pipeline.store();
        let position = store.wait_for(0, Duration::ZERO);
        let register = self.refresh()?;
        let now = self.pipeline.now();
        self.marked(&register, now)?;
        store.mark_due(now)?;
        self.settle(&register)?;
        self.report_due(now)?;
        Ok(position)
    }

    /// Marks what is to be judged anew, since it is judged by something else now.
    fn marked(&self, register: &Register, now: Timestamp) -> Result<(), TermError> {
        let store = self.pipeline.store();
        let by = By { program: self.program(register)?, entry: register.last(), epoch: register.epoch(now) };
        let before = store.settled_by()?.and_then(|bytes| serde_json::from_slice::<By>(&bytes).ok());
        match before {
            Some(before) if before == by => return Ok(()),
            Some(before) if before.program == by.program => {
                let mut told = 0;
                for (entry, fact) in register.facts().iter().filter(|(entry, _)| *entry > before.entry) {
                    told = *entry;
                    let marked = store.mark(*entry, |counted| affects(&fact.set, counted))?;
                    tracing::info!(entry, marked, "requests are judged anew");
                }
                // Else what an act had announced has come to be known on this day.
                if told == 0 {
                    let marked = store.mark(by.entry, |counted| counted.due.is_some())?;
                    tracing::info!(marked, "the calendar is known to be another; requests are judged anew");
                }
            }
            _ => {
                let marked = store.recount()?;
                if marked > 0 {
                    tracing::info!(marked, "all requests are judged anew");
                }
            }
        }
        store.settle_by(&serde_json::to_vec(&by).map_err(|error| TermError::Written(error.to_string()))?)?;
        Ok(())
    }

    fn program(&self, register: &Register) -> Result<Vec<u8>, TermError> {
        let (calendar, rules) = register.program();
        let (rows, years): (Vec<_>, Vec<_>) = (calendar.rows().collect(), calendar.years().collect());
        let all = serde_json::to_vec(&(JUDGES, rows, years, rules, self.settings.zone.name()));
        Ok(sha256(&all.map_err(|error| TermError::Written(error.to_string()))?).to_vec())
    }

    /// Judges and counts all that is marked.
    fn settle(&self, register: &Arc<Register>) -> Result<(), TermError> {
        let store = self.pipeline.store();
        let (mut after, mut settled) = (None, 0_u64);
        while !store.is_leaving() {
            if store.lag() > LAG && !self.is_asked() {
                self.gather();
            }
            let marked = store.unsettled(after, STEP)?;
            let Some((last, _)) = marked.last() else { break };
            after = Some(*last);
            let _counting = self.counting();
            let mut some = Vec::with_capacity(marked.len());
            for (request, mark) in marked {
                some.extend(self.settled(request, mark, register)?);
            }
            let before = settled / 100_000;
            settled += some.len() as u64;
            store.settle(&some)?;
            if settled / 100_000 > before {
                tracing::info!(settled, "requests are judged");
            }
        }
        Ok(())
    }

    fn settled(&self, request: EventRef, mark: u64, register: &Arc<Register>) -> Result<Option<Settled>, TermError> {
        let Some(case) = self.case(request, register)? else { return Ok(None) };
        let before = self.pipeline.store().counted(request)?;
        // Taken after the history was read: it is complete as of then.
        let now = self.pipeline.now();
        // What was recorded just before it was judged last may not have been there to be read.
        let since = before.map(|before| before.judged_at.checked_sub(OVERLAP).unwrap_or(before.judged_at));
        let instants = case.instants(since, now);
        let mut months = BTreeSet::new();
        let mut current: Option<Counted> = None;
        for at in instants {
            current = case.counted(at);
            months.extend(current.iter().flat_map(judge::months));
        }
        Ok(current.map(|counted| Settled { request, mark, counted, months }))
    }
}

/// Whether a change can change how a request is judged.
fn affects(change: &Reference, counted: &Counted) -> bool {
    let taken = counted.assessed.as_ref().map(|assessed| assessed.taken);
    match change {
        Reference::Passport(passport) => passport.provider.id.as_ref().is_none_or(|id| *id == counted.provider),
        // Before the request was taken no day can count.
        Reference::Calendar(_) => counted.due.is_some() || counted.open.is_some() || counted.assessed.is_some(),
        Reference::Rules(_) => {
            counted.open.is_some() || counted.assessed.as_ref().is_some_and(|assessed| assessed.breach.is_some())
        }
        Reference::Outage(outage) => {
            let zone = qadam_domain::Zone::default();
            // A day more on each side, for the zone of the place.
            let ends = outage.until.map(|until| local_date(until, &zone));
            let began_before =
                taken.is_none_or(|taken| ends.is_none_or(|ends| taken.yesterday().is_ok_and(|day| day <= ends)));
            let ended_after = counted.due.is_none_or(|due| outage.from <= due);
            began_before && ended_after
        }
    }
}
