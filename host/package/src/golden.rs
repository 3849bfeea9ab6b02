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

mod expected;

use std::collections::BTreeMap;

use jiff::Timestamp;
use qadam_domain::{Event, Refusal};

pub use expected::text as expected;

/// The files of a golden folder by their names below it, `mixed/a.xml`.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Records that are mapped as one batch, and what is expected of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Its name.
    pub name: String,
    /// The records.
    pub records: Vec<Record>,
    /// The settings that they are mapped with.
    pub settings: BTreeMap<String, String>,
    /// The file of what is expected, whether it is there or not.
    pub expected: String,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The file, and the line where each line is a record.
    pub place: String,
    /// Its media type.
    pub content_type: &'static str,
    /// Its bytes.
    pub body: Vec<u8>,
}

/// What became of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<F> {
    /// Its events, none or more.
    Mapped(Vec<Event>),
    /// The adapter, or the domain's checks, refuse it.
    Refused(Refusal),
    /// The adapter failed.
    Fault(F),
}

/// What is wrong with golden files: the file, and what.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct GoldenError(String);

/// When every golden record was received: the only clock that an adapter has must not differ from run to run.
pub const RECEIVED_AT: Timestamp = Timestamp::constant(1_767_225_600, 0); // 2026-01-01T00:00:00Z

const EXPECTED: &str = "expected.toml";
const SETTINGS: &str = "settings.toml";

/// All samples, in the order of their names.
///
/// # Errors
/// What is wrong with them, or that there are none.
pub fn samples(files: &Files) -> Result<Vec<Sample>, GoldenError> {
    let common = settings(files, SETTINGS)?;
    let mut samples: BTreeMap<String, Sample> = BTreeMap::new();
    let mut expectations = Vec::new();
    let folders: BTreeMap<&str, Vec<(&str, &Vec<u8>)>> = files
        .iter()
        .filter_map(|(name, body)| name.split_once('/').map(|(folder, file)| (folder, file, body)))
        .fold(BTreeMap::new(), |mut folders, (folder, file, body)| {
            folders.entry(folder).or_insert_with(Vec::new).push((file, body));
            folders
        });
    let mut add = |name: String, records: Vec<Record>, beside: [String; 2]| {
        let [expected, own] = beside;
        let mut all = common.clone();
        all.extend(settings(files, &own)?);
        let made = Sample { name: name.clone(), records, settings: all, expected };
        match samples.insert(name.clone(), made) {
            None => Ok(()),
            Some(_) => Err(GoldenError(format!("two samples are called {name}; rename one"))),
        }
    };
    for (file, body) in files.iter().filter(|(name, _)| !name.contains('/')) {
        if file == SETTINGS || file.ends_with(&format!(".{SETTINGS}")) {
            continue;
        }
        if let Some(stem) = file.strip_suffix(&format!(".{EXPECTED}")) {
            expectations.push((stem.to_owned(), file));
            continue;
        }
        let stem = stem(file);
        let beside = [EXPECTED, SETTINGS].map(|kind| format!("{stem}.{kind}"));
        add(stem, records(file, body), beside)?;
    }
    for (folder, within) in folders {
        let of_records = within.into_iter().filter(|(file, _)| ![EXPECTED, SETTINGS].contains(file));
        let records = of_records.flat_map(|(file, body)| records(file, body)).collect();
        add(folder.to_owned(), records, [EXPECTED, SETTINGS].map(|kind| format!("{folder}/{kind}")))?;
    }
    if let Some((_, file)) = expectations.iter().find(|(stem, _)| !samples.contains_key(stem)) {
        return Err(GoldenError(format!(
            "{file} expects something of a record that is not there; remove it, or bring the record back"
        )));
    }
    if samples.is_empty() {
        return Err(GoldenError("it holds no records".to_owned()));
    }
    Ok(samples.into_values().collect())
}

/// Whether a file of a golden folder belongs to the samples: hidden files and notes for people do not.
#[must_use]
pub fn belongs(file: &str) -> bool {
    !file.starts_with('.') && !file.ends_with(".md") && !file.ends_with('~')
}

/// The records of a file: itself, or its lines as the host's API takes them.
fn records(file: &str, body: &[u8]) -> Vec<Record> {
    let content_type = media_type(file.strip_suffix(".lines").unwrap_or(file));
    if !is_lines(file) {
        return vec![Record { place: file.to_owned(), content_type, body: body.to_vec() }];
    }
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let lines = body.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let lines = lines.enumerate().filter(|(_, line)| !line.iter().all(u8::is_ascii_whitespace));
    let record = |(at, line): (usize, &[u8])| Record {
        place: format!("{file} line {}", at + 1),
        content_type,
        body: line.to_vec(),
    };
    lines.map(record).collect()
}

/// Media type of a file, by its name.
#[must_use]
pub fn media_type(file: &str) -> &'static str {
    let name = file.to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("json" | "jsonl" | "ndjson") => "application/json",
        Some("csv" | "tsv") => "text/csv",
        Some(extension) if extension.contains("xml") || extension == "xes" => "application/xml",
        _ => "application/octet-stream",
    }
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

fn settings(files: &Files, file: &str) -> Result<BTreeMap<String, String>, GoldenError> {
    let Some(bytes) = files.get(file) else { return Ok(BTreeMap::new()) };
    let told = |error: &dyn std::fmt::Display| {
        GoldenError(format!("{file}: expected lines like service-name = \"Archive extract\": {error}"))
    };
    let text = std::str::from_utf8(bytes).map_err(|error| told(&error))?;
    toml::from_str(text).map_err(|error| told(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> Files {
        files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
    }

    type Shape = (String, &'static str, String);

    fn shape(folder: &Files) -> Vec<(String, Vec<Shape>)> {
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
        ]);
        let record = |place: &str, kind, body: &str| (place.to_owned(), kind, body.to_owned());
        let sample = |name: &str, records| (name.to_owned(), records);
        assert_eq!(
            shape(&folder),
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
            samples(&folder).unwrap().into_iter().map(|sample| sample.settings.get("service").cloned()).collect();
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
            let text = samples(&folder).unwrap_err().to_string();
            assert!(text.contains(told), "{text}");
        }
    }
}
