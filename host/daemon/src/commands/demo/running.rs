//! The host of the demo, a process of its own.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use crate::cli::Failure;

/// The host of the demo, a process of its own.
pub(super) struct Running {
    pub(super) child: Child,
    pub(super) url: String,
    kept: bool,
}

impl Running {
    pub(super) fn start(folder: &Path) -> Result<Self, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", "--allow-unsigned", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.join("data"))
            .arg("--config")
            .arg(folder.join("qadam.toml"))
            .env("QADAM_LOG", std::env::var("QADAM_LOG").unwrap_or_else(|_| "warn".into()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        let url = line.trim().rsplit(' ').next().unwrap_or_default().to_owned();
        let running = Self { child, url, kept: false };
        if running.url.starts_with("http://") {
            Ok(running)
        } else {
            Err(Failure::Failed("the host did not start; its last words are above".into()))
        }
    }

    pub(super) const fn keep(&mut self) {
        self.kept = true;
    }

    /// Asks it to stop, and waits.
    pub(super) fn stop(mut self) -> Result<(), Failure> {
        self.kept = true;
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw) {
            rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        }
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.kept {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
