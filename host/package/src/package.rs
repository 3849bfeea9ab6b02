//! Packing and opening.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};

use crate::{
    container::{self, File},
    error::PackageError,
    key::{PublicKey, SigningKey},
    manifest::{Entry, Manifest},
    sbom,
};

/// The manifest's name.
pub const MANIFEST: &str = "manifest.json";
/// The signature's name.
pub const SIGNATURE: &str = "signature";
/// The component's name.
pub const COMPONENT: &str = "component.wasm";
/// The name of the list of parts.
pub const SBOM: &str = "sbom.json";
/// What names of golden files begin with.
pub const GOLDEN: &str = "golden/";
/// Most bytes of a package.
pub const SIZE_LIMIT: usize = 96 << 20;
/// Most bytes of a manifest, and of a list of parts.
const TEXT_LIMIT: usize = 8 << 20;

/// A package that is whole, and signed by the key that it names. It is made by [`Package::open`] only.
#[derive(Clone, Debug)]
pub struct Package {
    manifest: Manifest,
    signer: PublicKey,
    digest: [u8; 32],
    component: Vec<u8>,
    sbom: Vec<u8>,
    golden: BTreeMap<String, Vec<u8>>,
}

/// What goes into a package beside the manifest.
#[derive(Clone, Copy, Debug)]
pub struct Contents<'a> {
    /// The component.
    pub component: &'a [u8],
    /// The list of parts, CycloneDX or SPDX.
    pub sbom: &'a [u8],
    /// Golden files by their names below `golden/`.
    pub golden: &'a BTreeMap<String, Vec<u8>>,
}

/// Whether these bytes are meant to be a package, and no component.
#[must_use]
pub fn is_package(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// Makes a package. The manifest's `files` are filled in. Equal contents and manifests give equal bytes.
///
/// # Errors
/// What cannot be packed.
pub fn pack(mut manifest: Manifest, contents: Contents<'_>, key: &SigningKey) -> Result<Vec<u8>, PackageError> {
    let golden: Vec<(String, &Vec<u8>)> =
        contents.golden.iter().map(|(name, bytes)| (format!("{GOLDEN}{name}"), bytes)).collect();
    let mut files: Vec<File<'_>> = vec![(COMPONENT, contents.component), (SBOM, contents.sbom)];
    files.extend(golden.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())));
    files.sort_by_key(|(name, _)| *name);
    manifest.files = files.iter().map(|(name, content)| Entry::of(name, content)).collect();
    let bytes = manifest.bytes()?;
    let signature = signature(&key.public(), &key.sign(&bytes));
    let mut all: Vec<File<'_>> = vec![(MANIFEST, &bytes), (SIGNATURE, signature.as_bytes())];
    all.extend(files);
    let package = container::write(&all)?;
    // What could not be opened is never handed out.
    Package::open(&package)?;
    Ok(package)
}

impl Package {
    /// Opens a package: its form, its files, their digests, its signature. Fails closed: what is not understood is refused.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn open(bytes: &[u8]) -> Result<Self, PackageError> {
        within("the package", bytes, SIZE_LIMIT)?;
        let files = container::read(bytes)?;
        let mut left = files.iter().copied();
        let manifest_bytes = next(&mut left, &files, MANIFEST)?;
        within("the package's manifest", manifest_bytes, TEXT_LIMIT)?;
        let signature = next(&mut left, &files, SIGNATURE)?;
        let signer = signed(manifest_bytes, signature)?;
        let manifest = Manifest::read(manifest_bytes)?;
        let mut package = Self {
            signer,
            digest: sha256(bytes),
            component: Vec::new(),
            sbom: Vec::new(),
            golden: BTreeMap::new(),
            manifest,
        };
        for entry in package.manifest.files.clone() {
            let content = next(&mut left, &files, &entry.name)?;
            let actual = Entry::of(&entry.name, content);
            if actual != entry {
                let what = if actual.bytes == entry.bytes { "SHA-256" } else { "size" };
                return Err(PackageError::Digest { name: entry.name, what });
            }
            package.take(&entry.name, content)?;
        }
        if let Some((name, _)) = left.next() {
            return Err(PackageError::Extra { name: name.to_owned() });
        }
        for (name, content) in [(COMPONENT, &package.component), (SBOM, &package.sbom)] {
            if content.is_empty() {
                return Err(PackageError::Missing { name: name.to_owned() });
            }
        }
        Ok(package)
    }

    fn take(&mut self, name: &str, content: &[u8]) -> Result<(), PackageError> {
        match name {
            COMPONENT => self.component = content.to_vec(),
            SBOM => {
                within("sbom.json", content, TEXT_LIMIT)?;
                sbom::check(content)?;
                self.sbom = content.to_vec();
            }
            name => match name.strip_prefix(GOLDEN) {
                Some(name) => drop(self.golden.insert(name.to_owned(), content.to_vec())),
                None => return Err(PackageError::Extra { name: name.to_owned() }),
            },
        }
        Ok(())
    }

    /// What its maker says of it.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Who signed it.
    #[must_use]
    pub const fn signer(&self) -> &PublicKey {
        &self.signer
    }

    /// SHA-256 of the whole file: what a package is named by.
    #[must_use]
    pub const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// The same in hex.
    #[must_use]
    pub fn id(&self) -> String {
        HEXLOWER.encode(&self.digest)
    }

    /// The component.
    #[must_use]
    pub fn component(&self) -> &[u8] {
        &self.component
    }

    /// The list of its parts.
    #[must_use]
    pub fn sbom(&self) -> &[u8] {
        &self.sbom
    }

    /// Golden files by their names.
    #[must_use]
    pub const fn golden(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.golden
    }
}

/// The next file, which must have that name.
fn next<'a>(left: &mut impl Iterator<Item = File<'a>>, all: &[File<'a>], name: &str) -> Result<&'a [u8], PackageError> {
    let missing = || PackageError::Missing { name: name.to_owned() };
    if !all.iter().any(|(known, _)| *known == name) {
        return Err(missing());
    }
    match left.next() {
        Some((known, content)) if known == name => Ok(content),
        Some((known, _)) => Err(PackageError::Order { name: known.to_owned() }),
        None => Err(missing()),
    }
}

fn signature(key: &PublicKey, signature: &[u8; 64]) -> String {
    format!("ed25519 {} {}\n", HEXLOWER.encode(key.bytes()), HEXLOWER.encode(signature))
}

/// Whose signature stands over the manifest.
fn signed(manifest: &[u8], text: &[u8]) -> Result<PublicKey, PackageError> {
    let wrong = |reason: &str| PackageError::Signature { reason: reason.to_owned() };
    let parts = || {
        let text = std::str::from_utf8(text).ok()?.strip_prefix("ed25519 ")?.strip_suffix('\n')?;
        let (key, signature) = text.split_once(' ')?;
        let hex = |text: &str| HEXLOWER.decode(text.as_bytes()).ok();
        Some((PublicKey::of(hex(key)?.try_into().ok()?), hex(signature)?.try_into().ok()?))
    };
    let (key, signature): (PublicKey, [u8; 64]) =
        parts().ok_or_else(|| wrong("expected `ed25519 PUBLIC-KEY SIGNATURE` in hex"))?;
    if key.verifies(manifest, &signature) {
        return Ok(key);
    }
    Err(wrong(&format!("it is not the signature of the key {} over this manifest", key.id())))
}

fn within(what: &str, bytes: &[u8], limit: usize) -> Result<(), PackageError> {
    if bytes.len() > limit {
        let (limit, actual) = (limit as u64, bytes.len() as u64);
        return Err(PackageError::TooLarge { what: what.to_owned(), limit, actual });
    }
    Ok(())
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.iter_mut().zip(digest(&SHA256, bytes).as_ref()).for_each(|(to, from)| *to = *from);
    out
}

#[cfg(test)]
pub(crate) mod tests;
