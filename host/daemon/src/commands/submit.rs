//! `qadam submit`: sends records with progress, waits until they are mapped, and tells what became of them.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    time::Duration,
};

use bytes::Bytes;
use qadam_clients::{ClientError, Host};
use qadam_domain::ProviderId;
use serde::Serialize;
use serde_json::Value;

use super::target;
use crate::{
    cli::{Failure, Submit},
    show::text,
    terminal::{note, progress, say, table},
};

/// Records and bytes sent at once.
const CHUNK_RECORDS: usize = 500;
const CHUNK_BYTES: usize = 2 << 20;

/// What became of what was sent.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Outcome {
    /// Records sent.
    pub(crate) received: u64,
    /// Those that the host had not before.
    pub(crate) accepted: u64,
    /// Those that it had.
    pub(crate) duplicates: u64,
    /// Of the accepted ones: refused, by their own fault.
    pub(crate) refused: Vec<Refused>,
    /// Set aside, because the adapter fails on them.
    pub(crate) quarantined: Vec<Refused>,
    /// Not mapped yet.
    pub(crate) pending: u64,
}

/// A record that was not mapped.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Refused {
    /// Whose.
    pub(crate) provider: String,
    /// File, where several were sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<String>,
    /// Line, from 1; 1 for a whole file.
    pub(crate) line: u64,
    /// Name of the cause.
    pub(crate) cause: String,
    /// What was wrong.
    pub(crate) detail: String,
    /// Id of the record.
    pub(crate) record: String,
}

pub(crate) async fn run(submit: Submit) -> Result<(), Failure> {
    let host = target(&submit.target)?;
    let job = Job {
        host: &host,
        provider: &submit.provider,
        lines: submit.lines,
        content_type: submit.content_type.as_deref(),
        patience: (!submit.no_wait).then(|| Duration::from_secs(submit.patience)),
    };
    let outcome = job.send(&submit.files).await?;
    if submit.json {
        say(serde_json::to_string(&outcome)?);
    } else {
        lines(&outcome).into_iter().for_each(say);
    }
    Ok(())
}

/// The outcome for people.
pub(crate) fn lines(outcome: &Outcome) -> Vec<String> {
    let mapped = outcome.accepted - outcome.refused.len() as u64 - outcome.quarantined.len() as u64 - outcome.pending;
    let row = |what: &str, count: u64| vec![what.to_owned(), count.to_string()];
    let mut lines = table(&[
        row("sent", outcome.received),
        row("duplicates", outcome.duplicates),
        row("mapped", mapped),
        row("refused", outcome.refused.len() as u64),
        row("quarantined", outcome.quarantined.len() as u64),
        row("pending", outcome.pending),
    ]);
    for (what, records) in [("refused", &outcome.refused), ("quarantined", &outcome.quarantined)] {
        for record in records {
            let file = record.file.as_deref().map(|file| format!("{file} ")).unwrap_or_default();
            lines.push(format!("{what}: {file}line {}: {}: {}", record.line, record.cause, record.detail));
        }
    }
    if outcome.pending > 0 {
        lines.push(
            "pending records are safe in the host's journal; they are mapped when their adapter works".to_owned(),
        );
    }
    lines
}

/// What to send, and where.
pub(crate) struct Job<'a> {
    pub(crate) host: &'a Host,
    pub(crate) provider: &'a ProviderId,
    pub(crate) lines: bool,
    pub(crate) content_type: Option<&'a str>,
    /// How long to wait for outcomes without progress; none does not wait.
    pub(crate) patience: Option<Duration>,
}

/// Where a record came from.
type Origin = (usize, u64);

#[derive(Default)]
struct Sent {
    outcome: Outcome,
    /// Accepted records by id.
    origins: HashMap<String, Origin>,
    last: Option<String>,
}

impl Job<'_> {
    pub(crate) async fn send(&self, files: &[PathBuf]) -> Result<Outcome, Failure> {
        let mut sent = Sent::default();
        for (place, path) in files.iter().enumerate() {
            if self.lines {
                self.send_lines(place, path, &mut sent).await?;
            } else {
                let mut body = Vec::new();
                open(path)?.read_to_end(&mut body)?;
                let kind = self.content_type.unwrap_or_else(|| media_type(path));
                self.chunk(kind, body.into(), &[(place, 1)], &mut sent).await.map_err(|error| at(path, 0, error))?;
            }
        }
        if let Some(patience) = self.patience {
            self.outcomes(files, &mut sent, patience).await?;
        }
        Ok(sent.outcome)
    }

    async fn send_lines(&self, place: usize, path: &Path, sent: &mut Sent) -> Result<(), Failure> {
        let kind = format!("application/vnd.qadam.lines; of={}", self.content_type.unwrap_or_else(|| media_type(path)));
        let bar = progress("sending", 0);
        let mut file = BufReader::with_capacity(1 << 20, open(path)?);
        let (mut body, mut origins, mut line, mut number) = (Vec::new(), Vec::new(), Vec::new(), 0u64);
        loop {
            line.clear();
            let read = file.read_until(b'\n', &mut line)?;
            if read > 0 {
                number += 1;
                bar.inc_length(1);
                if number == 1 && line.starts_with(&[0xEF, 0xBB, 0xBF]) {
                    line.drain(..3);
                }
                if !line.iter().all(u8::is_ascii_whitespace) {
                    origins.push((place, number));
                    body.extend_from_slice(&line);
                }
            }
            let full = origins.len() >= CHUNK_RECORDS || body.len() >= CHUNK_BYTES;
            if (full || read == 0) && !origins.is_empty() {
                // A number in an error counts the lines of this chunk.
                let before = origins.first().map_or(0, |(_, line)| line - 1);
                let chunk = std::mem::take(&mut body).into();
                self.chunk(&kind, chunk, &origins, sent).await.map_err(|error| at(path, before, error))?;
                bar.set_position(number);
                origins.clear();
            }
            if read == 0 {
                bar.finish_and_clear();
                return Ok(());
            }
        }
    }

    async fn chunk(&self, kind: &str, body: Bytes, origins: &[Origin], sent: &mut Sent) -> Result<(), ClientError> {
        let receipt: Value = self.host.submit(self.provider.as_str(), kind, body).await?;
        let records = receipt.get("records").and_then(Value::as_array).cloned().unwrap_or_default();
        if records.len() != origins.len() {
            return Err(ClientError::Answer(format!(
                "{} records were sent, {} are receipted",
                origins.len(),
                records.len()
            )));
        }
        for (record, origin) in records.iter().zip(origins) {
            let id = text(record, "id");
            sent.outcome.received += 1;
            if record.get("duplicate") == Some(&Value::Bool(true)) {
                sent.outcome.duplicates += 1;
            } else {
                sent.outcome.accepted += 1;
                sent.last = Some(id.clone());
                sent.origins.insert(id, *origin);
            }
        }
        Ok(())
    }

    /// Waits until the last record is decided, which is after all before it, and collects what was not mapped.
    async fn outcomes(&self, files: &[PathBuf], sent: &mut Sent, patience: Duration) -> Result<(), Failure> {
        let Some(last) = sent.last.clone() else { return Ok(()) };
        let bar = progress("mapping", sent.outcome.accepted);
        let mut waiting = self.waiting().await?;
        let mut still = std::time::Instant::now();
        loop {
            let record: Value = self.host.get(&format!("/v1/records/{last}")).await?;
            let outcome = text(&record, "outcome");
            if !outcome.is_empty() && outcome != "pending" {
                break;
            }
            let now = self.waiting().await?;
            if now != waiting {
                waiting = now;
                still = std::time::Instant::now();
            }
            bar.set_position(sent.outcome.accepted.saturating_sub(now));
            if still.elapsed() > patience {
                note(format!("nothing was mapped for {} s", patience.as_secs()));
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bar.finish_and_clear();
        for name in ["refused", "quarantined"] {
            let found = self.listed(name, files, sent).await?;
            match name {
                "refused" => sent.outcome.refused = found,
                _ => sent.outcome.quarantined = found,
            }
        }
        if !sent.origins.is_empty() && waiting > 0 {
            sent.outcome.pending = self.listed("pending", files, sent).await?.len() as u64;
        }
        Ok(())
    }

    async fn waiting(&self) -> Result<u64, Failure> {
        let summary: Value = self.host.get(&format!("/v1/summary?provider={}", self.provider)).await?;
        Ok(summary.pointer("/0/records/pending").and_then(Value::as_u64).unwrap_or(0))
    }

    /// Those of the sent records that have an outcome.
    async fn listed(&self, outcome: &str, files: &[PathBuf], sent: &Sent) -> Result<Vec<Refused>, Failure> {
        let mut found = Vec::new();
        let mut after = String::new();
        loop {
            let path = format!("/v1/providers/{}/records?outcome={outcome}&limit=1000{after}", self.provider);
            let page: Value = self.host.get(&path).await?;
            for record in page.get("items").and_then(Value::as_array).into_iter().flatten() {
                let id = text(record, "id");
                let Some((place, line)) = sent.origins.get(&id) else { continue };
                let cause = record.get("cause").cloned().unwrap_or_default();
                let file =
                    (files.len() > 1).then(|| files.get(*place).map(|path| path.display().to_string())).flatten();
                found.push(Refused {
                    provider: self.provider.to_string(),
                    file,
                    line: *line,
                    cause: text(&cause, "name"),
                    detail: described(&cause),
                    record: id,
                });
            }
            match text(&page, "next") {
                next if next.is_empty() => return Ok(found),
                next => after = format!("&after={next}"),
            }
        }
    }
}

fn described(cause: &Value) -> String {
    let field = text(cause, "field");
    let offset = cause.get("offset").and_then(Value::as_u64).map(|at| format!(" (byte {at})")).unwrap_or_default();
    let detail = text(cause, "detail");
    if field.is_empty() { format!("{detail}{offset}") } else { format!("{field}: {detail}{offset}") }
}

fn at(path: &Path, before: u64, error: ClientError) -> Failure {
    match error {
        ClientError::Refused { status, detail, line: Some(line), .. } => {
            Failure::Failed(format!("{} line {}: refused ({status}): {detail}", path.display(), before + line))
        }
        error => Failure::Failed(format!("{}: {error}", path.display())),
    }
}

/// A file, or standard input; unpacked if it is gzip, whatever its name.
fn open(path: &Path) -> Result<Box<dyn Read + Send>, Failure> {
    let named = |error: std::io::Error| Failure::Failed(format!("{}: {error}", path.display()));
    let raw: Box<dyn Read + Send> =
        if path.as_os_str() == "-" { Box::new(std::io::stdin()) } else { Box::new(File::open(path).map_err(named)?) };
    let mut raw = BufReader::new(raw);
    let packed = raw.fill_buf().map_err(named)?.starts_with(&[0x1F, 0x8B]);
    Ok(if packed { Box::new(flate2::bufread::MultiGzDecoder::new(raw)) } else { Box::new(raw) })
}

/// Media type of a file, by its name.
pub(crate) fn media_type(path: &Path) -> &'static str {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("json" | "jsonl" | "ndjson") => "application/json",
        Some("csv") => "text/csv",
        Some(extension) if extension.contains("xml") || extension == "xes" => "application/xml",
        _ => "application/octet-stream",
    }
}
