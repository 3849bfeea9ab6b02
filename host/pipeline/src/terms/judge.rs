//! From a request's history to what it is counted as, at any instant.

use std::{collections::BTreeSet, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use qadam_domain::{
    EventKind, EventRef, Stage, Zone,
    assess::{Answer, Facts, Received, Request, assess},
    breach::{Contest, Delivery},
    report::{Assessed, Month},
    request::History,
};
use qadam_store::{Counted, OpenTerm, TermHistory};

use super::{Register, TermError, Terms, register::Judged};

/// A request with all that it is judged by.
pub(super) struct Case {
    pub(super) history: TermHistory,
    pub(super) zone: Zone,
    pub(super) contests: Vec<Contest>,
    pub(super) deliveries: Vec<Delivery>,
    pub(super) register: Arc<Register>,
}

impl Terms {
    /// A request's case; none if there is no such request.
    pub(super) fn case(&self, request: EventRef, register: &Arc<Register>) -> Result<Option<Case>, TermError> {
        let store = self.pipeline.store();
        let Some(history) = store.term_history(request)? else { return Ok(None) };
        let zone = place(&history).unwrap_or_else(|| self.settings.zone.clone());
        let contests = store.contests(request)?;
        let deliveries = self.deliveries(&history)?;
        Ok(Some(Case { history, zone, contests, deliveries, register: Arc::clone(register) }))
    }

    /// The deliveries that a verdict may cite: those of the messages that report a stage of it.
    fn deliveries(&self, history: &TermHistory) -> Result<Vec<Delivery>, TermError> {
        Ok(self.pipeline.store().passed_on(&history.provider, &stages(history).collect::<Vec<_>>())?)
    }
}

fn stages(history: &TermHistory) -> impl Iterator<Item = (EventRef, Stage)> {
    history.events.iter().filter_map(|told| match told.event.kind {
        EventKind::Stage(stage) => Some((told.at, stage)),
        _ => None,
    })
}

/// The zone of the place of rendering: that of the intake, as events tell it, else that of the first event.
fn place(history: &TermHistory) -> Option<Zone> {
    let events = || history.events.iter().map(|told| &told.event);
    let intake = events().find_map(|event| event.fields.intake_at.value().and_then(|moment| moment.zone.clone()));
    intake.or_else(|| events().find_map(|event| event.occurred_at.zone.clone()))
}

impl Case {
    /// The events that report a stage.
    pub(super) fn stages(&self) -> impl Iterator<Item = (EventRef, Stage)> {
        stages(&self.history)
    }

    /// What was known of the request at an instant; none where nothing was.
    pub(super) fn facts(&self, at: Timestamp) -> Option<Facts> {
        let known: Vec<Received<'_>> = self
            .history
            .events
            .iter()
            .filter(|told| told.known <= at)
            .map(|told| Received {
                history: History {
                    at: told.at,
                    event: &told.event,
                    fixed: told.fixed,
                    replaces: told.replaces,
                    dropped: told.dropped.is_some_and(|dropped| dropped <= at),
                },
                at: told.known,
            })
            .collect();
        (!known.is_empty()).then(|| Facts::of(&known, at))
    }

    fn request<'a>(&'a self, facts: &'a Facts, judged: &'a Judged) -> Request<'a> {
        let (provider, zone) = (&self.history.provider, &self.zone);
        Request { provider, zone, facts, deliveries: &self.deliveries, outages: &judged.outages }
    }

    /// Every answer, by what requests were judged by at the instant of the facts.
    pub(super) fn answer(&self, facts: &Facts, judged: &Judged) -> Answer {
        let request = self.request(facts, judged);
        let answer = assess(&request, &judged.law).or_else(|error| {
            tracing::warn!(provider = %self.history.provider, %error, "a request is judged without its passport");
            assess(&request, &judged.bare)
        });
        // Without a passport there is no date to be reckoned with.
        answer.unwrap_or_else(|_| Answer {
            provider: None,
            planned: None,
            compared: None,
            overdue: qadam_domain::overdue::overdue(None, &facts.stages, facts.reopened, facts.as_of),
            reported: None,
            verdict: None,
            allotted: Vec::new(),
        })
    }

    pub(super) fn contested(&self, at: Timestamp) -> bool {
        self.contests.iter().any(|contest| contest.at <= at)
    }

    /// The request as the report counts it at an instant.
    pub(super) fn assessed(&self, at: Timestamp) -> Option<Assessed> {
        let facts = self.facts(at)?;
        let judged = self.register.judged_at(at);
        let answer = self.answer(&facts, &judged);
        answer.assessed(&self.request(&facts, &judged), self.contested(at))
    }

    /// The request as it is counted from an instant on, whatever the clock says, until something is heard of it.
    pub(super) fn counted(&self, at: Timestamp) -> Option<Counted> {
        let facts = self.facts(at)?;
        let judged = self.register.judged_at(at);
        let answer = self.answer(&facts, &judged);
        let mut assessed = answer.assessed(&self.request(&facts, &judged), self.contested(at));
        let mut open = None;
        if answer.overdue.finished.is_none()
            && let Some(due) = answer.overdue.due
        {
            open = self.open(&facts, &judged, due);
            if let Some(assessed) = &mut assessed {
                assessed.breach = None;
            }
        }
        Some(Counted {
            provider: self.history.provider.clone(),
            assessed,
            open,
            due: answer.planned.as_ref().and_then(|planned| planned.due),
            again: again(&facts, &answer),
            reported_late: answer.reported.is_some_and(|reported| reported.late_by().is_some()),
            judged_at: at,
        })
    }

    /// What an open request is once its term has ended, if nothing more is heard of it.
    fn open(&self, facts: &Facts, judged: &Judged, due: Timestamp) -> Option<OpenTerm> {
        let now = facts.as_of;
        let mut then = facts.clone();
        then.as_of = after(due).max(now);
        then.stages.retain(|point| point.occurred <= now);
        then.seen.retain(|seen| seen.occurred <= now);
        let answer = self.answer(&then, judged);
        let breach = answer.assessed(&self.request(&then, judged), self.contested(now))?.breach?;
        let (blame, contested) = (breach.blame, breach.contested);
        Some(OpenTerm { due, missed: Month::of(breach.missed), blame, contested })
    }

    /// The instants from one on at which something else was known of the request, the last instant with them.
    pub(super) fn instants(&self, since: Option<Timestamp>, until: Timestamp) -> BTreeSet<Timestamp> {
        let known = || self.history.events.iter().flat_map(|told| [Some(told.known), told.dropped]).flatten();
        let Some(first) = known().min() else { return BTreeSet::new() };
        let contests = self.contests.iter().map(|contest| contest.at);
        let mut instants: BTreeSet<Timestamp> = known()
            .chain(contests)
            .chain(self.register.epochs(first, until))
            .filter(|at| since.is_none_or(|since| *at > since) && *at <= until)
            .collect();
        // Between the last of them and now nothing else became known; nor occurred, where nothing was told ahead of its time.
        if self.history.events.iter().all(|told| told.event.instant() <= told.known) {
            instants.pop_last();
        }
        instants.insert(until);
        instants
    }
}

/// The next instant at which the clock alone changes more than how late an open request is.
fn again(facts: &Facts, answer: &Answer) -> Option<Timestamp> {
    let now = facts.as_of;
    let occurred = facts.stages.iter().map(|point| point.occurred).chain(facts.changes.iter().map(|change| change.at));
    let overrun =
        answer.allotted.iter().filter(|allotted| allotted.left.is_none()).map(|allotted| after(allotted.until));
    occurred.chain(facts.reopened).chain(overrun).filter(|at| *at > now).min()
}

fn after(at: Timestamp) -> Timestamp {
    at.checked_add(SignedDuration::from_nanos(1)).unwrap_or(at)
}

/// The months in which a request is counted, or may come to be.
pub(super) fn months(counted: &Counted) -> impl Iterator<Item = Month> {
    let assessed = counted.assessed.as_ref();
    let taken = assessed.map(|assessed| Month::of(assessed.taken));
    let finished = assessed.and_then(|assessed| assessed.finished).map(Month::of);
    let missed = assessed.and_then(|assessed| assessed.breach).map(|breach| Month::of(breach.missed));
    [taken, finished, missed, counted.open.map(|open| open.missed)].into_iter().flatten()
}
