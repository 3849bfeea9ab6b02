//! Evidence: that a message says what was recorded, who signed it and when, proved to anyone offline (1277-6, 1277-11, 1336-17,
//! 452-8). Bytes in, bytes out: this room opens no connection and no file; it makes requests and checks responses.
//!
//! Structures are those of the `cms`, `x509-cert`, `x509-ocsp` and `x509-tsp` crates, the arithmetic is `ring`'s, paths of
//! certificates are `webpki`'s.

pub mod document;
mod signer;
mod verdict;

pub use crate::{
    signer::{Algorithm, SignError, Signer},
    verdict::{Check, Checks, Step, Verdict},
};
