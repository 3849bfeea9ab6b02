//! All that can be said about one request's term: the date and how it came about, its versions, the provider's own beside it,
//! whether it is late, and whose breach it is.

use jiff::Timestamp;
use qadam_domain::{
    EventRef, Zone,
    assess::Answer,
    breach::Contest,
    deadline::{Basis, Derivation, Versions, derive},
    fields::FieldName,
    passport::Passport,
};

use qadam_store::Exchange;

use super::{TermError, Terms};

/// Instants whose versions of the date are told, at most.
const MOST: usize = 200;

/// What can be said of a request's term.
#[derive(Clone, Debug)]
pub struct Explained {
    /// As of when.
    pub as_of: Timestamp,
    /// The zone of the place.
    pub zone: Zone,
    /// When it was taken.
    pub taken: Option<Timestamp>,
    /// The passport in force.
    pub passport: Option<Passport>,
    /// The answers.
    pub answer: Answer,
    /// How the date came about.
    pub derivation: Option<Derivation>,
    /// The date's versions, the original first.
    pub versions: Option<Versions>,
    /// What the provider promises (field 7).
    pub promised: Option<Timestamp>,
    /// How the events fared whose stages have a time of their own (1336-12).
    pub exchanges: Vec<Exchange>,
    /// What reviewers say of the verdict.
    pub contests: Vec<Contest>,
}

impl Terms {
    /// What can be said of a request's term now; none if there is no such request.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn explained(&self, request: EventRef) -> Result<Option<Explained>, TermError> {
        let register = self.refresh()?;
        let Some(case) = self.case(request, &register)? else { return Ok(None) };
        let now = self.pipeline.now();
        let Some(facts) = case.facts(now) else { return Ok(None) };
        let judged = register.judged_at(now);
        let answer = case.answer(&facts, &judged);
        let passport = judged.law.passport(&case.history.provider, &facts, &case.zone).cloned();
        let found = passport.as_ref().zip(facts.taken);
        let derivation = found.and_then(|(passport, taken)| {
            let days = judged.law.days(passport.week);
            derive(&Basis { passport, days, zone: &case.zone, taken, changes: &facts.changes }).ok()
        });
        let mut versions: Option<Versions> = None;
        for at in case.instants(None, now).into_iter().take(MOST) {
            let Some(facts) = case.facts(at) else { continue };
            let judged = register.judged_at(at);
            let passport = judged.law.passport(&case.history.provider, &facts, &case.zone);
            let Some((passport, taken)) = passport.zip(facts.taken) else { continue };
            let days = judged.law.days(passport.week);
            let basis = Basis { passport, days, zone: &case.zone, taken, changes: &facts.changes };
            match &mut versions {
                Some(versions) => drop(versions.recompute(&basis, at)),
                none => *none = Versions::first(&basis, at).ok(),
            }
        }
        let entered: Vec<EventRef> = answer.allotted.iter().map(|allotted| allotted.entered.at).collect();
        Ok(Some(Explained {
            exchanges: self.exchanged(&case, &entered)?,
            as_of: now,
            taken: facts.taken,
            promised: facts.state.time(FieldName::PlannedAt),
            passport,
            answer,
            derivation,
            versions,
            contests: case.contests.clone(),
            zone: case.zone,
        }))
    }
}
