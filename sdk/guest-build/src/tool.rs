//! Runs a program, and passes on what it writes, line by line.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;

use crate::{Error, Progress};

/// What came of a program.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: ExitStatus,
    /// All of its standard output.
    pub(crate) stdout: Vec<u8>,
    /// The last lines of its standard error.
    pub(crate) tail: String,
}

/// Runs a program to its end. Each line of its standard error goes to `progress` as it comes.
pub(crate) fn run(
    command: &mut Command,
    remedy: &'static str,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Outcome, Error> {
    let tool = command.get_program().to_string_lossy().into_owned();
    let missing = |source| Error::ToolMissing { tool: tool.clone(), remedy, source };
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(missing)?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    // Both pipes are drained at once: a program that fills one of them would wait for us forever.
    let (stdout, tail) = thread::scope(|scope| {
        let stdout = scope.spawn(move || {
            let mut bytes = Vec::new();
            let read = stdout.map_or(Ok(0), |mut stdout| stdout.read_to_end(&mut bytes));
            read.map(|_| bytes)
        });
        let tail = stderr.map_or(Ok(Tail::default()), |stderr| Tail::follow(stderr, progress));
        (stdout.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into())), tail)
    });
    let status = child.wait().map_err(missing)?;
    Ok(Outcome { status, stdout: stdout.map_err(missing)?, tail: tail.map_err(missing)?.text() })
}

/// The last lines of a text that is too long to keep.
#[derive(Default)]
struct Tail(VecDeque<String>);

impl Tail {
    /// Enough for a compiler's error with its context.
    const LINES: usize = 60;

    fn follow(stderr: impl Read, progress: &mut dyn FnMut(Progress<'_>)) -> io::Result<Self> {
        let mut tail = Self::default();
        let mut stderr = BufReader::new(stderr);
        let mut bytes = Vec::new();
        while stderr.read_until(b'\n', &mut bytes)? > 0 {
            let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
            bytes.clear();
            progress(Progress::Line(&line));
            if tail.0.len() == Self::LINES {
                tail.0.pop_front();
            }
            tail.0.push_back(line);
        }
        Ok(tail)
    }

    fn text(self) -> String {
        Vec::from(self.0).join("\n")
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::environment;

    fn shell(script: &str) -> Result<(Outcome, Vec<String>), Error> {
        let mut lines = Vec::new();
        let mut command = environment::command("sh", Path::new("/"));
        let outcome = run(command.args(["-c", script]), "", &mut |progress| lines.push(progress.to_string()))?;
        Ok((outcome, lines))
    }

    #[test]
    fn lines_of_standard_error_are_passed_on_and_output_is_kept() {
        let (outcome, lines) = shell("echo out; echo one >&2; echo two >&2; exit 3").expect("runs");
        assert_eq!(outcome.status.code(), Some(3));
        assert_eq!(outcome.stdout, b"out\n");
        assert_eq!(lines, ["one", "two"]);
        assert_eq!(outcome.tail, "one\ntwo");
    }

    #[test]
    fn much_output_on_both_pipes_does_not_stall() {
        let script = "i=0; while [ $i -lt 20000 ]; do echo 0123456789; echo $i >&2; i=$((i+1)); done";
        let (outcome, lines) = shell(script).expect("runs");
        assert_eq!((outcome.stdout.len(), lines.len()), (220_000, 20_000));
        assert_eq!(outcome.tail.lines().count(), Tail::LINES);
        assert!(outcome.tail.ends_with("19999"));
    }

    #[test]
    fn a_missing_program_is_named_with_its_remedy() {
        let mut command = environment::command("no-such-tool", Path::new("/"));
        let error = run(&mut command, "install it", &mut |_| {}).expect_err("not there");
        assert_eq!(error.to_string(), "no-such-tool cannot be started; install it");
    }
}
