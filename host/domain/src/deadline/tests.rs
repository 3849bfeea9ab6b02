use jiff::{
    SignedDuration, ToSpan,
    civil::{Date, date, time},
};
use proptest::prelude::*;

use super::*;
use crate::{
    calendar::{Calendar, Known, Week, Why},
    ids::EventRef,
    passport::{Budget, Counting, Office, Starts, Term, Unit},
    request::StagePoint,
    stage::Stage,
};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn zone(name: &str) -> Zone {
    Zone::named(name).unwrap()
}

fn passport(amount: u32, unit: Unit) -> Passport {
    let text = r#"{"code": "00803001", "version": 1, "names": {"ru": "Услуга"},
        "provider": {"bin": "990140999995", "names": {"ru": "Орган"}, "level": "central-body"},
        "term": {"amount": 1, "unit": "working-days"}, "act": {"title": "an order"}, "valid-from": "2013-01-01"}"#;
    let mut passport: Passport = serde_json::from_str(text).unwrap();
    passport.term = Term { amount, unit };
    passport
}

fn days(week: Week, on: Option<Date>) -> WorkingDays {
    Calendar::kazakhstan().unwrap().known_on(week, on)
}

fn change(time: &str, moves: Moves) -> Change {
    let at = at(time);
    let seq = u64::try_from(at.as_second()).unwrap();
    Change { at, event: EventRef { seq, index: 0 }, moves, grounded: true }
}

fn derived(passport: &Passport, taken: &str, changes: &[Change]) -> Derivation {
    let (days, zone) = (days(passport.week, None), zone("Asia/Almaty"));
    derive(&Basis { passport, days: &days, zone: &zone, taken: at(taken), changes }).unwrap()
}

fn due(passport: &Passport, taken: &str, changes: &[Change]) -> String {
    let planned = derived(passport, taken, changes).planned;
    let end = planned.due.unwrap().to_zoned(zone("Asia/Almaty").rules());
    if planned.day.is_some() {
        assert_eq!(end.time(), time(23, 59, 59, 999_999_999));
        return end.date().to_string();
    }
    end.strftime("%Y-%m-%d %H:%M:%S%:z").to_string()
}

#[test]
fn a_request_of_28_august_2026_ends_on_monday_by_the_final_calendar_and_on_tuesday_by_that_of_january() {
    let passport = passport(1, Unit::WorkingDays);
    let zone = zone("Asia/Almaty");
    let end = |on| {
        let days = days(Week::FiveDay, on);
        let taken = at("2026-08-28T10:00:00+05:00");
        plan(&Basis { passport: &passport, days: &days, zone: &zone, taken, changes: &[] }).unwrap()
    };
    let (now, january) = (end(None), end(Some(date(2026, 1, 15))));
    assert_eq!((now.day, january.day), (Some(date(2026, 8, 31)), Some(date(2026, 9, 1))));
    assert_eq!(now.due, Some(at("2026-08-31T18:59:59.999999999Z")), "the end of the day in Almaty");
    assert_eq!(january.known_on, Some(date(2026, 1, 15)));
}

#[test]
fn the_day_that_had_an_hour_twice_ends_after_its_second_run() {
    let end = end_of_day(date(2024, 2, 29), &zone("Asia/Almaty")).unwrap();
    assert_eq!(end, at("2024-02-29T23:59:59.999999999+05:00"));
    assert_eq!(end.duration_since(at("2024-02-29T00:00:00+06:00")).as_secs(), 25 * 3600 - 1);
    assert_eq!(end_of_day(date(2024, 2, 29), &zone("Asia/Aqtobe")), Some(end), "Aqtobe had +05:00 all along");
    assert_eq!(due(&passport(1, Unit::WorkingDays), "2024-02-28T10:00:00+06:00", &[]), "2024-02-29");
}

#[test]
fn two_places_end_the_same_day_an_hour_apart_before_march_2024() {
    let apart = |day| {
        let end = |name| end_of_day(day, &zone(name)).unwrap();
        end("Asia/Aqtobe").duration_since(end("Asia/Almaty")).as_hours()
    };
    assert_eq!((apart(date(2024, 2, 28)), apart(date(2024, 2, 29))), (1, 0));
    assert_eq!(
        end_of_day(date(2018, 12, 20), &zone("Asia/Qyzylorda")),
        Some(at("2018-12-20T23:59:59.999999999+05:00")),
        "Qyzylorda went from +06:00 to +05:00 that night"
    );
}

#[test]
fn an_hour_that_came_twice_counts_twice_for_a_term_in_hours() {
    let taken = "2024-02-29T23:30:00+06:00";
    assert_eq!(due(&passport(60, Unit::Minutes), taken, &[]), "2024-02-29 23:30:00+05:00");
    assert_eq!(due(&passport(2, Unit::Hours), taken, &[]), "2024-03-01 00:30:00+05:00");
}

#[test]
fn office_hours_in_a_skipped_or_repeated_time_are_still_hours() {
    let mut passport = passport(12, Unit::Hours);
    passport.counting.office = Some(Office { opens: time(22, 0, 0, 0), closes: time(23, 30, 0, 0) });
    // An hour and a half on each working day, and on 29 February an hour more: half an hour is left for the sixth after
    // it, the 11th.
    assert_eq!(due(&passport, "2024-02-28T22:00:00+06:00", &[]), "2024-03-11 22:30:00+05:00");
    let gap = local::instant(date(1992, 3, 29), time(2, 30, 0, 0), &zone("Europe/Berlin"), true).ok().unwrap();
    assert_eq!(gap, at("1992-03-29T03:30:00+02:00"), "a skipped time is as much after the gap");
}

#[test]
fn a_term_in_months_ends_on_the_same_number_or_the_last_day_and_never_on_a_day_off() {
    let one = passport(1, Unit::Months);
    assert_eq!(due(&one, "2024-01-31T10:00:00+06:00", &[]), "2024-02-29");
    assert_eq!(due(&one, "2025-01-31T10:00:00+05:00", &[]), "2025-02-28");
    assert_eq!(due(&one, "2026-01-31T10:00:00+05:00", &[]), "2026-03-02", "28 February 2026 was a Saturday");
    assert_eq!(due(&one, "2026-04-15T10:00:00+05:00", &[]), "2026-05-15");
    assert_eq!(due(&passport(13, Unit::Months), "2024-02-29T10:00:00+06:00", &[]), "2025-03-31", "a Saturday, moved");
}

#[test]
fn calendar_days_end_on_a_working_day_unless_the_passport_says_otherwise() {
    let mut passport = passport(10, Unit::CalendarDays);
    assert_eq!(due(&passport, "2026-03-11T10:00:00+05:00", &[]), "2026-03-26", "21 to 25 March were days off");
    passport.counting.ends_on_working_day = false;
    assert_eq!(due(&passport, "2026-03-11T10:00:00+05:00", &[]), "2026-03-21");
    passport.counting.starts = Starts::SameDay;
    assert_eq!(due(&passport, "2026-03-11T10:00:00+05:00", &[]), "2026-03-20");
}

#[test]
fn the_day_of_intake_counts_only_where_the_passport_says_so() {
    let mut passport = passport(1, Unit::WorkingDays);
    assert_eq!(due(&passport, "2026-11-16T10:00:00+05:00", &[]), "2026-11-17");
    passport.counting.starts = Starts::SameDay;
    assert_eq!(due(&passport, "2026-11-16T10:00:00+05:00", &[]), "2026-11-16");
    assert_eq!(due(&passport, "2026-11-15T10:00:00+05:00", &[]), "2026-11-16", "Sunday is none of the days that count");
}

#[test]
fn a_request_made_while_the_office_is_closed_is_taken_when_it_opens() {
    let mut passport = passport(15, Unit::Minutes);
    passport.counting =
        Counting { office: Some(Office { opens: time(9, 0, 0, 0), closes: time(18, 0, 0, 0) }), ..Counting::default() };
    assert_eq!(due(&passport, "2026-11-20T17:50:00+05:00", &[]), "2026-11-23 09:05:00+05:00");
    assert_eq!(due(&passport, "2026-11-20T18:00:00+05:00", &[]), "2026-11-23 09:15:00+05:00");
    assert_eq!(due(&passport, "2026-11-20T17:45:00+05:00", &[]), "2026-11-20 18:00:00+05:00", "to the closing");
    assert_eq!(due(&passport, "2026-11-23T07:00:00+05:00", &[]), "2026-11-23 09:15:00+05:00");
    passport.term = Term { amount: 1, unit: Unit::WorkingDays };
    assert_eq!(due(&passport, "2026-11-20T18:00:00+05:00", &[]), "2026-11-24", "taken on Monday");
    passport.week = Week::SixDay;
    assert_eq!(due(&passport, "2026-11-20T18:00:00+05:00", &[]), "2026-11-23", "taken on Saturday");
}

#[test]
fn the_derivation_names_each_day_skipped_and_why() {
    let derivation = derived(&passport(10, Unit::WorkingDays), "2026-03-06T10:00:00+05:00", &[]);
    let Step::CountedDays { skipped, last, .. } = &derivation.steps[1] else { panic!("{:?}", derivation.steps) };
    assert_eq!(*last, date(2026, 3, 26));
    let told: Vec<String> = skipped
        .iter()
        .map(|day| match &day.why {
            Why::Row(row) => format!("{} {}", day.date.day(), row.name),
            why => format!("{} {why:?}", day.date.day()),
        })
        .collect();
    assert_eq!(
        told.join(", "),
        "7 Weekend, 8 International Women's Day, 9 International Women's Day, 14 Weekend, 15 Weekend, 21 Nauryz, 22 Nauryz, \
         23 Nauryz, 24 Nauryz, 25 Nauryz"
    );
    assert_eq!(derivation.planned.calendar, Known::Complete);
    assert!(matches!(derivation.steps.last(), Some(Step::Ends { .. })));
}

#[test]
fn an_incomplete_year_and_an_estimated_day_are_part_of_the_answer() {
    let passport = passport(10, Unit::WorkingDays);
    let planned = |taken| derived(&passport, taken, &[]).planned;
    assert_eq!(planned("2010-10-12T10:00:00+06:00").calendar, Known::Unknown);
    assert_eq!(planned("2026-12-28T10:00:00+05:00").calendar, Known::Open);
    assert!(planned("2027-05-10T10:00:00+05:00").estimated);
    assert!(!planned("2026-05-20T10:00:00+05:00").estimated);
    let by_the_clock = derived(&self::passport(15, Unit::Minutes), "2010-10-12T10:00:00+06:00", &[]).planned;
    assert_eq!(by_the_clock.calendar, Known::Complete, "minutes ask nothing of the calendar");
}

#[test]
fn days_on_which_the_term_is_suspended_at_their_end_do_not_count() {
    let passport = passport(5, Unit::WorkingDays);
    let taken = "2026-11-02T10:00:00+05:00";
    let suspended = |from: &str, until: &str| {
        due(&passport, taken, &[change(from, Moves::Suspended), change(until, Moves::Resumed)])
    };
    assert_eq!(due(&passport, taken, &[]), "2026-11-09");
    assert_eq!(suspended("2026-11-04T10:00:00+05:00", "2026-11-04T17:00:00+05:00"), "2026-11-09");
    assert_eq!(suspended("2026-11-04T10:00:00+05:00", "2026-11-06T15:00:00+05:00"), "2026-11-11");
    assert_eq!(suspended("2026-11-02T11:00:00+05:00", "2026-11-04T15:00:00+05:00"), "2026-11-10");
    assert_eq!(suspended("2026-11-07T11:00:00+05:00", "2026-11-08T15:00:00+05:00"), "2026-11-09", "a weekend");
    assert_eq!(
        suspended("2026-11-09T23:59:00+05:00", "2026-11-30T09:00:00+05:00"),
        "2026-11-30",
        "the last day remained"
    );
}

#[test]
fn while_the_term_is_suspended_there_is_no_date() {
    let suspended = [change("2026-11-04T10:00:00+05:00", Moves::Suspended)];
    let planned = derived(&passport(5, Unit::WorkingDays), "2026-11-02T10:00:00+05:00", &suspended).planned;
    assert_eq!((planned.due, planned.day), (None, None));
    assert_eq!(planned.suspended_since, Some(at("2026-11-04T10:00:00+05:00")));
}

#[test]
fn a_suspended_term_in_hours_goes_on_with_what_was_left() {
    let changes =
        [change("2026-11-02T10:30:00+05:00", Moves::Suspended), change("2026-11-03T09:00:00+05:00", Moves::Resumed)];
    let mut passport = passport(2, Unit::Hours);
    assert_eq!(due(&passport, "2026-11-02T10:00:00+05:00", &changes), "2026-11-03 10:30:00+05:00");
    passport.counting.office = Some(Office { opens: time(9, 0, 0, 0), closes: time(10, 0, 0, 0) });
    assert_eq!(due(&passport, "2026-11-02T09:30:00+05:00", &changes[1..]), "2026-11-04 09:30:00+05:00");
}

#[test]
fn a_prolongation_sets_the_last_day_and_one_after_the_end_mends_nothing() {
    let passport = passport(5, Unit::WorkingDays);
    let taken = "2026-11-02T10:00:00+05:00";
    let prolonged = |when, to| due(&passport, taken, &[change(when, Moves::Prolonged(at(to)))]);
    assert_eq!(
        prolonged("2026-11-09T18:00:00+05:00", "2026-11-22T00:00:00+05:00"),
        "2026-11-22",
        "a Sunday, as it says"
    );
    assert_eq!(prolonged("2026-11-10T09:00:00+05:00", "2026-11-20T00:00:00+05:00"), "2026-11-09");
    let hour = self::passport(1, Unit::Hours);
    let on_time = change("2026-11-02T11:00:00+05:00", Moves::Prolonged(at("2026-11-02T12:00:00+05:00")));
    assert_eq!(due(&hour, taken, &[on_time]), "2026-11-02 12:00:00+05:00", "the last instant is still in time");
    let late = change("2026-11-10T09:00:00+05:00", Moves::Suspended);
    let planned = derived(&passport, taken, &[late]).planned;
    assert_eq!(planned.ignored, [Ignored { event: late.event, why: WhyIgnored::TermOver }]);
    let both = [
        change("2026-11-05T09:00:00+05:00", Moves::Suspended),
        change("2026-11-06T09:00:00+05:00", Moves::Prolonged(at("2026-11-20T00:00:00+05:00"))),
        change("2026-11-10T09:00:00+05:00", Moves::Resumed),
    ];
    // 5 to 20 November are twelve working days; they run from the 10th on.
    assert_eq!(due(&passport, taken, &both), "2026-11-25");
}

#[test]
fn a_day_given_by_a_prolongation_stays_where_a_suspension_takes_no_day() {
    let changes = [
        change("2026-11-05T09:00:00+05:00", Moves::Prolonged(at("2026-11-22T00:00:00+05:00"))),
        change("2026-11-06T09:00:00+05:00", Moves::Suspended),
        change("2026-11-06T15:00:00+05:00", Moves::Resumed),
    ];
    let passport = passport(10, Unit::CalendarDays);
    assert_eq!(due(&passport, "2026-11-02T10:00:00+05:00", &changes), "2026-11-22", "a Sunday");
}

#[test]
fn changes_without_effect_are_named() {
    let changes = [
        change("2026-11-01T09:00:00+05:00", Moves::Suspended),
        change("2026-11-03T09:00:00+05:00", Moves::Resumed),
        change("2026-11-04T09:00:00+05:00", Moves::Suspended),
        change("2026-11-04T10:00:00+05:00", Moves::Suspended),
    ];
    let planned = derived(&passport(5, Unit::WorkingDays), "2026-11-02T10:00:00+05:00", &changes).planned;
    let why: Vec<_> = planned.ignored.iter().map(|ignored| ignored.why).collect();
    assert_eq!(why, [WhyIgnored::BeforeIntake, WhyIgnored::NotSuspended, WhyIgnored::AlreadySuspended]);
}

#[test]
fn each_change_of_the_date_is_a_version_and_the_original_stays() {
    let (one, zone) = (passport(1, Unit::WorkingDays), zone("Asia/Almaty"));
    let mut two = one.clone();
    (two.version, two.term.amount) = (2, 3);
    let (january, now) = (days(Week::FiveDay, Some(date(2026, 1, 15))), days(Week::FiveDay, Some(date(2026, 3, 18))));
    let basis =
        Basis { passport: &one, days: &january, zone: &zone, taken: at("2026-08-28T10:00:00+05:00"), changes: &[] };
    let made = |hour: i64| at("2026-01-15T00:00:00Z") + SignedDuration::from_hours(hour);
    let mut versions = Versions::first(&basis, made(0)).unwrap();
    assert!(!versions.recompute(&basis, made(1)).unwrap(), "the same date is no version");
    assert!(versions.recompute(&Basis { days: &now, ..basis }, made(2)).unwrap());
    assert!(versions.recompute(&Basis { days: &now, passport: &two, ..basis }, made(3)).unwrap());
    let suspended = [change("2026-08-31T09:00:00+05:00", Moves::Suspended)];
    assert!(versions.recompute(&Basis { days: &now, passport: &two, changes: &suspended, ..basis }, made(4)).unwrap());
    let told: Vec<_> = versions.all().map(|version| (version.number, version.causes[0], version.planned.day)).collect();
    assert_eq!(
        told,
        [
            (1, Cause::Intake, Some(date(2026, 9, 1))),
            (2, Cause::Calendar, Some(date(2026, 8, 31))),
            (3, Cause::Passport, Some(date(2026, 9, 2))),
            (4, Cause::Events, None),
        ]
    );
    assert_eq!(versions.as_of(made(2)).unwrap().number, 2);
    assert_eq!(versions.as_of(made(-1)), None);
    let written = serde_json::to_string(&versions).unwrap();
    assert_eq!(serde_json::from_str::<Versions>(&written).unwrap(), versions);
}

#[test]
fn a_reported_date_is_compared_by_the_local_day() {
    let zone = zone("Asia/Almaty");
    let planned = derived(&passport(5, Unit::WorkingDays), "2026-11-02T10:00:00+05:00", &[]).planned;
    let compared = |reported| Compared::of(&planned, Some(at(reported)), &zone);
    assert_eq!(compared("2026-11-09T18:59:59.154Z"), Compared::Same);
    assert_eq!(compared("2026-11-09T00:00:00+05:00"), Compared::Same);
    assert_eq!(compared("2026-11-11T00:00:00+05:00"), Compared::ReportedLater { seconds: 2 * 86_400 });
    assert_eq!(compared("2026-11-08T23:00:00+05:00"), Compared::ReportedEarlier { seconds: 86_400 });
    assert_eq!(Compared::of(&planned, None, &zone), Compared::NotReported);
    assert!(compared("2026-11-11T00:00:00+05:00").differs() && !Compared::NotReported.differs());
}

#[test]
fn a_term_that_ends_beyond_the_year_9999_or_of_another_week_is_an_error() {
    let (passport, zone) = (passport(120, Unit::Months), zone("Asia/Almaty"));
    let (five, six) = (days(Week::FiveDay, None), days(Week::SixDay, None));
    let basis = Basis { passport: &passport, days: &five, zone: &zone, taken: Timestamp::MAX, changes: &[] };
    assert!(matches!(plan(&basis), Err(DeadlineError::OutOfRange { .. })));
    assert_eq!(plan(&Basis { days: &six, ..basis }), Err(DeadlineError::Week("00803001".into())));
}

#[test]
fn the_time_allotted_to_a_stage_is_counted_from_its_first_event() {
    // 1336-12.
    let mut passport = passport(10, Unit::WorkingDays);
    let budget = |stage, amount| Budget { stage, within: Term { amount, unit: Unit::WorkingDays } };
    passport.budgets = vec![budget(Stage::Accepted, 1), budget(Stage::TakenIntoWork, 5), budget(Stage::Executed, 1)];
    let point = |seq, time, stage| StagePoint { occurred: at(time), stage, at: EventRef { seq, index: 0 } };
    let stages = [
        point(3, "2026-11-06T10:00:00+05:00", Stage::TakenIntoWork),
        point(1, "2026-11-06T09:00:00+05:00", Stage::Accepted),
        point(2, "2026-11-10T09:00:00+05:00", Stage::TakenIntoWork),
    ];
    let (days, zone) = (days(Week::FiveDay, None), zone("Asia/Almaty"));
    let basis =
        Basis { passport: &passport, days: &days, zone: &zone, taken: at("2026-11-06T09:00:00+05:00"), changes: &[] };
    let found = allotted(&basis, &stages).unwrap();
    let told: Vec<_> =
        found.iter().map(|a| (a.stage(), local_date(a.until, &zone), a.left.map(|left| left.at.seq))).collect();
    assert_eq!(
        told,
        [(Stage::Accepted, date(2026, 11, 9), Some(3)), (Stage::TakenIntoWork, date(2026, 11, 13), None),]
    );
    let later = at("2026-11-14T00:00:00+05:00");
    assert!(!found[0].is_overrun(later) && found[1].is_overrun(later));
    assert!(!found[1].is_overrun(at("2026-11-13T23:59:59+05:00")));
}

/// Suspensions as pairs of hours after intake, in order.
fn suspensions() -> impl Strategy<Value = Vec<(i64, i64)>> {
    proptest::collection::vec((1i64..300, 1i64..300), 0..4).prop_map(|gaps| {
        let mut now = 0;
        gaps.into_iter()
            .map(|(run, pause)| {
                let from = now + run;
                now = from + pause;
                (from, now)
            })
            .collect()
    })
}

proptest! {
    /// Against a second way to say it: the last day is the one on which the count of days is full that count and at
    /// whose end the term was not suspended.
    #[test]
    fn a_suspended_term_is_that_of_walking_day_by_day(
        pauses in suspensions(), amount in 1u32..40, start in 0i64..8000, hour in 0i64..24, working: bool, same_day: bool,
    ) {
        let mut passport = passport(amount, if working { Unit::WorkingDays } else { Unit::CalendarDays });
        passport.counting.ends_on_working_day = working;
        passport.counting.starts = if same_day { Starts::SameDay } else { Starts::NextDay };
        let zone = zone("Asia/Almaty");
        let first = date(2012, 6, 1).checked_add(start.days()).unwrap();
        let taken = first.to_zoned(zone.rules()).unwrap().timestamp() + SignedDuration::from_hours(hour);
        let first = local_date(taken, &zone);
        let after = |hours| taken + SignedDuration::from_hours(hours);
        let changes: Vec<Change> = pauses.iter().flat_map(|(from, until)| {
            [(*from, Moves::Suspended), (*until, Moves::Resumed)]
        }).map(|(hours, moves)| Change {
            at: after(hours), event: EventRef { seq: u64::try_from(hours).unwrap(), index: 0 }, moves, grounded: true,
        }).collect();
        let days = days(Week::FiveDay, None);
        let planned = plan(&Basis { passport: &passport, days: &days, zone: &zone, taken, changes: &changes }).unwrap();

        let mut day = if same_day { first } else { first.tomorrow().unwrap() };
        let mut left = amount;
        loop {
            let end = end_of_day(day, &zone).unwrap();
            let paused = pauses.iter().any(|(from, until)| after(*from) <= end && end < after(*until));
            if !paused && (!working || days.is_working(day)) {
                left -= 1;
            }
            if left == 0 {
                break;
            }
            day = day.tomorrow().unwrap();
        }
        prop_assert_eq!(planned.day, Some(day));
    }

    #[test]
    fn a_later_intake_and_a_longer_term_never_end_earlier(
        taken in 1_330_000_000i64..1_860_000_000, later in 0i64..2_000_000, amount in 1u32..60, more in 0u32..5,
        unit in prop_oneof![Just(Unit::Minutes), Just(Unit::Hours), Just(Unit::WorkingDays), Just(Unit::CalendarDays), Just(Unit::Months)],
        office: bool,
    ) {
        let zone = zone("Asia/Almaty");
        let days = days(Week::SixDay, None);
        let end = |taken, amount| {
            let mut passport = passport(amount, unit);
            passport.week = Week::SixDay;
            passport.counting.office = office.then_some(Office { opens: time(9, 0, 0, 0), closes: time(18, 30, 0, 0) });
            let taken = Timestamp::from_second(taken).unwrap();
            let planned = plan(&Basis { passport: &passport, days: &days, zone: &zone, taken, changes: &[] }).unwrap();
            planned.due.unwrap()
        };
        prop_assert!(end(taken, amount) <= end(taken + later, amount));
        prop_assert!(end(taken, amount) <= end(taken, amount + more));
        prop_assert!(end(taken, amount) > Timestamp::from_second(taken).unwrap());
    }
}
