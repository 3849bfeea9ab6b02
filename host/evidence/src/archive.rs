//! The archive of one event: everything that proves it, in one ZIP file.
//!
//! # Layout
//!
//! ```text
//! mimetype                    media type, first and stored
//! META-INF/archive.json       format, when it was exported, whether a development authority is in it
//! META-INF/SHA256SUMS         a digest of each file, as sha256sum writes and checks it
//! event.json  salt            the event as sealed, and the 16 bytes that its digest is salted with
//! manifest.json               what is signed: SHA-256(salt ‖ event.json) stands in it
//! manifest.p7s                the signature, DER, with its certificates, and the time-stamp token where there is one
//! manifest.sig  manifest.tst  value of the signature and token once more, apart, for those who have nothing but openssl
//! revocation/*.crl  *.ocsp    lists and answers of the certificates' authorities, DER
//! record/native               the record as kept
//! record/record.json          its media type, its digest at receipt, what was removed, the verdicts on its signature
//! record/signature.p7s        its detached signature, where it came with one
//! mappings/1-earlier/…        what an earlier or a later mapping of the record made of the event, sealed in its own message
//! protocol.kk.html  .ru.html  a protocol to print
//! HOW-TO.txt                  how to check all this
//! ```
//!
//! # ASiC-E
//!
//! The container is that of ASiC (ETSI EN 319 162-1): a ZIP whose first entry is `mimetype`, stored and without extra fields
//! (§A.1), UTF-8 names, what is about the container in `META-INF`, detached CAdES signatures in `.p7s`, tokens in `.tst`.
//! It is not ASiC-E with CAdES, and its media type does not say so, because there the signature is over an
//! `ASiCManifest.xml` that lists the files of the container (§4.4.3), and so can be made only when the container is. Here one
//! seal is made when a message is closed, serves all its events, and an event's archive, which may be made years later,
//! must not tell of the others: what is signed is `manifest.json`, which holds nothing but salted digests (invariant 8).
//! ASiC-S holds one file, which is signed; here there are several. An archiver may put this archive as a whole into an ASiC-E container
//! of its own, and so under its own signature.
//!
//! `SHA256SUMS` is signed by nobody: it names damage, not forgery. What the seal covers is found in [`verify`](crate::verify).
//!
//! Files are stored, not compressed: they are small, and what is not expanded cannot be a bomb.

mod container;
mod contents;
mod error;
mod inventory;
pub(crate) mod names;
mod write;

pub(crate) use self::{
    container::{Files, open},
    contents::{About, RecordAbout, mapping, record, revocation},
    inventory::differences,
};
pub use self::{
    contents::{Contents, Mapping, Record, Relation, Revocation, Sealed},
    error::ArchiveError,
    write::{write, write_trusting},
};

/// Media type of an archive.
pub const MEDIA_TYPE: &str = "application/vnd.qadam.evidence+zip";
/// Name of the layout, in `META-INF/archive.json`.
pub const FORMAT: &str = "qadam-evidence/1";
/// Most bytes of an archive. A record may have 32 MiB, lists of revoked certificates the rest.
pub const LIMIT: usize = 256 << 20;
/// Most files of an archive.
pub const FILES_LIMIT: usize = 512;

/// Reads an archive that is whole: every file is one that belongs there, none is missing, and each has the digest that the
/// archive states for it. Whether it proves anything is for [`verify`](crate::verify::verify) to say.
///
/// # Errors
/// What is wrong, and with which file.
pub fn read(archive: &[u8]) -> Result<Contents, ArchiveError> {
    let files = open(archive)?;
    if let Some((name, reason)) = differences(&files)?.into_iter().next() {
        return Err(ArchiveError::Part { name, reason });
    }
    Contents::of(&files)
}

#[cfg(test)]
mod tests;
