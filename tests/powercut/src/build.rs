//! Building the library that is loaded, at run time: no build script, and no stale copy.

use std::{
    env, io,
    path::{Path, PathBuf},
    process::Command,
};

const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/preload/Cargo.toml");

/// Builds the LD_PRELOAD library (dev profile) into `target_dir` and returns its path; a second call costs what cargo
/// needs to see that nothing changed. Cargo's own lock orders callers in several processes.
pub fn library(target_dir: &Path) -> io::Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--package", "qadam-powercut-preload", "--manifest-path", MANIFEST]);
    build.arg("--target-dir").arg(target_dir);
    // What the outer cargo set describes the outer build (flags, wrappers, package variables) and would change this one.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let inherited =
            text.starts_with("CARGO_") || text.starts_with("RUSTC") || text == "RUSTFLAGS" || text == "CARGO";
        if inherited && text != "CARGO_HOME" {
            build.env_remove(&name);
        }
    }
    let output = build.env_remove("LD_PRELOAD").output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(io::Error::other(format!("building {MANIFEST} failed ({}): {said}", output.status)));
    }
    let library = target_dir.join("debug/libqadam_powercut_preload.so");
    library.canonicalize().map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", library.display())))
}

/// The target folder that the running test or bench binary was built into.
pub fn own_target_dir() -> io::Result<PathBuf> {
    let program = env::current_exe()?;
    // Cargo keeps this file at the top of a target folder and nowhere below it.
    let top = program.ancestors().find(|folder| folder.join(".rustc_info.json").is_file());
    let missing = || io::Error::other(format!("{} lies in no cargo target folder", program.display()));
    top.map(Path::to_path_buf).ok_or_else(missing)
}
