//! How a file is cut into records.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use super::{media_type, rows::Rows};

/// How a file is cut into records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// It is one.
    Whole,
    /// Each line that is not blank is one.
    Lines,
    /// Each row of a CSV is one, and has the names of the columns before it where the file begins with them.
    Rows {
        /// Whether it does.
        header: bool,
    },
}

/// A record, and the line of the file at which it begins, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) line: u64,
    pub(super) body: Vec<u8>,
}

/// A record as it would be submitted.
pub(crate) struct Submitted {
    /// The line of the file at which it begins.
    pub(crate) line: u64,
    /// Media type of its file.
    pub(crate) kind: &'static str,
    pub(crate) body: Vec<u8>,
}

/// The records of a file, one after another.
pub(super) enum Pieces {
    Whole(Option<Box<dyn BufRead + Send>>),
    Lines { source: Box<dyn BufRead + Send>, line: u64 },
    Rows(Rows<Box<dyn BufRead + Send>>),
}

impl Cut {
    /// The way that the name of a file suggests, where a folder has files of all sorts.
    pub(crate) fn by_name(path: &Path) -> Self {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_ascii_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
            "csv" | "tsv" => Self::Rows { header: true },
            "jsonl" | "ndjson" => Self::Lines,
            extension if extension.ends_with("-lines") => Self::Lines,
            _ => Self::Whole,
        }
    }
}

impl Submitted {
    /// All records of a file.
    pub(crate) fn read(path: &Path, cut: Cut) -> io::Result<Vec<Self>> {
        let mut pieces = Pieces::open(path, cut)?;
        let mut records = Vec::new();
        while let Some(Piece { line, body }) = pieces.next()? {
            records.push(Self { line, kind: media_type(path), body });
        }
        Ok(records)
    }
}

impl Pieces {
    /// Opens a file, or standard input; it is unpacked if it is gzip, whatever its name.
    pub(super) fn open(path: &Path, cut: Cut) -> io::Result<Self> {
        let raw: Box<dyn Read + Send> =
            if path.as_os_str() == "-" { Box::new(io::stdin()) } else { Box::new(File::open(path)?) };
        let mut raw = BufReader::with_capacity(1 << 18, raw);
        let source: Box<dyn BufRead + Send> = if raw.fill_buf()?.starts_with(&[0x1F, 0x8B]) {
            Box::new(BufReader::with_capacity(1 << 18, flate2::bufread::MultiGzDecoder::new(raw)))
        } else {
            Box::new(raw)
        };
        Ok(match cut {
            Cut::Whole => Self::Whole(Some(source)),
            Cut::Lines => Self::Lines { source, line: 0 },
            Cut::Rows { header } => Self::Rows(Rows::new(source, header)),
        })
    }

    /// The next record.
    pub(super) fn next(&mut self) -> io::Result<Option<Piece>> {
        match self {
            Self::Whole(source) => {
                let Some(mut source) = source.take() else { return Ok(None) };
                let mut body = Vec::new();
                source.read_to_end(&mut body)?;
                Ok(Some(Piece { line: 1, body }))
            }
            Self::Lines { source, line } => loop {
                let mut body = Vec::new();
                if source.read_until(b'\n', &mut body)? == 0 {
                    return Ok(None);
                }
                *line += 1;
                if *line == 1 && body.starts_with(&[0xEF, 0xBB, 0xBF]) {
                    body.drain(..3);
                }
                if !blank(&body) {
                    trim_line_end(&mut body);
                    return Ok(Some(Piece { line: *line, body }));
                }
            },
            Self::Rows(rows) => rows.next(),
        }
    }
}

pub(super) fn blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

/// Takes the line end off.
pub(super) fn trim_line_end(line: &mut Vec<u8>) {
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_suggests_how_it_is_cut() {
        for (name, cut) in [
            ("Export.CSV", Cut::Rows { header: true }),
            ("export.csv.gz", Cut::Rows { header: true }),
            ("export.jsonl", Cut::Lines),
            ("permits.xml-lines", Cut::Lines),
            ("one.xml", Cut::Whole),
            ("one.json", Cut::Whole),
            ("none", Cut::Whole),
        ] {
            assert_eq!(Cut::by_name(Path::new(name)), cut, "{name}");
        }
    }

    #[test]
    fn lines_are_records_without_their_ends_and_blank_ones_are_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x");
        std::fs::write(&file, "\u{FEFF}a\r\n\n b \nc").unwrap();
        let mut pieces = Pieces::open(&file, Cut::Lines).unwrap();
        let mut found = Vec::new();
        while let Some(piece) = pieces.next().unwrap() {
            found.push((piece.line, String::from_utf8(piece.body).unwrap()));
        }
        assert_eq!(found, [(1, "a".to_owned()), (3, " b ".to_owned()), (4, "c".to_owned())]);
    }
}
