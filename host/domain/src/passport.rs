//! Service passports (1336-13): what a service is called, who renders it, within which term and how that is counted.
//! The law is in data: each passport names its legal act, has a version and dates of validity, and a change is a new
//! version.

mod alias;
mod budget;
mod counting;
mod error;
mod names;
mod provider;
mod read;
mod register;
mod sound;
mod term;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use alias::Alias;
pub use budget::Budget;
pub use counting::{Counting, Office, Starts};
pub use error::PassportError;
pub use names::Names;
pub use provider::{Level, Provider};
pub use read::ReadError;
pub use register::Passports;
pub use term::{Term, Unit};

use crate::calendar::Week;

/// One version of a service's passport. Made by [`Passport::checked`] from what an operator wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Passport {
    /// The service's code in the register of public services.
    pub code: String,
    /// From 1; each change of the same code is the next.
    pub version: u32,
    /// Other codes of the same service, each while it is used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<Alias>,
    /// What it is called.
    pub names: Names,
    /// Who renders it.
    pub provider: Provider,
    /// Within which time.
    pub term: Term,
    /// How that is counted.
    #[serde(default)]
    pub counting: Counting,
    /// Whose working days count.
    #[serde(default)]
    pub week: Week,
    /// Whether it is paid for (1336-14).
    #[serde(default)]
    pub paid: bool,
    /// The time allotted to stages (1336-12).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<Budget>,
    /// The act that sets the term.
    pub act: Act,
    /// First day on which requests are taken under it.
    pub valid_from: Date,
    /// Last such day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Date>,
    /// When this version became known to the host; without it, it counts as known always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Date>,
}

/// A legal act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Act {
    /// Its title, number and date, as it is cited.
    pub title: String,
    /// Where in it: article, point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Where it can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

impl Passport {
    /// The passport, if it is sound by itself.
    ///
    /// # Errors
    /// Names the first field that is not, its limit and what was given.
    pub fn checked(self) -> Result<Self, PassportError> {
        sound::check(&self)?;
        Ok(self)
    }

    /// Whether requests taken on that day are under it.
    #[must_use]
    pub fn is_valid(&self, on: Date) -> bool {
        self.valid_from <= on && self.valid_until.is_none_or(|until| on <= until)
    }

    /// Whether the service goes by that code on that day.
    #[must_use]
    pub fn is_called(&self, code: &str, on: Date) -> bool {
        self.code == code || self.aliases.iter().any(|alias| alias.code == code && alias.is_used(on))
    }
}

#[cfg(test)]
#[path = "passport/tests.rs"]
mod tests;
