//! Whether what is counted is what the events say: every request is judged again from the journal, the counts are added up again,
//! and the reports of closed months are made again.

use std::time::Duration;

use qadam_domain::{EventRef, report::Month};

use super::{TermError, Terms};

/// How long it waits for what was recorded before.
const PATIENCE: Duration = Duration::from_secs(60);
/// Requests looked at at once.
const STEP: usize = 1_000;
/// Differing requests that are named.
const NAMED: usize = 20;

/// What an audit found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// Requests judged again.
    pub requests: u64,
    /// Requests that changed meanwhile, and were not compared.
    pub changing: u64,
    /// Requests that are counted as something else than the events say.
    pub differing: u64,
    /// Some of those, by their first events.
    pub named: Vec<EventRef>,
    /// Rows of counts that are not the sums of their requests.
    pub uneven: u64,
    /// Reports of closed months made again.
    pub reports: u64,
    /// Those that came out otherwise.
    pub changed_reports: Vec<Month>,
}

impl Audit {
    /// Whether events and counts agree.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.differing == 0 && self.uneven == 0 && self.changed_reports.is_empty()
    }
}

impl Terms {
    /// Audits. Counts stand still meanwhile; nothing else does.
    ///
    /// # Errors
    /// If something cannot be read.
    pub fn audit(&self) -> Result<Audit, TermError> {
        self.counted(PATIENCE)?;
        let _counting = self.counting();
        let store = self.pipeline.store();
        let register = self.register();
        let mut audit = Audit::default();
        let mut after = None;
        while !store.is_leaving() {
            let some = store.request_refs(after, STEP)?;
            let Some(last) = some.last().copied() else { break };
            after = Some(last);
            for request in some {
                // The mark is looked at last: what changed before it did is marked.
                let counted = store.counted(request)?;
                let case = self.case(request, &register)?;
                let now = self.pipeline.now();
                let due_again = counted.as_ref().and_then(|counted| counted.again).is_some_and(|again| again <= now);
                if store.is_marked(request)? || due_again {
                    audit.changing += 1;
                    continue;
                }
                audit.requests += 1;
                let judged = case.and_then(|case| case.counted(now));
                let same = match (&judged, &counted) {
                    (Some(judged), Some(counted)) => judged.is_as(counted),
                    (None, None) => true,
                    _ => false,
                };
                if !same {
                    audit.differing += 1;
                    if audit.named.len() < NAMED {
                        audit.named.push(request);
                    }
                }
            }
        }
        audit.uneven = store.uneven()?;
        for (_, fact) in store.reports(None)? {
            audit.reports += 1;
            let made = serde_json::to_vec(&self.made_counted(fact.month, fact.as_of)?);
            if made.map_err(|error| TermError::Written(error.to_string()))? != fact.report {
                audit.changed_reports.push(fact.month);
            }
        }
        Ok(audit)
    }
}
