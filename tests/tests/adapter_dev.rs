//! `qadam adapter dev`: what an author saves is built, tested and put to work in a running host.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that fails may panic")]

use std::{
    io::{BufRead as _, BufReader, Lines},
    process::{Child, ChildStdout, Command, Stdio},
};

use qadam_tests::{
    probe::adapter,
    program::{Program, Setup},
    workshop::Workshop,
};

const BINARY: &str = env!("CARGO_BIN_EXE_qadam-under-test");

/// The command while it runs.
struct Dev {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Dev {
    fn start(workshop: &Workshop, args: &[&str]) -> Self {
        let mut command = workshop.command(BINARY.as_ref());
        command.args(["adapter", "dev"]).args(args).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// What it says until it waits for the next change.
    fn round(&mut self) -> String {
        let mut said = String::new();
        loop {
            let line = self.lines.next().unwrap_or_else(|| panic!("it ended: {said}")).unwrap();
            if line.starts_with("waiting for a change") {
                return said;
            }
            said += &format!("{line}\n");
        }
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_is_saved_is_built_tested_and_put_to_work_until_ctrl_c() {
    let host = Program::start(BINARY, Setup::default());
    let workshop = Workshop::open(BINARY, "dev");
    assert_eq!(workshop.adapter(&["new", "bulletin"]).code, 0);
    let data = host.data();
    let mut dev = Dev::start(&workshop, &["bulletin", "--provider", "city", "--data", data.to_str().unwrap()]);
    let first = dev.round();
    assert!(first.contains("same     history") && first.contains("serves city, generation 1"), "{first}");
    assert_eq!(adapter(&host, "city")["adapter"]["name"], "bulletin");

    // Another mapping: what differs is shown, and the host has it.
    workshop.edit("bulletin/src/lib.rs", "\"done\" => Stage::Executed", "\"done\" => Stage::AwaitingIssue");
    let second = dev.round();
    assert!(second.contains("+ stage = \"awaiting-issue\"") && second.contains("generation 2"), "{second}");

    // A record that is saved is mapped; the component is the same, and is not loaded again.
    workshop.write("bulletin/golden/more.csv", "R-20;accepted;2026-03-02T10:00:00Z;");
    let third = dev.round();
    assert!(third.contains("new      more") && !third.contains("serves"), "{third}");

    // What does not compile, or fails on its own records, is not put to work; the next good state is.
    workshop.edit(
        "bulletin/src/lib.rs",
        "Stage::AwaitingIssue,\n        \"ready\"",
        "Stage::Nowhere,\n        \"ready\"",
    );
    let broken = dev.round();
    assert!(!broken.contains("serves") && !broken.contains("same"), "{broken}");
    workshop.edit("bulletin/src/lib.rs", "Stage::Nowhere", "panic!(\"unfinished\")");
    let faulty = dev.round();
    assert!(faulty.contains("fault    history") && !faulty.contains("serves"), "{faulty}");
    assert_eq!(adapter(&host, "city")["generation"], 2);
    workshop.edit("bulletin/src/lib.rs", "panic!(\"unfinished\")", "Stage::Executed");
    let last = dev.round();
    assert!(last.contains("same     history") && last.contains("generation 3"), "{last}");

    let interrupt = Command::new("kill").args(["-INT", &dev.child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    assert!(dev.child.wait().unwrap().success(), "Ctrl-C is the way to end it");
}
