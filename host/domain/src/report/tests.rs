use jiff::{
    Timestamp,
    civil::{Date, date},
};
use proptest::prelude::*;

use super::*;
use crate::{
    breach::Blame,
    overdue::{Lateness, Overdue, Reported, Rule},
    passport::Level,
    time::Zone,
};

const AS_OF: Timestamp = Timestamp::UNIX_EPOCH;

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn key(level: usize, provider: &str, service: &str) -> Key {
    Key { level: Level::ALL.get(level).copied(), provider: provider.into(), service: service.into() }
}

fn late(minutes: u64, missed: Date, blame: Blame) -> Breach {
    Breach { missed, minutes, by: By::Computed, blame, contested: false }
}

fn request(key: &Key, taken: Date, breach: Option<Breach>) -> Assessed {
    Assessed { key: key.clone(), has_passport: true, taken, finished: Some(date(2026, 2, 20)), breach }
}

#[test]
fn a_month_is_written_with_its_year_and_its_report_is_due_on_the_15th_of_the_next() {
    // 452-12.
    assert_eq!(month("2026-12").report_until(), Some(date(2027, 1, 15)));
    assert_eq!(month("2026-01").before(), Some(month("2025-12")));
    assert_eq!(month("2024-02").last(), date(2024, 2, 29));
    for wrong in ["2026-13", "2026-1", "26-01", "2026-00", "2026", "+026-01", "2026-01-01", ""] {
        assert_eq!(wrong.parse::<Month>(), Err(NoMonth(wrong.into())), "{wrong}");
    }
}

#[test]
fn a_breach_is_counted_in_the_month_in_which_its_term_ran_out() {
    let mut tallies = Tallies::default();
    tallies.add(&request(&key(0, "a", "s"), date(2025, 12, 30), Some(late(5, date(2026, 1, 20), Blame::Provider))));
    let told: Vec<_> = tallies
        .months()
        .map(|(month, tally)| {
            let figures = Report::of(month, AS_OF, tally, None).total.figures;
            (month.to_string(), figures.requests, figures.finished, figures.breaches)
        })
        .collect();
    assert_eq!(told, [("2025-12".into(), 1, 0, 0), ("2026-01".into(), 0, 0, 1), ("2026-02".to_string(), 0, 1, 0)]);
}

#[test]
fn the_breakdown_has_the_laws_order_with_each_sum_before_its_parts() {
    let mut tallies = Tallies::default();
    for (level, provider, service) in
        [(4, "b", "s1"), (9, "host-id", "x"), (0, "z", "s2"), (0, "z", "s1"), (0, "a", "s1")]
    {
        tallies.add(&request(&key(level, provider, service), date(2026, 1, 5), None));
    }
    let report = Report::of(month("2026-01"), AS_OF, tallies.month(month("2026-01")).unwrap(), None);
    let told: Vec<String> = report
        .breakdown
        .iter()
        .map(|line| {
            let name = |level: &Option<Level>| level.map_or("none", Level::name);
            let text = match &line.scope {
                Scope::Level { level } => name(level).to_owned(),
                Scope::Provider { provider, .. } => format!("- {provider}"),
                Scope::ServiceOfProvider { service, .. } => format!("-- {service}"),
                other => panic!("{other:?}"),
            };
            format!("{text} {}", line.figures.requests)
        })
        .collect();
    let central = ["central-body 3", "- a 1", "-- s1 1", "- z 2", "-- s1 1", "-- s2 1"];
    let rest = ["local-executive-body 1", "- b 1", "-- s1 1", "none 1", "- host-id 1", "-- x 1"];
    assert_eq!(told, [central, rest].concat());
    let services: Vec<_> = report.services.iter().map(|line| line.figures.requests).collect();
    assert_eq!((services, report.total.figures.requests), (vec![3, 1, 1], 5));
}

#[test]
fn figures_tell_technical_contested_and_reported_breaches_apart() {
    // 452-12.
    let mut tallies = Tallies::default();
    let at = key(0, "a", "s");
    let day = date(2026, 1, 20);
    for breach in [
        late(10, day, Blame::Technical),
        Breach { contested: true, ..late(30, day, Blame::Provider) },
        Breach { by: By::Reported, ..late(75, day, Blame::Undetermined) },
        late(1, day, Blame::Technical),
    ] {
        tallies.add(&Assessed { has_passport: breach.by == By::Computed, ..request(&at, day, Some(breach)) });
    }
    let figures = Report::of(month("2026-01"), AS_OF, tallies.month(month("2026-01")).unwrap(), None).total.figures;
    let expected = Figures {
        requests: 4,
        without_passport: 1,
        finished: 0,
        breaches: 4,
        by_computed: 3,
        by_reported: 1,
        total_minutes: 116,
        median_minutes: 20,
        maximum_minutes: 75,
        technical: 2,
        contested: 1,
    };
    assert_eq!(figures, expected);
}

#[test]
fn the_change_from_the_month_before_names_what_is_only_in_one_of_them() {
    let mut tallies = Tallies::default();
    tallies.add(&request(&key(0, "a", "s1"), date(2025, 12, 5), Some(late(100, date(2025, 12, 9), Blame::Provider))));
    tallies.add(&request(&key(0, "a", "s2"), date(2026, 1, 5), Some(late(7, date(2026, 1, 9), Blame::Provider))));
    let of = |text| tallies.month(month(text)).unwrap();
    let report = Report::of(month("2026-01"), AS_OF, of("2026-01"), Some(of("2025-12")));
    let minutes: Vec<_> = report.services.iter().map(|line| line.change.unwrap().total_minutes).collect();
    assert_eq!((minutes, report.total.change.unwrap().total_minutes), (vec![-100, 7], -93));
    let alone = Report::of(month("2026-01"), AS_OF, of("2026-01"), None);
    assert_eq!(alone.total.change, None, "a month before that is not known is not nought");
}

#[test]
fn where_no_passport_is_in_force_the_reported_breach_counts_and_says_so() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let zone = Zone::named("Asia/Almaty").unwrap();
    let overdue = |rule, lateness, due: Option<&str>| Overdue {
        lateness,
        rule,
        due: due.map(at),
        finished: None,
        as_of: at("2026-03-01T00:00:00Z"),
    };
    let reported = Some(Reported { planned: at("2026-01-31T18:59:59Z"), completed: at("2026-01-31T19:01:00Z") });
    let computed = overdue(Rule::Clock, Lateness::Overdue { by: 60 }, Some("2026-01-31T18:59:59.999999999Z"));
    let breach = Breach::of(&computed, reported, Blame::Provider, false, &zone).unwrap();
    assert_eq!((breach.by, breach.minutes, breach.missed), (By::Computed, 1, date(2026, 2, 1)));
    let in_time = overdue(Rule::Clock, Lateness::Running { left: 1 }, Some("2026-03-01T00:00:01Z"));
    assert_eq!(Breach::of(&in_time, reported, Blame::Provider, false, &zone), None, "a passport is in force");
    let unknown = overdue(Rule::NoPassport, Lateness::Unknown, None);
    let breach = Breach::of(&unknown, reported, Blame::Undetermined, true, &zone).unwrap();
    assert_eq!((breach.by, breach.minutes, breach.missed), (By::Reported, 2, date(2026, 1, 31)));
    assert_eq!(Breach::of(&unknown, None, Blame::Undetermined, false, &zone), None);
}

fn any_request() -> impl Strategy<Value = Assessed> {
    let day = (0i8..4, 1i8..28).prop_map(|(month, day)| date(2026, 1 + month, day));
    let breach = (day.clone(), 1u64..500, 0usize..7, any::<bool>(), any::<bool>()).prop_map(
        |(missed, minutes, blame, contested, reported)| Breach {
            missed,
            minutes,
            by: if reported { By::Reported } else { By::Computed },
            blame: Blame::ALL[blame],
            contested,
        },
    );
    let key = (0usize..8, 0usize..3, 0usize..3).prop_map(|(l, p, s)| key(l, ["a", "b", "c"][p], ["x", "y", "z"][s]));
    (key, any::<bool>(), day.clone(), proptest::option::of(day), proptest::option::of(breach)).prop_map(
        |(key, has_passport, taken, finished, breach)| Assessed { key, has_passport, taken, finished, breach },
    )
}

fn counted(requests: &[Assessed]) -> Tallies {
    let mut tallies = Tallies::default();
    requests.iter().for_each(|request| tallies.add(request));
    tallies
}

proptest! {
    #[test]
    fn counts_do_not_depend_on_the_order_or_on_what_was_taken_out_again(
        requests in proptest::collection::vec(any_request(), 0..40), others in proptest::collection::vec(any_request(), 0..10),
    ) {
        let expected = counted(&requests);
        let mut turned: Vec<_> = requests.iter().rev().chain(&others).cloned().collect();
        turned.rotate_left(others.len() / 2);
        let mut tallies = counted(&turned);
        for other in &others {
            prop_assert_eq!(tallies.remove(other), Ok(()));
        }
        prop_assert_eq!(&tallies, &expected);
        let written = serde_json::to_string(&tallies).unwrap();
        prop_assert_eq!(&serde_json::to_string(&expected).unwrap(), &written, "the same to the byte");
        prop_assert_eq!(&serde_json::from_str::<Tallies>(&written).unwrap(), &expected);
    }

    #[test]
    fn what_was_merged_can_be_subtracted(
        one in proptest::collection::vec(any_request(), 0..30), two in proptest::collection::vec(any_request(), 1..30),
    ) {
        let (a, b) = (counted(&one), counted(&two));
        let mut both = a.clone();
        both.merge(&b);
        prop_assert_eq!(&both, &counted(&[one, two].concat()));
        for (month, tally) in b.months() {
            let mut sum = both.month(month).unwrap().clone();
            sum.subtract(tally).unwrap();
            prop_assert_eq!(&sum, &a.month(month).cloned().unwrap_or_default());
            // What is not in it cannot be taken out, and then nothing is.
            let mut less = a.month(month).cloned().unwrap_or_default();
            let before = less.clone();
            if less.subtract(both.month(month).unwrap()).is_err() {
                prop_assert_eq!(less, before);
            }
        }
    }

    #[test]
    fn a_request_that_was_not_counted_cannot_be_taken_out_and_leaves_all_as_it_was(
        requests in proptest::collection::vec(any_request(), 0..20), other in any_request(),
    ) {
        let expected = counted(&requests);
        let mut tallies = expected.clone();
        if tallies.remove(&other).is_err() {
            prop_assert_eq!(tallies, expected);
        } else {
            tallies.add(&other);
            prop_assert_eq!(tallies, expected);
        }
    }

    #[test]
    fn every_line_is_what_counting_its_requests_one_by_one_gives(
        requests in proptest::collection::vec(any_request(), 1..60),
    ) {
        let tallies = counted(&requests);
        let this = month("2026-02");
        let empty = Tally::default();
        let (now, before) = (tallies.month(this).unwrap_or(&empty), tallies.month(month("2026-01")).unwrap_or(&empty));
        let report = Report::of(this, AS_OF, now, Some(before));
        let lines = std::iter::once(&report.total).chain(&report.breakdown).chain(&report.services);
        for line in lines {
            let of: Vec<&Assessed> = requests.iter().filter(|request| match &line.scope {
                Scope::Total => true,
                Scope::Level { level } => request.key.level == *level,
                Scope::Provider { level, provider } => (request.key.level, &request.key.provider) == (*level, provider),
                Scope::ServiceOfProvider { level, provider, service } => {
                    (request.key.level, &request.key.provider, &request.key.service) == (*level, provider, service)
                }
                Scope::Service { service } => request.key.service == *service,
            }).collect();
            let figures = |month: Month| {
                let of_month = |day: Date| Month::of(day) == month;
                let taken = of.iter().filter(|request| of_month(request.taken));
                let breaches: Vec<Breach> =
                    of.iter().filter_map(|request| request.breach).filter(|breach| of_month(breach.missed)).collect();
                let mut minutes: Vec<u64> = breaches.iter().map(|breach| breach.minutes).collect();
                minutes.sort_unstable();
                let median = match minutes.len() {
                    0 => 0,
                    n if n % 2 == 1 => minutes[n / 2],
                    n => (minutes[n / 2 - 1] + minutes[n / 2]).div_ceil(2),
                };
                let count = |which: &dyn Fn(&&Breach) -> bool| breaches.iter().filter(which).count() as u64;
                Figures {
                    requests: taken.clone().count() as u64,
                    without_passport: taken.filter(|request| !request.has_passport).count() as u64,
                    finished: of.iter().filter(|request| request.finished.is_some_and(of_month)).count() as u64,
                    breaches: breaches.len() as u64,
                    by_computed: count(&|breach| breach.by == By::Computed),
                    by_reported: count(&|breach| breach.by == By::Reported),
                    total_minutes: minutes.iter().sum(),
                    median_minutes: median,
                    maximum_minutes: minutes.last().copied().unwrap_or(0),
                    technical: count(&|breach| breach.blame == Blame::Technical),
                    contested: count(&|breach| breach.contested),
                }
            };
            prop_assert_eq!(line.figures, figures(this));
            prop_assert_eq!(line.change, Some(figures(this).since(&figures(month("2026-01")))));
        }
    }
}
