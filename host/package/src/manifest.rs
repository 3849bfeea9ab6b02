//! What a package's maker says of it, and signs.

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use qadam_domain::{Allowance, ProviderId};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use crate::error::PackageError;

/// Name of the layout.
pub const FORMAT: &str = "qadam-package/1";
/// Longest text of one line.
const LINE: usize = 256;
/// Most records a second that may be declared.
const MOST_RECORDS: u32 = 1_000_000;

/// The manifest. Members that this version does not know are errors: what is signed is understood, or not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// The adapter's name, as its component says it.
    pub name: String,
    /// The adapter's version, likewise.
    pub version: String,
    /// The contract that it keeps, `qadam:adapter@0.1.0`.
    pub contract: String,
    /// The providers that it is made for.
    pub providers: Vec<ProviderId>,
    /// The limits that it wants; what is absent is left to the host.
    #[serde(default)]
    pub limits: Allowance,
    /// The intensity that it is made for: records a second (1336-15).
    pub records_per_second: u32,
    /// Its licence, as an SPDX expression.
    pub licence: String,
    /// Whom to ask: an office, a mailbox, a telephone.
    pub contact: String,
    /// When it was packed, by the maker's clock.
    pub made_at: Timestamp,
    /// All files but the manifest and the signature, in order of their names.
    pub files: Vec<Entry>,
}

/// A file of a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub bytes: u64,
    /// SHA-256 of them, in hex.
    pub sha256: String,
}

impl Entry {
    /// That of a file.
    #[must_use]
    pub fn of(name: &str, content: &[u8]) -> Self {
        let sha256 = HEXLOWER.encode(digest(&SHA256, content).as_ref());
        Self { name: name.to_owned(), bytes: content.len() as u64, sha256 }
    }
}

impl Manifest {
    /// The bytes that are signed.
    ///
    /// # Errors
    /// What it says that cannot be.
    pub fn bytes(&self) -> Result<Vec<u8>, PackageError> {
        self.check()?;
        let mut bytes = serde_json::to_vec_pretty(self).map_err(|error| wrong(&error.to_string()))?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(bytes: &[u8]) -> Result<Self, PackageError> {
        let manifest: Self = serde_json::from_slice(bytes).map_err(|error| wrong(&error.to_string()))?;
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), PackageError> {
        if self.format != FORMAT {
            return Err(wrong(&format!("its format is {:?}; this version reads {FORMAT:?}", self.format)));
        }
        for (what, text) in [
            ("name", &self.name),
            ("version", &self.version),
            ("contract", &self.contract),
            ("licence", &self.licence),
            ("contact", &self.contact),
        ] {
            if text.is_empty() || text.len() > LINE || text.chars().any(char::is_control) {
                return Err(wrong(&format!("`{what}` must be a line of 1 to {LINE} bytes")));
            }
        }
        if self.providers.is_empty() || !ascending(self.providers.iter()) {
            return Err(wrong("`providers` must name at least one, in order, each once"));
        }
        if !(1..=MOST_RECORDS).contains(&self.records_per_second) {
            return Err(wrong(&format!("`records_per_second` must be 1 to {MOST_RECORDS}")));
        }
        if !ascending(self.files.iter().map(|file| &file.name)) {
            return Err(wrong("`files` must be in the order of their names, each once"));
        }
        Ok(())
    }
}

fn ascending<'a, T: Ord + 'a>(items: impl Iterator<Item = &'a T>) -> bool {
    let items: Vec<&T> = items.collect();
    items.iter().zip(items.iter().skip(1)).all(|(one, next)| one < next)
}

fn wrong(reason: &str) -> PackageError {
    PackageError::Manifest { reason: reason.to_owned() }
}
