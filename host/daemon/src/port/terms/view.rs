//! What can be said of a request's term, in the API's shapes.

use jiff::Timestamp;
use qadam_domain::{
    Zone,
    breach::{Blame, Citation, Verdict},
    deadline::Compared,
};
use qadam_monitor::term::{
    BudgetView, CitationView, ContestView, ExchangeView, Instant, OverdueView, PlannedVersionView, PlannedView,
    TermServiceView, TermView, VerdictView,
};
use qadam_pipeline::terms::Explained;
use qadam_store::{Exchange, Store};
use serde_json::Value;

use super::lateness;

pub(super) fn term(explained: &Explained, store: &Store) -> TermView {
    let at = |at: Timestamp| instant(at, &explained.zone);
    let answer = &explained.answer;
    let (is, seconds) = lateness(answer.overdue.lateness);
    let finished = answer.overdue.finished;
    let (compared, differs_seconds) = answer.compared.map_or((None, None), compared);
    TermView {
        as_of: at(explained.as_of),
        taken: explained.taken.map(at),
        service: explained.passport.as_ref().map(|passport| TermServiceView {
            code: passport.code.clone(),
            version: passport.version,
            names: json(&passport.names),
            term: passport.term.to_string(),
            act: passport.act.title.clone(),
        }),
        planned: planned(explained),
        promised: explained.promised.map(at),
        compared,
        differs_seconds,
        overdue: OverdueView {
            is,
            seconds,
            rule: json(&answer.overdue.rule),
            finished: finished.map(|point| at(point.occurred)),
            event: finished.map(|point| store.event_id(point.at)),
        },
        reported_late_seconds: answer.reported.and_then(|reported| reported.late_by()),
        verdict: answer.verdict.as_ref().map(|found| verdict(found, store)),
        contests: explained
            .contests
            .iter()
            .map(|contest| ContestView {
                at: contest.at.to_string(),
                by: contest.by.clone(),
                reason: contest.reason.clone(),
                claims: contest.claims.map(Blame::name),
            })
            .collect(),
        budgets: answer
            .allotted
            .iter()
            .map(|allotted| BudgetView {
                stage: allotted.stage().name(),
                entered: at(allotted.entered.occurred),
                until: at(allotted.until),
                left: allotted.left.map(|left| at(left.occurred)),
                overrun: allotted.is_overrun(explained.as_of),
                exchanges: explained
                    .exchanges
                    .iter()
                    .filter(|exchange| exchange.event == allotted.entered.at)
                    .map(|Exchange { destination, delivery, .. }| ExchangeView {
                        destination: destination.clone(),
                        message: delivery.id.clone(),
                        delivered: delivery.delivered.map(at),
                        in_time: delivery.delivered.unwrap_or(explained.as_of) <= allotted.until,
                    })
                    .collect(),
            })
            .collect(),
    }
}

fn planned(explained: &Explained) -> Option<PlannedView> {
    let at = |at: Timestamp| instant(at, &explained.zone);
    let derivation = explained.derivation.as_ref()?;
    let planned = &derivation.planned;
    let versions = explained.versions.iter().flat_map(|versions| versions.all());
    Some(PlannedView {
        due: planned.due.map(at),
        day: planned.day.map(|day| day.to_string()),
        calendar: json(&planned.calendar),
        estimated: planned.estimated,
        steps: derivation.steps.iter().map(json).collect(),
        versions: versions
            .map(|version| PlannedVersionView {
                number: version.number,
                made_at: at(version.made_at),
                causes: version.causes.iter().map(json).collect(),
                due: version.planned.due.map(at),
            })
            .collect(),
    })
}

fn verdict(verdict: &Verdict, store: &Store) -> VerdictView {
    let cited = |citation: &Citation| match citation {
        Citation::Event { event } => {
            CitationView { fact: "event", id: store.event_id(*event).to_string(), overlap_seconds: None }
        }
        Citation::Delivery { id } => CitationView { fact: "delivery", id: id.clone(), overlap_seconds: None },
        Citation::Outage { id, overlap } => {
            CitationView { fact: "outage", id: id.clone(), overlap_seconds: Some(*overlap) }
        }
    };
    VerdictView {
        blame: verdict.blame.name(),
        blame_in_words: verdict.blame.label().into(),
        rule: verdict.rule.clone(),
        rules: verdict.rules,
        cites: verdict.cites.iter().map(cited).collect(),
        also: verdict.also.clone(),
    }
}

const fn compared(compared: Compared) -> (Option<&'static str>, Option<i64>) {
    match compared {
        Compared::Same => (Some("same"), None),
        Compared::ReportedLater { seconds } => (Some("reported-later"), Some(seconds)),
        Compared::ReportedEarlier { seconds } => (Some("reported-earlier"), Some(seconds)),
        Compared::NotReported => (Some("not-reported"), None),
        Compared::Suspended => (Some("suspended"), None),
    }
}

fn instant(at: Timestamp, zone: &Zone) -> Instant {
    let local = at.in_tz(zone.name()).map_or_else(|_| at.to_string(), |local| local.to_string());
    Instant { instant: at.to_string(), local }
}

/// A value of the rules as they write it.
fn json<T: serde::Serialize>(value: &T) -> Value {
    // Rules are always JSON.
    serde_json::to_value(value).unwrap_or_default()
}
