//! The monthly report (452-12): as of now from the counts, as of an earlier instant from the events known then, and for a closed
//! month as it was made then, to the byte.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp, civil::Date};
use qadam_domain::{
    deadline::{end_of_day, local_date},
    report::{Month, Report, Tallies},
};
use qadam_store::ReportedFact;

use super::{PATIENCE, TermError, Terms};

/// After an instant, until all that was recorded up to it can be read.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// A report in its exact bytes.
#[derive(Clone, Debug)]
pub struct MonthlyReport {
    /// The report.
    pub report: Report,
    /// As JSON: the same question has the same bytes.
    pub bytes: Vec<u8>,
    /// The entry that keeps it; none where it was made for this question.
    pub entry: Option<u64>,
}

impl MonthlyReport {
    fn of(report: Report) -> Result<Self, TermError> {
        let bytes = serde_json::to_vec(&report).map_err(|error| TermError::Written(error.to_string()))?;
        Ok(Self { report, bytes, entry: None })
    }

    fn kept(entry: u64, fact: ReportedFact) -> Result<Self, TermError> {
        let report = serde_json::from_slice(&fact.report).map_err(|error| TermError::Written(error.to_string()))?;
        Ok(Self { report, bytes: fact.report, entry: Some(entry) })
    }
}

impl Terms {
    /// The report of a month, as of an instant; with none, as of now.
    ///
    /// # Errors
    /// If it cannot be read, or the instant is still to come.
    pub fn monthly(&self, month: Month, as_of: Option<Timestamp>) -> Result<MonthlyReport, TermError> {
        match as_of {
            None => self.current(month),
            Some(at) if at > self.pipeline.now() => Err(TermError::ToCome(at)),
            Some(at) => {
                let kept = self.pipeline.store().reports(Some(month))?.into_iter().find(|(_, fact)| fact.as_of == at);
                match kept {
                    Some((entry, fact)) => MonthlyReport::kept(entry, fact),
                    None => MonthlyReport::of(self.made(month, at)?),
                }
            }
        }
    }

    /// The reports that were made of closed months.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn kept_reports(&self, month: Option<Month>) -> Result<Vec<(u64, ReportedFact)>, TermError> {
        Ok(self.pipeline.store().reports(month)?)
    }

    /// From the counts.
    fn current(&self, month: Month) -> Result<MonthlyReport, TermError> {
        self.counted(PATIENCE)?;
        let _counting = self.counting();
        let (store, now) = (self.pipeline.store(), self.pipeline.now());
        let counted = store.tally(month, now)?;
        let before = month.before().map(|before| store.tally(before, now)).transpose()?;
        MonthlyReport::of(Report::of(
            month,
            now,
            &counted,
            before.filter(|tally| tally.cells().next().is_some()).as_ref(),
        ))
    }

    /// From the events known at an instant, of the requests that the two months' reports may speak of.
    fn made(&self, month: Month, at: Timestamp) -> Result<Report, TermError> {
        // Which requests those are is known once they are counted.
        self.counted(PATIENCE)?;
        self.made_counted(month, at)
    }

    pub(super) fn made_counted(&self, month: Month, at: Timestamp) -> Result<Report, TermError> {
        let store = self.pipeline.store();
        let mut requests: BTreeSet<_> = store.members(month)?.into_iter().collect();
        if let Some(before) = month.before() {
            requests.extend(store.members(before)?);
        }
        let register = self.register();
        let mut tallies = Tallies::default();
        for request in requests {
            if let Some(assessed) = self.case(request, &register)?.and_then(|case| case.assessed(at)) {
                tallies.add(&assessed);
            }
        }
        let counted = tallies.month(month).cloned().unwrap_or_default();
        Ok(Report::of(month, at, &counted, month.before().and_then(|before| tallies.month(before))))
    }

    /// Makes the reports of closed months that are due. Called by the thread that counts, once all is counted.
    pub(super) fn report_due(&self, now: Timestamp) -> Result<(), TermError> {
        let store = self.pipeline.store();
        let closed = Month::of(local_date(now, &self.settings.zone)).before();
        let Some(closed) = closed else { return Ok(()) };
        let Some(mut month) = (match store.last_reported()? {
            Some(last) => last.after(),
            None => self.first_month()?,
        }) else {
            return Ok(());
        };
        while month <= closed {
            if let Some(as_of) = self.report_time(month).filter(|as_of| *as_of + MARGIN < now) {
                self.keep(month, as_of, now)?;
            }
            let Some(next) = month.after() else { break };
            month = next;
        }
        Ok(())
    }

    /// The first month of which this host reports: the one before that in which it recorded its first event, if the day of its
    /// report was still to come then. Of those before, others have reported.
    fn first_month(&self) -> Result<Option<Month>, TermError> {
        let store = self.pipeline.store();
        let Some(first) = store.request_refs(None, 1)?.first().copied() else { return Ok(None) };
        let known = store.term_history(first)?.and_then(|history| history.events.iter().map(|told| told.known).min());
        let Some(known) = known else { return Ok(None) };
        let month = Month::of(local_date(known, &self.settings.zone));
        let before = month.before().filter(|before| self.report_time(*before).is_some_and(|as_of| as_of >= known));
        Ok(Some(before.unwrap_or(month)))
    }

    /// As of when the report of a month is made.
    #[must_use]
    pub fn report_time(&self, month: Month) -> Option<Timestamp> {
        let next = month.after()?.first();
        let day = Date::new(next.year(), next.month(), self.settings.report_day).ok()?;
        end_of_day(day, &self.settings.zone)
    }

    fn keep(&self, month: Month, as_of: Timestamp, now: Timestamp) -> Result<(), TermError> {
        let store = self.pipeline.store();
        // A month of which this host knows nothing has no report.
        if store.members(month)?.is_empty() {
            return Ok(());
        }
        let made = MonthlyReport::of(self.made_counted(month, as_of)?)?;
        store.keep_report(ReportedFact { month, as_of, report: made.bytes, at: now })?;
        tracing::info!(%month, %as_of, "the report of a closed month is made");
        Ok(())
    }
}
