//! `META-INF/SHA256SUMS`: a digest of each file, in the form of `sha256sum`, which checks it with `-c`.

use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};

use super::{
    container::Files,
    error::ArchiveError,
    names::{MIMETYPE, SUMS},
};

/// Digests of all files but those that the inventory cannot hold: itself, and the media type, which has only one form.
pub(crate) fn inventory(files: &Files) -> Vec<u8> {
    let lines = files.0.iter().filter(|(name, _)| ![MIMETYPE, SUMS].contains(&name.as_str()));
    lines.map(|(name, bytes)| line(name, bytes)).collect::<String>().into_bytes()
}

/// The files that are not as the inventory says, and why: changed, missing, or added. Empty where all is as it says.
pub(crate) fn differences(files: &Files) -> Result<Vec<(String, String)>, ArchiveError> {
    let stated = std::str::from_utf8(files.need(SUMS)?).map_err(|_| ArchiveError::part(SUMS, "it is no text"))?;
    let actual = inventory(files);
    let actual = String::from_utf8_lossy(&actual);
    let mut differences = Vec::new();
    let mut stated: Vec<&str> = stated.split_inclusive('\n').collect();
    for line in actual.split_inclusive('\n') {
        let name = name_of(line);
        if let Some(at) = stated.iter().position(|other| *other == line) {
            stated.remove(at);
        } else if let Some(at) = stated.iter().position(|other| name_of(other) == name) {
            stated.remove(at);
            differences.push((name.to_owned(), format!("its bytes are not those that {SUMS} states")));
        } else {
            differences
                .push((name.to_owned(), format!("{SUMS} does not state it: it was added, or the line was taken out")));
        }
    }
    for line in stated {
        let name = name_of(line);
        let (file, reason) = match crate::archive::names::belongs(name) && files.get(name).is_none() {
            true => (name, format!("{SUMS} states it, but it is missing")),
            false => (SUMS, "it has a line that is none of a file".to_owned()),
        };
        differences.push((file.to_owned(), reason));
    }
    Ok(differences)
}

fn line(name: &str, bytes: &[u8]) -> String {
    format!("{}  {name}\n", HEXLOWER.encode(digest(&SHA256, bytes).as_ref()))
}

fn name_of(line: &str) -> &str {
    line.split_once("  ").map_or("", |(_, name)| name.trim_end_matches('\n'))
}
