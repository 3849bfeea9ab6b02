//! `qadam adapter new`: a package that builds, passes its tests, and is to be changed.

use std::path::{Path, PathBuf};

use clap::Args;

use super::sdk::Sdk;
use crate::{
    cli::Failure,
    terminal::{note, say},
};

/// Arguments of `qadam adapter new`.
#[derive(Debug, Args)]
pub(crate) struct New {
    /// Name of the adapter and of its package: small letters, digits and hyphens
    name: String,
    /// Folder to make [default: the name]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The SDK: the sources of qadam, or the URL of their git repository [default: the sources that this program or the
    /// folder lies in]
    #[arg(long, value_name = "DIR|URL")]
    sdk: Option<String>,
}

/// A file of the template, and its text with `{{name}}`, `{{type}}` and `{{sdk}}` to be filled in.
macro_rules! template {
    ($($file:literal from $source:literal),* $(,)?) => {
        [$(($file, include_str!(concat!("../../../../../sdk/templates/adapter/", $source)))),*]
    };
}

const TEMPLATE: [(&str, &str); 11] = template![
    "Cargo.toml" from "manifest.toml",
    "src/lib.rs" from "lib.rs",
    "README.md" from "README.md",
    ".gitignore" from "gitignore",
    "golden/settings.toml" from "golden/settings.toml",
    "golden/accepted.csv" from "golden/accepted.csv",
    "golden/accepted.expected.toml" from "golden/accepted.expected.toml",
    "golden/history.csv.lines" from "golden/history.csv.lines",
    "golden/history.expected.toml" from "golden/history.expected.toml",
    "golden/unknown-status.csv" from "golden/unknown-status.csv",
    "golden/unknown-status.expected.toml" from "golden/unknown-status.expected.toml",
];

/// The toolchain of the SDK, with the target of guests: rustup brings both by itself.
const TOOLCHAIN: &str = include_str!("../../../../../rust-toolchain.toml");

pub(crate) fn run(new: &New) -> Result<(), Failure> {
    check(&new.name)?;
    let folder = std::path::absolute(new.dir.clone().unwrap_or_else(|| PathBuf::from(&new.name)))?;
    if std::fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()) || folder.is_file() {
        return Err(Failure::Failed(format!(
            "{} is there already and is not overwritten; choose another name, or another folder with --dir",
            folder.display()
        )));
    }
    let parent = folder.parent().unwrap_or(&folder);
    let sdk = Sdk::find(new.sdk.as_deref(), parent)?;
    std::fs::create_dir_all(&folder)?;
    let folder = folder.canonicalize()?;
    let (dependency, type_name) = (sdk.dependency(&folder), type_name(&new.name));
    for (file, text) in TEMPLATE {
        let text = text.replace("{{name}}", &new.name).replace("{{type}}", &type_name).replace("{{sdk}}", &dependency);
        write(&folder.join(file), text.as_bytes())?;
    }
    if let Some(lock) = sdk.lock_file() {
        write(&folder.join("Cargo.lock"), &std::fs::read(lock)?)?;
        write(&folder.join("rust-toolchain.toml"), TOOLCHAIN.as_bytes())?;
    }
    say(folder.display().to_string());
    note(format!("qadam-sdk = {dependency}"));
    note(format!(
        "next: cd {} && qadam adapter test",
        new.dir.as_deref().unwrap_or_else(|| Path::new(&new.name)).display()
    ));
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let named = |error: std::io::Error| Failure::Failed(format!("{}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(named)?;
    }
    std::fs::write(path, bytes).map_err(named)
}

/// Longest name of an adapter.
const NAME_LIMIT: usize = 64;

/// Names that a package cannot have, or that would hide what it needs.
const TAKEN: [&str; 6] = ["alloc", "core", "proc-macro", "qadam-sdk", "std", "test"];

fn check(name: &str) -> Result<(), Failure> {
    let reason = if name.is_empty() || name.len() > NAME_LIMIT {
        format!("it has {} characters; 1 to {NAME_LIMIT} are allowed", name.chars().count())
    } else if let Some(odd) = name.chars().find(|letter| !matches!(letter, 'a'..='z' | '0'..='9' | '-')) {
        format!("{odd:?} is none of a to z, 0 to 9 and -")
    } else if !name.starts_with(|letter: char| letter.is_ascii_lowercase()) {
        "it must begin with a letter".to_owned()
    } else if name.ends_with('-') || name.contains("--") {
        "a hyphen must stand between letters or digits".to_owned()
    } else if TAKEN.contains(&name) || is_keyword(name) {
        "Rust uses this word itself".to_owned()
    } else {
        return Ok(());
    };
    Err(Failure::Use(format!("an adapter cannot be called {name:?}: {reason}; a good name is archive-almaty")))
}

/// Words of Rust that cannot name a crate.
fn is_keyword(name: &str) -> bool {
    const WORDS: &str = "abstract as async await become box break const continue crate do dyn else enum extern false final \
                         fn for gen if impl in let loop macro match mod move mut override priv pub ref return self static \
                         struct super trait true try type typeof unsafe unsized use virtual where while yield";
    WORDS.split_ascii_whitespace().any(|word| word == name)
}

/// `archive-almaty` to `ArchiveAlmatyAdapter`, which hides nothing of the SDK's.
fn type_name(name: &str) -> String {
    let mut text = String::new();
    for part in name.split('-') {
        let mut letters = part.chars();
        text.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        text.push_str(letters.as_str());
    }
    text + "Adapter"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_cannot_be_is_refused_with_the_reason() {
        for (name, told) in [
            ("", "1 to 64"),
            ("Archive", "'A' is none"),
            ("архив", "'а' is none"),
            ("../archive", "'.' is none"),
            ("7archive", "begin with a letter"),
            ("archive-", "hyphen"),
            ("archive--almaty", "hyphen"),
            ("fn", "Rust uses"),
            ("qadam-sdk", "Rust uses"),
        ] {
            let Err(Failure::Use(text)) = check(name) else { panic!("{name} was taken") };
            assert!(text.contains(told), "{text}");
        }
        assert!(check(&"a".repeat(65)).is_err());
        for name in ["archive", "a", "archive-almaty-2"] {
            assert!(check(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn the_type_has_a_name_of_its_own() {
        assert_eq!(type_name("archive-almaty-2"), "ArchiveAlmaty2Adapter");
        assert_eq!(type_name("event"), "EventAdapter");
    }
}
