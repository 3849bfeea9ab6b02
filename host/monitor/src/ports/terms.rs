//! Terms and reports (452-10 to 452-12).

use jiff::Timestamp;
use qadam_domain::{
    DestinationId, MessageId, ProviderId, RequestId,
    breach::{Blame, Outage, Rules},
    calendar::{Edit, Row, Year},
    passport::Passport,
    report::{Month, Report},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    ports::PortError,
    reports::{Meta, OverdueList},
};

/// Who changes something, and why.
#[derive(Clone, Debug)]
pub struct Changing {
    /// Id of the key.
    pub who: String,
    /// Why, as stated.
    pub why: String,
}

/// Why nothing was changed or told.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TermRefusal {
    /// It contradicts what is known, or cannot be: a stable name, and what is wrong.
    #[error("{1}")]
    Wrong(&'static str, String),
    /// There is no such thing.
    #[error("no {0}")]
    NotFound(&'static str),
    /// The host.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// As of when something is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// The end of a local day, or now where that is earlier.
    Day(jiff::civil::Date),
    /// An instant.
    Instant(Timestamp),
}

/// A report, and what it is shown with.
#[derive(Clone, Debug)]
pub struct Monthly {
    /// The report.
    pub report: Report,
    /// Zone and names.
    pub meta: Meta,
    /// Whether it is the one that was made when the month was closed, kept in the journal.
    pub kept: bool,
}

/// A report of a closed month that is kept in the journal.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct KeptReportView {
    /// The month.
    #[schema(value_type = String)]
    pub month: Month,
    /// As of when, RFC 3339: asked for with it, the kept report is given.
    pub as_of: String,
    /// When it was made, RFC 3339.
    pub made_at: String,
    /// SHA-256 of its bytes, hex.
    pub digest: String,
    /// The messages in which it is sealed for whoever monitors; none before that.
    pub messages: Vec<ReportMessageView>,
}

/// A message that brings a report to a destination.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReportMessageView {
    /// To whom.
    #[schema(value_type = String)]
    pub destination: DestinationId,
    /// Its id.
    #[schema(value_type = String)]
    pub message: MessageId,
    /// When it was delivered, or an operator skipped it, RFC 3339; absent while it is to be delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<String>,
}

/// What an audit of the counts found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AuditView {
    /// Whether events and counts agree.
    pub agrees: bool,
    /// Requests judged again from their events.
    pub requests: u64,
    /// Requests that changed meanwhile, and were not compared.
    pub changing: u64,
    /// Requests that are counted as something else than their events say.
    pub differing: u64,
    /// Some of those.
    #[schema(value_type = Vec<String>)]
    pub named: Vec<RequestId>,
    /// Counts that are not the sums of their requests.
    pub uneven: u64,
    /// Reports of closed months made again.
    pub reports: u64,
    /// Months whose report came out otherwise.
    #[schema(value_type = Vec<String>)]
    pub changed_reports: Vec<Month>,
}

/// How many requests are late.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OverdueSummary {
    /// Closed ones whose reported completion is later than their reported planned date.
    pub reported: u64,
    /// Finished ones whose first event at stage 4 or later is later than the computed planned date.
    pub computed: u64,
    /// Open ones whose computed planned date is before `as_of`.
    pub open: u64,
    /// The instant that open ones are compared with, RFC 3339.
    pub as_of: String,
}

/// A passport, and who put it there.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PassportView {
    /// The passport.
    #[schema(value_type = Object)]
    pub passport: Passport,
    /// Id of the key.
    pub who: String,
    /// Why.
    pub why: String,
    /// When, RFC 3339.
    pub at: String,
}

/// The calendar.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CalendarView {
    /// Days that are not what their weekday says, each with its source.
    #[schema(value_type = Vec<Object>)]
    pub days: Vec<Row>,
    /// How complete the years are.
    #[schema(value_type = Vec<Object>)]
    pub years: Vec<Year>,
    /// Edits since, with who made them, why and when.
    pub edits: Vec<CalendarEditView>,
}

/// Edits of the calendar that were made together.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CalendarEditView {
    /// The edits.
    #[schema(value_type = Vec<Object>)]
    pub edits: Vec<Edit>,
    /// Id of the key.
    pub who: String,
    /// Why.
    pub why: String,
    /// When, RFC 3339.
    pub at: String,
}

/// An outage to be declared.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOutage {
    /// Code of the system, as in the operator's list.
    pub system: String,
    /// Who maintains it.
    pub maintainer: String,
    /// From when, RFC 3339.
    #[schema(value_type = String)]
    pub from: Timestamp,
    /// Until when, RFC 3339; absent while it lasts.
    #[schema(value_type = Option<String>)]
    pub until: Option<Timestamp>,
    /// Why, kept in the journal.
    pub why: String,
}

/// Which overdue requests.
#[derive(Clone, Debug)]
pub struct OverdueQuery {
    /// Of one provider.
    pub provider: Option<ProviderId>,
    /// Those whose term ended before; none is now.
    pub as_of: Option<AsOf>,
    /// Requests, at most.
    pub limit: usize,
}

/// Terms and reports.
pub trait Terms {
    /// The report of a month; as of now, where no instant is given.
    ///
    /// # Errors
    /// If the instant is still to come, or it cannot be made now.
    fn monthly(&self, month: Month, as_of: Option<AsOf>) -> Result<Monthly, TermRefusal>;

    /// The reports of closed months that are kept.
    ///
    /// # Errors
    /// If they cannot be read now.
    fn kept_reports(&self) -> Result<Vec<KeptReportView>, PortError>;

    /// Whether the counts are what the events say.
    ///
    /// # Errors
    /// If that cannot be told now.
    fn audit(&self) -> Result<AuditView, PortError>;

    /// Open requests whose term has ended, masked, and what the list is shown with.
    ///
    /// # Errors
    /// If they cannot be read now.
    fn overdue(&self, query: &OverdueQuery) -> Result<(OverdueList, Meta), TermRefusal>;

    /// How many requests are late.
    ///
    /// # Errors
    /// If that cannot be told now.
    fn overdue_summary(
        &self,
        provider: Option<&ProviderId>,
        as_of: Option<Timestamp>,
    ) -> Result<OverdueSummary, TermRefusal>;

    /// The passports, every version of each; those known at an instant, where one is given.
    ///
    /// # Errors
    /// If they cannot be read now.
    fn services(&self, known: Option<AsOf>) -> Result<Vec<PassportView>, TermRefusal>;

    /// Takes one more version of a passport.
    ///
    /// # Errors
    /// If it is not sound or cannot be kept; then nothing has changed.
    fn put_service(&self, passport: Passport, by: Changing) -> Result<Passport, TermRefusal>;

    /// The calendar, of one year or of all, as known at an instant where one is given.
    ///
    /// # Errors
    /// If it cannot be read now.
    fn calendar(&self, year: Option<i16>, known: Option<AsOf>) -> Result<CalendarView, TermRefusal>;

    /// Takes edits of the calendar, all or none.
    ///
    /// # Errors
    /// If they contradict the rest or cannot be kept; then nothing has changed.
    fn edit_calendar(&self, edits: Vec<Edit>, by: Changing) -> Result<(), TermRefusal>;

    /// The rules of attribution, with the list of systems whose outages count for 452-12.
    ///
    /// # Errors
    /// If they cannot be read now.
    fn rules(&self) -> Result<Rules, PortError>;

    /// Takes other rules.
    ///
    /// # Errors
    /// If they are not sound, not later ones, or cannot be kept; then nothing has changed.
    fn set_rules(&self, rules: Rules, by: Changing) -> Result<(), TermRefusal>;

    /// Declared outages.
    ///
    /// # Errors
    /// If they cannot be read now.
    fn outages(&self) -> Result<Vec<Outage>, PortError>;

    /// Declares an outage.
    ///
    /// # Errors
    /// If it cannot be or cannot be kept; then nothing has changed.
    fn declare_outage(&self, outage: NewOutage, who: String) -> Result<Outage, TermRefusal>;

    /// Ends an outage; now, where no instant is given.
    ///
    /// # Errors
    /// If there is none, or it cannot be kept; then nothing has changed.
    fn end_outage(&self, id: &str, until: Option<Timestamp>, by: Changing) -> Result<Outage, TermRefusal>;

    /// Contests the verdict on a request.
    ///
    /// # Errors
    /// If it has none, or it cannot be kept; then nothing has changed.
    fn contest(&self, request: RequestId, claims: Option<Blame>, by: Changing) -> Result<(), TermRefusal>;
}
