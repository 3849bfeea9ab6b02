//! Facts of terms: what requests are judged by, what reviewers say of verdicts, and the reports of closed months. Each names who,
//! why and when, so that it can be told what was known on any date.

use jiff::Timestamp;
use qadam_domain::{
    EventRef, ProviderId,
    breach::{Blame, Outage, Rules},
    calendar::Edit,
    passport::Passport,
    report::Month,
    time::instant,
};
use serde::{Deserialize, Serialize};

/// What requests are judged by was changed: passports, calendar, rules, outages. What was before stays in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceFact {
    /// What is known now.
    pub set: Reference,
    /// Id of the key that asked for it.
    pub who: String,
    /// Why, as stated.
    pub why: String,
    /// When.
    #[serde(with = "instant")]
    pub at: Timestamp,
}

/// A change of what requests are judged by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reference {
    /// One more version of a service's passport.
    Passport(Box<Passport>),
    /// Edits of the calendar, all or none.
    Calendar(Vec<Edit>),
    /// Other rules of attribution, with the list of systems whose outages count for 452-12.
    Rules(Rules),
    /// An outage as it is declared now; an earlier declaration with its id no longer holds.
    Outage(Outage),
}

/// A reviewer contests a verdict. Body: the reason, which may speak of people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContestedFact {
    /// Whose request.
    #[serde(rename = "of")]
    pub provider: ProviderId,
    /// The request, by its first event.
    pub request: EventRef,
    /// Id of the key.
    pub who: String,
    /// Whose breach it should be, if the reviewer says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<Blame>,
    /// When.
    #[serde(with = "instant")]
    pub at: Timestamp,
}

/// The report of a closed month. It speaks of no people, so all of it stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedFact {
    /// The month.
    pub month: Month,
    /// As of when.
    #[serde(rename = "as_of", with = "instant")]
    pub as_of: Timestamp,
    /// The report, in its exact bytes: JSON.
    #[serde(with = "serde_bytes")]
    pub report: Vec<u8>,
    /// When it was made.
    #[serde(with = "instant")]
    pub at: Timestamp,
}

impl ReportedFact {
    /// What stands where a message's event has the number of its request.
    #[must_use]
    pub fn number(&self) -> String {
        format!("report/{}", self.month)
    }
}
