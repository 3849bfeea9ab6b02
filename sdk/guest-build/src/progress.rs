//! What a build tells while it runs.

use std::fmt;

use crate::Toolchain;

/// A step of a build. `Display` gives a line for people.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// Packages of the operating system are about to be installed, by this command.
    Installing {
        /// The command, as a shell would take it.
        command: &'a str,
    },
    /// Another build holds the target folder.
    Waiting,
    /// Cargo starts.
    Building {
        /// The package.
        package: &'a str,
        /// What it is built with.
        toolchain: &'a Toolchain,
    },
    /// A line that a tool has written.
    Line(&'a str),
}

impl fmt::Display for Progress<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Installing { command } => write!(f, "installing the guest toolchain: {command}"),
            Self::Waiting => write!(f, "waiting for another guest build"),
            Self::Building { package, toolchain } => write!(f, "building the component {package} with {toolchain}"),
            Self::Line(line) => f.write_str(line),
        }
    }
}
