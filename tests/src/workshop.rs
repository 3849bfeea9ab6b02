//! A folder where an adapter is written, as its author does: with the program, cargo and an editor.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// The folder. It is begun anew by each test that names it, and left behind for whoever wants to see why one failed.
#[derive(Debug)]
pub struct Workshop {
    binary: PathBuf,
    folder: PathBuf,
    target: PathBuf,
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    /// How it ended; -1 if something ended it.
    pub code: i32,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

impl Workshop {
    /// An empty folder for the program under test, `env!("CARGO_BIN_EXE_qadam-under-test")`. One name, one test.
    #[must_use]
    pub fn open(binary: &str, name: &str) -> Self {
        let target = qadam_powercut::own_target_dir().unwrap();
        // One folder and not a new one each time: cargo keeps what it has built for a folder.
        let folder = target.join("workshops").join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).unwrap();
        }
        std::fs::create_dir_all(&folder).unwrap();
        Self { binary: binary.into(), folder, target }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs `qadam adapter …` within.
    pub fn adapter(&self, args: &[&str]) -> Said {
        said(self.command(&self.binary).arg("adapter").args(args))
    }

    /// Runs cargo in a folder within.
    pub fn cargo(&self, folder: &str, args: &[&str]) -> Said {
        let mut cargo = self.command(Path::new("cargo"));
        cargo.env("CARGO_TARGET_DIR", self.own_target());
        said(cargo.current_dir(self.folder.join(folder)).args(args))
    }

    /// Puts the program onto the path of [`Self::shell`], as `qadam`.
    pub fn install(&self) {
        std::fs::create_dir(self.folder.join("bin")).unwrap();
        std::os::unix::fs::symlink(&self.binary, self.folder.join("bin/qadam")).unwrap();
    }

    /// A line of the shell, in a folder within.
    #[must_use]
    pub fn shell(&self, folder: &str, line: &str) -> Command {
        let mut shell = self.command(Path::new("sh"));
        let mut path = self.folder.join("bin").into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        shell.args(["-c", line]).env("PATH", path).current_dir(self.folder.join(folder));
        if line.starts_with("cargo ") {
            shell.env("CARGO_TARGET_DIR", self.own_target());
        }
        shell
    }

    /// Not the target folder of the cargo that runs this test: it may hold its lock.
    fn own_target(&self) -> PathBuf {
        self.target.join("workshops/target")
    }

    /// A command within: what the outer cargo says is not for it, but components share one target folder.
    #[must_use]
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text == "QADAM_KEY" || (text.starts_with("CARGO") && text != "CARGO_HOME") {
                command.env_remove(&name);
            }
        }
        command.env("CARGO_TARGET_DIR", &self.target).env("NO_COLOR", "1").current_dir(&self.folder);
        command
    }

    /// A file within.
    #[must_use]
    pub fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// Writes a file within.
    pub fn write(&self, file: &str, text: &str) {
        let path = self.folder.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Changes the one place of a file where the text stands.
    pub fn edit(&self, file: &str, from: &str, to: &str) {
        let text = self.read(file);
        assert_eq!(text.matches(from).count(), 1, "{from:?} stands once in {file}:\n{text}");
        self.write(file, &text.replace(from, to));
    }
}

fn said(command: &mut Command) -> Said {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Said { code: status.code().unwrap_or(-1), out: text(stdout), err: text(stderr) }
}
