//! The receiver of the demo, a process of its own: it goes away while records flow, and comes back.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use qadam_clients::Host;
use serde_json::Value;

use crate::{cli::Failure, terminal::note};

/// How long delivery may stand still.
const PATIENCE: Duration = Duration::from_secs(120);
/// The receiver's folder.
const FOLDER: &str = "receiver";

/// The receiver of the demo.
pub(super) struct Receiver {
    child: Option<Child>,
    folder: PathBuf,
    /// `127.0.0.1:PORT`, the same when it comes back.
    address: String,
    kept: bool,
}

/// What was delivered.
pub(super) struct Delivered {
    /// Events in effect at the receiver.
    pub(super) events: u64,
    /// Attempts that the host made.
    pub(super) attempts: u64,
}

impl Receiver {
    /// Starts it, and puts it into the host's configuration as where messages go.
    pub(super) fn start(folder: &Path) -> Result<Self, Failure> {
        let mut receiver =
            Self { child: None, folder: folder.join(FOLDER), address: "127.0.0.1:0".to_owned(), kept: false };
        receiver.run()?;
        let url = format!("http://{}/messages", receiver.address);
        // Short pauses, for people wait.
        let destination = format!(
            "\n[destinations.monitoring]\npush = {{ url = \"{url}\" }}\nretry = {{ first = \"PT0.2S\", most = \"PT1S\" }}\n"
        );
        let mut config = std::fs::File::options().append(true).open(folder.join("qadam.toml"))?;
        config.write_all(destination.as_bytes())?;
        note(format!("a receiver of messages listens on {}", receiver.address));
        Ok(receiver)
    }

    fn run(&mut self) -> Result<(), Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["receive", "--listen", &self.address, "--data"])
            .arg(&self.folder)
            .env("QADAM_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        let address = line.trim().split_once("http://").and_then(|(_, rest)| rest.split('/').next()).map(str::to_owned);
        self.child = Some(child);
        self.address =
            address.ok_or_else(|| Failure::Failed("the receiver did not start; its last words are above".into()))?;
        Ok(())
    }

    /// It goes away, as by a power cut.
    pub(super) fn away(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
            note("the receiver is taken away; what is recorded waits");
        }
    }

    pub(super) const fn keep(&mut self) {
        self.kept = true;
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        if let Some(child) = self.child.as_mut().filter(|_| !self.kept) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Brings the receiver back where it is away, and waits until everything is delivered.
pub(super) async fn delivered(host: &Host, receiver: &mut Receiver) -> Result<Delivered, Failure> {
    if receiver.child.is_none() {
        receiver.run()?;
        note("the receiver is back; delivery goes on by itself");
    }
    let client = Host::at(&format!("http://{}", receiver.address), "")?;
    let (mut moved, mut before) = (Instant::now(), 0);
    loop {
        let queue: Value = host.get("/v1/queue").await?;
        let sum = |name: &str| -> u64 {
            let lanes = queue.get("lanes").and_then(Value::as_array).into_iter().flatten();
            lanes.filter_map(|lane| lane.get(name).and_then(Value::as_u64)).sum()
        };
        let recorded: Vec<Value> = host.get("/v1/summary").await?;
        let recorded: u64 = recorded.iter().filter_map(|one| one.get("events").and_then(Value::as_u64)).sum();
        let status: Value = client.get("/status").await?;
        let events = status.get("events").and_then(Value::as_u64).unwrap_or(0);
        if events >= recorded && sum("depth") == 0 {
            return Ok(Delivered { events, attempts: sum("attempts") });
        }
        if events > before {
            (moved, before) = (Instant::now(), events);
        }
        if moved.elapsed() > PATIENCE {
            return Err(Failure::Failed(format!("{events} of {recorded} events were delivered")));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
