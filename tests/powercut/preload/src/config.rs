//! The variables that the test set, read once at the first interposed call.

use crate::{control::Control, sys::give_up};
use qadam_powercut::layout;
use std::{
    env,
    ffi::OsString,
    fs,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::PathBuf,
    sync::OnceLock,
};

/// What this process watches.
pub(crate) struct Config {
    /// The root as given and with symbolic links resolved: the program may use either.
    pub(crate) roots: Vec<PathBuf>,
    pub(crate) shadow: PathBuf,
    /// Contents and folders whose names are not durable (yet); beside the shadow, so that hard links reach it.
    pub(crate) side: PathBuf,
    pub(crate) torn: Option<u64>,
    pub(crate) only: Option<Vec<u8>>,
    pub(crate) control: Control,
}

static CONFIG: OnceLock<Option<Config>> = OnceLock::new();

/// The configuration; none when the process is not to be watched.
pub(crate) fn config() -> Option<&'static Config> {
    CONFIG.get_or_init(read).as_ref()
}

/// Runs inside the `OnceLock`, so nothing here may reach an interposed function that asks for the configuration:
/// `realpath`, `getenv` and the raw calls of `Control::map` do not.
fn read() -> Option<Config> {
    let root = PathBuf::from(env::var_os(layout::ROOT)?);
    let shadow = env::var_os(layout::SHADOW).unwrap_or_else(|| give_up(layout::SHADOW, &"is not set"));
    if !root.is_absolute() || PathBuf::from(&shadow).starts_with(&root) {
        give_up(layout::ROOT, &"is not absolute, or holds the shadow");
    }
    let mut roots = vec![root];
    if let Some(resolved) = roots.first().and_then(|root| fs::canonicalize(root).ok())
        && !roots.contains(&resolved)
    {
        roots.push(resolved);
    }
    let mut side = shadow.clone();
    side.push(".side");
    let seed = |text: OsString| text.to_str().and_then(|digits| digits.parse().ok());
    Some(Config {
        roots,
        shadow: shadow.into(),
        // A process of its own: what another one left pending in the side area is not ours.
        side: PathBuf::from(side).join(std::process::id().to_string()),
        torn: env::var_os(layout::TORN)
            .map(|text| seed(text).unwrap_or_else(|| give_up(layout::TORN, &"is not a number"))),
        only: env::var_os(layout::ONLY).map(OsString::into_vec),
        control: Control::map(env::var_os(layout::CONTROL).as_ref().map(|path| path.as_bytes())),
    })
}
