//! The commands, one a file.

pub(crate) mod acts;
pub(crate) mod adapter;
pub(crate) mod adapter_check;
pub(crate) mod adapters;
pub(crate) mod audit;
pub(crate) mod author;
pub(crate) mod backup;
pub(crate) mod calendar;
pub(crate) mod check;
pub(crate) mod commission;
pub(crate) mod compile;
pub(crate) mod demo;
pub(crate) mod evidence;
pub(crate) mod inspect;
pub(crate) mod key;
pub(crate) mod outage;
pub(crate) mod package;
pub(crate) mod queue;
pub(crate) mod receive;
pub(crate) mod remap;
pub(crate) mod report;
pub(crate) mod request;
pub(crate) mod restore;
pub(crate) mod rules;
pub(crate) mod serve;
pub(crate) mod service;
pub(crate) mod status;
pub(crate) mod submit;

use qadam_clients::{Host, Trust};

use crate::{
    cli::{Failure, Target},
    edge::{ADDRESS, CERTIFICATE},
    host::OPERATOR_KEY,
};

/// The host that a command talks to.
fn target(target: &Target) -> Result<Host, Failure> {
    let read = |name: &str| {
        let path = target.data.as_ref()?.join(name);
        Some(std::fs::read_to_string(&path).map(|text| text.trim().to_owned()).map_err(|error| (path, error)))
    };
    let url = match (&target.host, read(ADDRESS)) {
        (Some(url), _) => url.clone(),
        (None, Some(Ok(url))) => url,
        (None, Some(Err((path, error)))) => {
            return Err(Failure::Failed(format!("no host runs on this folder: {}: {error}", path.display())));
        }
        (None, None) => "http://127.0.0.1:8640".to_owned(),
    };
    let key = match (&target.key, read(OPERATOR_KEY)) {
        (Some(key), _) => key.clone(),
        (None, Some(Ok(key))) => key,
        _ => {
            return Err(Failure::Use(
                "a key is needed: set QADAM_KEY, or name the data folder with --data (qadam key new makes one)".into(),
            ));
        }
    };
    let trust = match (&target.ca, &target.host, &target.data) {
        (Some(file), ..) => Trust::Roots(file.clone()),
        // Its address is no name of its certificate; but who reads the data folder knows which one it shows.
        (None, None, Some(data)) if url.starts_with("https://") => Trust::Own(data.join(CERTIFICATE)),
        _ => Trust::Public,
    };
    Ok(Host::trusted(&url, &key, &trust)?)
}
