//! Which package stands in a folder, and where its parts lie: cargo is asked, so that workspaces and target folders are
//! what it takes them for.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{Error, environment, tool};

/// What cargo knows of a folder, without its dependencies: no network, no lock file.
#[derive(Debug)]
pub(crate) struct Metadata(Value);

impl Metadata {
    /// Asks in a folder that has a manifest, or stands below one.
    pub(crate) fn ask(folder: &Path) -> Result<Self, Error> {
        let mut command = environment::command("cargo", folder);
        command.args(["metadata", "--no-deps", "--format-version", "1"]);
        let outcome = tool::run(&mut command, "install Rust: https://rustup.rs", &mut |_| {})?;
        let answer = outcome.status.success().then(|| serde_json::from_slice(&outcome.stdout).ok()).flatten();
        answer.map(Self).ok_or_else(|| Error::NoPackage { folder: folder.to_owned(), reason: outcome.tail })
    }

    /// The package whose manifest stands in the folder.
    pub(crate) fn package_in(&self, folder: &Path) -> Result<String, Error> {
        let manifest = folder.join("Cargo.toml");
        let here = self.packages().find(|package| path(package, "manifest_path").as_ref() == Some(&manifest));
        if let Some(name) = here.and_then(|package| package.get("name")?.as_str()) {
            return Ok(name.to_owned());
        }
        let adapters = self.packages().filter(|package| sdk(package).is_some());
        let names: Vec<_> = adapters.filter_map(|package| package.get("name")?.as_str()).collect();
        let reason = match names.as_slice() {
            [] => "no package of an adapter stands here".to_owned(),
            names => format!("it is a workspace; name one of its packages: {}", names.join(", ")),
        };
        Err(Error::NoPackage { folder: folder.to_owned(), reason })
    }

    /// The root of the workspace, or of the package that is its own.
    pub(crate) fn root(&self) -> Option<PathBuf> {
        path(&self.0, "workspace_root")
    }

    /// The folder of the package of that name.
    pub(crate) fn folder_of(&self, name: &str) -> Option<PathBuf> {
        path(self.named(name)?, "manifest_path")?.parent().map(Path::to_owned)
    }

    /// Where cargo builds.
    pub(crate) fn target_dir(&self) -> Option<PathBuf> {
        path(&self.0, "target_directory")
    }

    /// The folder above the SDK that the package of that name depends on by its path.
    pub(crate) fn sdk_root(&self, name: &str) -> Option<PathBuf> {
        sdk(self.named(name)?)?.parent().map(Path::to_owned)
    }

    fn named(&self, name: &str) -> Option<&Value> {
        self.packages().find(|package| package.get("name").is_some_and(|found| found == name))
    }

    fn packages(&self) -> impl Iterator<Item = &Value> {
        self.0.get("packages").and_then(Value::as_array).into_iter().flatten()
    }
}

fn path(object: &Value, member: &str) -> Option<PathBuf> {
    object.get(member)?.as_str().map(PathBuf::from)
}

/// The folder of the SDK that a package depends on, where it does so by path.
fn sdk(package: &Value) -> Option<PathBuf> {
    let dependencies = package.get("dependencies")?.as_array()?;
    dependencies
        .iter()
        .find(|dependency| dependency.get("name").is_some_and(|name| name == "qadam-sdk"))
        .and_then(|dependency| path(dependency, "path"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("there")
    }

    #[test]
    fn a_folder_of_a_workspace_has_its_package_and_the_workspace_its_target() {
        let folder = workspace().join("plugins/permits-xes");
        let metadata = Metadata::ask(&folder).expect("answers");
        assert_eq!(metadata.package_in(&folder).expect("found"), "permits-xes");
        assert_eq!(metadata.root(), Some(workspace()));
        assert_eq!(metadata.folder_of("permits-xes"), Some(folder));
        assert_eq!(metadata.sdk_root("permits-xes"), Some(workspace()));
        assert_eq!(metadata.sdk_root("qadam-domain"), None);
    }

    #[test]
    fn a_workspace_without_a_package_of_its_own_names_its_adapters() {
        let metadata = Metadata::ask(&workspace()).expect("answers");
        let error = metadata.package_in(&workspace()).expect_err("none").to_string();
        assert!(error.contains("name one of its packages") && error.contains("permits-xes"), "{error}");
        assert!(!error.contains("qadam-domain"), "{error}");
    }

    #[test]
    fn a_folder_without_a_manifest_is_named_with_what_cargo_says() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = Metadata::ask(folder.path()).expect_err("none").to_string();
        assert!(error.contains("could not find `Cargo.toml`"), "{error}");
    }
}
