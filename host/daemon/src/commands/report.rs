//! `qadam report`: the monthly report, those that are kept, and the audit of the counts.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;

use super::{request::escaped, target};
use crate::{
    cli::{Failure, Lang, Target},
    show::text,
    terminal::{note, say, table},
};

/// Which report.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Report {
    #[command(subcommand)]
    other: Option<Other>,
    #[command(flatten)]
    target: Target,
    /// The month
    #[arg(long, value_name = "YYYY-MM", required = true)]
    month: Option<String>,
    /// As of the end of a day, or of an instant [default: now]
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
    /// How it is written
    #[arg(long, default_value = "table")]
    format: Format,
    /// Language
    #[arg(long, default_value = "en")]
    lang: Lang,
    /// Write it there; needed for xlsx and pdf
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Other {
    /// Judge every request again from its events, compare with what is counted, and make the kept reports again
    Audit(Plain),
    /// The reports of closed months that are kept
    List(Plain),
}

#[derive(Debug, Args)]
struct Plain {
    #[command(flatten)]
    target: Target,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal
    Table,
    /// A page for a browser, in one file
    Html,
    /// For programs
    Json,
    /// UTF-8 with semicolons, as Excel opens it
    Csv,
    /// A workbook
    Xlsx,
    /// Pages to print
    Pdf,
}

impl Format {
    const fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Html => "html",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Pdf => "pdf",
        }
    }
}

pub(crate) async fn run(report: Report) -> Result<(), Failure> {
    match report.other {
        Some(Other::Audit(plain)) => return audit(plain).await,
        Some(Other::List(plain)) => return list(plain).await,
        None => {}
    }
    if matches!(report.format, Format::Xlsx | Format::Pdf) && report.output.is_none() {
        return Err(Failure::Use(format!("{} is no text: name a file with -o", report.format.name())));
    }
    let host = target(&report.target)?;
    let month = escaped(&report.month.unwrap_or_default());
    let as_of = report.as_of.map(|as_of| format!("&as_of={}", escaped(&as_of))).unwrap_or_default();
    let (format, lang) = (report.format.name(), report.lang.name());
    let path = format!("/v1/reports/monthly?month={month}{as_of}&format={format}&lang={lang}");
    let bytes = host.fetch(&path).await?;
    match report.output {
        Some(file) => {
            std::fs::write(&file, &bytes).map_err(|error| Failure::Failed(format!("{}: {error}", file.display())))?;
            note(format!("{}: {} bytes", file.display(), bytes.len()));
        }
        None => say(String::from_utf8_lossy(&bytes).trim_end()),
    }
    Ok(())
}

async fn audit(plain: Plain) -> Result<(), Failure> {
    let audit: Value = target(&plain.target)?.get("/v1/reports/audit").await?;
    let count = |name: &str| audit.get(name).and_then(Value::as_u64).unwrap_or_default();
    if plain.json {
        say(audit.to_string());
    } else {
        say(format!("{} requests judged again, {} changed meanwhile", count("requests"), count("changing")));
        say(format!("{} reports of closed months made again", count("reports")));
    }
    if audit.get("agrees") == Some(&Value::Bool(true)) {
        if !plain.json {
            say("counts and events agree");
        }
        return Ok(());
    }
    let listed = |name: &str| {
        let items = audit.get(name).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
    };
    Err(Failure::Failed(format!(
        "counts and events differ: {} requests are counted otherwise ({}), {} counts are not the sums of their requests, \
         reports that came out otherwise: {}; stopped, without its folder data/index, the host counts all anew at its next start",
        count("differing"),
        listed("named"),
        count("uneven"),
        listed("changed_reports"),
    )))
}

async fn list(plain: Plain) -> Result<(), Failure> {
    let kept: Value = target(&plain.target)?.get("/v1/reports").await?;
    let items = kept.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    if plain.json {
        say(Value::from(items).to_string());
        return Ok(());
    }
    let mut rows = vec![["MONTH", "AS OF", "MADE", "DELIVERED TO", "SHA-256"].map(String::from).to_vec()];
    for item in &items {
        let messages = item.get("messages").and_then(Value::as_array).into_iter().flatten();
        let settled = messages.filter(|message| message.get("settled_at").is_some());
        let to: Vec<String> = settled.map(|message| text(message, "destination")).collect();
        let [month, as_of, made, digest] = ["month", "as_of", "made_at", "digest"].map(|name| text(item, name));
        rows.push(vec![month, as_of, made, to.join(" "), digest]);
    }
    table(&rows).into_iter().for_each(say);
    Ok(())
}
