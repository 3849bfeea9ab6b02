//! Where a new adapter finds the SDK. It is in no registry: it comes with the project's sources.

use std::path::{Path, PathBuf};

use crate::cli::Failure;

/// How a manifest names the SDK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sdk {
    /// By the folder of the sources.
    Sources(PathBuf),
    /// By the repository of the sources.
    Repository(String),
}

impl Sdk {
    /// The one that was named, else that of the sources which the folder or this program lies in.
    pub(crate) fn find(named: Option<&str>, folder: &Path) -> Result<Self, Failure> {
        if let Some(named) = named {
            if named.contains("://") || named.starts_with("git@") {
                return Ok(Self::Repository(named.to_owned()));
            }
            let path = Path::new(named);
            return sources(path).or_else(|| sources(path.parent()?)).map(Self::Sources).ok_or_else(|| {
                Failure::Use(format!(
                    "--sdk {named}: neither a URL nor the sources of qadam, which hold sdk/Cargo.toml"
                ))
            });
        }
        let program = std::env::current_exe().ok();
        let places = [Some(folder), program.as_deref()].into_iter().flatten();
        // Where cargo runs this program, it says from where.
        let run_from = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let mut places = places.map(Path::to_path_buf).chain(run_from);
        places.find_map(|place| place.ancestors().find_map(sources)).map(Self::Sources).ok_or_else(|| {
            Failure::Failed(
                "the SDK is not found: it comes with the sources of qadam. Name them: --sdk FOLDER, or --sdk URL of their \
                 git repository"
                    .into(),
            )
        })
    }

    /// The dependency in a manifest of the folder: a relative path among the sources, an absolute one elsewhere.
    pub(crate) fn dependency(&self, folder: &Path) -> String {
        let sources = match self {
            Self::Repository(url) => return format!("{{ git = {} }}", toml::Value::from(url.as_str())),
            Self::Sources(sources) => sources,
        };
        let path = match folder.strip_prefix(sources) {
            Ok(within) => within.components().map(|_| "..").collect::<PathBuf>().join("sdk"),
            Err(_) => sources.join("sdk"),
        };
        format!("{{ path = {} }}", toml::Value::from(path.to_string_lossy().into_owned()))
    }

    /// The versions that the sources are tested with; a new adapter begins with them.
    pub(crate) fn lock_file(&self) -> Option<PathBuf> {
        match self {
            Self::Sources(sources) => Some(sources.join("Cargo.lock")).filter(|file| file.is_file()),
            Self::Repository(_) => None,
        }
    }
}

/// The folder, if it is that of the project's sources.
fn sources(folder: &Path) -> Option<PathBuf> {
    let manifest = std::fs::read_to_string(folder.join("sdk/Cargo.toml")).ok()?;
    let is_ours = manifest.lines().any(|line| line == "name = \"qadam-sdk\"") && folder.join("wit").is_dir();
    is_ours.then(|| folder.canonicalize().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
    }

    #[test]
    fn within_the_sources_the_path_is_relative_and_elsewhere_absolute() {
        let sdk = Sdk::Sources(workspace());
        assert_eq!(sdk.dependency(&workspace().join("plugins/archive")), r#"{ path = "../../sdk" }"#);
        let path = workspace().join("sdk");
        assert_eq!(sdk.dependency(Path::new("/elsewhere/archive")), format!("{{ path = \"{}\" }}", path.display()));
    }

    #[test]
    fn the_sources_are_found_from_within_and_by_either_name() {
        for (named, from) in [
            (None, workspace().join("plugins/permits-xes")),
            (Some(workspace()), PathBuf::from("/")),
            (Some(workspace().join("sdk")), PathBuf::from("/")),
        ] {
            let named = named.map(|path| path.display().to_string());
            assert!(matches!(Sdk::find(named.as_deref(), &from), Ok(Sdk::Sources(found)) if found == workspace()));
        }
        let url = "https://git.example/qadam.git";
        assert!(
            matches!(Sdk::find(Some(url), Path::new("/")), Ok(sdk) if sdk.dependency(Path::new("/")) == format!("{{ git = \"{url}\" }}"))
        );
        assert!(matches!(Sdk::find(Some("/no/such/place"), Path::new("/")), Err(Failure::Use(_))));
    }
}
