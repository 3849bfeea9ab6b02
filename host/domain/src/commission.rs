//! The way of an adapter's package into production (1336-15): test → pilot → production → retired. Each step is a fact with its
//! results; where a package stands follows from its steps alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Where a package stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// On the test stand: golden records, conformance, load test.
    Test,
    /// It maps live records beside what serves; what it gives goes nowhere.
    Pilot,
    /// It serves, or did and can be brought back.
    Production,
    /// It is not put to work again.
    Retired,
}

impl Phase {
    /// The name in API and journal.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Pilot => "pilot",
            Self::Production => "production",
            Self::Retired => "retired",
        }
    }
}

/// One step on the way, with its results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// It was taken, and tested.
    Tested(TestResults),
    /// The pilot begins: records received after this entry of the journal.
    PilotBegun(u64),
    /// What the pilot has shown so far.
    Piloted(PilotResults),
    /// The pilot ended without promotion.
    PilotEnded(PilotResults),
    /// The load test.
    Benched(BenchResults),
    /// It serves from now on. Where that took an override: what was not met.
    Promoted(Vec<String>),
    /// Another serves in its place, or none; it can be brought back.
    Relieved,
    /// It was taken back for the one before.
    RolledBack,
    /// A rollback brought it back: it serves.
    Restored,
    /// It is not put to work again.
    Retired,
}

impl Step {
    /// The name in API and lists.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Tested(_) => "tested",
            Self::PilotBegun(_) => "pilot-begun",
            Self::Piloted(_) => "piloted",
            Self::PilotEnded(_) => "pilot-ended",
            Self::Benched(_) => "benched",
            Self::Promoted(_) => "promoted",
            Self::Relieved => "relieved",
            Self::RolledBack => "rolled-back",
            Self::Restored => "restored",
            Self::Retired => "retired",
        }
    }
}

/// What golden records and the conformance suite gave, in the real engine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestResults {
    /// Each check.
    pub checks: Vec<Check>,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Its name, `same-answer-twice`, `golden/accepted`.
    pub name: String,
    /// Whether it holds.
    pub passed: bool,
    /// What was found, without anything of a record's content.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// What a pilot has shown. Counts only: nothing of any record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PilotResults {
    /// The last record that was tried, by its entry.
    pub through: u64,
    /// Records that were tried.
    pub records: u64,
    /// Those that would have given just what they gave.
    pub same: u64,
    /// Those that would have given something else.
    pub differing: u64,
    /// Those that nothing else had mapped, so that there was nothing to compare with.
    pub alone: u64,
    /// Those on which the adapter failed.
    pub faults: u64,
    /// Records whose outcome would have been another, `mapped → refused`; of those alone, what it would have been.
    #[serde(default)]
    pub outcomes: BTreeMap<String, u64>,
    /// Events that would have been added, changed, withdrawn.
    #[serde(default)]
    pub events: BTreeMap<String, u64>,
    /// In how many changed events each field differs.
    #[serde(default)]
    pub fields: BTreeMap<String, u64>,
}

/// What a load test gave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BenchResults {
    /// The intensity that was asked of it: records a second.
    pub records_per_second: u64,
    /// For how many seconds of arrivals.
    pub seconds: u64,
    /// Records that were mapped.
    pub records: u64,
    /// What it manages: records a second of its own time.
    pub capacity: u64,
    /// From arrival to answer, of 99 in 100 records, in milliseconds.
    pub wait_ms: u64,
    /// Most bytes of memory that a batch took.
    pub memory_bytes: u64,
    /// Batches on which it failed.
    pub faults: u64,
}

/// What promotion asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Criteria {
    /// Least records of a pilot.
    pub pilot_records: u64,
    /// Most records that may differ.
    pub pilot_differing: u64,
    /// Most records on which it may fail.
    pub pilot_faults: u64,
    /// Most milliseconds from arrival to answer, of 99 in 100 records of the load test.
    pub wait_ms: u64,
}

impl Default for Criteria {
    fn default() -> Self {
        Self { pilot_records: 100, pilot_differing: 0, pilot_faults: 0, wait_ms: 5000 }
    }
}

/// The results so far of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dossier {
    /// Of the tests.
    pub test: Option<TestResults>,
    /// Of the pilot.
    pub pilot: Option<PilotResults>,
    /// Of the load test.
    pub bench: Option<BenchResults>,
}

/// Where a package stands, and what it has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Commission {
    /// On the test stand.
    Test(Dossier),
    /// It maps live records received after this entry.
    Pilot(u64, Dossier),
    /// In production; whether it serves.
    Production(bool, Dossier),
    /// The end.
    Retired,
}

/// A step that cannot be taken from where the package stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the package is {}; that step (`{step}`) cannot be taken from there", .phase.map_or("not known here: load it first", Phase::name))]
pub struct OutOfOrder {
    /// Where it stands; nowhere, if it was never taken.
    pub phase: Option<Phase>,
    /// The step.
    pub step: &'static str,
}

impl Commission {
    /// Where a package stands after a step.
    ///
    /// # Errors
    /// If the step cannot be taken from there.
    pub fn after(before: Option<Self>, step: &Step) -> Result<Self, OutOfOrder> {
        let wrong = |phase| Err(OutOfOrder { phase, step: step.name() });
        Ok(match (before, step) {
            (None, Step::Tested(test)) => Self::Test(Dossier { test: Some(test.clone()), ..Dossier::default() }),
            (None, _) => return wrong(None),
            (Some(Self::Retired), _) => return wrong(Some(Phase::Retired)),
            (Some(Self::Test(mut dossier)), Step::Tested(test)) => {
                dossier.test = Some(test.clone());
                Self::Test(dossier)
            }
            (Some(Self::Test(dossier)), Step::PilotBegun(from)) => {
                Self::Pilot(*from, Dossier { pilot: Some(PilotResults::default()), ..dossier })
            }
            (Some(Self::Pilot(from, dossier)), Step::Piloted(pilot)) => {
                Self::Pilot(from, Dossier { pilot: Some(pilot.clone()), ..dossier })
            }
            (Some(Self::Pilot(_, dossier)), Step::PilotEnded(pilot)) => {
                Self::Test(Dossier { pilot: Some(pilot.clone()), ..dossier })
            }
            (Some(Self::Test(mut dossier)), Step::Benched(bench)) => {
                dossier.bench = Some(bench.clone());
                Self::Test(dossier)
            }
            (Some(Self::Pilot(from, mut dossier)), Step::Benched(bench)) => {
                dossier.bench = Some(bench.clone());
                Self::Pilot(from, dossier)
            }
            (
                // A stop between the step and the swap leaves one that is said to serve and does not: it may be put to work again.
                Some(Self::Test(dossier) | Self::Pilot(_, dossier) | Self::Production(_, dossier)),
                Step::Promoted(_) | Step::Restored,
            ) => Self::Production(true, dossier),
            (Some(Self::Production(true, dossier)), Step::Relieved) => Self::Production(false, dossier),
            // What it showed in the pilot was not the whole truth: that is to be shown anew.
            (Some(Self::Production(true, dossier)), Step::RolledBack) => Self::Test(Dossier { pilot: None, ..dossier }),
            (Some(Self::Test(_) | Self::Pilot(..) | Self::Production(false, _)), Step::Retired) => Self::Retired,
            (Some(now), _) => return wrong(Some(now.phase())),
        })
    }

    /// Where a package stands after all its steps. Steps that do not fit are passed over: the journal has what was done.
    pub fn of<'a>(steps: impl IntoIterator<Item = &'a Step>) -> Option<Self> {
        let take = |now: Option<Self>, step| Self::after(now.clone(), step).ok().or(now);
        steps.into_iter().fold(None, take)
    }

    /// Its phase.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        match self {
            Self::Test(_) => Phase::Test,
            Self::Pilot(..) => Phase::Pilot,
            Self::Production(..) => Phase::Production,
            Self::Retired => Phase::Retired,
        }
    }

    /// What it has shown.
    #[must_use]
    pub const fn dossier(&self) -> Option<&Dossier> {
        match self {
            Self::Test(dossier) | Self::Pilot(_, dossier) | Self::Production(_, dossier) => Some(dossier),
            Self::Retired => None,
        }
    }
}

impl TestResults {
    /// Whether there were checks and all hold.
    #[must_use]
    pub fn passed(&self) -> bool {
        !self.checks.is_empty() && self.checks.iter().all(|check| check.passed)
    }
}

impl BenchResults {
    /// Whether it keeps up with what was asked of it.
    #[must_use]
    pub const fn keeps_up(&self) -> bool {
        self.faults == 0 && self.records > 0 && self.capacity >= self.records_per_second
    }
}

impl Criteria {
    /// What is still missing before promotion, a sentence each. Empty: nothing.
    #[must_use]
    pub fn unmet(&self, dossier: &Dossier) -> Vec<String> {
        let mut unmet = Vec::new();
        match &dossier.test {
            Some(test) if test.passed() => {}
            Some(test) => {
                let failed: Vec<&str> =
                    test.checks.iter().filter(|check| !check.passed).map(|check| check.name.as_str()).collect();
                unmet.push(format!(
                    "tests failed: {}",
                    if failed.is_empty() { "there were none".into() } else { failed.join(", ") }
                ));
            }
            None => unmet.push("it was not tested".to_owned()),
        }
        let mut at_most = |what: &str, actual: u64, limit: u64| {
            if actual > limit {
                unmet.push(format!("{what}: {actual}, at most {limit} are allowed"));
            }
        };
        match &dossier.pilot {
            Some(pilot) => {
                at_most("records that differ in the pilot", pilot.differing, self.pilot_differing);
                at_most("records of the pilot on which it failed", pilot.faults, self.pilot_faults);
                if pilot.records < self.pilot_records {
                    unmet.push(format!(
                        "records of the pilot: {}, at least {} are asked for",
                        pilot.records, self.pilot_records
                    ));
                }
            }
            None => unmet.push("there was no pilot".to_owned()),
        }
        match &dossier.bench {
            Some(bench) if !bench.keeps_up() => unmet.push(format!(
                "the load test: it manages {} records/s of the {} that are declared, with {} faults",
                bench.capacity, bench.records_per_second, bench.faults
            )),
            Some(bench) if bench.wait_ms > self.wait_ms => unmet.push(format!(
                "the load test: 99 in 100 records are answered within {} ms, at most {} ms are allowed",
                bench.wait_ms, self.wait_ms
            )),
            Some(_) => {}
            None => unmet.push("there was no load test".to_owned()),
        }
        unmet
    }
}

#[cfg(test)]
mod tests;
