//! `qadam adapter build`: from a package to a component, and what it is.

use std::path::PathBuf;

use clap::Args;
use data_encoding::HEXLOWER;
use serde_json::json;

use super::{Which, built, grouped};
use crate::{
    cli::Failure,
    terminal::{say, table},
};

/// Arguments of `qadam adapter build`.
#[derive(Debug, Args)]
pub(crate) struct Build {
    #[command(flatten)]
    which: Which,
    /// The component to write [default: in the target folder]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(build: &Build) -> Result<(), Failure> {
    let mut guest = build.which.guest()?;
    if let Some(output) = &build.output {
        guest = guest.output(output);
    }
    let built = built(&guest)?;
    let bytes = std::fs::read(&built.component)?;
    let digest = HEXLOWER.encode(ring::digest::digest(&ring::digest::SHA256, &bytes).as_ref());
    let component = built.component.display().to_string();
    if build.json {
        let answer = json!({
            "package": guest.package(), "component": component, "bytes": built.bytes, "sha256": digest,
            "contract": built.contract, "changed": built.changed,
        });
        say(answer.to_string());
        return Ok(());
    }
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    table(&[
        row("component", component),
        row("size", format!("{} bytes", grouped(built.bytes))),
        row("sha-256", digest),
        row("contract", built.contract),
    ])
    .into_iter()
    .for_each(say);
    Ok(())
}
