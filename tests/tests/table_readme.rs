//! The ten minutes of the table adapter's README, command by command, as an operator and an agency type them.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use qadam_tests::components::{self, workspace};

const BINARY: &str = env!("CARGO_BIN_EXE_qadam-under-test");

/// A shell in a folder where `qadam` is the program under test.
struct Shell<'a>(&'a Path);

impl Shell<'_> {
    fn command(&self, line: &str) -> Command {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut all = vec![self.0.join("bin")];
        all.extend(std::env::split_paths(&path));
        let mut command = Command::new("sh");
        command.args(["-c", line]).current_dir(self.0).env("PATH", std::env::join_paths(all).unwrap());
        command.env_remove("QADAM_KEY").stdin(Stdio::null());
        command
    }

    fn run(&self, line: &str) -> String {
        let Output { status, stdout, stderr } = self.command(line).output().unwrap();
        assert!(status.success(), "{line}: {}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).unwrap()
    }
}

/// A host in the background. Dropped, it is killed.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn until(mut so: impl FnMut() -> bool) {
    let patience = std::time::Instant::now();
    while !so() {
        assert!(patience.elapsed().as_secs() < 60, "waited in vain");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

/// The fenced blocks of a language, in order.
fn blocks(readme: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    readme.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().trim().to_owned()).collect()
}

#[test]
fn an_agency_with_a_spreadsheet_export_is_served_by_the_readme() {
    let readme = std::fs::read_to_string(workspace().join("plugins/table/README.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let shell = Shell(folder.path());
    for sub in ["bin", "adapters", "outbox"] {
        std::fs::create_dir(folder.path().join(sub)).unwrap();
    }
    std::os::unix::fs::symlink(BINARY, folder.path().join("bin/qadam")).unwrap();
    std::fs::copy(components::table(), folder.path().join("adapters/table.wasm")).unwrap();
    let samples = workspace().join("plugins/table/samples");
    for name in ["archive.csv", "archive.mapping.toml"] {
        std::fs::copy(samples.join(name), folder.path().join(name)).unwrap();
    }
    let commands = blocks(&readme, "sh");
    let [check, serve, outbox, show] = commands.as_slice() else { unreachable!("{} blocks", commands.len()) };

    assert!(shell.run(check).contains("44 records: 43 mapped to 43 events, 1 refused"));

    let configuration = blocks(&readme, "toml").into_iter().next().unwrap();
    assert!(std::fs::read_to_string(samples.join("qadam.toml")).unwrap().contains("settings-from"));
    std::fs::write(folder.path().join("qadam.toml"), configuration).unwrap();
    // Any port will do, and tests run side by side.
    let mut host = shell.command(&format!("exec {serve} --listen 127.0.0.1:0")).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(host.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let _host = Serving(host);
    let url = line.trim().strip_prefix("qadam listens on ").unwrap();

    until(|| shell.run("qadam adapter list --data data").contains("serving"));
    let (key, submit) = outbox.split_once('\n').unwrap();
    let key = shell.run(key);
    let submit =
        submit.replace("QADAM_KEY=…", &format!("QADAM_KEY={}", key.trim())).replace("http://127.0.0.1:8640", url);
    std::fs::copy(folder.path().join("archive.csv"), folder.path().join("outbox/archive.csv")).unwrap();
    // The host takes note of a new key by itself, a moment later.
    until(|| shell.command(&format!("{submit} --once")).status().unwrap().success());
    let report = std::fs::read_to_string(folder.path().join("outbox/refused/archive.csv.report.txt")).unwrap();
    assert!(report.contains("строка 36: неизвестный статус"), "{report}");

    let shown = shell.run(show);
    assert!(shown.contains("закрыто") && shown.contains("Мұрағаттық анықтама беру"), "{shown}");
}
