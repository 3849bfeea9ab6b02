//! The monthly report is sealed and delivered like any message (452-12), to whoever monitors and to nobody else.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use qadam_store::sha256;
use qadam_tests::{
    peer::Peer,
    terms::{Scene, taken},
};
use serde_json::{Value, json};

const QADAM: &str = env!("CARGO_BIN_EXE_qadam-under-test");

/// The host's lane to a destination.
fn lane(scene: &Scene, destination: &str) -> Value {
    let lanes = scene.host.get("/v1/queue")["lanes"].as_array().unwrap().clone();
    let ours = |lane: &Value| lane["destination"] == destination && lane["provider"] == "qadam";
    lanes.into_iter().find(ours).unwrap_or_default()
}

/// What a receiver keeps of the host's own lane.
fn kept(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder.join("messages/000000")).unwrap().map(|entry| entry.unwrap().path());
    let mut ours: Vec<_> = files.filter(|path| path.to_string_lossy().contains("-monitoring-qadam-")).collect();
    ours.sort();
    ours
}

#[test]
fn the_report_of_a_closed_month_arrives_to_the_byte_once_and_only_at_whoever_monitors() {
    let folder = tempfile::tempdir().unwrap();
    let peer = Peer::start(folder.path());
    let config = format!(
        "[seal]\nage = 'PT0.1S'\n[destinations.executor]\npassing = 'to-executor'\npull = {{}}\n[destinations.monitoring]\n\
         push = {{ url = '{}' }}\nretry = {{ first = 'PT0.05S', most = 'PT0.2S' }}\n",
        peer.url()
    );
    let mut scene = Scene::start(QADAM, "2026-01-30T12:00:00+05:00", &config);
    scene.send(&[&taken("A")]);
    scene.go_to("2026-02-13T12:00:00+05:00");
    let reports =
        || peer.effects().into_iter().filter(|effect| effect.provider.as_str() == "qadam").collect::<Vec<_>>();
    scene.host.until(|_| !reports().is_empty());
    assert_eq!(reports()[0].request, "report/2026-01");
    let asked = scene.host.get("/v1/reports/monthly?month=2026-01&as_of=2026-02-10");
    let message: Value = serde_json::from_slice(&std::fs::read(&kept(folder.path())[0]).unwrap()).unwrap();
    let document = message["envelope"]["events"][0]["document"].as_str().unwrap();
    let (head, report) = document.split_once(",\"report\":").unwrap();
    let report = report.strip_suffix('}').unwrap();
    let kept_digest = scene.host.get("/v1/reports")["items"][0]["digest"].clone();
    assert_eq!(kept_digest, HEXLOWER.encode(&sha256(report.as_bytes())), "the report that is kept, to the byte");
    let report: Value = serde_json::from_str(report).unwrap();
    assert_eq!((&report["total"], &report["breakdown"]), (&asked["total"], &asked["breakdown"]));
    let head: Value = serde_json::from_str(&format!("{head}}}")).unwrap();
    assert_eq!((&head["format"], &head["number"]), (&json!("qadam-report/1"), &json!("report/2026-01")));
    scene.host.until(|host| host.get("/v1/reports")["items"][0]["messages"][0]["settled_at"].is_string());
    let (code, listed) = scene.run(&["report", "list"]);
    assert!(code == Some(0) && listed.contains(" monitoring "), "{listed}");

    // Made once, sealed once: also over a kill and without the index.
    scene.host.kill();
    std::fs::remove_dir_all(scene.host.data().join("index")).unwrap();
    scene.host.restart();
    scene.send(&[&taken("B")]);
    let lane_of = |destination| lane(&scene, destination);
    scene.host.until(|_| lane_of("monitoring")["depth"] == 0 && peer.effects().len() == 3);
    assert_eq!((reports().len(), reports()[0].again), (1, 0));
    assert_eq!(lane_of("executor"), Value::Null, "an executor gets no reports");
}
