//! What the law asks, clause by clause: the path of a test is its citation. Each drives the real program.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

mod decree_1336;
mod order_1277;
mod order_452;
mod zhambyl_56;

use qadam_tests::{
    program::{Program, Setup},
    terms::Scene,
};
use serde_json::Value;

/// A host with the permits adapter.
fn host() -> Program {
    let config = "[providers.permits.settings]\nservice-name = \"Environmental permit\"\n".into();
    Program::start(env!("CARGO_BIN_EXE_qadam-under-test"), Setup { config, permits: true, ..Setup::default() })
}

/// A request by its number, with its history.
fn request(host: &Program, number: &str) -> Value {
    let page = host.get(&format!("/v1/requests?provider=permits&number={number}"));
    host.get(&format!("/v1/requests/{}", page["items"][0]["id"].as_str().unwrap()))
}

/// A host with the education adapter, by the profile of its README.
fn education(more: &str) -> Program {
    qadam_tests::notifications::start(env!("CARGO_BIN_EXE_qadam-under-test"), more)
}

/// A host at a time, with a passport of five working days.
fn scene(at: &str) -> Scene {
    Scene::start(env!("CARGO_BIN_EXE_qadam-under-test"), at, "")
}
