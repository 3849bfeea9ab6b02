//! A receiver in a process of its own.

use std::{
    ffi::OsString,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::http;

/// A receiver. Dropped, it is killed.
#[derive(Debug)]
pub struct Receiving {
    binary: PathBuf,
    folder: TempDir,
    /// Further arguments of the next start.
    pub args: Vec<String>,
    /// Further environment variables of the next start.
    pub env: Vec<(OsString, OsString)>,
    child: Option<Child>,
    address: SocketAddr,
}

impl Receiving {
    /// Starts one.
    #[must_use]
    pub fn start(binary: &str, args: Vec<String>) -> Self {
        let folder = tempfile::Builder::new().prefix("qadam-receiver-").tempdir().unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut receiving = Self { binary: binary.into(), folder, args, env: Vec::new(), child: None, address };
        receiving.restart();
        receiving
    }

    /// Its folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The folder that holds everything of it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts it again on the same folder, and waits until it listens.
    pub fn restart(&mut self) {
        self.try_restart().unwrap_or_else(|log| panic!("the receiver did not start: {log}"));
    }

    /// The same, with what it says where it does not start.
    ///
    /// # Errors
    /// Its last words.
    pub fn try_restart(&mut self) -> Result<(), String> {
        assert!(self.child.is_none(), "it runs already");
        let log = std::fs::File::options().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        let mut child = Command::new(&self.binary)
            .args(["receive", "--listen", "127.0.0.1:0", "--data"])
            .arg(self.data())
            .args(&self.args)
            .envs(self.env.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().split_once("://").and_then(|(_, rest)| rest.strip_suffix("/messages")?.parse().ok());
        let Some(address) = address else {
            let _ = child.kill();
            let _ = child.wait();
            return Err(self.log());
        };
        self.address = address;
        self.child = Some(child);
        Ok(())
    }

    /// kill -9.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Asks it to stop, as a service manager does, and waits.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
            assert!(child.wait().unwrap().success(), "it did not stop in order: {}", self.log());
        }
    }

    /// Whether it is gone by itself.
    pub fn is_gone(&mut self) -> bool {
        self.child.as_mut().is_none_or(|child| child.try_wait().unwrap().is_some())
    }

    /// What it has logged in all its runs.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Reads what it says of itself.
    #[must_use]
    pub fn get(&self, path: &str) -> Value {
        let answer = http::call("GET", &format!("http://{}{path}", self.address), &[], "");
        let answer = answer.unwrap_or_else(|error| panic!("{path}: {error}\n{}", self.log()));
        assert_eq!(answer.status, 200, "{path}: {:?}", answer.body);
        answer.json()
    }

    /// The events in the order in which they took effect.
    #[must_use]
    pub fn effects(&self) -> Vec<Value> {
        let (mut items, mut after) = (Vec::new(), 0);
        loop {
            let mut page = self.get(&format!("/events?after={after}"));
            items.extend(page["items"].as_array_mut().map(std::mem::take).unwrap());
            match page["next"].as_u64() {
                Some(next) => after = next,
                None => return items,
            }
        }
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        self.kill();
    }
}
