//! 452-4: providers that have systems integrate them; here by one sandboxed adapter each.

use qadam_tests::records;

use crate::host;

#[test]
fn each_outcome_names_the_adapter_contract_and_configuration_that_made_it() {
    let host = host();
    let _ = host.submit(&[records::accepted(1)], &[]);
    let record = &host.all(&host.operator(), "/v1/providers/permits/records")[0];
    let adapter = &record["adapter"];
    assert_eq!((&adapter["name"], &adapter["contract"]), (&"permits-xes".into(), &"qadam:adapter@0.1.0".into()));
    for digest in ["component", "configuration"] {
        assert_eq!(adapter[digest].as_str().unwrap().len(), 64, "{digest}");
    }
    assert_eq!(record["events"].as_array().unwrap().len(), 1);
}

#[test]
fn a_provider_whose_adapter_is_not_there_yet_sees_pending_and_never_an_error() {
    let host = qadam_tests::program::Program::start(
        env!("CARGO_BIN_EXE_qadam-under-test"),
        qadam_tests::program::Setup { config: "[providers.permits]\n".into(), ..Default::default() },
    );
    let outcome = host.submit(&[records::accepted(1), records::accepted(2)], &["--no-wait"]);
    assert_eq!((&outcome["accepted"], &outcome["received"]), (&2.into(), &2.into()));
    // The index follows the acknowledgement by a moment.
    host.until(|host| host.all(&host.operator(), "/v1/providers/permits/records?outcome=pending").len() == 2);
    host.add_permits();
    host.until(|host| host.all(&host.operator(), "/v1/providers/permits/records?outcome=mapped").len() == 2);
}
