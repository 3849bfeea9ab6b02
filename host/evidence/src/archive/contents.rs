//! What an archive holds.

use jiff::Timestamp;
use qadam_domain::EventId;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    FORMAT,
    container::Files,
    error::ArchiveError,
    names::{
        self, ABOUT, EVENT, MANIFEST, MAPPINGS, RECORD, RECORD_ABOUT, RECORD_SIGNATURE, REVOCATION, SALT, SIGNATURE,
    },
};
use crate::{
    document::{Document, DocumentError},
    manifest::Digest,
    verdict::Checks,
};

/// Most bytes of a file that says something about another one.
const ABOUT_LIMIT: usize = 1 << 20;

/// Everything that proves one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The event as sealed.
    pub sealed: Sealed,
    /// Lists and answers of the authorities of all certificates in the archive, as they were at the stamped time or later.
    pub revocation: Vec<Revocation>,
    /// The native record; none where the host does not know it any more.
    pub record: Option<Record>,
    /// What other mappings of the record made of the event, where those were sealed.
    pub mappings: Vec<Mapping>,
    /// Whether a development authority is among those who signed or stamped: shown wherever the archive is.
    pub development: bool,
    /// When the archive was made.
    pub exported_at: Timestamp,
}

/// An event and the seal of its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The exact bytes of its document.
    pub event: Vec<u8>,
    /// What its digest is salted with.
    pub salt: [u8; 16],
    /// The exact bytes of the manifest of its message.
    pub manifest: Vec<u8>,
    /// The signature over them: CMS SignedData, DER, with the token where the message was stamped.
    pub signature: Vec<u8>,
}

/// What an authority says of revoked certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// Its file's name: lower-case letters, digits, `-` and `_`, then `.crl` or `.ocsp`.
    pub name: String,
    /// A list (RFC 5280), or an answer (RFC 6960), in DER.
    pub der: Vec<u8>,
}

/// The native record of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The bytes as kept; none where they were erased or never kept.
    pub bytes: Option<Vec<u8>>,
    /// Why they are not here, where they are not: `erased`, `withheld`.
    pub absent: Option<String>,
    /// Media type as stated by the sender.
    pub media_type: String,
    /// SHA-256 of the bytes as received.
    pub digest: [u8; 32],
    /// Bytes as received.
    pub size: u64,
    /// Names of the rules by which parts were removed before it was kept.
    pub redactions: Vec<String>,
    /// The provider's detached signature, where the record came with one: CMS SignedData, DER.
    pub signature: Option<Vec<u8>>,
    /// What the host found of the record's signature at its receipt.
    pub checks: Checks,
}

/// What another mapping of the same record made of the event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// Whether it was before or after.
    pub relation: Relation,
    /// Its event, sealed in its own message.
    pub sealed: Sealed,
}

/// Which of two mappings came first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// Its event was replaced by the archive's.
    Earlier,
    /// Its event replaces the archive's.
    Later,
}

impl Relation {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Earlier => "earlier",
            Self::Later => "later",
        }
    }
}

/// `META-INF/archive.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct About {
    pub(crate) format: String,
    pub(crate) event: EventId,
    pub(crate) exported_at: Timestamp,
    pub(crate) development: bool,
}

/// `record/record.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordAbout {
    pub(crate) media_type: String,
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) absent: Option<String>,
    #[serde(default)]
    pub(crate) redactions: Vec<String>,
    #[serde(default)]
    pub(crate) checks: Checks,
}

impl Contents {
    /// The event, read.
    ///
    /// # Errors
    /// If its bytes are no document of an event.
    pub fn document(&self) -> Result<Document, DocumentError> {
        Document::parse(&self.sealed.event)
    }

    pub(super) fn of(files: &Files) -> Result<Self, ArchiveError> {
        let about = About::of(files)?;
        let mappings = mapping(files)
            .into_iter()
            .map(|(relation, folder)| Ok(Mapping { relation, sealed: sealed(files, folder)? }))
            .collect::<Result<_, ArchiveError>>()?;
        Ok(Self {
            sealed: sealed(files, "")?,
            revocation: revocation(files)
                .map(|(name, der)| Revocation { name: name.to_owned(), der: der.to_owned() })
                .collect(),
            record: record(files)?.map(|about| Record {
                bytes: files.get(RECORD).map(<[u8]>::to_vec),
                absent: about.absent,
                media_type: about.media_type,
                digest: about.digest.0,
                size: about.size,
                redactions: about.redactions,
                signature: files.get(RECORD_SIGNATURE).map(<[u8]>::to_vec),
                checks: about.checks,
            }),
            mappings,
            development: about.development,
            exported_at: about.exported_at,
        })
    }
}

impl About {
    pub(crate) fn of(files: &Files) -> Result<Self, ArchiveError> {
        let about: Self = parse(ABOUT, files.need(ABOUT)?)?;
        match about.format == FORMAT {
            true => Ok(about),
            false => Err(ArchiveError::part(ABOUT, format!("its format is not {FORMAT}, which this program reads"))),
        }
    }
}

/// The event and seal in a folder; the top is the folder "".
pub(crate) fn sealed(files: &Files, folder: &str) -> Result<Sealed, ArchiveError> {
    let need = |name: &str| files.need(&format!("{folder}{name}"));
    let salt = need(SALT)?;
    let wrong = || ArchiveError::part(&format!("{folder}{SALT}"), format!("it has {} bytes of 16", salt.len()));
    Ok(Sealed {
        event: need(EVENT)?.to_vec(),
        salt: salt.try_into().map_err(|_| wrong())?,
        manifest: need(MANIFEST)?.to_vec(),
        signature: need(SIGNATURE)?.to_vec(),
    })
}

/// Names and bytes of the revocation data.
pub(crate) fn revocation(files: &Files) -> impl Iterator<Item = (&str, &[u8])> {
    files.0.iter().filter_map(|(name, der)| Some((name.strip_prefix(REVOCATION)?, der.as_slice())))
}

/// What is said about the record, if the archive has any of it.
pub(crate) fn record(files: &Files) -> Result<Option<RecordAbout>, ArchiveError> {
    match (files.get(RECORD_ABOUT), [RECORD, RECORD_SIGNATURE].iter().find(|name| files.get(name).is_some())) {
        (Some(about), _) => parse(RECORD_ABOUT, about).map(Some),
        (None, Some(_)) => Err(ArchiveError::Missing { name: RECORD_ABOUT.to_owned() }),
        (None, None) => Ok(None),
    }
}

/// Relation and folder of the other mappings, in their order.
pub(crate) fn mapping(files: &Files) -> Vec<(Relation, &str)> {
    let mut folders: Vec<(usize, Relation, &str)> = Vec::new();
    for (folder, _) in files.0.keys().filter_map(|name| names::folder_of(name)) {
        let inner = folder.strip_prefix(MAPPINGS).and_then(|name| name.strip_suffix('/'));
        let Some((number, relation)) = inner.and_then(|name| name.split_once('-')) else { continue };
        let relation = if relation == Relation::Earlier.as_str() { Relation::Earlier } else { Relation::Later };
        folders.push((number.parse().unwrap_or(usize::MAX), relation, folder));
    }
    folders.sort_unstable();
    folders.dedup();
    folders.into_iter().map(|(_, relation, folder)| (relation, folder)).collect()
}

fn parse<T: DeserializeOwned>(name: &str, bytes: &[u8]) -> Result<T, ArchiveError> {
    if bytes.len() > ABOUT_LIMIT {
        return Err(ArchiveError::part(name, format!("it has {} bytes, the limit is {ABOUT_LIMIT}", bytes.len())));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        ArchiveError::part(name, format!("it cannot be read at line {}, column {}", error.line(), error.column()))
    })
}
