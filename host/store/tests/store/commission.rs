//! Steps of adapters' packages.

use qadam_domain::commission::{Commission, PilotResults, Step, TestResults};
use qadam_store::{CommissionedFact, Store, verify};

use crate::common::config;

fn fact(package: u8, step: Step) -> CommissionedFact {
    CommissionedFact {
        provider: "permits".parse().unwrap(),
        package: [package; 32],
        component: [9; 32],
        name: "permits-xes".into(),
        version: "0.1.0".into(),
        signer: "maker (00)".into(),
        step,
        who: "operator-1".into(),
        why: "the agency asked".into(),
        at: "2026-01-01T00:00:00Z".parse().unwrap(),
    }
}

#[test]
fn steps_are_there_again_after_a_restart_and_in_a_rebuilt_index() {
    let folder = tempfile::tempdir().unwrap();
    let pilot =
        PilotResults { records: 7, outcomes: [("mapped → refused".to_owned(), 2)].into(), ..Default::default() };
    let steps = [
        fact(1, Step::Tested(TestResults::default())),
        fact(2, Step::Tested(TestResults::default())),
        fact(1, Step::PilotBegun(1)),
        fact(1, Step::Piloted(pilot)),
    ];
    let provider = "permits".parse().unwrap();
    let told = |store: &Store| {
        assert_eq!(store.commissioned(&provider, 100).unwrap(), steps);
        assert_eq!(store.commissioned(&provider, 1).unwrap(), steps[3..]);
        assert!(store.commissioned(&"other".parse().unwrap(), 100).unwrap().is_empty());
        let now = store.commission_of(&provider, &[1; 32]).unwrap().unwrap();
        assert!(matches!(now, Commission::Pilot(1, dossier) if dossier.pilot.as_ref().unwrap().records == 7));
        assert!(matches!(store.commission_of(&provider, &[2; 32]).unwrap(), Some(Commission::Test(_))));
        assert_eq!(store.commission_of(&provider, &[3; 32]).unwrap(), None);
    };
    let config = config(folder.path());
    let store = Store::open(&config).unwrap();
    for step in &steps {
        store.commission(step.clone()).unwrap();
    }
    told(&store);
    drop(store);
    std::fs::remove_dir_all(folder.path().join("index")).unwrap();
    told(&Store::open(&config).unwrap());
    assert_eq!(verify(&config, |_, _| {}).unwrap().differing, 0);
}
