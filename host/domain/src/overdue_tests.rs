use super::*;
use crate::{
    calendar::{Known, Week},
    ids::EventRef,
    passport::{Term, Unit},
};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn planned(due: Option<&str>) -> Planned {
    Planned {
        due: due.map(at),
        day: None,
        suspended_since: due.is_none().then(|| at("2026-11-03T00:00:00Z")),
        passport: "00803001".into(),
        passport_version: 1,
        term: Term { amount: 5, unit: Unit::WorkingDays },
        week: Week::FiveDay,
        known_on: None,
        calendar: Known::Complete,
        estimated: false,
        ignored: Vec::new(),
    }
}

fn points(stages: &[(&str, Stage)]) -> Vec<StagePoint> {
    let point = |(seq, (time, stage)): (u64, &(&str, Stage))| StagePoint {
        occurred: at(time),
        stage: *stage,
        at: EventRef { seq, index: 0 },
    };
    (0..).zip(stages).map(point).collect()
}

const DUE: &str = "2026-11-09T18:59:59.999999999Z";

fn by(stages: &[(&str, Stage)], reopened: Option<&str>, as_of: &str) -> Overdue {
    overdue(Some(&planned(Some(DUE))), &points(stages), reopened.map(at), at(as_of))
}

#[test]
fn a_finished_request_is_judged_by_its_first_event_at_stage_4_or_later() {
    // 452-11; the official manual procedure takes the first of FINISHED, READY, HANDED.
    let events = [
        ("2026-11-30T10:00:00Z", Stage::Closed),
        ("2026-11-08T10:00:00Z", Stage::Executed),
        ("2026-11-09T10:00:00Z", Stage::AwaitingIssue),
    ];
    let answer = by(&events, None, "2026-12-31T00:00:00Z");
    assert_eq!(answer.rule, Rule::FirstEventAtStageFourOrLater);
    assert_eq!(answer.finished.unwrap().at.seq, 1);
    assert!(matches!(answer.lateness, Lateness::InTime { before } if before == 86_400 + 9 * 3600 - 1));
}

#[test]
fn a_result_that_waits_at_stage_5_accrues_nothing() {
    let waiting = [("2026-11-09T18:00:00Z", Stage::AwaitingIssue)];
    for as_of in ["2026-11-10T00:00:00Z", "2027-11-10T00:00:00Z"] {
        assert!(matches!(by(&waiting, None, as_of).lateness, Lateness::InTime { .. }));
    }
    let late = [("2026-11-10T19:00:00Z", Stage::AwaitingIssue), ("2026-12-10T19:00:00Z", Stage::Closed)];
    assert_eq!(by(&late, None, "2027-01-01T00:00:00Z").lateness, Lateness::Late { by: 86_400 });
}

#[test]
fn an_open_request_is_judged_by_the_clock() {
    let open = [("2026-11-02T10:00:00Z", Stage::Accepted), ("2026-11-03T10:00:00Z", Stage::TakenIntoWork)];
    let answer = by(&open, None, "2026-11-09T18:59:59.999999999Z");
    assert_eq!((answer.rule, answer.lateness), (Rule::Clock, Lateness::Running { left: 0 }));
    assert_eq!(by(&open, None, "2026-11-09T19:00:00Z").lateness, Lateness::Overdue { by: 1 });
    assert_eq!(by(&open, None, "2026-11-09T20:00:00Z").lateness, Lateness::Overdue { by: 3600 });
}

#[test]
fn what_came_after_the_instant_asked_about_does_not_count() {
    let closed = [("2026-11-20T10:00:00Z", Stage::Closed)];
    let answer = by(&closed, None, "2026-11-10T19:00:00Z");
    assert_eq!((answer.rule, answer.lateness), (Rule::Clock, Lateness::Overdue { by: 86_400 }));
    assert_eq!(answer.finished, None);
}

#[test]
fn a_reopened_request_is_finished_by_what_follows_the_reopening() {
    let events = [("2026-11-05T10:00:00Z", Stage::Closed), ("2026-11-10T19:00:00Z", Stage::Closed)];
    let reopened = Some("2026-11-06T10:00:00Z");
    assert_eq!(by(&events[..1], reopened, "2026-11-08T00:00:00Z").rule, Rule::Clock);
    assert_eq!(by(&events, reopened, "2026-12-01T00:00:00Z").lateness, Lateness::Late { by: 86_400 });
    assert!(by(&events[..1], reopened, "2026-11-06T09:00:00Z").lateness.is_finished(), "it was not reopened yet");
}

#[test]
fn a_suspended_term_is_never_late_and_without_passport_nothing_is_said() {
    let as_of = at("2027-01-01T00:00:00Z");
    let answer = overdue(Some(&planned(None)), &[], None, as_of);
    assert_eq!((answer.rule, answer.lateness.late_by()), (Rule::Suspended, None));
    let closed = points(&[("2026-12-10T10:00:00Z", Stage::Closed)]);
    assert!(overdue(Some(&planned(None)), &closed, None, as_of).lateness.is_finished());
    let answer = overdue(None, &closed, None, as_of);
    assert_eq!((answer.rule, answer.lateness), (Rule::NoPassport, Lateness::Unknown));
    assert!(answer.finished.is_some(), "that it is finished can be said");
}

#[test]
fn reported_lateness_compares_fields_8_and_7_as_instants() {
    let late = |planned, completed| Reported { planned: at(planned), completed: at(completed) }.late_by();
    assert_eq!(late("2010-11-26T00:00:00+01:00", "2010-11-26T00:00:00+01:00"), None);
    assert_eq!(
        late("2010-11-26T00:00:00+01:00", "2010-11-25T23:30:00+00:00"),
        Some(1800),
        "the literal is earlier, the instant later"
    );
    assert_eq!(late("2010-11-26T00:00:00+01:00", "2010-11-26T00:00:00.001+01:00"), Some(1));
}
