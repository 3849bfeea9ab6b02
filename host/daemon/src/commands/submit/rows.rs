//! The rows of a CSV file, each with the header before it: a record that says for itself what its columns are.
//!
//! Only the shape is looked at, byte by byte, since all encodings that adapters read have delimiters, quotes and line ends in
//! ASCII. A value in quotes may hold line breaks. A quote that nothing closes must cost its own row and not the rest of the
//! file, so a row goes beyond its line only if it closes within some lines and then has as many columns as the header.

use std::{
    collections::VecDeque,
    io::{self, BufRead},
};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::cut::{Piece, blank, trim_line_end};

/// Most lines and bytes of one row.
const LINES: usize = 100;
const BYTES: usize = 1 << 20;

/// Delimiters that are recognised, the likelier ones first.
const DELIMITERS: [u8; 4] = [b';', b',', b'\t', b'|'];

/// The rows of a source.
pub(super) struct Rows<R> {
    source: R,
    /// Lines that were read ahead, with their ends.
    ahead: VecDeque<Vec<u8>>,
    /// Lines that were taken.
    line: u64,
    header: Header,
    delimiter: u8,
    columns: usize,
}

enum Header {
    /// Not read yet: whether there is one.
    Expected(bool),
    /// What stands before each row.
    Known(Vec<u8>),
}

impl<R: BufRead> Rows<R> {
    pub(super) fn new(source: R, header: bool) -> Self {
        let header = Header::Expected(header);
        Self { source, ahead: VecDeque::new(), line: 0, header, delimiter: b',', columns: 0 }
    }

    /// The next row.
    pub(super) fn next(&mut self) -> io::Result<Option<Piece>> {
        if let Header::Expected(expected) = self.header {
            self.begin(expected)?;
        }
        let Some(row) = self.row()? else { return Ok(None) };
        let Header::Known(header) = &self.header else { return Ok(Some(row)) };
        let mut body = header.clone();
        body.extend_from_slice(&row.body);
        Ok(Some(Piece { body, ..row }))
    }

    /// Looks at the first row: it tells the delimiter and the number of columns.
    fn begin(&mut self, expected: bool) -> io::Result<()> {
        let mut first = Vec::new();
        if let Some(line) = self.peek(0)? {
            first.clone_from(line);
        }
        if first.starts_with(&[0xFF, 0xFE]) || first.starts_with(&[0xFE, 0xFF]) {
            let why = "the file is UTF-16 (\"Unicode text\"); save it as CSV UTF-8";
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        self.delimiter = delimiter(&first);
        self.columns = shape(&first, self.delimiter).unwrap_or(0);
        let mut header = Vec::new();
        if expected && let Some(row) = self.row()? {
            // A header with line breaks in it is whole by now.
            self.delimiter = delimiter(&row.body);
            self.columns = shape(&row.body, self.delimiter).unwrap_or(self.columns);
            header = row.body;
            header.push(b'\n');
        }
        self.header = Header::Known(header);
        Ok(())
    }

    /// The bytes of the next row that is not blank, without its line end.
    fn row(&mut self) -> io::Result<Option<Piece>> {
        while self.peek(0)?.is_some_and(|line| blank(line)) {
            self.take(1);
        }
        let Some(first) = self.peek(0)? else { return Ok(None) };
        let mut body = first.clone();
        let mut lines = 1;
        if shape(&body, self.delimiter).is_none() {
            let mut joined = body.clone();
            for further in 1..LINES {
                let Some(line) = self.peek(further)? else { break };
                joined.extend_from_slice(line);
                if joined.len() > BYTES {
                    break;
                }
                match shape(&joined, self.delimiter) {
                    // The header itself says how many there are.
                    Some(columns) if columns == self.columns || self.columns == 0 => {
                        (body, lines) = (joined, further + 1);
                        break;
                    }
                    _ => {}
                }
            }
        }
        let line = self.line + 1;
        self.take(lines);
        trim_line_end(&mut body);
        Ok(Some(Piece { line, body }))
    }

    fn peek(&mut self, place: usize) -> io::Result<Option<&Vec<u8>>> {
        while self.ahead.len() <= place {
            let mut line = Vec::new();
            if self.source.read_until(b'\n', &mut line)? == 0 {
                break;
            }
            self.ahead.push_back(line);
        }
        Ok(self.ahead.get(place))
    }

    fn take(&mut self, lines: usize) {
        self.ahead.drain(..lines.min(self.ahead.len()));
        self.line += lines as u64;
    }
}

/// The delimiter that a first line has most of, quoted values left out.
fn delimiter(line: &[u8]) -> u8 {
    let mut quoted = false;
    let mut counts = [0_usize; DELIMITERS.len()];
    for byte in line {
        quoted ^= *byte == b'"';
        for (count, _) in counts.iter_mut().zip(DELIMITERS).filter(|(_, delimiter)| !quoted && delimiter == byte) {
            *count += 1;
        }
    }
    let most = counts.iter().copied().max().unwrap_or(0);
    let found = counts.iter().zip(DELIMITERS).find(|(count, _)| **count == most && most > 0);
    found.map_or(b',', |(_, delimiter)| delimiter)
}

/// How many columns a row has; none where a quote is open at its end.
fn shape(row: &[u8], delimiter: u8) -> Option<usize> {
    let mut reader: Reader = ReaderBuilder::new().delimiter(delimiter).build();
    let (mut values, mut ends) = (vec![0; row.len() + 2], vec![0; row.len() + 2]);
    let mut closed = row.to_vec();
    trim_line_end(&mut closed);
    closed.push(b'\n');
    match reader.read_record(&closed, &mut values, &mut ends) {
        (ReadRecordResult::Record, _, _, columns) => Some(columns),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, header: bool) -> Vec<(u64, String)> {
        let mut rows = Rows::new(text.as_bytes(), header);
        let mut found = Vec::new();
        while let Some(piece) = rows.next().unwrap() {
            found.push((piece.line, String::from_utf8(piece.body).unwrap()));
        }
        found
    }

    fn row(line: u64, text: &str) -> (u64, String) {
        (line, text.to_owned())
    }

    #[test]
    fn each_row_has_the_header_before_it_and_its_line() {
        let found = rows("a;b\r\n1;2\r\n\r\n3;4", true);
        assert_eq!(found, [row(2, "a;b\n1;2"), row(4, "a;b\n3;4")]);
        assert_eq!(rows("1;2\n3;4\n", false), [row(1, "1;2"), row(2, "3;4")]);
        assert_eq!(rows("\u{FEFF}a\n1\n", true), [row(2, "\u{FEFF}a\n1")], "the mark says what the bytes are");
        assert_eq!(rows("a;b\n", true), []);
        assert_eq!(rows("", true), []);
    }

    #[test]
    fn a_line_break_in_quotes_belongs_to_the_row() {
        let found = rows("\"a\nx\";b\n1;\"2\r\n\r\n3\"\n4;5\n", true);
        assert_eq!(found, [row(3, "\"a\nx\";b\n1;\"2\r\n\r\n3\""), row(6, "\"a\nx\";b\n4;5")]);
    }

    #[test]
    fn a_quote_that_nothing_closes_costs_its_own_row_only() {
        let found = rows("a;b\n\"1;2\n3;4\n5;\"6\"\n7;8\n", true);
        let wanted = ["\"1;2", "3;4", "5;\"6\"", "7;8"];
        assert_eq!(
            found.iter().map(|(_, row)| row.as_str()).collect::<Vec<_>>(),
            wanted.map(|row| format!("a;b\n{row}"))
        );
        assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 3, 4, 5]);
    }

    #[test]
    fn the_delimiter_is_what_the_first_line_has_most_of() {
        assert_eq!(delimiter(b"a,b;c;d"), b';');
        assert_eq!(delimiter(b"\"x;y;z\",b"), b',');
        assert_eq!(delimiter(b"a\tb"), b'\t');
        assert_eq!(delimiter(b"a"), b',');
    }

    #[test]
    fn sixteen_bit_text_is_refused_with_what_to_do() {
        let mut rows = Rows::new(&b"\xFF\xFEa\0;\0b\0\n\0"[..], true);
        assert!(rows.next().unwrap_err().to_string().contains("CSV UTF-8"));
    }
}
