//! Sending the records of files, and asking what became of them.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    time::Duration,
};

use bytes::Bytes;
use qadam_clients::{ClientError, Host};
use qadam_domain::ProviderId;
use serde::Serialize;
use serde_json::Value;

use super::{
    cut::{Cut, Piece, Pieces},
    media_type,
};
use crate::{
    cli::Failure,
    show::text,
    terminal::{note, progress},
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
    /// Id of the record; empty where the host did not take it.
    pub(crate) record: String,
}

/// What to send, and where.
pub(crate) struct Job<'a> {
    pub(crate) host: &'a Host,
    pub(crate) provider: &'a ProviderId,
    /// How files are cut into records; none decides by each file's name.
    pub(crate) cut: Option<Cut>,
    pub(crate) content_type: Option<&'a str>,
    /// How long to wait for outcomes without progress; none does not wait.
    pub(crate) patience: Option<Duration>,
}

/// Why a file could not be sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The host did not take it.
    #[error("{place}: {source}")]
    Host {
        /// The file, and the line where it is about one.
        place: String,
        /// Why.
        source: ClientError,
    },
}

/// Where a record came from.
type Origin = (usize, u64);

/// What was sent, and is to be asked for.
#[derive(Default)]
pub(super) struct Sent {
    pub(super) outcome: Outcome,
    /// Records by id: the accepted ones, or all.
    origins: HashMap<String, Origin>,
    /// The last of those that were accepted, and of those that the host had: the others are decided before them.
    last: [Option<String>; 2],
}

impl Job<'_> {
    pub(crate) async fn send(&self, files: &[PathBuf]) -> Result<Outcome, Failure> {
        let mut sent = Sent::default();
        for (place, path) in files.iter().enumerate() {
            self.send_file(place, path, &mut sent, false).await?;
        }
        if let Some(patience) = self.patience {
            self.wait(&sent, patience).await?;
            self.collect(files, &mut sent).await?;
        }
        Ok(sent.outcome)
    }

    /// Sends one file. A thorough sending also follows the records that the host has already, and where the host does not
    /// take a single record, notes that and sends the others.
    pub(super) async fn send_file(
        &self,
        place: usize,
        path: &Path,
        sent: &mut Sent,
        thorough: bool,
    ) -> Result<(), SendError> {
        let wrong = |source| SendError::File { path: path.display().to_string(), source };
        let kind = self.content_type.unwrap_or_else(|| media_type(path));
        let cut = self.cut.unwrap_or_else(|| Cut::by_name(path));
        let mut pieces = Pieces::open(path, cut).map_err(wrong)?;
        let bar = progress("sending", 0);
        let (mut chunk, mut size) = (Vec::new(), 0);
        loop {
            let piece = pieces.next().map_err(wrong)?;
            let last = piece.is_none();
            if let Some(piece) = piece {
                size += piece.body.len();
                chunk.push(piece);
                bar.inc_length(1);
            }
            if !chunk.is_empty() && (last || chunk.len() >= CHUNK_RECORDS || size >= CHUNK_BYTES) {
                let count = chunk.len() as u64;
                self.send_chunk(place, path, (cut, kind), std::mem::take(&mut chunk), sent, thorough).await?;
                bar.inc(count);
                size = 0;
            }
            if last {
                bar.finish_and_clear();
                return Ok(());
            }
        }
    }

    async fn send_chunk(
        &self,
        place: usize,
        path: &Path,
        (cut, kind): (Cut, &str),
        mut pieces: Vec<Piece>,
        sent: &mut Sent,
        thorough: bool,
    ) -> Result<(), SendError> {
        while !pieces.is_empty() {
            let (kind, body) = batch(cut, kind, &pieces);
            let taken = match self.host.submit::<Value>(self.provider.as_str(), &kind, body).await {
                Ok(receipt) => noted(&receipt, place, &pieces, sent, thorough),
                Err(error) => Err(error),
            };
            let Err(error) = taken else { return Ok(()) };
            let which = match &error {
                ClientError::Refused { line: Some(line), .. } => usize::try_from(*line - 1).ok(),
                ClientError::Refused { status: 400 | 413 | 422, .. } if pieces.len() == 1 => Some(0),
                _ => None,
            };
            let line = which.and_then(|which| pieces.get(which)).map(|piece| piece.line);
            match (thorough, which, line, &error) {
                (true, Some(which), Some(line), ClientError::Refused { kind, detail, .. }) => {
                    sent.outcome.received += 1;
                    sent.outcome.refused.push(Refused {
                        provider: self.provider.to_string(),
                        file: None,
                        line,
                        cause: kind.rsplit(':').next().unwrap_or_default().to_owned(),
                        detail: detail.clone(),
                        record: String::new(),
                    });
                    pieces.remove(which);
                }
                _ => {
                    let line = line.map(|line| format!(" line {line}")).unwrap_or_default();
                    return Err(SendError::Host { place: format!("{}{line}", path.display()), source: error });
                }
            }
        }
        Ok(())
    }

    /// Waits until the last record is decided, which is after all before it.
    async fn wait(&self, sent: &Sent, patience: Duration) -> Result<(), ClientError> {
        if sent.last.iter().all(Option::is_none) {
            return Ok(());
        }
        let bar = progress("mapping", sent.outcome.accepted);
        let mut waiting = self.waiting().await?;
        let mut still = std::time::Instant::now();
        while !self.decided(sent).await? {
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
        Ok(())
    }

    /// Whether what was sent last is decided.
    pub(super) async fn decided(&self, sent: &Sent) -> Result<bool, ClientError> {
        for last in sent.last.iter().flatten() {
            let record: Value = self.host.get(&format!("/v1/records/{last}")).await?;
            let outcome = text(&record, "outcome");
            if outcome.is_empty() || outcome == "pending" {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Collects what was not mapped.
    pub(super) async fn collect(&self, files: &[PathBuf], sent: &mut Sent) -> Result<(), ClientError> {
        if sent.origins.is_empty() {
            return Ok(());
        }
        // What the host did not even take stays in the list.
        sent.outcome.refused.retain(|refused| refused.record.is_empty());
        let refused = self.listed("refused", files, sent).await?;
        sent.outcome.refused.extend(refused);
        sent.outcome.quarantined = self.listed("quarantined", files, sent).await?;
        sent.outcome.pending =
            if self.waiting().await? > 0 { self.listed("pending", files, sent).await?.len() as u64 } else { 0 };
        sent.outcome.refused.sort_by_key(|refused| refused.line);
        sent.outcome.quarantined.sort_by_key(|refused| refused.line);
        Ok(())
    }

    async fn waiting(&self) -> Result<u64, ClientError> {
        let summary: Value = self.host.get(&format!("/v1/summary?provider={}", self.provider)).await?;
        Ok(summary.pointer("/0/records/pending").and_then(Value::as_u64).unwrap_or(0))
    }

    /// Those of the sent records that have an outcome.
    async fn listed(&self, outcome: &str, files: &[PathBuf], sent: &Sent) -> Result<Vec<Refused>, ClientError> {
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

/// The media type and the body of some records sent at once.
fn batch(cut: Cut, kind: &str, pieces: &[Piece]) -> (String, Bytes) {
    match (cut, pieces) {
        (Cut::Whole, [piece]) => (kind.to_owned(), piece.body.clone().into()),
        (Cut::Lines, _) => {
            let lines = pieces.iter().flat_map(|piece| piece.body.iter().chain(b"\n"));
            (format!("application/vnd.qadam.lines; of={kind}"), lines.copied().collect())
        }
        _ => {
            let boundary = boundary(pieces);
            let mut body = Vec::new();
            for piece in pieces {
                body.extend_from_slice(format!("--{boundary}\r\ncontent-type: {kind}\r\n\r\n").as_bytes());
                body.extend_from_slice(&piece.body);
                body.extend_from_slice(b"\r\n");
            }
            body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
            (format!("multipart/mixed; boundary={boundary}"), body.into())
        }
    }
}

/// A boundary that stands in none of the records.
fn boundary(pieces: &[Piece]) -> String {
    let stands = |boundary: &str| {
        let bytes = boundary.as_bytes();
        pieces.iter().any(|piece| piece.body.windows(bytes.len()).any(|window| window == bytes))
    };
    let mut number = 0_u64;
    loop {
        let boundary = format!("qadam-record-{number}-");
        if !stands(&boundary) {
            return boundary;
        }
        number += 1;
    }
}

/// Takes note of a receipt.
fn noted(receipt: &Value, place: usize, pieces: &[Piece], sent: &mut Sent, thorough: bool) -> Result<(), ClientError> {
    let records = receipt.get("records").and_then(Value::as_array).cloned().unwrap_or_default();
    if records.len() != pieces.len() {
        let (given, taken) = (pieces.len(), records.len());
        return Err(ClientError::Answer(format!("{given} records were sent, {taken} are receipted")));
    }
    for (record, piece) in records.iter().zip(pieces) {
        let id = text(record, "id");
        let duplicate = record.get("duplicate") == Some(&Value::Bool(true));
        sent.outcome.received += 1;
        let counted = if duplicate { &mut sent.outcome.duplicates } else { &mut sent.outcome.accepted };
        *counted += 1;
        if !duplicate || thorough {
            if let Some(last) = sent.last.get_mut(usize::from(duplicate)) {
                *last = Some(id.clone());
            }
            sent.origins.entry(id).or_insert((place, piece.line));
        }
    }
    Ok(())
}

fn described(cause: &Value) -> String {
    let field = text(cause, "field");
    let offset = cause.get("offset").and_then(Value::as_u64).map(|at| format!(" (byte {at})")).unwrap_or_default();
    let detail = text(cause, "detail");
    if field.is_empty() { format!("{detail}{offset}") } else { format!("{field}: {detail}{offset}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boundary_stands_in_no_record() {
        let piece = |text: &str| Piece { line: 1, body: text.into() };
        assert_eq!(boundary(&[piece("a")]), "qadam-record-0-");
        assert_eq!(boundary(&[piece("a"), piece("x qadam-record-0- qadam-record-1-")]), "qadam-record-2-");
    }
}
