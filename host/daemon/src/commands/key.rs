//! `qadam key`: works on the data folder; a running host sees the change within two seconds and puts it into the journal.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use data_encoding::HEXLOWER;
use jiff::{SignedDuration, Timestamp};
use qadam_domain::ProviderId;
use qadam_monitor::access::{self, key_digest};
use serde_json::json;

use crate::{
    cli::Failure,
    host::OPERATOR_KEY,
    keys::{By, Entry, KeyError, Keys, private},
    terminal::{note, say, table},
    wall_clock,
};

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make a key and print it; it is stored nowhere
    New(KeyNew),
    /// Make the successor of a key and print it; both are valid for a while
    Rotate(KeyRotate),
    /// List the keys' ids and roles, those that are worthless too
    List(KeyList),
    /// Make a key worthless
    Revoke(KeyRevoke),
}

#[derive(Debug, Args)]
pub(crate) struct KeyFolder {
    /// The host's data folder
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct KeyNew {
    #[command(flatten)]
    folder: KeyFolder,
    /// What it may do
    #[arg(long)]
    role: Role,
    /// Whose records, for the role `provider`
    #[arg(long, value_name = "ID")]
    provider: Option<ProviderId>,
    /// For how long, `P90D` or `PT720H` [default: until it is revoked]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    expires_after: Option<SignedDuration>,
    /// Why, for the audit
    #[arg(long, default_value = "", value_name = "TEXT")]
    why: String,
}

#[derive(Debug, Args)]
pub(crate) struct KeyRotate {
    #[command(flatten)]
    folder: KeyFolder,
    /// Id of the key
    id: String,
    /// For how long the old one stays valid beside the new one
    #[arg(long, default_value = "PT24H", value_name = "DURATION", value_parser = duration)]
    overlap: SignedDuration,
    /// Why, for the audit
    #[arg(long, default_value = "", value_name = "TEXT")]
    why: String,
}

#[derive(Debug, Args)]
pub(crate) struct KeyList {
    #[command(flatten)]
    folder: KeyFolder,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct KeyRevoke {
    #[command(flatten)]
    folder: KeyFolder,
    /// Id of the key
    id: String,
    /// Why, for the audit
    #[arg(long, default_value = "", value_name = "TEXT")]
    why: String,
}

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Role {
    /// Send one provider's records and see what became of them
    Provider,
    /// Run the host
    Operator,
    /// Read all events
    Monitor,
    /// Read everything masked, the record of acts, and whole requests for a stated purpose; change nothing
    Auditor,
    /// Find a request and see how far it is, masked: front offices, the contact centre
    Lookup,
}

impl From<Role> for access::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Provider => Self::Provider,
            Role::Operator => Self::Operator,
            Role::Monitor => Self::Monitor,
            Role::Auditor => Self::Auditor,
            Role::Lookup => Self::Lookup,
        }
    }
}

/// Hours and days of 24 hours, more than none.
fn duration(text: &str) -> Result<SignedDuration, String> {
    let span: jiff::Span = text.parse().map_err(|error: jiff::Error| error.to_string())?;
    let length = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(|error| error.to_string())?;
    if length.is_positive() { Ok(length) } else { Err("it must be longer than nothing".to_owned()) }
}

pub(crate) fn run(key: Key) -> Result<(), Failure> {
    let now = wall_clock();
    match key {
        Key::New(new) => {
            std::fs::create_dir_all(&new.folder.data)?;
            let until = new.expires_after.map(|length| now.checked_add(length)).transpose()?;
            let who = local();
            let by = By { who: &who, why: &new.why, at: now };
            let (entry, key) = Keys::open(&new.folder.data)?.new_key(new.role.into(), new.provider, until, by)?;
            note(format!("key {} is printed once and stored nowhere:", entry.id));
            say(key);
        }
        Key::Rotate(rotate) => {
            let who = local();
            let by = By { who: &who, why: &rotate.why, at: now };
            let (until, data) = (now.checked_add(rotate.overlap)?, &rotate.folder.data);
            let keep = |new: &str, old: &str| keep_operator(data, new, old);
            // One that an attempt left which did not end.
            drop(std::fs::remove_file(data.join(OPERATOR_KEY).with_extension(NEXT)));
            let rotated = Keys::open(data)?.rotate(&rotate.id, until, by, keep);
            if rotated.is_err() {
                drop(std::fs::remove_file(data.join(OPERATOR_KEY).with_extension(NEXT)));
            }
            let (entry, key) = rotated?;
            note(format!("key {} takes the place of {}, which is valid until {until}:", entry.id, rotate.id));
            say(key);
            take_over(data)?;
        }
        Key::List(list) => self::list(&list, now)?,
        Key::Revoke(revoke) => {
            let who = local();
            Keys::open(&revoke.folder.data)?.revoke(&revoke.id, By { who: &who, why: &revoke.why, at: now })?;
            note(format!("key {} is revoked", revoke.id));
        }
    }
    Ok(())
}

fn list(list: &KeyList, now: Timestamp) -> Result<(), Failure> {
    let entries = Keys::open(&list.folder.data)?.list()?;
    let provider = |entry: &Entry| entry.provider.as_ref().map_or_else(String::new, ToString::to_string);
    let until = |entry: &Entry| entry.until.map_or_else(String::new, |until| until.to_string());
    if list.json {
        let one = |entry: &Entry| {
            json!({
                "id": entry.id, "role": entry.role, "provider": entry.provider, "made": entry.created_at,
                "state": entry.state(now), "until": entry.until,
            })
        };
        say(entries.iter().map(one).collect::<serde_json::Value>().to_string());
        return Ok(());
    }
    let mut rows = vec![["ID", "ROLE", "PROVIDER", "MADE", "STATE", "UNTIL"].map(String::from).to_vec()];
    for entry in &entries {
        let role = entry.role.name().to_owned();
        let state = entry.state(now).to_owned();
        rows.push(vec![entry.id.clone(), role, provider(entry), entry.created_at.clone(), state, until(entry)]);
    }
    table(&rows).into_iter().for_each(say);
    Ok(())
}

/// Who works on the data folder: all that is known is whose process it is.
pub(crate) fn local() -> String {
    format!("uid {}", rustix::process::getuid().as_raw())
}

/// Where the old key is the one that lies in the data folder for the commands of this machine, the new one takes its place.
fn keep_operator(data: &Path, new: &str, old: &str) -> Result<(), KeyError> {
    let path = data.join(OPERATOR_KEY);
    let lies = std::fs::read_to_string(&path).ok().and_then(|key| key_digest(key.trim()));
    if lies.is_none_or(|digest| HEXLOWER.encode(&digest) != old) {
        return Ok(());
    }
    let next = path.with_extension(NEXT);
    private(&next, new.as_bytes()).map_err(|source| KeyError::File { path: next, source })
}

/// Once the new key is valid, it takes the place of the old one.
fn take_over(data: &Path) -> std::io::Result<()> {
    let path = data.join(OPERATOR_KEY);
    match std::fs::rename(path.with_extension(NEXT), path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// Ends the name of the file of a key that is not valid yet.
const NEXT: &str = "key.next";
