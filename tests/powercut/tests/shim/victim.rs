//! One child under the shim: commands in, answers out, and the power cut.

use crate::script::{ANSWER, ROOT};
use qadam_powercut::{Control, Shim, library, own_target_dir};
use std::{
    env, fs,
    io::{BufRead, BufReader, Lines, Write},
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::OnceLock,
};
use tempfile::TempDir;

/// A running child.
pub(crate) struct Victim {
    process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    pub(crate) shim: Shim,
    folder: Option<TempDir>,
}

/// What the power cut left.
pub(crate) struct Remains {
    folder: TempDir,
    pub(crate) signal: Option<i32>,
}

impl Victim {
    /// A child on an empty folder.
    pub(crate) fn start() -> Self {
        Self::prepared(&[], |shim| shim)
    }

    /// A child on a folder that holds these files already; `shape` sets the shim's options.
    pub(crate) fn prepared(files: &[(&str, &str)], shape: impl FnOnce(Shim) -> Shim) -> Self {
        static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
        let library = LIBRARY.get_or_init(|| library(&own_target_dir().unwrap()).unwrap());
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        fs::create_dir(&root).unwrap();
        for (name, text) in files {
            fs::write(root.join(name), text).unwrap();
        }
        let shim = shape(Shim::watch(library, &root, &folder.path().join("shadow")).unwrap());
        Self::spawn(shim, folder)
    }

    fn spawn(shim: Shim, folder: TempDir) -> Self {
        let root = folder.path().join("root");
        let mut process = Command::new(env::current_exe().unwrap())
            .args(["script::child", "--exact", "--nocapture", "--test-threads=1"])
            .envs(shim.env())
            .env(ROOT, &root)
            .current_dir(&root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = process.stdin.take().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, input, output, shim, folder: Some(folder) }
    }

    /// Kills the child, with the power on, and starts another on the same folder.
    pub(crate) fn start_again(mut self) -> Self {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        Self::spawn(self.shim.clone(), self.folder.take().unwrap())
    }

    pub(crate) fn control(&self) -> Control {
        self.shim.control()
    }

    /// Gives a command without waiting for an answer.
    pub(crate) fn send(&mut self, command: &str) {
        writeln!(self.input, "{command}").unwrap();
    }

    /// The next answer; none once the child is dead.
    pub(crate) fn answer(&mut self) -> Option<String> {
        self.output.by_ref().map_while(Result::ok).find_map(|line| Some(line.split_once(ANSWER)?.1.to_owned()))
    }

    /// Gives a command that may fail, and returns its answer or errno.
    pub(crate) fn attempt(&mut self, command: &str) -> Result<String, i32> {
        self.send(command);
        let answer = self.answer().unwrap_or_else(|| panic!("the child died in: {command}"));
        match answer.split_once(' ') {
            Some(("ok", value)) => Ok(value.to_owned()),
            Some(("errno", number)) => Err(number.parse().unwrap()),
            _ => panic!("{command}: {answer}"),
        }
    }

    /// Gives commands that must succeed.
    pub(crate) fn run(&mut self, commands: &[&str]) {
        for command in commands {
            self.attempt(command).unwrap_or_else(|errno| panic!("{command}: errno {errno}"));
        }
    }

    /// Cuts the power, or finds that the shim did.
    pub(crate) fn cut(mut self) -> Remains {
        assert_ne!(self.control().attached().unwrap(), 0, "the loader ignored the library");
        self.process.kill().unwrap();
        let signal = self.process.wait().unwrap().signal();
        Remains { folder: self.folder.take().unwrap(), signal }
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        // Before its folder goes; after a cut this finds it dead.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Remains {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("shadow").join(name)
    }

    /// The bytes of a file that survived.
    pub(crate) fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(self.path(name)).ok()
    }

    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.bytes(name).map(|bytes| String::from_utf8(bytes).unwrap())
    }
}
