//! What requests are judged by, as known at any instant: the calendar and the rules that come with the program, and every change
//! of them, of passports and of outages since.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{Timestamp, civil::Date};
use qadam_domain::{
    Zone,
    assess::Law,
    breach::{Outage, Rules},
    calendar::Calendar,
    deadline::{end_of_day, local_date},
    passport::Passports,
};
use qadam_store::{Reference, ReferenceFact};

use super::TermError;

/// Everything that was ever known of it.
#[derive(Debug)]
pub struct Register {
    facts: Vec<(u64, ReferenceFact)>,
    calendar: Calendar,
    rules: Rules,
    zone: Zone,
    /// Instants at which something else became known, in order.
    epochs: Vec<Timestamp>,
    laws: Mutex<HashMap<usize, Arc<Judged>>>,
}

/// What was known at one instant.
#[derive(Clone, Debug)]
pub struct Known {
    /// The calendar.
    pub calendar: Calendar,
    /// The passports.
    pub passports: Passports,
    /// The rules of attribution.
    pub rules: Rules,
    /// Declared outages.
    pub outages: Vec<Outage>,
}

/// What is the same for all requests between two instants.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) law: Law,
    /// The same without passports, for a request that its passport cannot be used for.
    pub(super) bare: Law,
    pub(super) outages: Vec<Outage>,
}

impl Register {
    pub(super) fn new(facts: Vec<(u64, ReferenceFact)>, zone: Zone) -> Result<Self, TermError> {
        Ok(Self::of(facts, Calendar::kazakhstan()?, Rules::usual()?, zone))
    }

    pub(super) fn with(&self, more: Vec<(u64, ReferenceFact)>) -> Result<Self, TermError> {
        let facts = self.facts.iter().cloned().chain(more).collect();
        Ok(Self::of(facts, self.calendar.clone(), self.rules.clone(), self.zone.clone()))
    }

    fn of(facts: Vec<(u64, ReferenceFact)>, calendar: Calendar, rules: Rules, zone: Zone) -> Self {
        let mut register = Self { facts, calendar, rules, zone, epochs: Vec::new(), laws: Mutex::default() };
        register.epochs = register.instants();
        register
    }

    fn instants(&self) -> Vec<Timestamp> {
        let known = self.known_at(None);
        let days: BTreeSet<Date> =
            known.calendar.rows().flat_map(|row| [row.published, row.superseded_on]).flatten().collect();
        // A day is known from its first instant on.
        let begins = |day: Date| {
            let before = day.yesterday().ok().and_then(|before| end_of_day(before, &self.zone));
            before.and_then(|before| before.checked_add(jiff::SignedDuration::from_nanos(1)).ok())
        };
        let said = self.facts.iter().map(|(_, fact)| fact.at);
        let instants: BTreeSet<Timestamp> = days.into_iter().filter_map(begins).chain(said).collect();
        instants.into_iter().collect()
    }

    /// The last change.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.facts.last().map_or(0, |(seq, _)| *seq)
    }

    /// All changes, with their entries.
    #[must_use]
    pub fn facts(&self) -> &[(u64, ReferenceFact)] {
        &self.facts
    }

    /// What comes with the program.
    pub(super) const fn program(&self) -> (&Calendar, &Rules) {
        (&self.calendar, &self.rules)
    }

    /// What was known at an instant; with none, all.
    #[must_use]
    pub fn known_at(&self, at: Option<Timestamp>) -> Known {
        let mut known = Known {
            calendar: self.calendar.clone(),
            passports: Passports::default(),
            rules: self.rules.clone(),
            outages: Vec::new(),
        };
        for (seq, fact) in self.facts.iter().filter(|(_, fact)| at.is_none_or(|at| fact.at <= at)) {
            // What was taken once is taken by every version of the program; if not, the rest still counts.
            let wrong = |error: &dyn std::fmt::Display| tracing::error!(entry = seq, %error, "a change is left out");
            match &fact.set {
                Reference::Passport(passport) => match known.passports.with((**passport).clone()) {
                    Ok(passports) => known.passports = passports,
                    Err(error) => wrong(&error),
                },
                Reference::Calendar(edits) => match known.calendar.edited(edits) {
                    Ok(calendar) => known.calendar = calendar,
                    Err(error) => wrong(&error),
                },
                Reference::Rules(rules) => known.rules = rules.clone(),
                Reference::Outage(outage) => {
                    known.outages.retain(|other| other.id != outage.id);
                    known.outages.push(outage.clone());
                }
            }
        }
        known
    }

    /// Which of the times between changes an instant is in.
    pub(super) fn epoch(&self, at: Timestamp) -> usize {
        self.epochs.partition_point(|epoch| *epoch <= at)
    }

    /// The instants of changes after one, up to another and with it.
    pub(super) fn epochs(&self, after: Timestamp, until: Timestamp) -> impl Iterator<Item = Timestamp> {
        self.epochs.iter().copied().filter(move |epoch| after < *epoch && *epoch <= until)
    }

    /// What requests were judged by at an instant.
    pub(super) fn judged_at(&self, at: Timestamp) -> Arc<Judged> {
        let epoch = self.epoch(at);
        let mut laws = self.laws.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(laws.entry(epoch).or_insert_with(|| {
            // The same for all instants of the epoch, so made as of its first.
            let first = epoch.checked_sub(1).and_then(|before| self.epochs.get(before)).copied();
            let known = self.known_at(Some(first.unwrap_or(Timestamp::MIN)));
            let on = Some(first.map_or(Date::MIN, |first| local_date(first, &self.zone)));
            let law = Law::known_on(&known.calendar, known.passports, known.rules.clone(), on);
            let bare = Law::known_on(&known.calendar, Passports::default(), known.rules, on);
            Arc::new(Judged { law, bare, outages: known.outages })
        }))
    }
}
