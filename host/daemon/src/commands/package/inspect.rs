//! `qadam adapter inspect`: what is in a package, who signed it, and whether a trust store would take it.

use std::path::PathBuf;

use clap::Args;
use data_encoding::HEXLOWER;
use qadam_package::{Package, TrustStore, sbom};
use serde_json::{Value, json};

use super::{bytes, text};
use crate::{
    cli::Failure,
    commands::author::grouped,
    host::TRUST,
    terminal::{say, table},
    wall_clock,
};

/// Arguments of `qadam adapter inspect`.
#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// The package
    #[arg(value_name = "FILE.qadam")]
    file: PathBuf,
    /// A trust store: would it take the package, and for whom?
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    /// The same, of the host whose data folder this is
    #[arg(long, value_name = "DIR", conflicts_with = "trust")]
    data: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(inspect: &Inspect) -> Result<(), Failure> {
    let package = Package::open(&bytes(&inspect.file)?)
        .map_err(|error| Failure::Failed(format!("{}: {error}", inspect.file.display())))?;
    let verdicts = match inspect.trust.clone().or_else(|| inspect.data.as_ref().map(|data| data.join(TRUST))) {
        None => None,
        Some(file) => {
            let store = TrustStore::read(&text(&file)?)
                .map_err(|error| Failure::Failed(format!("{}: {error}", file.display())))?;
            Some(verdicts(&package, &store))
        }
    };
    if inspect.json {
        say(as_json(&package, verdicts.as_deref()).to_string());
    } else {
        tell(&package, verdicts.as_deref());
    }
    match verdicts {
        Some(verdicts) if verdicts.iter().all(|(_, verdict)| verdict.is_err()) => {
            Err(Failure::Failed("the trust store takes it for no provider".to_owned()))
        }
        _ => Ok(()),
    }
}

/// For each provider, the name of the key that it is trusted by, or why not.
type Verdict = (String, Result<String, String>);

fn verdicts(package: &Package, store: &TrustStore) -> Vec<Verdict> {
    let of = |provider: &qadam_domain::ProviderId| {
        let admitted = store.admit(package, provider, wall_clock());
        (provider.to_string(), admitted.map(|admitted| admitted.key().to_owned()).map_err(|error| error.to_string()))
    };
    package.manifest().providers.iter().map(of).collect()
}

fn tell(package: &Package, verdicts: Option<&[Verdict]>) {
    let manifest = package.manifest();
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    let providers: Vec<&str> = manifest.providers.iter().map(qadam_domain::ProviderId::as_str).collect();
    let limits: Vec<String> =
        manifest.limits.iter().map(|(limit, value)| format!("{} {value}", limit.name())).collect();
    let parts = sbom::parts(package.sbom()).map_or_else(|| "not told".to_owned(), |parts| parts.to_string());
    let mut rows = vec![
        row("package", package.id()),
        row("adapter", format!("{} {}", manifest.name, manifest.version)),
        row("contract", manifest.contract.clone()),
        row("made for", providers.join(", ")),
        row("limits wanted", if limits.is_empty() { "the host's".to_owned() } else { limits.join(", ") }),
        row("intensity", format!("{} records/s", grouped(u64::from(manifest.records_per_second)))),
        row("licence", manifest.licence.clone()),
        row("contact", manifest.contact.clone()),
        row("made at", manifest.made_at.to_string()),
        row("signed by", format!("{} ({})", package.signer().id(), package.signer())),
        row("parts", parts),
        row("golden files", package.golden().len().to_string()),
    ];
    for (provider, verdict) in verdicts.unwrap_or_default() {
        let said = match verdict {
            Ok(key) => format!("taken: signed by `{key}`"),
            Err(reason) => format!("refused: {reason}"),
        };
        rows.push(row(&format!("for {provider}"), said));
    }
    table(&rows).into_iter().for_each(say);
    let mut files = vec![["FILE", "BYTES", "SHA-256"].map(String::from).to_vec()];
    let of_files = manifest.files.iter();
    files.extend(of_files.map(|file| vec![file.name.clone(), grouped(file.bytes), file.sha256.clone()]));
    table(&files).into_iter().for_each(say);
}

fn as_json(package: &Package, verdicts: Option<&[Verdict]>) -> Value {
    let trusted = verdicts.map(|verdicts| {
        let verdict = |(provider, verdict): &Verdict| match verdict {
            Ok(key) => json!({ "provider": provider, "taken": true, "key": key }),
            Err(reason) => json!({ "provider": provider, "taken": false, "reason": reason }),
        };
        verdicts.iter().map(verdict).collect::<Vec<_>>()
    });
    json!({
        "package": package.id(),
        "manifest": package.manifest(),
        "component": HEXLOWER.encode(ring::digest::digest(&ring::digest::SHA256, package.component()).as_ref()),
        "signed_by": { "id": package.signer().id(), "public": package.signer().to_string() },
        "parts": sbom::parts(package.sbom()),
        "trust": trusted,
    })
}
