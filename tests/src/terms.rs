//! Hosts whose clock a test sets, with the probe as adapter and a passport of five working days: what the tests of terms share.

use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    components,
    http::Answer,
    probe::{adapter, mapped, put, request},
    program::{Program, Setup},
};

/// A passport of five working days, after Order 452's words.
pub const PASSPORT: &str = "[[passport]]
code = '00803001'
version = 1
valid-from = '2020-01-01'
names = { ru = 'Выдача справки', kk = 'Анықтама беру', en = 'Issue of a certificate' }
term = { amount = 5, unit = 'working-days' }
act = { title = 'Rules of the service' }
aliases = [{ code = 'Z22-74' }]
provider = { bin = '990140999995', level = 'department', names = { ru = 'Орган', en = 'Body' } }
";

/// The first event of a request, taken on Friday 9 January 2026 at 10 o'clock: its fifth working day is the 16th, and the
/// provider promises the 20th.
#[must_use]
pub fn taken(number: &str) -> String {
    format!(
        "request={number};key=a;stage=1;at=2026-01-09T10:00:00+05:00;zone=Asia/Almaty;intake=2026-01-09T10:00:00+05:00;\
         plan=2026-01-20T00:00:00+05:00;code=Z22-74;service=Certificate;number=850101199993;full-name=Өтебаев Ғали;\
         channel=provider"
    )
}

/// A further event of a request, at a local time.
#[must_use]
pub fn stage(number: &str, stage: u8, at: &str) -> String {
    format!("request={number};key={stage};stage={stage};at={at}:00+05:00;zone=Asia/Almaty")
}

/// A host with a clock of its own.
#[derive(Debug)]
pub struct Scene {
    /// The host.
    pub host: Program,
    clock: PathBuf,
    _folder: tempfile::TempDir,
}

impl Scene {
    /// Starts a host whose clock shows that time, with the probe at work and the passport of [`PASSPORT`].
    #[must_use]
    pub fn start(binary: &str, at: &str, config: &str) -> Self {
        let scene = Self::bare(binary, at, config);
        assert_eq!(scene.put_service(PASSPORT), Some(0));
        scene
    }

    /// The same without a passport.
    #[must_use]
    pub fn bare(binary: &str, at: &str, config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = folder.path().join("ahead");
        set(&clock, at);
        let env = vec![("QADAM_TEST_CLOCK_AHEAD".into(), clock.clone().into_os_string())];
        let config = format!("[providers.probe]\n{config}");
        let host = Program::start(binary, Setup { config, env, ..Setup::default() });
        put(&host, "probe.wasm", &std::fs::read(components::probe()).unwrap());
        host.until(|host| adapter(host, "probe")["generation"].as_u64() >= Some(1));
        Self { host, clock, _folder: folder }
    }

    /// Sets the clock of the host, which goes on from there.
    pub fn go_to(&self, at: &str) {
        set(&self.clock, at);
    }

    /// Puts passports; how the command ended.
    pub fn put_service(&self, passports: &str) -> Option<i32> {
        self.file("service", passports)
    }

    /// Runs `qadam WHAT put` with a file; how the command ended.
    pub fn file(&self, what: &str, text: &str) -> Option<i32> {
        let file = self.host.folder().join("put.toml");
        std::fs::write(&file, text).unwrap();
        self.run(&[what, "put", file.to_str().unwrap(), "--why", "a test"]).0
    }

    /// Runs a command with this host; how it ended, and what it said.
    pub fn run(&self, args: &[&str]) -> (Option<i32>, String) {
        let data = self.host.data();
        let out = self.host.run(&[args, &["--data", data.to_str().unwrap()]].concat());
        let said = [out.stdout, out.stderr].map(|said| String::from_utf8(said).unwrap()).concat();
        (out.status.code(), said)
    }

    /// Sends records that must be mapped.
    pub fn send(&self, lines: &[&str]) {
        let _ = mapped(&self.host, "probe", lines);
    }

    /// A request's term.
    #[must_use]
    pub fn term(&self, number: &str) -> Value {
        request(&self.host, "probe", number)["term"].clone()
    }

    /// Reads with the operator's key, whatever comes.
    #[must_use]
    pub fn read(&self, path: &str) -> Answer {
        self.host.call(&self.host.operator(), "GET", path, &[], b"")
    }

    /// The figures of the total of a month's report.
    #[must_use]
    pub fn total(&self, month: &str, as_of: &str) -> Value {
        self.host.get(&format!("/v1/reports/monthly?month={month}{as_of}"))["total"]["figures"].clone()
    }
}

#[expect(clippy::disallowed_methods, reason = "the host's clock is set by how far it is from the right one")]
fn set(clock: &std::path::Path, at: &str) {
    let at: Timestamp = at.parse().unwrap();
    let ahead = at.duration_since(Timestamp::now()).as_secs();
    // Whole or not at all: the host reads it at any time.
    let new = clock.with_extension("new");
    std::fs::write(&new, ahead.to_string()).unwrap();
    std::fs::rename(new, clock).unwrap();
}
