//! Golden samples: native records in files, with the settings that they are mapped with and what is expected of them.
//!
//! ```text
//! golden/settings.toml            settings of all samples, KEY = "VALUE"
//! golden/accepted.xml             a sample: one record
//! golden/accepted.expected.toml   what becomes of it
//! golden/accepted.settings.toml   settings of its own, over those of all
//! golden/week.xml-lines           a sample: each line a record (`.lines`, `.jsonl` and `.ndjson` too)
//! golden/mixed/                   a sample: each file a record, one batch, with `expected.toml` and `settings.toml` within
//! ```

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::{cli::Failure, commands::submit::media_type};

/// Records that are mapped as one batch, and where it is written what becomes of them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) records: Vec<Record>,
    pub(crate) settings: BTreeMap<String, String>,
    pub(crate) expected: PathBuf,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// The file, and the line where each line is a record.
    pub(crate) place: String,
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
}

const EXPECTED: &str = "expected.toml";
const SETTINGS: &str = "settings.toml";

/// All samples of a folder, in the order of their names.
pub(crate) fn samples(folder: &Path) -> Result<Vec<Sample>, Failure> {
    if !folder.is_dir() {
        return Err(Failure::Failed(format!(
            "{} is not there: put native records into it, one a file, and run qadam adapter test --update",
            folder.display()
        )));
    }
    let common = settings(&folder.join(SETTINGS))?;
    let mut samples = BTreeMap::new();
    let mut expectations = Vec::new();
    for path in entries(folder)? {
        let file = name(&path);
        if file == SETTINGS || file.ends_with(&format!(".{SETTINGS}")) {
            continue;
        }
        if let Some(stem) = file.strip_suffix(&format!(".{EXPECTED}")) {
            expectations.push((stem.to_owned(), path));
            continue;
        }
        let (sample, records, beside) = if path.is_dir() {
            let files = entries(&path)?.into_iter().filter(|file| ![EXPECTED, SETTINGS].contains(&name(file).as_str()));
            let records = files.map(|file| records(&file)).collect::<Result<Vec<_>, _>>()?;
            (file, records.concat(), [path.join(EXPECTED), path.join(SETTINGS)])
        } else {
            let stem = stem(&file);
            let beside = [EXPECTED, SETTINGS].map(|kind| folder.join(format!("{stem}.{kind}")));
            (stem, records(&path)?, beside)
        };
        let [expected, own] = beside;
        let mut all = common.clone();
        all.extend(settings(&own)?);
        let made = Sample { name: sample.clone(), records, settings: all, expected };
        if samples.insert(sample.clone(), made).is_some() {
            return Err(Failure::Failed(format!("{}: two samples are called {sample}; rename one", folder.display())));
        }
    }
    if let Some((_, path)) = expectations.iter().find(|(stem, _)| !samples.contains_key(stem)) {
        return Err(Failure::Failed(format!(
            "{} expects something of a record that is not there; remove it, or bring the record back",
            path.display()
        )));
    }
    if samples.is_empty() {
        return Err(Failure::Failed(format!("{} holds no records", folder.display())));
    }
    Ok(samples.into_values().collect())
}

/// The records of a file: itself, or its lines as the host's API takes them.
fn records(path: &Path) -> Result<Vec<Record>, Failure> {
    let body = std::fs::read(path).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?;
    let file = name(path);
    let content_type = media_type(Path::new(file.strip_suffix(".lines").unwrap_or(&file)));
    if !is_lines(&file) {
        return Ok(vec![Record { place: file, content_type, body }]);
    }
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&body);
    let lines = body.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let lines = lines.enumerate().filter(|(_, line)| !line.iter().all(u8::is_ascii_whitespace));
    let record = |(at, line): (usize, &[u8])| Record {
        place: format!("{file} line {}", at + 1),
        content_type,
        body: line.to_vec(),
    };
    Ok(lines.map(record).collect())
}

fn is_lines(file: &str) -> bool {
    let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
    ["lines", "jsonl", "ndjson"].contains(&extension) || extension.ends_with("-lines")
}

/// Name of the sample that a file makes: without its extension, and without the one before `.lines`.
fn stem(file: &str) -> String {
    let file = file.strip_suffix(".lines").unwrap_or(file);
    file.rsplit_once('.').map_or(file, |(stem, _)| stem).to_owned()
}

fn settings(path: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(Failure::Failed(format!("{}: {error}", path.display()))),
    };
    toml::from_str(&text).map_err(|error| {
        Failure::Failed(format!("{}: expected lines like service-name = \"Archive extract\": {error}", path.display()))
    })
}

/// What stands in a folder, in the order of names; hidden files and notes for people left out.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let named = |error: std::io::Error| Failure::Failed(format!("{}: {error}", folder.display()));
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(named)? {
        let path = entry.map_err(named)?.path();
        let file = name(&path);
        if !file.starts_with('.') && !file.ends_with(".md") && !file.ends_with('~') {
            entries.push(path);
        }
    }
    entries.sort();
    Ok(entries)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    type Shape = (String, &'static str, String);

    fn shape(folder: &Path) -> Vec<(String, Vec<Shape>)> {
        let text = |record: Record| (record.place, record.content_type, String::from_utf8(record.body).unwrap());
        let samples = samples(folder).unwrap().into_iter();
        samples.map(|sample| (sample.name, sample.records.into_iter().map(text).collect())).collect()
    }

    #[test]
    fn a_file_is_a_record_or_its_lines_are_and_a_folder_is_a_batch() {
        let folder = folder(&[
            ("accepted.xml", "<a/>\n"),
            ("accepted.expected.toml", "x"),
            ("week.csv.lines", "\u{FEFF}one\r\n\n  \ntwo"),
            ("feed.jsonl", "{}\n"),
            ("both/b.json", "{\"b\":1}"),
            ("both/a.xml", "<b/>"),
            ("both/expected.toml", "x"),
            ("README.md", "notes"),
            (".hidden", ""),
        ]);
        let record = |place: &str, kind, body: &str| (place.to_owned(), kind, body.to_owned());
        let sample = |name: &str, records| (name.to_owned(), records);
        assert_eq!(
            shape(folder.path()),
            [
                sample("accepted", vec![record("accepted.xml", "application/xml", "<a/>\n")]),
                sample(
                    "both",
                    vec![record("a.xml", "application/xml", "<b/>"), record("b.json", "application/json", "{\"b\":1}")]
                ),
                sample("feed", vec![record("feed.jsonl line 1", "application/json", "{}")]),
                sample(
                    "week",
                    vec![
                        record("week.csv.lines line 1", "text/csv", "one"),
                        record("week.csv.lines line 4", "text/csv", "two")
                    ]
                ),
            ]
        );
    }

    #[test]
    fn a_sample_s_own_settings_come_over_those_of_all() {
        let folder = folder(&[
            ("settings.toml", "zone = \"Asia/Almaty\"\nservice = \"A\"\n"),
            ("a.csv", "1"),
            ("b.csv", "2"),
            ("b.settings.toml", "service = \"B\"\n"),
        ]);
        let services: Vec<_> =
            samples(folder.path()).unwrap().into_iter().map(|sample| sample.settings.get("service").cloned()).collect();
        assert_eq!(services, [Some("A".to_owned()), Some("B".to_owned())]);
    }

    #[test]
    fn what_is_wrong_with_the_folder_is_said_with_its_file() {
        for (files, told) in [
            (&[("gone.expected.toml", "")][..], "gone.expected.toml"),
            (&[("a.csv", ""), ("a.xml", "")], "two samples are called a"),
            (&[("settings.toml", "a = 1"), ("a.csv", "")], "settings.toml"),
            (&[("settings.toml", "")], "holds no records"),
        ] {
            let folder = folder(files);
            let Err(Failure::Failed(text)) = samples(folder.path()) else { panic!("{files:?}") };
            assert!(text.contains(told), "{text}");
        }
    }
}
