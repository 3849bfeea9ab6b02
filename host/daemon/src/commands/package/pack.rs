//! `qadam adapter pack`: from a package of source, or a component that was built before, to one signed file.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use clap::Args;
use qadam_domain::{Allowance, Limit, ProviderId};
use qadam_guest_build::Guest;
use qadam_package::{Contents, FORMAT, Manifest, Package, golden::Files, pack, sbom};
use serde::Deserialize;
use serde_json::json;

use super::{bytes, key, text};
use crate::{
    cli::Failure,
    commands::author::{Which, built, golden, run::Runner},
    terminal::{note, say},
    wall_clock,
};

/// Arguments of `qadam adapter pack`.
#[derive(Debug, Args)]
pub(crate) struct Pack {
    #[command(flatten)]
    which: Which,
    /// The package to write
    #[arg(short, long, value_name = "FILE.qadam")]
    output: PathBuf,
    /// The private key to sign with, of `qadam adapter key new`
    #[arg(long, value_name = "FILE.key")]
    key: PathBuf,
    /// A provider that it is made for; may be repeated [default: `providers` in [package.metadata.qadam] of Cargo.toml]
    #[arg(long = "provider", value_name = "ID")]
    providers: Vec<ProviderId>,
    /// A limit that it wants, as batch-ms=500; may be repeated [default: `limits` there]
    #[arg(long = "limit", value_name = "NAME=VALUE", value_parser = limit)]
    limits: Vec<(Limit, u64)>,
    /// The intensity that it is made for [default: `records-per-second` there]
    #[arg(long, value_name = "N")]
    records_per_second: Option<u32>,
    /// Whom to ask about it: an office, a mailbox [default: `contact` there]
    #[arg(long, value_name = "TEXT")]
    contact: Option<String>,
    /// Its licence, as an SPDX expression [default: `license` in Cargo.toml]
    #[arg(long, value_name = "TEXT")]
    licence: Option<String>,
    /// Folder of golden records [default: `golden` in the adapter's folder]
    #[arg(long, value_name = "DIR")]
    golden: Option<PathBuf>,
    /// List of parts, CycloneDX or SPDX in JSON [default: made from Cargo.lock]
    #[arg(long, value_name = "FILE")]
    sbom: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// What is packed, and what its own files say of it.
struct Source {
    component: Vec<u8>,
    said: Said,
    licence: Option<String>,
    golden: Option<PathBuf>,
    /// Text of the lock file, and the package in it.
    lock: Option<(String, String)>,
}

/// `[package.metadata.qadam]` of `Cargo.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Said {
    providers: Vec<ProviderId>,
    limits: Allowance,
    records_per_second: Option<u32>,
    contact: Option<String>,
}

pub(crate) fn run(args: &Pack) -> Result<(), Failure> {
    let signer = key::read(&args.key)?;
    let source = source(args)?;
    let golden = source.golden.as_deref().map(golden::files).transpose()?.unwrap_or_default();
    let Described { name, version, contract } = describe(source.component.clone(), &golden)?;
    let sbom = match (&args.sbom, &source.lock) {
        (Some(file), _) => bytes(file)?,
        (None, Some((lock, package))) => sbom::from_lock(lock, package)?,
        (None, None) => sbom::alone(&name, &version)?,
    };
    let mut providers = if args.providers.is_empty() { source.said.providers } else { args.providers.clone() };
    providers.sort();
    providers.dedup();
    let limits = args.limits.iter().fold(source.said.limits, |all, (limit, value)| all.with(*limit, *value));
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        name,
        version,
        contract,
        providers,
        limits,
        records_per_second: stated("records-per-second", args.records_per_second.or(source.said.records_per_second))?,
        licence: stated("licence", args.licence.clone().or(source.licence))?,
        contact: stated("contact", args.contact.clone().or(source.said.contact))?,
        made_at: wall_clock(),
        files: Vec::new(),
    };
    if manifest.providers.is_empty() {
        return stated::<()>("provider", None);
    }
    let packed = pack(manifest, Contents { component: &source.component, sbom: &sbom, golden: &golden }, &signer)?;
    std::fs::write(&args.output, &packed)
        .map_err(|error| Failure::Failed(format!("{}: {error}", args.output.display())))?;
    let package = Package::open(&packed)?;
    if args.json {
        let file = args.output.display().to_string();
        say(json!({ "file": file, "package": package.id(), "bytes": packed.len(), "manifest": package.manifest() })
            .to_string());
        return Ok(());
    }
    say(args.output.display().to_string());
    note(format!(
        "{} {}, {} bytes, package {}",
        package.manifest().name,
        package.manifest().version,
        packed.len(),
        package.id()
    ));
    if golden.is_empty() {
        note("it has no golden records: a host takes it, and does not let it into production without an override");
    }
    Ok(())
}

/// What must be said somewhere.
fn stated<T>(what: &str, value: Option<T>) -> Result<T, Failure> {
    let place = match what {
        "licence" => "`license` under [package]".to_owned(),
        "provider" => "`providers` under [package.metadata.qadam]".to_owned(),
        what => format!("`{what}` under [package.metadata.qadam]"),
    };
    value.ok_or_else(|| Failure::Use(format!("--{what} is missing: state it there, or as {place} in Cargo.toml")))
}

fn source(args: &Pack) -> Result<Source, Failure> {
    if let Some(file) = args.which.file() {
        let golden = args.golden.clone();
        return Ok(Source { component: bytes(&file)?, said: Said::default(), licence: None, golden, lock: None });
    }
    let guest = args.which.guest()?;
    let manifest = guest.folder().join("Cargo.toml");
    let stated =
        said(&text(&manifest)?).map_err(|error| Failure::Failed(format!("{}: {error}", manifest.display())))?;
    let golden = args.golden.clone().or_else(|| Some(guest.folder().join("golden")).filter(|folder| folder.is_dir()));
    let component = bytes(&built(&guest)?.component)?;
    Ok(Source { component, licence: stated.0, said: stated.1, golden, lock: lock(&guest)? })
}

fn said(manifest: &str) -> Result<(Option<String>, Said), toml::de::Error> {
    let manifest: toml::Table = manifest.parse()?;
    let package = manifest.get("package");
    let licence = package.and_then(|package| package.get("license")).and_then(toml::Value::as_str).map(str::to_owned);
    let said = package.and_then(|package| package.get("metadata")?.get("qadam")).cloned();
    Ok((licence, said.map(toml::Value::try_into).transpose()?.unwrap_or_default()))
}

/// The lock file that the package was built with: its own, or its workspace's.
fn lock(guest: &Guest) -> Result<Option<(String, String)>, Failure> {
    let found = guest.folder().ancestors().map(|folder| folder.join("Cargo.lock")).find(|file| file.is_file());
    found.map(|file| Ok((text(&file)?, guest.package().to_owned()))).transpose()
}

struct Described {
    name: String,
    version: String,
    contract: String,
}

/// What the component says that it is, in the engine of the host.
fn describe(component: Vec<u8>, golden: &Files) -> Result<Described, Failure> {
    let settings: BTreeMap<String, String> = match qadam_package::golden::samples(golden) {
        Ok(samples) => samples.into_iter().next().map(|sample| sample.settings).unwrap_or_default(),
        Err(_) if golden.is_empty() => BTreeMap::new(),
        Err(error) => return Err(Failure::Failed(format!("golden: {error}"))),
    };
    let adapter = Runner::new(component)?.adapter(&settings)?;
    let said = adapter.description();
    Ok(Described { name: said.name.clone(), version: said.version.clone(), contract: adapter.contract().to_owned() })
}

fn limit(text: &str) -> Result<(Limit, u64), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    let limit = Limit::ALL.into_iter().find(|limit| limit.name() == name).ok_or_else(|| {
        let names: Vec<&str> = Limit::ALL.iter().map(|limit| limit.name()).collect();
        format!("there is no limit {name:?}; there are {}", names.join(", "))
    })?;
    value.parse().map(|value| (limit, value)).map_err(|_| format!("{value:?} is no number"))
}

impl Which {
    /// The component itself, if a file is named.
    fn file(&self) -> Option<PathBuf> {
        let path: &Path = self.path();
        path.is_file().then(|| path.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_adapter_s_manifest_says_is_taken_and_a_wrong_word_in_it_is_named() {
        let text = "[package]\nname = 'a'\nlicense = 'MIT'\n[package.metadata.qadam]\nproviders = ['archive']\n\
                    records-per-second = 20\ncontact = 'the office'\nlimits = { batch-ms = 500 }\n";
        let (licence, said) = super::said(text).unwrap();
        assert_eq!((licence.as_deref(), said.records_per_second), (Some("MIT"), Some(20)));
        assert_eq!((said.limits.get(Limit::BatchMs), said.providers.len()), (Some(500), 1));
        let error = super::said(&text.replace("batch-ms", "batch-seconds")).unwrap_err().to_string();
        assert!(error.contains("batch-ms"), "{error}");
        assert!(super::said("[package]\nname = 'a'\nlicense.workspace = true").unwrap().0.is_none());
    }

    #[test]
    fn a_limit_is_a_known_name_and_a_number() {
        assert_eq!(limit("batch-ms=500"), Ok((Limit::BatchMs, 500)));
        for text in ["batch-ms", "batch=1", "batch-ms=x"] {
            assert!(limit(text).is_err(), "{text}");
        }
    }
}
