//! What can be said of a request's term (452-10 to 452-12), as the API shows it. No personal data but what a reviewer may have
//! written as a reason.

use qadam_domain::{DestinationId, ids::EventId, mask};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::view::Words;

/// An instant, and what clocks showed at the place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Instant {
    /// RFC 3339, UTC.
    pub instant: String,
    /// RFC 9557: local time with offset and zone.
    pub local: String,
}

/// A request's term.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TermView {
    /// As of when.
    pub as_of: Instant,
    /// When the request was taken: field 5, or else its first stage event. Absent where nothing says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken: Option<Instant>,
    /// The passport in force on the day of intake; absent where none is, and then there is no computed date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<TermServiceView>,
    /// The computed planned date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planned: Option<PlannedView>,
    /// What the provider promises (field 7).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promised: Option<Instant>,
    /// The promise beside the computed date: `same`, `reported-later`, `reported-earlier`, `not-reported` or `suspended`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compared: Option<&'static str>,
    /// By so many seconds the promise is later or earlier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub differs_seconds: Option<i64>,
    /// Whether it is late (452-11).
    pub overdue: OverdueView,
    /// What the provider itself reports of a closed request: by so many seconds field 8 is later than field 7.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reported_late_seconds: Option<u64>,
    /// Whose breach it is, where the term was missed (452-12).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<VerdictView>,
    /// What reviewers say against the verdict. It stands beside it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contests: Vec<ContestView>,
    /// The time allotted to the stages that it reached (1336-12).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<BudgetView>,
}

/// The passport that a term follows from.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TermServiceView {
    /// The service's code.
    pub code: String,
    /// The passport's version.
    pub version: u32,
    /// What the service is called: `ru`, and where known `kk` and `en`.
    #[schema(value_type = Object)]
    pub names: Value,
    /// The term, `56 calendar-days`.
    pub term: String,
    /// The act that sets it.
    pub act: String,
}

/// A computed planned date, and how it came about.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlannedView {
    /// The last instant in time; absent while the term is suspended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Instant>,
    /// The last local day, for a term in days or months.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
    /// How complete the calendar's years are that it runs through: `complete`, `unconfirmed`, `open` or `unknown`.
    #[schema(value_type = String)]
    pub calendar: Value,
    /// Whether a day off whose date is an estimate lies in it.
    pub estimated: bool,
    /// The steps from intake to the end, each with the days that do not count and why.
    #[schema(value_type = Vec<Object>)]
    pub steps: Vec<Value>,
    /// Its versions, the original first.
    pub versions: Vec<PlannedVersionView>,
}

/// A version of a planned date. None is ever changed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlannedVersionView {
    /// From 1.
    pub number: u32,
    /// From when on it holds.
    pub made_at: Instant,
    /// `intake`, `taken-at`, `events`, `calendar`, `passport`.
    #[schema(value_type = Vec<String>)]
    pub causes: Vec<Value>,
    /// The date; absent while the term is suspended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Instant>,
}

/// Whether a request is late.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OverdueView {
    /// `in-time`, `late`, `running`, `overdue`, `suspended` or `unknown`.
    pub is: &'static str,
    /// Seconds: before the end, late, left, or overdue so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
    /// The rule that was applied: `first-event-at-stage-four-or-later`, `clock`, `suspended` or `no-passport`.
    #[schema(value_type = String)]
    pub rule: Value,
    /// When it was finished: its first event at stage 4 or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished: Option<Instant>,
    /// That event.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub event: Option<EventId>,
}

/// Whose breach, and what proves it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VerdictView {
    /// `provider`, `front-office`, `not-delivered`, `gateway`, `technical`, `reported-late` or `undetermined`.
    pub blame: &'static str,
    /// The same in words.
    pub blame_in_words: Words,
    /// The rule that gave it; absent where none held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Version of the rules.
    pub rules: u32,
    /// The facts that it rests on.
    pub cites: Vec<CitationView>,
    /// Rules of lower rank that hold as well.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
}

/// A fact that a verdict rests on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CitationView {
    /// `event`, `delivery` or `outage`.
    pub fact: &'static str,
    /// Its id.
    pub id: String,
    /// For how many seconds of the term an outage lasted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlap_seconds: Option<u64>,
}

/// What a reviewer says against a verdict.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ContestView {
    /// When, RFC 3339.
    pub at: String,
    /// Id of the key.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Whose breach it should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claims: Option<&'static str>,
}

/// The time allotted to a stage.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BudgetView {
    /// The stage.
    pub stage: &'static str,
    /// When it began.
    pub entered: Instant,
    /// Until when it may last.
    pub until: Instant,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<Instant>,
    /// Whether it lasted longer.
    pub overrun: bool,
    /// The messages that bring the event which began it: the exchange must fit in the same time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exchanges: Vec<ExchangeView>,
}

/// A message that brings an event to a destination.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExchangeView {
    /// To whom.
    #[schema(value_type = String)]
    pub destination: DestinationId,
    /// The message's id.
    pub message: String,
    /// When it was delivered; absent where it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivered: Option<Instant>,
    /// Whether that, or now, is within the time allotted to the stage.
    pub in_time: bool,
}

impl TermView {
    /// For those who have stated no purpose: what a reviewer wrote may name people.
    pub(crate) fn masked(mut self) -> Self {
        for contest in &mut self.contests {
            contest.reason = mask::text(&contest.reason, 500);
        }
        self
    }

    /// For those who tell the recipient (452-2): term and lateness, not whose breach it is.
    pub(crate) fn progress(mut self) -> Self {
        self.verdict = None;
        self.contests.clear();
        self.budgets.clear();
        self
    }
}
