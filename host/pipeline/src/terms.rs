//! Terms (452-10 to 452-12): what requests are judged by is kept with who, why and when; each request that changes is judged and
//! counted by a thread of its own, so that intake does not wait; reports are read from the counts, or made anew from the events as
//! known at an earlier instant.

mod audit;
mod edit;
mod exchange;
mod explain;
mod judge;
mod register;
mod report;
mod settle;

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use qadam_domain::{EventRef, ProviderId, Zone, breach::RulesError, calendar::CalendarError, deadline::end_of_day};
use qadam_store::{OverdueItem, StoreError, Totals};

pub use self::{
    audit::Audit,
    edit::{EditError, OutageEnd},
    exchange::LateExchange,
    explain::Explained,
    register::{Known, Register},
    report::MonthlyReport,
    settle::Assessor,
};
use crate::Pipeline;

/// How long who asks waits for what was recorded before.
const PATIENCE: Duration = Duration::from_secs(20);

/// How terms are reckoned where nothing else says so, and when reports are made.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TermSettings {
    /// Zone of requests whose events name none, and of the days of reports.
    pub zone: Zone,
    /// The report of a month is made as of the end of this day of the next one, 1 to 14: by the 15th (452-12).
    pub report_day: i8,
}

impl TermSettings {
    /// The latest day.
    pub const LAST_DAY: i8 = 14;
}

impl Default for TermSettings {
    fn default() -> Self {
        Self { zone: Zone::default(), report_day: 10 }
    }
}

/// Why terms cannot be told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TermError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What comes with the program cannot be used.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// The same.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// A date that cannot be reckoned with.
    #[error(transparent)]
    Deadline(#[from] qadam_domain::deadline::DeadlineError),
    /// What changed lately is not counted yet.
    #[error("{waiting} entries are not counted yet; try again")]
    Counting {
        /// How many.
        waiting: u64,
    },
    /// A report as of an instant to come.
    #[error("{0} is still to come")]
    ToCome(Timestamp),
    /// What was written is not what it was written as.
    #[error("a report cannot be written: {0}")]
    Written(String),
}

/// Everything about terms.
#[derive(Debug)]
pub struct Terms {
    pipeline: Arc<Pipeline>,
    settings: TermSettings,
    register: Mutex<Arc<Register>>,
    /// Held while what requests are judged by is changed.
    editing: Mutex<()>,
    /// Held while counts change, or must not.
    counting: Mutex<()>,
    progress: Mutex<Progress>,
    moved: Condvar,
    /// The first messages of lanes, as they were looked at last.
    exchanges: Mutex<exchange::Seen>,
}

/// How far the counts have come.
#[derive(Clone, Debug, Default)]
struct Progress {
    /// Entries up to this one are counted.
    settled: u64,
    /// Somebody waits.
    asked: bool,
    /// Why nothing is counted, and since when.
    stopped: Option<(Timestamp, String)>,
}

impl Terms {
    /// Terms over an open store.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn new(pipeline: &Arc<Pipeline>, settings: TermSettings) -> Result<Self, TermError> {
        let facts = pipeline.store().references(0)?;
        let register = Mutex::new(Arc::new(Register::new(facts, settings.zone.clone())?));
        Ok(Self {
            pipeline: Arc::clone(pipeline),
            settings,
            register,
            editing: Mutex::default(),
            counting: Mutex::default(),
            progress: Mutex::default(),
            moved: Condvar::new(),
            exchanges: Mutex::default(),
        })
    }

    /// How terms are reckoned.
    #[must_use]
    pub const fn settings(&self) -> &TermSettings {
        &self.settings
    }

    /// What requests are judged by.
    #[must_use]
    pub fn register(&self) -> Arc<Register> {
        Arc::clone(&self.register.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The last instant of a day, in the zone of reports; not later than now.
    ///
    /// # Errors
    /// If the day has not begun yet.
    pub fn end_of(&self, day: jiff::civil::Date) -> Result<Timestamp, TermError> {
        let now = self.pipeline.now();
        let end = end_of_day(day, &self.settings.zone).unwrap_or(Timestamp::MAX);
        let begun = day.yesterday().ok().and_then(|before| end_of_day(before, &self.settings.zone));
        if begun.is_some_and(|begun| begun >= now) { Err(TermError::ToCome(end)) } else { Ok(end.min(now)) }
    }

    /// Takes up what was changed since.
    fn refresh(&self) -> Result<Arc<Register>, TermError> {
        let mut register = self.register.lock().unwrap_or_else(PoisonError::into_inner);
        let more = self.pipeline.store().references(register.last())?;
        if !more.is_empty() {
            *register = Arc::new(register.with(more)?);
        }
        Ok(Arc::clone(&register))
    }

    fn counting(&self) -> MutexGuard<'_, ()> {
        self.counting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Blocks until all that was recorded before is counted.
    ///
    /// # Errors
    /// If that takes longer.
    pub fn counted(&self, within: Duration) -> Result<(), TermError> {
        let last = self.pipeline.store().last();
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.asked = true;
        self.moved.notify_all();
        let waits = |progress: &mut Progress| progress.settled < last && !self.pipeline.store().is_leaving();
        let waited = self.moved.wait_timeout_while(progress, within, waits);
        let settled = waited.unwrap_or_else(PoisonError::into_inner).0.settled;
        if settled < last { Err(TermError::Counting { waiting: last - settled }) } else { Ok(()) }
    }

    /// What is counted of a provider, or of all, and how many open requests have a term that ended before an instant.
    ///
    /// # Errors
    /// If what was recorded before is not counted yet.
    pub fn totals(&self, provider: Option<&ProviderId>, at: Timestamp) -> Result<(Totals, u64), TermError> {
        self.counted(PATIENCE)?;
        let store = self.pipeline.store();
        let mut sum = Totals::default();
        for (of, totals) in store.totals()? {
            if provider.is_none_or(|provider| *provider == of) {
                sum.add(&totals, 1);
            }
        }
        Ok((sum, store.count_overdue(at, provider)?))
    }

    /// Open requests whose term ended before an instant, by its end.
    ///
    /// # Errors
    /// If what was recorded before is not counted yet.
    pub fn overdue(
        &self,
        at: Timestamp,
        after: Option<(Timestamp, EventRef)>,
        limit: usize,
    ) -> Result<Vec<OverdueItem>, TermError> {
        self.counted(PATIENCE)?;
        Ok(self.pipeline.store().overdue(at, after, limit)?)
    }

    /// Why nothing is counted, and since when, if so. It is tried again.
    #[must_use]
    pub fn stopped(&self) -> Option<(Timestamp, String)> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).stopped.clone()
    }
}
