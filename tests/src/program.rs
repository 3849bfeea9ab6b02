//! A running host, and the commands that talk to it.

use std::{
    ffi::OsString,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    components,
    http::{self, Answer},
};

/// How a host is started.
#[derive(Debug, Default)]
pub struct Setup {
    /// Text of the configuration file.
    pub config: String,
    /// Whether the permits adapter lies in the adapters' folder at the start.
    pub permits: bool,
    /// Whether only signed components may serve.
    pub signed_only: bool,
    /// Further environment variables, as for a preloaded library.
    pub env: Vec<(OsString, OsString)>,
}

/// A host in a process of its own, with a folder of its own. Dropped, it is killed.
#[derive(Debug)]
pub struct Program {
    binary: PathBuf,
    setup: Setup,
    folder: TempDir,
    child: Option<Child>,
    url: String,
}

impl Program {
    /// Starts the program under test, `env!("CARGO_BIN_EXE_qadam-under-test")`, with small segments.
    #[must_use]
    pub fn start(binary: &str, setup: Setup) -> Self {
        let folder = tempfile::Builder::new().prefix("qadam-test-").tempdir().unwrap();
        std::fs::create_dir(folder.path().join("adapters")).unwrap();
        let mut program = Self { binary: binary.into(), setup, folder, child: None, url: String::new() };
        if program.setup.permits {
            program.add_permits();
        }
        program.restart();
        program
    }

    /// Puts the permits adapter into the adapters' folder, as an operator would: under another name first.
    pub fn add_permits(&self) {
        let (new, place) = (self.adapters().join("new"), self.adapters().join("permits.wasm"));
        std::fs::copy(components::permits(), &new).unwrap();
        std::fs::rename(new, place).unwrap();
    }

    /// The adapters' folder.
    #[must_use]
    pub fn adapters(&self) -> PathBuf {
        self.folder.path().join("adapters")
    }

    /// The data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The folder that holds everything of this host.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Changes the environment of the next start.
    pub fn set_env(&mut self, env: Vec<(OsString, OsString)>) {
        self.setup.env = env;
    }

    /// Changes the configuration of the next start.
    pub fn set_config(&mut self, config: String) {
        self.setup.config = config;
    }

    /// Changes the configuration of the next start from what it is.
    pub fn change_config(&mut self, change: impl FnOnce(String) -> String) {
        self.setup.config = change(std::mem::take(&mut self.setup.config));
    }

    /// Starts it again on the same folder, and waits until it listens.
    pub fn restart(&mut self) {
        self.try_restart().unwrap_or_else(|errors| panic!("the host did not start: {errors}"));
    }

    /// The same, with what it says on standard error where it does not start.
    ///
    /// # Errors
    /// Its last words.
    pub fn try_restart(&mut self) -> Result<(), String> {
        assert!(self.child.is_none(), "it runs already");
        let config = self.folder.path().join("qadam.toml");
        std::fs::write(&config, format!("{}\n[store]\nsegment-mib = 4\n", self.setup.config)).unwrap();
        let log = self.folder.path().join("log");
        let mut child = Command::new(&self.binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(self.data())
            .args((!self.setup.signed_only).then_some("--allow-unsigned"))
            .arg("--adapters")
            .arg(self.adapters())
            .arg("--config")
            .arg(config)
            .envs(self.setup.env.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::options().create(true).append(true).open(&log).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Some(url) = line.trim().strip_prefix("qadam listens on ") else {
            let _ = child.kill();
            let _ = child.wait();
            return Err(self.log());
        };
        url.clone_into(&mut self.url);
        self.child = Some(child);
        Ok(())
    }

    /// What it has logged in all its runs.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    /// kill -9.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Waits until it is gone by itself.
    pub fn wait(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.wait().unwrap();
        }
    }

    /// Asks it to stop, as a service manager does, and waits.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
            assert!(child.wait().unwrap().success(), "it did not stop in order: {}", self.log());
        }
    }

    /// Runs a command of the program.
    #[must_use]
    pub fn run(&self, args: &[&str]) -> Output {
        self.run_with(args, "")
    }

    /// Runs a command with something on its standard input.
    #[must_use]
    pub fn run_with(&self, args: &[&str], input: &str) -> Output {
        let mut child = Command::new(&self.binary)
            .args(args)
            .env_remove("QADAM_KEY")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that does not read its input has closed it.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// Runs a command that must succeed, and gives its last line as JSON.
    #[must_use]
    pub fn json(&self, args: &[&str]) -> Value {
        let out = self.run(args);
        assert!(out.status.success(), "{args:?}: {}\n{}", String::from_utf8_lossy(&out.stderr), self.log());
        let text = String::from_utf8(out.stdout).unwrap();
        serde_json::from_str(text.lines().last().unwrap_or_default()).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// Submits lines of the provider `permits` with the operator's key and gives the outcome.
    #[must_use]
    pub fn submit(&self, lines: &[impl AsRef<str>], more: &[&str]) -> Value {
        let file = self.folder.path().join("lines.xml-lines");
        let text: String = lines.iter().map(|line| format!("{}\n", line.as_ref())).collect();
        std::fs::write(&file, text).unwrap();
        let data = self.data();
        let mut args = vec!["submit", "--provider", "permits", "--lines", "--json", "--data", data.to_str().unwrap()];
        args.extend(more);
        args.push(file.to_str().unwrap());
        self.json(&args)
    }

    /// Makes a key.
    #[must_use]
    pub fn key(&self, role: &str, provider: Option<&str>) -> String {
        let data = self.data();
        let mut args = vec!["key", "new", "--data", data.to_str().unwrap(), "--role", role];
        if let Some(provider) = provider {
            args.extend(["--provider", provider]);
        }
        let out = self.run(&args);
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap().trim().to_owned()
    }

    /// The operator's key.
    #[must_use]
    pub fn operator(&self) -> String {
        std::fs::read_to_string(self.data().join("operator.key")).unwrap()
    }

    /// Calls the API with a key.
    #[must_use]
    pub fn call(&self, key: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let bearer = format!("Bearer {key}");
        let mut all = vec![("authorization", bearer.as_str())];
        all.extend(headers);
        let url = format!("{}{path}", self.url);
        http::call(method, &url, &all, body.to_vec())
            .unwrap_or_else(|error| panic!("{method} {path}: {error}\n{}", self.log()))
    }

    /// Reads with the operator's key what must be there.
    #[must_use]
    pub fn get(&self, path: &str) -> Value {
        let answer = self.call(&self.operator(), "GET", path, &[], b"");
        assert_eq!(answer.status, 200, "{path}: {:?}", answer.body);
        answer.json()
    }

    /// All items of a list, page after page.
    #[must_use]
    pub fn all(&self, key: &str, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut after = String::new();
        let mark = if path.contains('?') { '&' } else { '?' };
        loop {
            let answer = self.call(key, "GET", &format!("{path}{mark}limit=1000{after}"), &[], b"");
            assert_eq!(answer.status, 200, "{path}: {:?}", answer.body);
            let mut page = answer.json();
            items.extend(page.get_mut("items").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default());
            match page.get("next").and_then(Value::as_str) {
                Some(next) => after = format!("&after={next}"),
                None => return items,
            }
        }
    }

    /// Asks until the host says so; a test that hopes in vain ends by the runner's own limit, and the log tells why.
    pub fn until(&self, mut so: impl FnMut(&Self) -> bool) {
        let patience = std::time::Instant::now();
        while !so(self) {
            assert!(patience.elapsed().as_secs() < 180, "waited in vain: {}", self.log());
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}
