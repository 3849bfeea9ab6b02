use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::{
    deadline::Allotted,
    fields::Channel,
    request::StagePoint,
    stage::Stage::{self, *},
};

/// Hours after the request was taken. The term ends after 100.
fn at(hours: i64) -> jiff::Timestamp {
    "2026-11-02T04:00:00Z".parse::<jiff::Timestamp>().unwrap() + SignedDuration::from_hours(hours)
}

const DUE: i64 = 100;

fn seen(stages: &[(i64, Stage)]) -> Vec<Seen> {
    (1..)
        .zip(stages)
        .map(|(seq, (hours, stage))| Seen {
            event: crate::ids::EventRef { seq, index: 0 },
            stage: *stage,
            occurred: at(*hours),
            received: at(*hours),
        })
        .collect()
}

fn event(seq: u64) -> Citation {
    Citation::Event { event: crate::ids::EventRef { seq, index: 0 } }
}

fn case(events: &[Seen]) -> Case<'_> {
    let finished = events.iter().filter(|seen| seen.stage >= Executed).map(|seen| seen.occurred).min();
    Case {
        taken: at(0),
        due: at(DUE),
        finished,
        as_of: at(1000),
        channel: None,
        events,
        completed: None,
        allotted: &[],
        deliveries: &[],
        outages: &[],
    }
}

fn rules() -> Rules {
    let mut rules = Rules::usual().unwrap();
    rules.listed.insert("iis-con".into());
    rules
}

fn verdict(case: &Case<'_>) -> (Blame, String, Vec<Citation>) {
    let verdict = attribute(case, &rules()).unwrap();
    (verdict.blame, verdict.rule.unwrap_or_default(), verdict.cites)
}

fn delivery(delivered: Option<i64>, codes: &[&str]) -> Delivery {
    Delivery {
        id: "m-1".into(),
        passing: Passing::ToExecutor,
        ready: at(2),
        delivered: delivered.map(at),
        failures: codes.iter().map(|code| Failure { at: at(3), code: (*code).into() }).collect(),
    }
}

fn outage(system: &str, from: i64, until: Option<i64>) -> Outage {
    let until = until.map(at);
    Outage {
        id: "o-1".into(),
        system: system.into(),
        maintainer: "x".into(),
        from: at(from),
        until,
        declared: at(from),
    }
}

#[test]
fn the_rules_that_come_with_the_program_can_be_read_and_give_every_verdict() {
    let rules = Rules::usual().unwrap();
    let blames: std::collections::BTreeSet<_> = rules.rules.iter().map(|rule| rule.blames).collect();
    assert_eq!(blames.len() + 1, Blame::ALL.len(), "undetermined is what is left");
    let written = serde_json::to_string(&rules).unwrap();
    assert_eq!(serde_json::from_str::<Rules>(&written).unwrap(), rules);
}

#[test]
fn a_term_that_was_not_missed_has_no_verdict() {
    let in_time = seen(&[(0, Accepted), (DUE, Executed)]);
    assert_eq!(attribute(&case(&in_time), &rules()), None);
    let open = seen(&[(0, Accepted)]);
    assert_eq!(attribute(&Case { as_of: at(DUE), ..case(&open) }, &rules()), None);
}

#[test]
fn a_provider_that_had_it_in_work_is_late() {
    let events = seen(&[(0, Accepted), (1, SentForExecution), (5, TakenIntoWork), (130, Executed)]);
    assert_eq!(verdict(&case(&events)), (Blame::Provider, "provider-had-it-in-work".into(), vec![event(3)]));
    let sent = seen(&[(0, Accepted), (1, SentForExecution)]);
    assert_eq!(verdict(&case(&sent)), (Blame::Provider, "provider-had-been-sent-it".into(), vec![event(2)]));
    let own = seen(&[(0, Accepted)]);
    let own = Case { channel: Some(&Channel::Provider), ..case(&own) };
    assert_eq!(verdict(&own).1, "provider-took-it-itself");
}

#[test]
fn a_front_office_that_passed_it_on_late_is_late() {
    let never = seen(&[(0, Accepted), (120, SentForExecution)]);
    let never = Case { channel: Some(&Channel::StateCorporation), ..case(&never) };
    assert_eq!(verdict(&never), (Blame::FrontOffice, "front-office-did-not-send-it".into(), vec![event(1)]));
    let twice = seen(&[(0, Accepted), (20, Accepted)]);
    assert_eq!(
        verdict(&case(&twice)),
        (Blame::FrontOffice, "accepted-twice-and-not-sent".into(), vec![event(1), event(2)])
    );
}

#[test]
fn a_front_office_that_took_longer_than_its_budget_is_late_though_the_provider_had_it_too() {
    // 1336-12.
    let events = seen(&[(0, Accepted), (90, SentForExecution), (92, TakenIntoWork), (110, Executed)]);
    let point = |n: usize| StagePoint { occurred: events[n].occurred, stage: events[n].stage, at: events[n].event };
    let allotted = [Allotted { entered: point(0), until: at(24), left: Some(point(1)) }];
    let late = Case { channel: Some(&Channel::StateCorporation), allotted: &allotted, ..case(&events) };
    let verdict = attribute(&late, &rules()).unwrap();
    assert_eq!((verdict.blame, verdict.cites.clone()), (Blame::FrontOffice, vec![event(1), event(2)]));
    assert_eq!(verdict.also, ["provider-had-it-in-work", "provider-had-been-sent-it"]);
    let in_budget = [Allotted { until: at(90), ..allotted[0] }];
    let late = Case { allotted: &in_budget, ..late };
    assert_eq!(attribute(&late, &rules()).unwrap().blame, Blame::Provider);
}

#[test]
fn what_was_sent_and_came_back_was_not_delivered() {
    let events = seen(&[(0, Accepted), (1, SentForExecution), (9, Accepted)]);
    assert_eq!(verdict(&case(&events)), (Blame::NotDelivered, "sent-and-came-back".into(), vec![event(2), event(3)]));
    let taken = seen(&[(0, Accepted), (1, SentForExecution), (9, Accepted), (20, TakenIntoWork)]);
    assert_eq!(verdict(&case(&taken)).0, Blame::Provider, "it arrived after all");
}

#[test]
fn a_message_that_did_not_arrive_is_cited_with_its_id_and_a_failed_one_is_the_gateways() {
    let events = seen(&[(0, Accepted), (1, SentForExecution)]);
    let cites = vec![Citation::Delivery { id: "m-1".into() }];
    let of = |deliveries: &[Delivery]| verdict(&Case { deliveries, ..case(&events) });
    let waiting = of(&[delivery(None, &[])]);
    assert_eq!(waiting, (Blame::NotDelivered, "message-not-delivered-to-the-executor".into(), cites.clone()));
    assert_eq!(
        of(&[delivery(Some(DUE + 1), &["gateway-fault"])]),
        (Blame::Gateway, "gateway-failed-to-pass-it-on".into(), cites)
    );
    assert_eq!(of(&[delivery(Some(50), &["gateway-fault"])]).0, Blame::Provider, "it arrived in time after all");
    assert_eq!(
        of(&[delivery(None, &["refused"])]).0,
        Blame::NotDelivered,
        "that it was refused is no fault of the way"
    );
    let later = Delivery { id: "m-2".into(), ..delivery(Some(40), &[]) };
    assert_eq!(of(&[delivery(None, &["timeout"]), later]).0, Blame::Provider, "a later message brought the request");
    for passing in [Passing::ToFrontOffice, Passing::ToMonitoring] {
        let other = Delivery { passing, ..delivery(None, &["timeout"]) };
        assert_eq!(of(&[other]).0, Blame::Provider, "the executor had it");
    }
}

#[test]
fn a_rule_that_could_never_hold_is_refused() {
    let text =
        "version = 2\n[[rule]]\nname = 'x'\nblames = 'gateway'\nall = [{ if = 'failed', passing = 'to-monitoring' }]";
    assert!(Rules::read(text).unwrap_err().to_string().contains("`x`: asks for messages to the monitoring system"));
}

#[test]
fn only_a_declared_outage_of_a_listed_system_within_the_term_is_a_technical_reason() {
    // 452-12.
    let events = seen(&[(0, Accepted), (1, SentForExecution), (5, TakenIntoWork)]);
    let of = |outage: Outage| verdict(&Case { outages: &[outage], ..case(&events) });
    let cites = |overlap| vec![Citation::Outage { id: "o-1".into(), overlap }];
    assert_eq!(
        of(outage("iis-con", 98, Some(120))),
        (Blame::Technical, "outage-of-a-listed-system".into(), cites(7200))
    );
    assert_eq!(of(outage("iis-con", -5, None)).2, cites(360_000), "it lasts still");
    assert_eq!(of(outage("iis-con", -5, Some(0))).0, Blame::Provider, "it was over before");
    assert_eq!(of(outage("iis-con", DUE, Some(120))).0, Blame::Provider, "it began when the term was over");
    assert_eq!(of(outage("own-system", 10, Some(90))).0, Blame::Provider, "the provider's own system");
}

#[test]
fn work_that_was_done_in_time_was_only_reported_late() {
    let events = seen(&[(0, Accepted), (5, TakenIntoWork), (130, Executed)]);
    let completed = Some(Completion { at: at(90), event: events[2].event });
    assert_eq!(
        verdict(&Case { completed, ..case(&events) }),
        (Blame::ReportedLate, "done-in-time-reported-late".into(), vec![event(3)])
    );
    let late = Some(Completion { at: at(DUE + 1), event: events[2].event });
    assert_eq!(verdict(&Case { completed: late, ..case(&events) }).0, Blame::Provider);
    let absent = Some(Completion { at: at(90), event: events[1].event });
    let absent = Case { completed: absent, ..case(&events[..2]) };
    assert_eq!(verdict(&absent).0, Blame::ReportedLate, "the status of execution is still absent");
}

#[test]
fn where_the_facts_do_not_tell_it_says_so_and_cites_where_they_end() {
    let events = seen(&[(0, Accepted)]);
    assert_eq!(verdict(&case(&events)), (Blame::Undetermined, String::new(), vec![event(1)]));
}

#[test]
fn an_event_that_was_not_received_yet_is_not_known() {
    let mut events = seen(&[(0, Accepted), (1, SentForExecution), (5, TakenIntoWork)]);
    events[2].received = at(900);
    let as_of = |hours| verdict(&Case { as_of: at(hours), ..case(&events) }).1;
    assert_eq!(as_of(899), "provider-had-been-sent-it");
    assert_eq!(as_of(900), "provider-had-it-in-work");
}

#[test]
fn rules_that_cannot_be_are_refused_with_their_name() {
    let wrong = |text: &str| Rules::read(text).unwrap_err().to_string();
    assert!(wrong("version = 1\n[[rule]]\nname='a'\nblames='provider'\nall=[]").contains("rule `a`: has no condition"));
    let rule = "[[rule]]\nname='a'\nblames='provider'\nall=[{if='reached',stage='closed'}]\n";
    assert!(wrong(&format!("version = 1\n{rule}{rule}")).contains("rule `a`: is there twice"));
    assert!(wrong("version = 1\n[[rule]]\nname='a'\nblames='nobody'\nall=[]").contains("unknown variant `nobody`"));
    assert!(wrong(&rule.replace("if='reached'", "if='rumoured'")).contains("rumoured"));
    assert!(wrong(&format!("version = 1\n{}", rule.replace("stage=", "stag='x',stage="))).contains("stag"));
}

#[test]
fn a_contest_stands_beside_the_verdict() {
    let events = seen(&[(0, Accepted), (5, TakenIntoWork)]);
    let verdict = attribute(&case(&events), &rules()).unwrap();
    let contest = |reason: &str| {
        Contest { at: at(200), by: "reviewer-1".into(), reason: reason.into(), claims: Some(Blame::Gateway) }.checked()
    };
    assert_eq!(contest(" "), Err(ContestError::NoReason));
    assert_eq!(contest(&"a".repeat(4_001)), Err(ContestError::Long(4_001)));
    let reviewed = Reviewed { verdict: verdict.clone(), contests: vec![contest("the gateway was down").unwrap()] };
    assert_eq!(reviewed.verdict, verdict);
    assert!(reviewed.is_contested(at(200)) && !reviewed.is_contested(at(199)));
}

proptest! {
    #[test]
    fn the_same_facts_in_any_order_give_the_same_verdict(
        stages in proptest::collection::vec((0i64..200, 0usize..6), 0..8),
        (ready, delivered) in (0i64..150, proptest::option::of(0i64..150)),
        turn in 0usize..8,
    ) {
        let stages: Vec<_> = stages.into_iter().map(|(hours, stage)| (hours, Stage::ALL[stage])).collect();
        let events = seen(&stages);
        let mut turned = events.clone();
        turned.rotate_left(turn.min(events.len()));
        let mut message = delivery(delivered, &["x"]);
        message.ready = at(ready);
        let messages = [message];
        let one = attribute(&Case { deliveries: &messages, ..case(&events) }, &rules());
        prop_assert_eq!(&one, &attribute(&Case { deliveries: &messages, ..case(&turned) }, &rules()));
        // Nothing is cited that is not among the facts, and a rule that held cites something.
        if let Some(verdict) = one {
            for cited in &verdict.cites {
                let known = match cited {
                    Citation::Event { event } => events.iter().any(|seen| seen.event == *event),
                    Citation::Delivery { id } => id == "m-1",
                    Citation::Outage { .. } => false,
                };
                prop_assert!(known, "{cited:?}");
            }
            prop_assert!(verdict.rule.is_none() || !verdict.cites.is_empty());
        }
    }
}
