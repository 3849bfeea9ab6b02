use jiff::civil::date;

use super::*;
use crate::{
    anomaly::Anomalies,
    breach::Blame,
    event::{Event, EventKind, Prolongation},
    fields::{Channel, Fields, Update},
    ids::EventRef,
    overdue::{Lateness, Rule},
    passport::Level,
    report::{By, Month, Report, Tallies},
    request::History,
    stage::{Outcome, Stage},
    time::Moment,
};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn moment(text: &str) -> Moment {
    Moment { instant: at(text), offset: None, zone: None, literal: text.to_owned() }
}

fn zone() -> Zone {
    Zone::named("Asia/Almaty").unwrap()
}

fn event(kind: EventKind, time: &str) -> Event {
    Event {
        request: "R-1".into(),
        key: Some(format!("{} {time}", kind.name())),
        kind,
        occurred_at: moment(time),
        native_status: "status".into(),
        actor: None,
        fields: Fields::default(),
        native: Vec::new(),
    }
}

/// An event, with when it was received.
type Told = (Event, &'static str);

fn told(kind: EventKind, time: &'static str) -> Told {
    (event(kind, time), time)
}

/// A request taken on Friday 9 January 2026, under a passport of five working days.
fn accepted() -> Told {
    let (mut event, received) = told(EventKind::Stage(Stage::Accepted), "2026-01-09T05:00:00Z");
    event.fields = Fields {
        intake_at: Update::Set(moment("2026-01-09T04:00:00Z")),
        planned_at: Update::Set(moment("2026-01-20T00:00:00+05:00")),
        channel: Update::Set(Channel::StateCorporation),
        service_code: Update::Set("Z22-74".into()),
        ..Fields::default()
    };
    (event, received)
}

fn facts(told: &[Told], as_of: &str) -> Facts {
    let history: Vec<Received<'_>> = (1..)
        .zip(told)
        .map(|(seq, (event, received))| Received {
            history: History {
                at: EventRef { seq, index: 0 },
                event,
                fixed: Anomalies::NONE,
                replaces: None,
                dropped: false,
            },
            at: at(received),
        })
        .collect();
    Facts::of(&history, at(as_of))
}

fn law(on: Option<Date>) -> Law {
    let passports = Passports::read(
        "[[passport]]\ncode = '00803001'\nversion = 1\nvalid-from = '2020-01-01'\nnames = { ru = 'Услуга' }\n\
         term = { amount = 5, unit = 'working-days' }\nact = { title = 'an order' }\n\
         aliases = [{ code = 'Z22-74' }]\nprovider = { bin = '990140999995', level = 'department', names = { ru = 'Орган' } }\n",
    )
    .unwrap();
    Law::known_on(&Calendar::kazakhstan().unwrap(), passports, Rules::usual().unwrap(), on)
}

fn answered<T>(facts: &Facts, law: &Law, ask: impl FnOnce(&Request<'_>, Answer) -> T) -> T {
    let (provider, zone) = ("permits".parse().unwrap(), zone());
    let request = Request { provider: &provider, zone: &zone, facts, deliveries: &[], outages: &[] };
    let answer = assess(&request, law).unwrap();
    ask(&request, answer)
}

fn answer(told: &[Told], as_of: &str) -> Answer {
    answered(&facts(told, as_of), &law(None), |_, answer| answer)
}

#[test]
fn a_history_gives_the_planned_date_the_lateness_and_whose_it_is() {
    // 452-10, 452-11, 452-12.
    let history = [
        accepted(),
        told(EventKind::Stage(Stage::SentForExecution), "2026-01-12T05:00:00Z"),
        told(EventKind::Stage(Stage::TakenIntoWork), "2026-01-13T05:00:00Z"),
        told(EventKind::Stage(Stage::Executed), "2026-01-17T19:00:00Z"),
        told(EventKind::Closed(Outcome::Issued), "2026-02-17T19:00:00Z"),
    ];
    let open = answer(&history, "2026-01-14T00:00:00Z");
    assert_eq!(open.planned.as_ref().unwrap().day, Some(date(2026, 1, 16)));
    assert!(matches!(open.overdue.lateness, Lateness::Running { .. }) && open.verdict.is_none());
    assert!(open.compared.unwrap().differs(), "the provider promises 20 January");
    let late = answer(&history, "2026-03-01T00:00:00Z");
    assert_eq!(late.overdue.lateness, Lateness::Late { by: 86_400 }, "by stage 4, not by the closing");
    assert_eq!(late.overdue.rule, Rule::FirstEventAtStageFourOrLater);
    assert_eq!(late.verdict.unwrap().blame, Blame::Provider);
}

#[test]
fn suspension_and_prolongation_are_read_from_the_events() {
    let mut history = vec![accepted(), told(EventKind::Suspended(None), "2026-01-13T05:00:00Z")];
    let suspended = answer(&history, "2026-02-01T00:00:00Z");
    assert_eq!((suspended.overdue.rule, suspended.overdue.lateness), (Rule::Suspended, Lateness::Suspended));
    history.push(told(EventKind::Resumed(None), "2026-02-02T05:00:00Z"));
    assert_eq!(answer(&history, "2026-03-01T00:00:00Z").planned.unwrap().day, Some(date(2026, 2, 5)));
    let planned = moment("2026-02-20T00:00:00+05:00");
    history.push(told(EventKind::Prolonged(Prolongation { planned, ground: None }), "2026-02-05T05:00:00Z"));
    assert_eq!(answer(&history, "2026-03-01T00:00:00Z").planned.unwrap().day, Some(date(2026, 2, 20)));
}

#[test]
fn a_request_without_a_passport_is_judged_by_what_is_reported_and_counted_so() {
    let mut taken = accepted();
    taken.0.fields.service_code = Update::Set("unknown".into());
    let (mut closed, received) = told(EventKind::Closed(Outcome::Unstated), "2026-02-17T19:00:00Z");
    closed.fields.completed_at = Update::Set(moment("2026-01-20T00:10:00+05:00"));
    let facts = facts(&[taken, (closed, received)], "2026-03-01T00:00:00Z");
    answered(&facts, &law(None), |request, answer| {
        assert_eq!((answer.overdue.rule, answer.reported.unwrap().late_by()), (Rule::NoPassport, Some(600)));
        assert_eq!(answer.verdict.as_ref().unwrap().blame, Blame::FrontOffice, "it was never sent");
        let counted = answer.assessed(request, false).unwrap();
        assert_eq!((counted.key.level, counted.key.provider.as_str()), (None, "permits"));
        let breach = counted.breach.unwrap();
        assert_eq!((breach.by, breach.minutes, counted.has_passport), (By::Reported, 10, false));
    });
}

#[test]
fn without_field_5_the_first_stage_event_says_when_it_was_taken() {
    let mut taken = accepted();
    taken.0.fields.intake_at = Update::Cleared;
    let facts = facts(
        &[told(EventKind::Stage(Stage::SentForExecution), "2026-01-12T05:00:00Z"), taken],
        "2026-03-01T00:00:00Z",
    );
    assert_eq!(facts.taken, Some(at("2026-01-09T05:00:00Z")));
}

/// The report of a month as of an instant, from the events received up to then.
fn report(histories: &[Vec<Told>], month: &str, as_of: &str) -> String {
    let as_of_day = local_date(at(as_of), &zone());
    let law = law(Some(as_of_day));
    let mut tallies = Tallies::default();
    for history in histories {
        let facts = facts(history, as_of);
        tallies.add(&answered(&facts, &law, |request, answer| answer.assessed(request, false)).unwrap());
    }
    let month: Month = month.parse().unwrap();
    let counted = tallies.month(month).cloned().unwrap_or_default();
    let report = Report::of(month, at(as_of), &counted, month.before().and_then(|before| tallies.month(before)));
    assert_eq!(report.total.figures.requests, 2);
    serde_json::to_string(&report).unwrap()
}

#[test]
fn the_january_report_as_of_15_february_is_the_same_to_the_byte_after_late_records_of_march() {
    // 452-12.
    let mut histories = vec![
        vec![accepted(), told(EventKind::Stage(Stage::TakenIntoWork), "2026-01-13T05:00:00Z")],
        vec![accepted(), told(EventKind::Stage(Stage::Executed), "2026-01-30T05:00:00Z")],
    ];
    let february = "2026-02-15T07:00:00Z";
    let first = report(&histories, "2026-01", february);
    // In March it turns out that the first was executed in time.
    histories[0].push((event(EventKind::Stage(Stage::Executed), "2026-01-14T05:00:00Z"), "2026-03-10T05:00:00Z"));
    histories[1].push(told(EventKind::Closed(Outcome::Issued), "2026-03-11T05:00:00Z"));
    assert_eq!(report(&histories, "2026-01", february), first);
    let breaches = |text: &str| {
        let report: Report = serde_json::from_str(text).unwrap();
        assert_eq!(report.breakdown[0].scope, crate::report::Scope::Level { level: Some(Level::Department) });
        report.total.figures.breaches
    };
    assert_eq!(breaches(&first), 2);
    assert_eq!(breaches(&report(&histories, "2026-01", "2026-03-15T07:00:00Z")), 1, "as of March it is known");
}

#[test]
fn a_date_computed_as_known_in_january_stays_that_of_january() {
    let mut taken = accepted();
    let august = "2026-08-24T05:00:00Z";
    taken.0.fields.intake_at = Update::Set(moment(august));
    let facts = facts(&[taken], "2026-08-25T00:00:00Z");
    let day = |on| answered(&facts, &law(on), |_, answer| answer.planned.unwrap().day.unwrap());
    assert_eq!(day(Some(date(2026, 1, 15))), date(2026, 9, 1));
    assert_eq!(day(None), date(2026, 8, 31));
}
