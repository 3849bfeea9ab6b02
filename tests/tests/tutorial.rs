//! The tutorial for adapters' authors, walked from its first block to its last with the real program.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that fails may panic")]

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Stdio},
};

use qadam_tests::{
    components::workspace,
    tutorial::{Step, missing, steps},
    workshop::Workshop,
};

const BINARY: &str = env!("CARGO_BIN_EXE_qadam-under-test");

/// What goes on in another terminal; ended with the test.
struct Terminal(Child);

impl Terminal {
    /// Runs a command, and gives what it says on standard output until a line begins like that.
    fn open(workshop: &Workshop, folder: &str, command: &str, until: &str) -> (Self, String) {
        let mut command = workshop.shell(folder, &format!("exec {command}"));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let terminal = Self(child);
        let mut said = String::new();
        while !said.lines().last().is_some_and(|line| line.starts_with(until)) {
            let line = lines.next().unwrap_or_else(|| panic!("it ended: {said}")).unwrap();
            said += &format!("{line}\n");
        }
        (terminal, said)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn every_block_of_the_tutorial_does_what_it_says() {
    let workshop = Workshop::open(BINARY, "tutorial");
    workshop.install();
    let text = std::fs::read_to_string(workspace().join("sdk/TUTORIAL.md")).unwrap();
    let steps = steps(&text);
    let mut folder = String::from(".");
    let mut other = Vec::new();
    let mut last = (0, String::new(), String::new());
    for (at, (line, step)) in steps.iter().enumerate() {
        let file = |file: &String| format!("{folder}/{file}");
        match step {
            Step::Command(command) if command.starts_with("cd ") => folder = file(&command["cd ".len()..].to_owned()),
            // What goes on until the reader ends it: as far as a line that says so.
            Step::Command(command) if command.starts_with("qadam serve") => {
                // The reader's port may be taken here; all commands find the host by its data folder.
                let command = format!("{command} --listen 127.0.0.1:0");
                let (terminal, said) = Terminal::open(&workshop, &folder, &command, "qadam listens");
                other.push(terminal);
                last = (0, said, String::new());
            }
            Step::Command(command) if command.starts_with("qadam adapter dev") => {
                let (terminal, said) = Terminal::open(&workshop, &folder, command, "waiting for a change");
                other.push(terminal);
                last = (0, said, String::new());
            }
            Step::Command(command) => {
                let out = workshop.shell(&folder, command).output().unwrap();
                let said = [out.stdout, out.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
                let code = out.status.code().unwrap_or(-1);
                // What fails on purpose is answered by the program's own complaint.
                let on_purpose = steps[at + 1..].iter().find_map(|(_, step)| match step {
                    Step::Answer(lines) => Some(lines.iter().any(|line| line.starts_with("qadam: "))),
                    Step::Command(_) => Some(false),
                    _ => None,
                });
                let on_purpose = on_purpose.unwrap_or(false);
                assert_eq!(code != 0, on_purpose, "line {line}: {command} ended with {code}\n{}", said.concat());
                let [out, err] = said;
                last = (code, out, err);
            }
            Step::Answer(lines) => {
                let (_, out, err) = &last;
                let gap = missing(lines, &format!("{out}\n{err}"));
                assert_eq!(gap, None, "line {line}: the program said\n{out}\n{err}");
            }
            Step::File(name, text) => workshop.write(&file(name), text),
            Step::Change { file: name, from, to } => workshop.edit(&file(name), from, to),
        }
    }
    assert!(steps.len() > 30, "only {} steps were found", steps.len());
    assert!(Path::new(&workshop.folder().join("data")).is_dir(), "the walk came to the host");
}
