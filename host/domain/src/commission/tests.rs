use proptest::prelude::*;

use super::*;

fn passed() -> TestResults {
    TestResults { checks: vec![Check { name: "describe".into(), passed: true, detail: String::new() }] }
}

fn pilot(records: u64, differing: u64, faults: u64) -> PilotResults {
    PilotResults { records, differing, faults, same: records - differing, ..PilotResults::default() }
}

fn bench(capacity: u64) -> BenchResults {
    BenchResults { records_per_second: 50, seconds: 60, records: 3000, capacity, ..BenchResults::default() }
}

#[test]
fn the_whole_way_is_test_pilot_production_and_back_and_retired() {
    let steps = [
        (Step::Tested(passed()), Phase::Test),
        (Step::PilotBegun(7), Phase::Pilot),
        (Step::Piloted(pilot(50, 0, 0)), Phase::Pilot),
        (Step::Benched(bench(1000)), Phase::Pilot),
        (Step::Promoted(vec![]), Phase::Production),
        (Step::RolledBack, Phase::Test),
        (Step::Retired, Phase::Retired),
    ];
    let mut now = None;
    for (step, phase) in steps {
        let next = Commission::after(now, &step).unwrap();
        assert_eq!(next.phase(), phase, "{step:?}");
        now = Some(next);
    }
    assert!(Commission::after(now, &Step::Tested(passed())).is_err(), "what is retired stays so");
}

#[test]
fn what_serves_is_not_retired_and_what_was_never_tested_is_nothing() {
    let serving = Commission::of(&[Step::Tested(passed()), Step::Promoted(vec!["no pilot".into()])]);
    let error = Commission::after(serving.clone(), &Step::Retired).unwrap_err();
    assert!(error.to_string().contains("is production"), "{error}");
    let relieved = Commission::after(serving, &Step::Relieved).unwrap();
    assert_eq!(Commission::after(Some(relieved), &Step::Retired), Ok(Commission::Retired));
    for step in [Step::PilotBegun(1), Step::Promoted(vec![]), Step::Retired] {
        assert!(Commission::after(None, &step).unwrap_err().to_string().contains("load it first"));
    }
}

#[test]
fn what_is_said_to_serve_and_does_not_may_be_put_to_work_again() {
    // The host stopped between the step and the swap, or the component did not come back after a restart.
    let said = Commission::of(&[Step::Tested(passed()), Step::Promoted(vec![])]);
    for step in [Step::Promoted(vec![]), Step::Restored] {
        assert_eq!(Commission::after(said.clone(), &step).unwrap().phase(), Phase::Production);
    }
}

#[test]
fn a_package_that_was_taken_back_has_its_pilot_before_it_again() {
    let steps = [
        Step::Tested(passed()),
        Step::PilotBegun(1),
        Step::Piloted(pilot(100, 0, 0)),
        Step::Benched(bench(50)),
        Step::Promoted(vec![]),
    ];
    let now = Commission::of(&steps).unwrap();
    assert_eq!(Criteria::default().unmet(now.dossier().unwrap()), Vec::<String>::new());
    let back = Commission::after(Some(now), &Step::RolledBack).unwrap();
    assert_eq!(Criteria::default().unmet(back.dossier().unwrap()), ["there was no pilot"]);
}

#[test]
fn promotion_asks_for_every_result_and_names_what_is_missing() {
    let criteria = Criteria::default();
    let whole = Dossier { test: Some(passed()), pilot: Some(pilot(100, 0, 0)), bench: Some(bench(50)) };
    assert!(criteria.unmet(&whole).is_empty());
    assert_eq!(criteria.unmet(&Dossier::default()).len(), 3);
    let failed = Check { name: "golden/accepted".into(), passed: false, detail: "differs".into() };
    let slow = BenchResults { wait_ms: 6000, ..bench(50) };
    for (dossier, said) in [
        (Dossier { test: Some(TestResults { checks: vec![failed] }), ..whole.clone() }, "golden/accepted"),
        (Dossier { test: Some(TestResults::default()), ..whole.clone() }, "there were none"),
        (Dossier { pilot: Some(pilot(99, 0, 0)), ..whole.clone() }, "99, at least 100"),
        (Dossier { pilot: Some(pilot(100, 1, 0)), ..whole.clone() }, "differ in the pilot: 1"),
        (Dossier { pilot: Some(pilot(100, 0, 1)), ..whole.clone() }, "on which it failed: 1"),
        (Dossier { bench: Some(bench(49)), ..whole.clone() }, "49 records/s of the 50"),
        (Dossier { bench: Some(slow), ..whole.clone() }, "6000 ms"),
        (Dossier { bench: Some(BenchResults { faults: 1, ..bench(50) }), ..whole }, "1 faults"),
    ] {
        let unmet = criteria.unmet(&dossier);
        assert!(unmet.len() == 1 && unmet[0].contains(said), "{unmet:?} says {said}");
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::Tested(passed())),
        (0u64..9).prop_map(Step::PilotBegun),
        Just(Step::Piloted(pilot(1, 0, 0))),
        Just(Step::PilotEnded(pilot(1, 1, 0))),
        Just(Step::Benched(bench(1))),
        Just(Step::Promoted(vec![])),
        Just(Step::Relieved),
        Just(Step::RolledBack),
        Just(Step::Restored),
        Just(Step::Retired),
    ]
}

proptest! {
    #[test]
    fn nothing_is_in_production_that_was_not_tested_and_nothing_comes_back_from_retirement(
        steps in proptest::collection::vec(step(), 0..12),
    ) {
        let mut now: Option<Commission> = None;
        for step in &steps {
            let next = Commission::after(now.clone(), step);
            if matches!(now, Some(Commission::Retired)) {
                prop_assert!(next.is_err());
            }
            now = next.ok().or(now);
        }
        prop_assert_eq!(&now, &Commission::of(&steps));
        if now.is_some() {
            prop_assert!(steps.iter().any(|step| matches!(step, Step::Tested(_))));
        }
    }
}
