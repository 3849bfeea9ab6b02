//! From a request's history to every answer about its term: the passport, the planned date, whether it is late, by
//! whose account, whose breach it is and what the monthly report counts. Everything is as of an instant: what was
//! received later is not known, and the calendar and the passports are those known then, so that an old answer can be
//! given again.

mod answer;
mod facts;

use jiff::{Timestamp, civil::Date};

pub use answer::Answer;
pub use facts::{Facts, Received};

use crate::{
    breach::{Case, Delivery, Outage, Rules, attribute},
    calendar::{Calendar, Week, WorkingDays},
    deadline::{Basis, Compared, DeadlineError, allotted, local_date, plan},
    ids::ProviderId,
    overdue::{Reported, overdue},
    passport::{Passport, Passports},
    time::Zone,
};

/// The rules that requests are judged by, as known on a date. Made once and used for many requests.
#[derive(Clone, Debug)]
pub struct Law {
    passports: Passports,
    rules: Rules,
    five: WorkingDays,
    six: WorkingDays,
    known_on: Option<Date>,
}

impl Law {
    /// The rules, as known on a date; with none, as known now.
    #[must_use]
    pub fn known_on(calendar: &Calendar, passports: Passports, rules: Rules, on: Option<Date>) -> Self {
        let week = |week| calendar.known_on(week, on);
        Self { passports, rules, five: week(Week::FiveDay), six: week(Week::SixDay), known_on: on }
    }

    /// The working days of a schedule.
    #[must_use]
    pub const fn days(&self, week: Week) -> &WorkingDays {
        match week {
            Week::FiveDay => &self.five,
            Week::SixDay => &self.six,
        }
    }

    /// The passport of a request.
    #[must_use]
    pub fn passport(&self, provider: &ProviderId, facts: &Facts, zone: &Zone) -> Option<&Passport> {
        let taken = local_date(facts.taken?, zone);
        self.passports.of(provider, facts.service_code.as_deref(), taken, self.known_on)
    }
}

/// A request and what is known of it beside its events.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Its provider.
    pub provider: &'a ProviderId,
    /// The zone of the place of rendering.
    pub zone: &'a Zone,
    /// What its events say.
    pub facts: &'a Facts,
    /// How its messages fared.
    pub deliveries: &'a [Delivery],
    /// Declared outages.
    pub outages: &'a [Outage],
}

/// Every answer about a request's term, as of the instant of its facts.
///
/// # Errors
/// If its dates cannot be reckoned with; the error names the passport.
pub fn assess(request: &Request<'_>, law: &Law) -> Result<Answer, DeadlineError> {
    let Request { provider, zone, facts, deliveries, outages } = *request;
    let reported = Reported::of(&facts.state);
    let found = law.passport(provider, facts, zone).zip(facts.taken);
    let (mut planned, mut budgets) = (None, Vec::new());
    if let Some((passport, taken)) = found {
        let basis = Basis { passport, days: law.days(passport.week), zone, taken, changes: &facts.changes };
        planned = Some(plan(&basis)?);
        budgets = allotted(&basis, &facts.stages)?;
    }
    let overdue = overdue(planned.as_ref(), &facts.stages, facts.reopened, facts.as_of);
    let case = |due: Timestamp, finished| Case {
        taken: facts.taken.unwrap_or(due),
        due,
        finished,
        as_of: facts.as_of,
        channel: facts.channel.as_ref(),
        events: &facts.seen,
        completed: facts.completed,
        allotted: &budgets,
        deliveries,
        outages,
    };
    let verdict = match (&planned, reported) {
        (Some(planned), _) => {
            planned.due.and_then(|due| attribute(&case(due, overdue.finished.map(|point| point.occurred)), &law.rules))
        }
        (None, Some(reported)) => attribute(&case(reported.planned, Some(reported.completed)), &law.rules),
        (None, None) => None,
    };
    let promised = facts.state.time(crate::fields::FieldName::PlannedAt);
    let compared = planned.as_ref().map(|planned| Compared::of(planned, promised, zone));
    Ok(Answer {
        provider: found.map(|(passport, _)| passport.provider.clone()),
        planned,
        compared,
        overdue,
        reported,
        verdict,
        allotted: budgets,
    })
}

#[cfg(test)]
#[path = "assess/tests.rs"]
mod tests;
