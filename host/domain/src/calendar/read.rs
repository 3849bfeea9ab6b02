//! The data files, read strictly: an unknown column, kind or date is an error with its line.

use serde::{Deserialize, de::DeserializeOwned};

use super::{CalendarError, Row, Year};

pub(super) fn rows(text: &str) -> Result<Vec<Row>, CalendarError> {
    const COLUMNS: &[&str] = &[
        "date",
        "kind",
        "weeks",
        "name",
        "moved",
        "act",
        "source",
        "published",
        "effective",
        "status",
        "superseded_on",
        "superseded_by",
    ];
    read::<Line>("days", COLUMNS, text).map(|lines| lines.into_iter().map(|line| line.0).collect())
}

pub(super) fn years(text: &str) -> Result<Vec<Year>, CalendarError> {
    read("years", &["year", "known", "note", "source"], text)
}

fn read<T: DeserializeOwned>(file: &'static str, columns: &[&str], text: &str) -> Result<Vec<T>, CalendarError> {
    let wrong = |line: u64, what: String| CalendarError::Line { file, line, what };
    let placed = |error: &csv::Error| error.position().map_or(0, csv::Position::line);
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| wrong(placed(&error), error.to_string()))?.clone();
    if header.iter().ne(columns.iter().copied()) {
        let line = header.position().map_or(0, csv::Position::line);
        return Err(wrong(line, format!("the columns should be {}", columns.join(","))));
    }
    let mut found = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| wrong(placed(&error), error.to_string()))?;
        let line = record.position().map_or(0, csv::Position::line);
        // The reader's own text repeats the place; what is wrong is in the source of the error.
        let read = record.deserialize(Some(&header)).map_err(|error| match error.kind() {
            csv::ErrorKind::Deserialize { err, .. } => wrong(line, err.to_string()),
            _ => wrong(line, error.to_string()),
        })?;
        found.push(read);
    }
    Ok(found)
}

/// A row under the file's column names, which a row in JSON has with hyphens.
#[derive(Deserialize)]
#[serde(from = "Cells")]
struct Line(Row);

#[derive(Deserialize)]
struct Cells {
    date: jiff::civil::Date,
    kind: super::Kind,
    weeks: super::Weeks,
    name: String,
    moved: Option<jiff::civil::Date>,
    act: Option<String>,
    source: Option<String>,
    published: Option<jiff::civil::Date>,
    effective: Option<jiff::civil::Date>,
    status: super::Standing,
    superseded_on: Option<jiff::civil::Date>,
    superseded_by: Option<String>,
}

impl From<Cells> for Line {
    fn from(cells: Cells) -> Self {
        let Cells { date, kind, weeks, name, moved, act, source, published, effective, status, .. } = cells;
        let (superseded_on, superseded_by) = (cells.superseded_on, cells.superseded_by);
        Self(Row {
            date,
            kind,
            weeks,
            name,
            moved,
            act,
            source,
            published,
            effective,
            status,
            superseded_on,
            superseded_by,
        })
    }
}
