//! The providers of the demo: their adapters, their profiles, their records.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::super::submit::Cut;
use crate::cli::Failure;

/// A provider of the demo.
pub(super) struct Source {
    pub(super) provider: &'static str,
    /// Package of its adapter.
    pub(super) package: &'static str,
    /// Name and bytes of its sample.
    sample: (&'static str, &'static [u8]),
    pub(super) cut: Option<Cut>,
    pub(super) content_type: Option<&'static str>,
    /// Its part of the configuration.
    profile: fn() -> String,
}

pub(super) const SOURCES: [Source; 3] = [
    Source {
        provider: "permits",
        package: "permits-xes",
        sample: ("permits.xml-lines", include_bytes!("../../../../../plugins/permits-xes/samples/permits.xml-lines")),
        cut: Some(Cut::Lines),
        content_type: Some("application/xml"),
        profile: || {
            "[providers.permits.settings]\nservice-name = \"Environmental permit (receipt phase)\"\n".to_owned()
        },
    },
    Source {
        provider: "education",
        package: "education-shep",
        sample: (
            "education.xml-lines",
            include_bytes!("../../../../../plugins/education-shep/samples/education.xml-lines"),
        ),
        cut: Some(Cut::Lines),
        content_type: Some("text/xml"),
        profile: education,
    },
    Source {
        provider: "table",
        package: "table",
        sample: ("table.csv", include_bytes!("../../../../../plugins/table/samples/archive.csv")),
        cut: None,
        content_type: None,
        profile: || {
            format!("[providers.table]\nzone = \"Asia/Almaty\"\nsettings-from = {{ mapping = \"{MAPPING}\" }}\n")
        },
    },
];

/// File of the table's mapping, beside the configuration.
const MAPPING: &str = "archive.mapping.toml";

/// The profile that the adapter's README gives to operators, with its rules for credentials.
fn education() -> String {
    let readme = include_str!("../../../../../plugins/education-shep/README.md");
    let block = readme.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap_or_default();
    block.to_owned()
}

/// The sources to feed, each with its file: those named, or all with their samples. Writes samples and configuration.
pub(super) fn chosen(
    folder: &Path,
    inputs: &BTreeMap<String, PathBuf>,
) -> Result<Vec<(&'static Source, PathBuf)>, Failure> {
    let mut config = String::from("[store]\nsegment-mib = 64\n");
    let mut work = Vec::new();
    for source in &SOURCES {
        let file = match inputs.get(source.provider) {
            Some(file) => file.clone(),
            None if inputs.is_empty() => {
                let (name, bytes) = source.sample;
                std::fs::write(folder.join(name), bytes)?;
                folder.join(name)
            }
            None => continue,
        };
        config.push_str(&format!("\n{}", (source.profile)()));
        work.push((source, file));
    }
    std::fs::write(folder.join(MAPPING), include_bytes!("../../../../../plugins/table/samples/archive.mapping.toml"))?;
    std::fs::write(folder.join("qadam.toml"), config)?;
    Ok(work)
}

/// The files to send, by provider; none takes the samples.
pub(super) fn inputs(named: &[String]) -> Result<BTreeMap<String, PathBuf>, Failure> {
    let mut inputs = BTreeMap::new();
    for input in named {
        let known = SOURCES.map(|source| source.provider).join(", ");
        let wrong = || Failure::Use(format!("--input {input}: expected PROVIDER=FILE, with PROVIDER one of {known}"));
        let (provider, file) = input.split_once('=').ok_or_else(wrong)?;
        if !SOURCES.iter().any(|source| source.provider == provider) {
            return Err(wrong());
        }
        let file = PathBuf::from(file);
        if !file.is_file() {
            return Err(Failure::Failed(format!("--input {input}: there is no such file")));
        }
        inputs.insert(provider.to_owned(), file);
    }
    Ok(inputs)
}

/// The folder of the sources, which the adapters are built from: cargo says where, else we look upwards.
pub(super) fn workspace() -> Result<PathBuf, Failure> {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let start = here.map_or_else(std::env::current_dir, Ok)?;
    let found = start.ancestors().find(|folder| folder.join("plugins/permits-xes/Cargo.toml").is_file());
    found.map(Path::to_owned).ok_or_else(|| {
        Failure::Failed("the demo builds its adapters from the project's sources: run it there, as `cargo demo`".into())
    })
}
