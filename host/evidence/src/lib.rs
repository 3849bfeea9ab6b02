//! Evidence: that a message says what was recorded, who signed it and when, proved to anyone offline (1277-6, 1277-11, 1336-17,
//! 452-8). Bytes in, bytes out: this room opens no connection and no file; it makes requests and checks responses.
//!
//! Structures are those of the `x509-cert`, `x509-ocsp` and `x509-tsp` crates, the arithmetic is `ring`'s, paths of certificates
//! are `webpki`'s. CMS is read and written as bytes, so that what others signed stays as they wrote it.

pub mod archive;
pub mod certificate;
pub mod check;
mod der_writer;
pub mod development;
pub mod document;
pub mod keys;
pub mod manifest;
pub mod path;
pub mod protocol;
pub mod report;
pub mod revocation;
pub mod seal;
pub mod signed;
mod signed_data;
mod signer;
pub mod timestamp;
mod tlv;
pub mod trust;
mod verdict;
pub mod verify;
pub mod withdrawal;

pub use const_oid::ObjectIdentifier;

pub use crate::{
    certificate::Certificate,
    keys::{Key, KeyError},
    manifest::{Manifest, ManifestError},
    seal::SealError,
    signer::{Algorithm, SignError, Signer},
    trust::Trust,
    verdict::{Check, Checks, Step, Verdict},
};
