//! One watched folder, its shadow, and the environment that makes a process respect them.

use crate::{Control, layout, seed::copy_tree};
use std::{
    ffi::{OsStr, OsString},
    fs, io,
    path::{Path, PathBuf},
};

/// What the loaded library watches in one run of the process under test.
#[derive(Clone, Debug)]
pub struct Shim {
    library: PathBuf,
    root: PathBuf,
    shadow: PathBuf,
    torn: Option<u64>,
    only: Option<OsString>,
    control_file: PathBuf,
    control: Control,
}

impl Shim {
    /// Watches `root` and keeps `shadow`. Both folders are made if they are missing; what the root holds already is
    /// copied into the shadow, which must be empty and outside the root. Beside the shadow appear `<shadow>.control` and
    /// `<shadow>.side` (contents whose names are not durable yet).
    ///
    /// A process killed with the power on may be followed by another with the same environment; two at once may not.
    pub fn watch(library: &Path, root: &Path, shadow: &Path) -> io::Result<Self> {
        fs::create_dir_all(root)?;
        fs::create_dir_all(shadow)?;
        let (root, shadow) = (root.canonicalize()?, shadow.canonicalize()?);
        if shadow.starts_with(&root) || root.starts_with(&shadow) {
            return Err(io::Error::other(format!("{} and {} overlap", root.display(), shadow.display())));
        }
        if fs::read_dir(&shadow)?.next().is_some() {
            return Err(io::Error::other(format!("the shadow {} is not empty", shadow.display())));
        }
        copy_tree(&root, &shadow)?;
        let control_file = beside(&shadow, ".control");
        let control = Control::create(&control_file)?;
        Ok(Self { library: library.into(), root, shadow, torn: None, only: None, control_file, control })
    }

    /// Lets each page of an unsynced write reach the shadow with probability 1/2, drawn from `seed`.
    #[must_use]
    pub fn torn(self, seed: u64) -> Self {
        Self { torn: Some(seed), ..self }
    }

    /// Restricts faults to paths that contain `text`, below the root; durability is watched everywhere.
    #[must_use]
    pub fn only(self, text: impl AsRef<OsStr>) -> Self {
        Self { only: Some(text.as_ref().into()), ..self }
    }

    /// The folder that holds what a power cut would leave.
    pub fn shadow(&self) -> &Path {
        &self.shadow
    }

    /// The handle that breaks the disk at run time.
    pub fn control(&self) -> Control {
        self.control.clone()
    }

    /// The variables to start the process with, `LD_PRELOAD` among them.
    pub fn env(&self) -> Vec<(OsString, OsString)> {
        let mut env: Vec<(OsString, OsString)> = vec![
            ("LD_PRELOAD".into(), self.library.clone().into()),
            (layout::ROOT.into(), self.root.clone().into()),
            (layout::SHADOW.into(), self.shadow.clone().into()),
            (layout::CONTROL.into(), self.control_file.clone().into()),
        ];
        env.extend(self.torn.map(|seed| (layout::TORN.into(), seed.to_string().into())));
        env.extend(self.only.clone().map(|text| (layout::ONLY.into(), text)));
        env
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
