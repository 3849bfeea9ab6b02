//! 1336-15: before production, a trial on a test stand, a pilot, its analysis, a load test of the intensity of requests.

use qadam_tests::{
    components::mended_probe,
    packages::{Maker, trust},
    probe::{adapter, record, sent},
    program::{Program, Setup},
};
use serde_json::{Value, json};

const LINES: [&str; 2] =
    ["request=R1;key=a;stage=1;at=2024-05-01T10:00:00+05:00", "request=R1;key=b;stage=2;at=2024-05-01T11:00:00+05:00"];

fn post(host: &Program, what: &str) -> (u16, Value) {
    let body = json!({ "why": "1336-15" }).to_string();
    let path = format!("/v1/adapters/probe/{what}");
    let answer = host.call(&host.operator(), "POST", &path, &[], body.as_bytes());
    (answer.status, answer.json())
}

#[test]
fn an_adapter_serves_only_with_the_recorded_results_of_test_stand_pilot_and_load_test() {
    let config = "[adapters]\npromotion = { pilot-records = 2 }\n[providers.probe]".to_owned();
    let host =
        Program::start(env!("CARGO_BIN_EXE_qadam-under-test"), Setup { config, signed_only: true, ..Setup::default() });
    let maker = Maker::new();
    trust(&host, &maker.trusted("maker", "'probe'", ""));
    let package = maker.packed(&mended_probe(), &LINES, |_| {});
    let loaded = host.call(&host.operator(), "PUT", "/v1/adapters/probe?why=1336-15", &[], &package);
    assert_eq!(loaded.status, 200, "{:?}", loaded.body);
    let missing = |host: &Program| {
        let (status, problem) = post(host, "promote");
        assert_eq!(status, 409, "{problem}");
        problem["detail"].as_str().unwrap().to_owned()
    };
    assert!(missing(&host).contains("there was no pilot; there was no load test"), "{}", missing(&host));
    assert_eq!(post(&host, "pilot").0, 200);
    let ids = sent(&host, "probe", &LINES);
    host.until(|host| adapter(host, "probe")["candidate"]["pilot"]["records"] == 2);
    let told = missing(&host);
    assert!(told.contains("there was no load test") && !told.contains("pilot"), "{told}");
    assert_eq!(post(&host, "bench").1["keeps_up"], true);
    assert_eq!(record(&host, &ids[0])["outcome"], "pending", "nothing of it counts before");
    let (status, done) = post(&host, "promote");
    assert_eq!((status, &done["overridden"]), (200, &json!([])), "{done}");
    host.until(|host| record(host, &ids[0])["outcome"] == "mapped");
    let history = host.get("/v1/adapters/probe/history");
    for (step, shows) in [("tested", "checks"), ("piloted", "alone"), ("benched", "capacity"), ("promoted", "")] {
        let step = history.as_array().unwrap().iter().rfind(|one| one["step"] == step).unwrap();
        assert!(shows.is_empty() || !step["results"][shows].is_null(), "{step}");
        assert_eq!((&step["who"], &step["why"]), (&"operator-1".into(), &"1336-15".into()), "{step}");
    }
}
