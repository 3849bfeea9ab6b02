//! The rules, in order of rank. An operator may put others in their place.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Blame, Case, Citation, Condition};

/// One rule: if all conditions hold, it gives its verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rule {
    /// Its name, cited by verdicts.
    pub name: String,
    /// The verdict.
    pub blames: Blame,
    /// Why it is as it is, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ground: String,
    /// All of these must hold.
    pub all: Vec<Condition>,
}

impl Rule {
    pub(super) fn holds(&self, case: &Case<'_>, rules: &Rules) -> Option<Vec<Citation>> {
        let mut cites = Vec::new();
        for condition in &self.all {
            cites.extend(condition.met(case, rules)?);
        }
        Some(cites)
    }
}

/// The rules, and what they are applied with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rules {
    /// Raised with each change.
    pub version: u32,
    /// Codes of the systems whose outages are the technical reasons of 452-12: those that the operator lists as
    /// maintained by JSC NIT.
    #[serde(default)]
    pub listed: BTreeSet<String>,
    /// The rules, the first the strongest.
    #[serde(rename = "rule")]
    pub rules: Vec<Rule>,
}

/// Why a text is no set of rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// It cannot be read.
    #[error("the rules of attribution cannot be read: {0}")]
    Text(String),
    /// A rule that cannot be.
    #[error("rule `{name}`: {what}")]
    Rule {
        /// Its name.
        name: String,
        /// What is wrong with it.
        what: &'static str,
    },
}

/// Most rules of a set.
const MOST: usize = 200;

impl Rules {
    /// The rules that come with the program. Its list of systems is empty: whom JSC NIT maintains is the operator's to
    /// say.
    ///
    /// # Errors
    /// None that a released program meets: a test reads them.
    pub fn usual() -> Result<Self, RulesError> {
        Self::read(include_str!("rules.toml"))
    }

    /// Reads rules in TOML, strictly.
    ///
    /// # Errors
    /// If the text is not of that form, or a rule cannot be.
    pub fn read(text: &str) -> Result<Self, RulesError> {
        toml::from_str::<Self>(text).map_err(|error| RulesError::Text(error.to_string()))?.checked()
    }

    /// The rules, if they are sound.
    ///
    /// # Errors
    /// Names the first rule that is not.
    pub fn checked(self) -> Result<Self, RulesError> {
        let mut names = BTreeSet::new();
        for rule in &self.rules {
            let wrong = |what| Err(RulesError::Rule { name: rule.name.chars().take(80).collect(), what });
            if rule.name.trim().is_empty() {
                return wrong("has no name");
            }
            if !names.insert(&rule.name) {
                return wrong("is there twice; verdicts cite rules by name");
            }
            let idle = |condition: &Condition| matches!(condition, Condition::NotDelivered { passing } | Condition::Failed { passing, .. } if passing.is_monitoring());
            if rule.all.iter().any(idle) {
                return wrong(
                    "asks for messages to the monitoring system, for which no request is late; `reported-late` is found by field 8",
                );
            }
            if rule.all.is_empty() {
                return wrong("has no condition, so it would hide all that follow");
            }
        }
        if self.rules.len() > MOST {
            return Err(RulesError::Rule { name: "…".into(), what: "there are more than 200 rules" });
        }
        Ok(self)
    }
}
