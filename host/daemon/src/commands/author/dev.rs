//! `qadam adapter dev`: the author saves a file; the component is built, its golden records are mapped, and a running host
//! gets it, if there is one.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use clap::Args;
use qadam_clients::Host;
use qadam_domain::ProviderId;
use qadam_guest_build::Guest;
use serde_json::Value;
use tokio::task::spawn_blocking;

use super::{
    Which, built, golden,
    test::{self, Tested},
};
use crate::{
    cli::{Failure, Target},
    commands::target,
    terminal::{complain, note, say},
};

/// Arguments of `qadam adapter dev`.
#[derive(Debug, Args)]
pub(crate) struct Dev {
    #[command(flatten)]
    which: Which,
    /// Put each component to work for this provider, in the host of --host or --data
    #[arg(long, value_name = "ID")]
    provider: Option<ProviderId>,
    #[command(flatten)]
    target: Target,
}

/// How often the files are looked at. A look costs microseconds, and sees changes on network folders too, which notify
/// nobody.
const LOOK: Duration = Duration::from_millis(200);

pub(crate) async fn run(dev: Dev) -> Result<(), Failure> {
    let guest = dev.which.guest()?;
    let host = match dev.provider {
        Some(provider) => Some((target(&dev.target)?, provider)),
        None if dev.target.host.is_some() || dev.target.data.is_some() => {
            return Err(Failure::Use("--provider is needed: whose adapter is it in that host?".into()));
        }
        None => None,
    };
    tokio::select! {
        ended = rounds(&guest, host) => ended,
        pressed = tokio::signal::ctrl_c() => Ok(pressed?),
    }
}

/// A round for each change, the first at once. Never ends by itself.
async fn rounds(guest: &Guest, host: Option<(Host, ProviderId)>) -> Result<(), Failure> {
    let mut loaded = None;
    loop {
        // Before the round: what is saved while it runs is seen after it.
        let before = files(guest.folder());
        match round(guest.clone()).await {
            Ok((tested, component)) => {
                tested.tell();
                if let Err(failure) = tested.verdict() {
                    tell(&failure);
                }
                if let Some((host, provider)) = host.as_ref().filter(|_| loaded.as_ref() != Some(&component)) {
                    match load(host, provider, &tested, &component).await {
                        Ok(()) => loaded = Some(component),
                        Err(failure) => tell(&failure),
                    }
                }
            }
            Err(failure) => tell(&failure),
        }
        say(format!("waiting for a change in {} (Ctrl-C ends)", guest.folder().display()));
        changed(guest.folder(), before).await;
    }
}

/// Builds, and maps the golden records.
async fn round(guest: Guest) -> Result<(Tested, Vec<u8>), Failure> {
    let build_and_test = move || {
        let component = std::fs::read(built(&guest)?.component)?;
        let folder = guest.folder().join("golden");
        let samples = golden::samples(&folder)?;
        Ok((test::tested(component.clone(), &samples, &folder, false)?, component))
    };
    spawn_blocking(build_and_test).await?
}

async fn load(host: &Host, provider: &ProviderId, tested: &Tested, component: &[u8]) -> Result<(), Failure> {
    if tested.is_faulty() {
        note("it is not put to work: it fails on golden records");
        return Ok(());
    }
    let why = "qadam adapter dev";
    let view: Value = host.load_adapter(provider.as_str(), component.to_vec().into(), why).await?;
    let generation = view.get("generation").map(Value::to_string).unwrap_or_default();
    say(format!("serves {provider}, generation {generation}"));
    Ok(())
}

fn tell(failure: &Failure) {
    let (Failure::Use(text) | Failure::Failed(text)) = failure;
    complain(text);
}

/// What tells one state of a file from another.
type State = (Option<SystemTime>, u64);

/// Waits until the files are others, and then until nobody writes any more.
async fn changed(folder: &Path, mut seen: BTreeMap<PathBuf, State>) {
    let mut begun = false;
    loop {
        tokio::time::sleep(LOOK).await;
        let now = files(folder);
        match (now == seen, begun) {
            (true, true) => return,
            (true, false) => {}
            (false, _) => {
                begun = true;
                seen = now;
            }
        }
    }
}

/// The files of a package, without what cargo writes and what is hidden. What cannot be read is not there.
fn files(folder: &Path) -> BTreeMap<PathBuf, State> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            if name.to_string_lossy().starts_with('.') || name == "target" || name == "Cargo.lock" {
                continue;
            }
            match std::fs::metadata(&path) {
                Ok(of) if of.is_dir() => folders.push(path),
                Ok(of) => drop(found.insert(path, (of.modified().ok(), of.len()))),
                Err(_) => {}
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_or_hidden_is_no_change() {
        let folder = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("src/lib.rs", "1");
        let before = files(folder.path());
        assert_eq!(before.len(), 1);
        write("target/debug/out", "1");
        write("Cargo.lock", "1");
        write(".git/index", "1");
        assert_eq!(files(folder.path()), before);
        write("golden/a.json", "1");
        assert_ne!(files(folder.path()), before);
    }
}
