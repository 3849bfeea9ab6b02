//! The program in a process of its own, with the defaults of its configuration.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use qadam::host::OPERATOR_KEY;
use qadam_tests::{components, http};

use crate::Failure;

/// `qadam serve` on a folder. Dropped, it is killed.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    data: PathBuf,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// From the start of the process until it listens.
    pub(crate) opened: Duration,
}

/// What `/readyz` counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts {
    pub(crate) lag: u64,
    pub(crate) waiting: u64,
    pub(crate) journal: u64,
    pub(crate) index: u64,
}

impl Program {
    /// Starts it with the permits adapter on the data folder below `folder`.
    pub(crate) fn start(folder: &Path) -> Result<Self, Failure> {
        let (adapters, data) = (folder.join("adapters"), folder.join("data"));
        std::fs::create_dir_all(&adapters)?;
        std::fs::copy(components::permits(), adapters.join("permits.wasm"))?;
        // Named here, records of the provider are expected before its adapter is loaded.
        let config = folder.join("qadam.toml");
        std::fs::write(&config, "[providers.permits]\n")?;
        let start = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_qadam-under-test"))
            .args(["serve", "--allow-unsigned", "--listen", "127.0.0.1:0", "--data"])
            .arg(&data)
            .arg("--adapters")
            .arg(adapters)
            .arg("--config")
            .arg(config)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::options().create(true).append(true).open(folder.join("log"))?)
            .spawn()?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        let opened = start.elapsed();
        let Some(address) = line.trim().strip_prefix("qadam listens on http://") else {
            return Err(format!("it did not start: {}", std::fs::read_to_string(folder.join("log"))?).into());
        };
        Ok(Self { child, data, address: address.parse()?, opened })
    }

    /// The operator's key.
    pub(crate) fn key(&self) -> Result<String, Failure> {
        Ok(std::fs::read_to_string(self.data.join(OPERATOR_KEY))?)
    }

    pub(crate) fn counts(&self) -> Result<Counts, Failure> {
        let answer = http::call("GET", &format!("http://{}/readyz", self.address), &[], "")?.json();
        let number = |name: &str| {
            let number = answer.get(name).and_then(serde_json::Value::as_u64);
            number.ok_or_else(|| format!("/readyz has no {name}: {answer}"))
        };
        Ok(Counts {
            lag: number("entries")? - number("applied")?,
            waiting: number("waiting")?,
            journal: number("journal_bytes")?,
            index: number("index_bytes")?,
        })
    }

    /// A line of its `/proc/PID/status`, in KiB.
    pub(crate) fn memory(&self, name: &str) -> Result<u64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let number = line.and_then(|line| line.split_whitespace().next()).ok_or("no such line")?;
        Ok(number.parse()?)
    }

    /// Asks it to stop, as a service manager does, and waits.
    pub(crate) fn stop(mut self) -> Result<(), Failure> {
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(format!("it ended with {status}").into()) }
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}
