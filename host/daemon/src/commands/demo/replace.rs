//! An adapter is replaced while its records flow: the next batch is the new one's, and none is lost or mapped twice.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read, Write as _},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use qadam_clients::Host;
use serde::Serialize;
use serde_json::Value;

use super::super::submit::{Job, Outcome};
use crate::{cli::Failure, show::text, terminal::note};

/// What was replaced, and what each of the two has mapped.
#[derive(Debug, Default, Serialize)]
pub(super) struct Replaced {
    provider: String,
    /// Generations: before, after.
    generations: [u64; 2],
    /// Decided records by the component that did it, in hex.
    records: BTreeMap<String, u64>,
}

/// Sends a file of lines: its first half while the adapter's next build is put to work, the rest after.
pub(super) async fn while_sending(
    job: &Job<'_>,
    file: &Path,
    folder: &Path,
    component: &[u8],
    receiver: &mut super::delivery::Receiver,
) -> Result<(Outcome, Replaced), Failure> {
    let (halves, lines) = halves(file, folder)?;
    let provider = job.provider.as_str();
    let before = generation(&super::adapter(job.host, provider).await?);
    let next = Bytes::from(next_build(component));
    note(format!("replacing the adapter of {provider} while its records flow"));
    let [first, rest] = &halves;
    let (sent, loaded) = tokio::join!(job.send(std::slice::from_ref(first)), async {
        job.host.load_adapter::<Value>(provider, next, "the demo replaces it in mid-flow").await
    });
    let (mut outcome, loaded) = (sent?, loaded?);
    let after = generation(&loaded);
    receiver.away();
    let mut more = job.send(std::slice::from_ref(rest)).await?;
    for refused in more.refused.iter_mut().chain(&mut more.quarantined) {
        refused.line += lines;
    }
    super::add(&mut outcome, more);
    let records = by_component(job.host, provider).await?;
    let told: Vec<String> = records
        .iter()
        .map(|(component, records)| format!("{records} by {}", component.chars().take(8).collect::<String>()))
        .collect();
    note(format!("generation {before} gave way to {after}; records decided: {}", told.join(", ")));
    Ok((outcome, Replaced { provider: provider.to_owned(), generations: [before, after], records }))
}

/// The same code under another digest, as its author's next build has: a custom section is added.
fn next_build(component: &[u8]) -> Vec<u8> {
    const SECTION: [u8; 7] = [0, 5, 4, b'n', b'e', b'x', b't'];
    [component, &SECTION].concat()
}

/// A file's lines in two files, and how many lines the first has.
fn halves(file: &Path, folder: &Path) -> Result<([PathBuf; 2], u64), Failure> {
    let mut raw = BufReader::new(std::fs::File::open(file)?);
    let packed = raw.fill_buf()?.starts_with(&[0x1F, 0x8B]);
    let mut bytes = Vec::new();
    if packed {
        flate2::bufread::MultiGzDecoder::new(raw).read_to_end(&mut bytes)?;
    } else {
        raw.read_to_end(&mut bytes)?;
    }
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let (first, rest) = lines.split_at(lines.len() / 2);
    let paths = ["first.xml-lines", "rest.xml-lines"].map(|name| folder.join(name));
    for (path, part) in paths.iter().zip([first, rest]) {
        let mut out = std::io::BufWriter::new(std::fs::File::create(path)?);
        part.iter().try_for_each(|line| out.write_all(line))?;
        out.flush()?;
    }
    Ok((paths, first.len() as u64))
}

fn generation(adapter: &Value) -> u64 {
    adapter.get("generation").and_then(Value::as_u64).unwrap_or_default()
}

/// How many records each component has decided.
async fn by_component(host: &Host, provider: &str) -> Result<BTreeMap<String, u64>, Failure> {
    let mut counts = BTreeMap::new();
    let mut after = String::new();
    loop {
        let page: Value = host.get(&format!("/v1/providers/{provider}/records?limit=1000{after}")).await?;
        for record in page.get("items").and_then(Value::as_array).into_iter().flatten() {
            if let Some(run) = record.get("adapter") {
                *counts.entry(text(run, "component")).or_default() += 1;
            }
        }
        match page.get("next").and_then(Value::as_str) {
            Some(next) => after = format!("&after={next}"),
            None => return Ok(counts),
        }
    }
}
