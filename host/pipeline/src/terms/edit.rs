//! What an operator changes: passports, the calendar, the rules of attribution, outages; and what a reviewer contests. Each is
//! checked before it is kept, and kept with who, why and when.

use std::sync::PoisonError;

use jiff::Timestamp;
use qadam_domain::{
    EventRef, ProviderId,
    breach::{Blame, Contest, ContestError, Outage, Rules, RulesError},
    calendar::{CalendarError, Edit},
    deadline::local_date,
    passport::{Passport, PassportError},
};
use qadam_store::{ContestedFact, Reference, ReferenceFact};

use super::{TermError, Terms};

/// Longest text of an outage, in characters.
const TEXT: usize = 200;

/// Why a change is not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// The passport.
    #[error(transparent)]
    Passport(#[from] PassportError),
    /// The calendar.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// The rules.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// The rules are not later ones.
    #[error("the rules have version {given}; those in force have {current}, so give a higher one")]
    OldRules {
        /// The version given.
        given: u32,
        /// The version in force.
        current: u32,
    },
    /// No such outage.
    #[error("there is no outage `{0}`")]
    NoOutage(String),
    /// An outage that cannot be.
    #[error("the outage's `{field}` {what}")]
    Outage {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        what: String,
    },
    /// A contest that cannot be.
    #[error(transparent)]
    Contest(#[from] ContestError),
    /// The request has no verdict.
    #[error("the request's term was not missed, so there is no verdict to contest")]
    NoVerdict,
    /// The host.
    #[error(transparent)]
    Term(#[from] TermError),
}

impl From<qadam_store::StoreError> for EditError {
    fn from(error: qadam_store::StoreError) -> Self {
        Self::Term(error.into())
    }
}

/// The end of an outage.
#[derive(Clone, Debug)]
pub struct OutageEnd {
    /// Which.
    pub id: String,
    /// Until when.
    pub until: Timestamp,
}

impl Terms {
    /// Takes one more version of a passport.
    ///
    /// # Errors
    /// If it is not sound, not the next version, or would make a code ambiguous.
    pub fn put_passport(&self, passport: Passport, who: String, why: String) -> Result<Passport, EditError> {
        let at = self.pipeline.now();
        let passport = Passport { recorded: Some(local_date(at, &self.settings.zone)), ..passport };
        self.edit(who, why, at, |known| {
            known.passports.with(passport.clone())?;
            Ok(Reference::Passport(Box::new(passport.clone())))
        })?;
        Ok(passport)
    }

    /// Takes edits of the calendar, all or none.
    ///
    /// # Errors
    /// If the calendar would contradict itself.
    pub fn edit_calendar(&self, edits: Vec<Edit>, who: String, why: String) -> Result<(), EditError> {
        self.edit(who, why, self.pipeline.now(), |known| {
            known.calendar.edited(&edits)?;
            Ok(Reference::Calendar(edits))
        })
    }

    /// Takes other rules of attribution.
    ///
    /// # Errors
    /// If they are not sound, or not later ones.
    pub fn set_rules(&self, rules: Rules, who: String, why: String) -> Result<(), EditError> {
        self.edit(who, why, self.pipeline.now(), |known| {
            let rules = rules.checked()?;
            let (given, current) = (rules.version, known.rules.version);
            if given <= current { Err(EditError::OldRules { given, current }) } else { Ok(Reference::Rules(rules)) }
        })
    }

    /// Declares an outage of a system. Its id is the host's.
    ///
    /// # Errors
    /// If it cannot be.
    pub fn declare_outage(&self, outage: Outage, who: String, why: String) -> Result<Outage, EditError> {
        for (field, text) in [("system", &outage.system), ("maintainer", &outage.maintainer)] {
            let length = text.chars().count();
            if text.trim().is_empty() || length > TEXT {
                return Err(EditError::Outage {
                    field,
                    what: format!("has {length} characters; 1 to {TEXT} are taken"),
                });
            }
        }
        ends(&outage)?;
        let at = self.pipeline.now();
        let mut outage = Outage { declared: at, ..outage };
        self.edit(who, why, at, |known| {
            outage.id = format!("outage-{}", known.outages.len() + 1);
            Ok(Reference::Outage(outage.clone()))
        })?;
        Ok(outage)
    }

    /// Ends an outage, or moves its end.
    ///
    /// # Errors
    /// If there is no such outage, or it would end before it began.
    pub fn end_outage(&self, end: &OutageEnd, who: String, why: String) -> Result<Outage, EditError> {
        let mut ended = None;
        self.edit(who, why, self.pipeline.now(), |known| {
            let outage = known.outages.into_iter().find(|outage| outage.id == end.id);
            let outage = outage.ok_or_else(|| EditError::NoOutage(end.id.chars().take(TEXT).collect()))?;
            let outage = Outage { until: Some(end.until), ..outage };
            ends(&outage)?;
            ended = Some(outage.clone());
            Ok(Reference::Outage(outage))
        })?;
        ended.ok_or_else(|| EditError::NoOutage(end.id.clone()))
    }

    /// Contests the verdict on a request. It stands beside it.
    ///
    /// # Errors
    /// If the request has no verdict, or there is no reason.
    pub fn contest(
        &self,
        request: EventRef,
        provider: ProviderId,
        who: String,
        reason: String,
        claims: Option<Blame>,
    ) -> Result<(), EditError> {
        let at = self.pipeline.now();
        let contest = Contest { at, by: who, reason, claims }.checked()?;
        if self.explained(request)?.is_none_or(|explained| explained.answer.verdict.is_none()) {
            return Err(EditError::NoVerdict);
        }
        let fact = ContestedFact { provider, request, who: contest.by, claims, at };
        self.pipeline.store().contest(fact, &contest.reason)?;
        Ok(())
    }

    /// Changes what requests are judged by, one after another: each sees what was before.
    fn edit(
        &self,
        who: String,
        why: String,
        at: Timestamp,
        change: impl FnOnce(super::Known) -> Result<Reference, EditError>,
    ) -> Result<(), EditError> {
        let _editing = self.editing.lock().unwrap_or_else(PoisonError::into_inner);
        let set = change(self.refresh()?.known_at(None))?;
        self.pipeline.store().set_reference(ReferenceFact { set, who, why, at })?;
        self.refresh()?;
        Ok(())
    }
}

fn ends(outage: &Outage) -> Result<(), EditError> {
    match outage.until {
        Some(until) if until <= outage.from => {
            Err(EditError::Outage { field: "until", what: format!("is {until}, not after its begin, {}", outage.from) })
        }
        _ => Ok(()),
    }
}
