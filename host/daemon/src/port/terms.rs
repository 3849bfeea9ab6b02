//! Terms and reports, for the API.

mod view;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use qadam_domain::{
    EventRef, ProviderId, RequestId,
    breach::{Blame, Outage, Rules},
    calendar::Edit,
    overdue::Lateness,
    passport::Passport,
    report::{By, Month},
};
use qadam_monitor::{
    ports::{
        PortError,
        terms::{
            AsOf, AuditView, CalendarEditView, CalendarView, Changing, KeptReportView, Monthly, NewOutage,
            OverdueQuery, OverdueSummary, PassportView, ReportMessageView, TermRefusal, Terms,
        },
    },
    reports::{Called, Meta, OverdueList, OverdueRequest, Recipient},
    term::TermView,
};
use qadam_pipeline::terms::{EditError, OutageEnd, TermError};
use qadam_store::{OverdueItem, Reference};

use super::Port;

/// Requests looked at for a list of overdue ones of one provider, for each that is listed.
const LOOKED: usize = 10;

impl Terms for Port {
    fn monthly(&self, month: Month, as_of: Option<AsOf>) -> Result<Monthly, TermRefusal> {
        let as_of = as_of.map(|as_of| self.instant(as_of)).transpose()?;
        let made = self.terms.monthly(month, as_of).map_err(refused)?;
        let meta = self.meta(made.report.as_of);
        Ok(Monthly { report: made.report, meta, kept: made.entry.is_some() })
    }

    fn kept_reports(&self) -> Result<Vec<KeptReportView>, PortError> {
        let kept = self.terms.kept_reports(None).map_err(failed)?;
        let view = |(entry, fact): (u64, qadam_store::ReportedFact)| {
            Ok(KeptReportView {
                month: fact.month,
                as_of: fact.as_of.to_string(),
                made_at: fact.at.to_string(),
                digest: HEXLOWER.encode(&qadam_store::sha256(&fact.report)),
                messages: self.report_messages(entry)?,
            })
        };
        kept.into_iter().map(view).collect()
    }

    fn audit(&self) -> Result<AuditView, PortError> {
        let audit = self.terms.audit().map_err(failed)?;
        let store = self.pipeline.store();
        Ok(AuditView {
            agrees: audit.agrees(),
            requests: audit.requests,
            changing: audit.changing,
            differing: audit.differing,
            named: audit.named.iter().map(|request| store.request_id(*request)).collect(),
            uneven: audit.uneven,
            reports: audit.reports,
            changed_reports: audit.changed_reports,
        })
    }

    fn overdue(&self, query: &OverdueQuery) -> Result<(OverdueList, Meta), TermRefusal> {
        let as_of = match query.as_of {
            Some(as_of) => self.instant(as_of)?,
            None => self.pipeline.now(),
        };
        let mut requests = Vec::new();
        let mut after = None;
        while requests.len() < query.limit {
            let some = self.terms.overdue(as_of, after, query.limit * LOOKED).map_err(refused)?;
            let Some(last) = some.last() else { break };
            after = Some((last.due, last.request));
            for item in some {
                if query.provider.as_ref().is_some_and(|provider| *provider != item.provider) {
                    continue;
                }
                requests.extend(self.overdue_request(&item, as_of)?);
                if requests.len() == query.limit {
                    break;
                }
            }
        }
        Ok((OverdueList { as_of, month: None, requests }, self.meta(as_of)))
    }

    fn overdue_summary(
        &self,
        provider: Option<&ProviderId>,
        as_of: Option<Timestamp>,
    ) -> Result<OverdueSummary, TermRefusal> {
        let as_of = as_of.unwrap_or_else(|| self.pipeline.now());
        let (totals, open) = self.terms.totals(provider, as_of).map_err(refused)?;
        let count = |count: i64| u64::try_from(count).unwrap_or_default();
        let (reported, computed) = (count(totals.reported), count(totals.computed));
        Ok(OverdueSummary { reported, computed, open, as_of: as_of.to_string() })
    }

    fn services(&self, known: Option<AsOf>) -> Result<Vec<PassportView>, TermRefusal> {
        let known = known.map(|known| self.instant(known)).transpose()?;
        let register = self.terms.register();
        let view = |fact: &qadam_store::ReferenceFact| match &fact.set {
            Reference::Passport(passport) => Some(PassportView {
                passport: (**passport).clone(),
                who: fact.who.clone(),
                why: fact.why.clone(),
                at: fact.at.to_string(),
            }),
            _ => None,
        };
        let facts = register.facts().iter().map(|(_, fact)| fact);
        Ok(facts.filter(|fact| known.is_none_or(|known| fact.at <= known)).filter_map(view).collect())
    }

    fn put_service(&self, passport: Passport, by: Changing) -> Result<Passport, TermRefusal> {
        self.terms.put_passport(passport, by.who, by.why).map_err(not_taken)
    }

    fn calendar(&self, year: Option<i16>, known: Option<AsOf>) -> Result<CalendarView, TermRefusal> {
        let known = known.map(|known| self.instant(known)).transpose()?;
        let register = self.terms.register();
        let calendar = register.known_at(known).calendar;
        let meant = |of: i16| year.is_none_or(|year| year == of);
        let edits =
            register.facts().iter().map(|(_, fact)| fact).filter(|fact| known.is_none_or(|known| fact.at <= known));
        let edits = edits.filter_map(|fact| match &fact.set {
            Reference::Calendar(edits) => Some(CalendarEditView {
                edits: edits.clone(),
                who: fact.who.clone(),
                why: fact.why.clone(),
                at: fact.at.to_string(),
            }),
            _ => None,
        });
        Ok(CalendarView {
            days: calendar.rows().filter(|row| meant(row.date.year())).cloned().collect(),
            years: calendar.years().filter(|known| meant(known.year)).cloned().collect(),
            edits: edits.collect(),
        })
    }

    fn edit_calendar(&self, edits: Vec<Edit>, by: Changing) -> Result<(), TermRefusal> {
        self.terms.edit_calendar(edits, by.who, by.why).map_err(not_taken)
    }

    fn rules(&self) -> Result<Rules, PortError> {
        Ok(self.terms.register().known_at(None).rules)
    }

    fn set_rules(&self, rules: Rules, by: Changing) -> Result<(), TermRefusal> {
        self.terms.set_rules(rules, by.who, by.why).map_err(not_taken)
    }

    fn outages(&self) -> Result<Vec<Outage>, PortError> {
        Ok(self.terms.register().known_at(None).outages)
    }

    fn declare_outage(&self, outage: NewOutage, who: String) -> Result<Outage, TermRefusal> {
        let NewOutage { system, maintainer, from, until, why } = outage;
        let outage = Outage { id: String::new(), system, maintainer, from, until, declared: from };
        self.terms.declare_outage(outage, who, why).map_err(not_taken)
    }

    fn end_outage(&self, id: &str, until: Option<Timestamp>, by: Changing) -> Result<Outage, TermRefusal> {
        let until = until.unwrap_or_else(|| self.pipeline.now());
        self.terms.end_outage(&OutageEnd { id: id.to_owned(), until }, by.who, by.why).map_err(not_taken)
    }

    fn contest(&self, request: RequestId, claims: Option<Blame>, by: Changing) -> Result<(), TermRefusal> {
        let store = self.pipeline.store();
        let found = store.request_by_id(request).map_err(super::failed)?;
        let at = store.request_ref(request);
        let (found, at) = found.zip(at).ok_or(TermRefusal::NotFound("request"))?;
        self.terms.contest(at, found.provider, by.who, by.why, claims).map_err(not_taken)
    }
}

impl Port {
    /// In which messages a report is sealed.
    fn report_messages(&self, entry: u64) -> Result<Vec<ReportMessageView>, PortError> {
        let store = self.pipeline.store();
        let sealed = store.sealed_in(store.event_id(EventRef { seq: entry, index: 0 })).map_err(super::failed)?;
        let view = |message: qadam_store::MessageView| {
            let settled = store.settled(message.id.seq).map_err(super::failed)?;
            let (destination, message) = (message.sealed.destination, message.id);
            Ok(ReportMessageView { destination, message, settled_at: settled.map(|at| at.to_string()) })
        };
        sealed.into_iter().map(view).collect()
    }
}

impl Port {
    fn instant(&self, as_of: AsOf) -> Result<Timestamp, TermRefusal> {
        match as_of {
            AsOf::Instant(at) => Ok(at),
            AsOf::Day(day) => self.terms.end_of(day).map_err(refused),
        }
    }

    /// What reports are shown with: names as known then, so that the same report is shown the same.
    fn meta(&self, as_of: Timestamp) -> Meta {
        let known = self.terms.register().known_at(Some(as_of));
        Meta { zone: self.terms.settings().zone.clone(), names: Called::by(known.passports.latest()) }
    }

    /// A request's term; none if there is no such request.
    pub(super) fn term(&self, id: RequestId) -> Result<Option<TermView>, PortError> {
        let Some(request) = self.pipeline.store().request_ref(id) else { return Ok(None) };
        let explained = self.terms.explained(request).map_err(failed)?;
        Ok(explained.map(|explained| view::term(&explained, self.pipeline.store())))
    }

    fn overdue_request(&self, item: &OverdueItem, as_of: Timestamp) -> Result<Option<OverdueRequest>, TermRefusal> {
        let Some(found) = self.pipeline.store().request_by_id(item.id).map_err(super::failed)? else { return Ok(None) };
        let Some(counted) = self.pipeline.store().counted(item.request).map_err(super::failed)? else {
            return Ok(None);
        };
        let (Some(open), Some(assessed)) = (counted.open, counted.assessed) else { return Ok(None) };
        let fields = &found.fields;
        let recipient = fields.recipient.value();
        let legal = matches!(recipient, Some(qadam_domain::RecipientName::LegalEntity(_)));
        let name = recipient.map(qadam_domain::RecipientName::line);
        let number = fields.identification_number.value().map(String::as_str);
        let seconds = as_of.duration_since(item.due).unsigned_abs().as_secs().max(1);
        Ok(Some(OverdueRequest {
            id: item.id,
            number: item.native.clone(),
            provider: assessed.key.provider,
            service: assessed.key.service,
            service_name: fields.service_name.value().cloned(),
            recipient: Recipient::masked(name.as_deref(), legal, number),
            stage: found.stage(),
            planned: item.due,
            finished: None,
            minutes: seconds.div_ceil(60),
            by: By::Computed,
            blame: open.blame,
            contested: open.contested,
        }))
    }
}

/// The name of a lateness, and its seconds.
pub(super) const fn lateness(lateness: Lateness) -> (&'static str, Option<u64>) {
    match lateness {
        Lateness::InTime { before } => ("in-time", Some(before)),
        Lateness::Late { by } => ("late", Some(by)),
        Lateness::Running { left } => ("running", Some(left)),
        Lateness::Overdue { by } => ("overdue", Some(by)),
        Lateness::Suspended => ("suspended", None),
        Lateness::Unknown => ("unknown", None),
    }
}

fn refused(error: TermError) -> TermRefusal {
    match error {
        TermError::ToCome(_) => TermRefusal::Wrong("to-come", format!("{error}; ask for what has been")),
        error => TermRefusal::Port(failed(error)),
    }
}

fn failed(error: TermError) -> PortError {
    match error {
        TermError::Store(error) => super::failed(error),
        TermError::Counting { .. } => PortError::Unavailable(error.to_string()),
        error => PortError::Internal(error.to_string()),
    }
}

fn not_taken(error: EditError) -> TermRefusal {
    let detail = error.to_string();
    match error {
        EditError::Term(error) => refused(error),
        EditError::Passport(_) => TermRefusal::Wrong("passport", detail),
        EditError::Calendar(_) => TermRefusal::Wrong("calendar", detail),
        EditError::Rules(_) | EditError::OldRules { .. } => TermRefusal::Wrong("rules", detail),
        EditError::NoOutage(_) => TermRefusal::NotFound("outage"),
        EditError::Outage { .. } => TermRefusal::Wrong("outage", detail),
        _ => TermRefusal::Wrong("contest", detail),
    }
}
