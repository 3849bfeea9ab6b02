//! The answers, and what the report counts of them.

use super::Request;
use crate::{
    breach::{Blame, Verdict},
    deadline::{Allotted, Compared, Planned, local_date},
    overdue::{Overdue, Reported},
    passport::Provider,
    report::{Assessed, Breach, Key},
};

/// Every answer about a request's term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The provider by its passport; none where none is in force.
    pub provider: Option<Provider>,
    /// The computed planned date; none without a passport.
    pub planned: Option<Planned>,
    /// It beside the reported one (field 7).
    pub compared: Option<Compared>,
    /// Whether it is late by the computed date.
    pub overdue: Overdue,
    /// What the provider reports of a closed request (fields 7 and 8).
    pub reported: Option<Reported>,
    /// Whose breach it is, if it is one.
    pub verdict: Option<Verdict>,
    /// The time allotted to the stages that it reached.
    pub allotted: Vec<Allotted>,
}

impl Answer {
    /// The request as the report counts it; none while nothing says when it was taken.
    #[must_use]
    pub fn assessed(&self, request: &Request<'_>, contested: bool) -> Option<Assessed> {
        let (facts, zone) = (request.facts, request.zone);
        let blame = self.verdict.as_ref().map_or(Blame::Undetermined, |verdict| verdict.blame);
        let called = || facts.service_code.clone().or_else(|| facts.service_name.clone()).unwrap_or_default();
        Some(Assessed {
            key: Key {
                level: self.provider.as_ref().map(|provider| provider.level),
                provider: self
                    .provider
                    .as_ref()
                    .map_or_else(|| request.provider.to_string(), |provider| provider.bin.clone()),
                service: self.planned.as_ref().map_or_else(called, |planned| planned.passport.clone()),
            },
            has_passport: self.planned.is_some(),
            taken: local_date(facts.taken?, zone),
            finished: self.overdue.finished.map(|point| local_date(point.occurred, zone)),
            breach: Breach::of(&self.overdue, self.reported, blame, contested, zone),
        })
    }
}
