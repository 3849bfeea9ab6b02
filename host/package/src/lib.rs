//! Packages of adapters: one signed file that holds the component, what its maker says of it, and the records by which it is
//! judged. Bytes in, bytes out, no I/O, no clock.
//!
//! # Layout
//!
//! A stored ZIP (any `unzip` lists it) of exactly these files in this order; see [`container`] for why it has one form only:
//!
//! ```text
//! manifest.json    what is signed: name, version, contract, providers, limits wanted, licence, contact, and for each other
//!                  file its size and SHA-256
//! signature        `ed25519 PUBLIC-KEY SIGNATURE`, in hex, over the bytes of manifest.json
//! component.wasm   the component
//! golden/…         records with what is expected of them (optional here; a host wants them before a pilot)
//! sbom.json        what it was made of: CycloneDX or SPDX, JSON
//! ```
//!
//! # What is checked, and when
//!
//! [`Package::open`] takes nothing on trust: every byte of the file is either covered by the signature (the manifest, and through
//! its digests all files), or has one right value. A package that opens is whole and signed by the key that it names, and
//! by no one else. Whether that key may serve a provider is for [`TrustStore::admit`] to say, at the time of asking.
//!
//! Anyone can check the signature without this program: `openssl pkeyutl -verify -rawin -pubin -inkey KEY.pem -sigfile SIG -in
//! manifest.json`.

pub mod container;
mod error;
pub mod golden;
mod key;
mod manifest;
mod package;
pub mod sbom;
mod trust;

pub use error::{Distrust, PackageError};
pub use key::{KeyError, PublicKey, SigningKey};
pub use manifest::{Entry, FORMAT, Manifest};
pub use package::{COMPONENT, Contents, GOLDEN, MANIFEST, Package, SBOM, SIGNATURE, SIZE_LIMIT, is_package, pack};
pub use trust::{Admitted, Revocation, TrustError, TrustStore, Trusted};
