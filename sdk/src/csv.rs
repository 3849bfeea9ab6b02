//! CSV records: a header and rows, read by the names of the columns, with errors that name line and column.
//!
//! ```
//! use qadam_sdk::csv::{Format, Table};
//!
//! let format = Format { delimiter: b';', ..Format::default() };
//! let table = Table::read("номер;статус\r\n17;\"в \"\"работе\"\"\"\r\n", &format)?;
//! let row = table.rows().next().expect("a row");
//! assert_eq!(row.required("номер")?, "17");
//! assert_eq!(row.text("статус")?, Some("в \"работе\""));
//! assert_eq!(row.line(), 2);
//! assert!(row.text("исполнитель").is_err(), "no such column");
//! # Ok::<(), qadam_sdk::RecordError>(())
//! ```

use csv::{ReaderBuilder, StringRecord};

use crate::RecordError;

/// How the text is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    /// What stands between two columns: one ASCII character. Default `,`.
    pub delimiter: u8,
    /// What stands around a value that holds delimiters or line breaks, and is doubled within it. Default `"`; none where
    /// quotes are ordinary characters.
    pub quote: Option<u8>,
    /// The names of the columns where the text does not begin with them.
    pub columns: Option<Vec<String>>,
}

impl Default for Format {
    fn default() -> Self {
        Self { delimiter: b',', quote: Some(b'"'), columns: None }
    }
}

/// A header and its rows.
#[derive(Debug, Clone)]
pub struct Table {
    columns: Vec<String>,
    rows: Vec<(StringRecord, Place)>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    line: usize,
    offset: usize,
}

/// A row, read by the names of its columns.
#[derive(Debug, Clone, Copy)]
pub struct Row<'t> {
    columns: &'t [String],
    record: &'t StringRecord,
    place: Place,
}

impl Table {
    /// Reads a text. Blank lines are no rows. Names of columns are taken without white space around them.
    ///
    /// # Errors
    ///
    /// A row that has more or fewer columns than the header, and a quote that nothing closes, with the line.
    pub fn read(text: &str, format: &Format) -> Result<Self, RecordError> {
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).flexible(true).delimiter(format.delimiter).quoting(format.quote.is_some());
        if let Some(quote) = format.quote {
            builder.quote(quote);
        }
        // The reader forgives a quote that nothing closes; the row that must come last is then swallowed.
        let mut reader = builder.from_reader(std::io::Read::chain(text.as_bytes(), LAST.as_bytes()));
        let (mut rows, mut closed) = (Vec::new(), false);
        let mut record = StringRecord::new();
        loop {
            match reader.read_record(&mut record) {
                Ok(true) if record.iter().eq([LAST.trim()]) => closed = true,
                Ok(true) => {
                    let place = place(text, record.position().map_or(0, csv::Position::byte));
                    if !(record.len() == 1 && record.iter().all(|cell| cell.trim().is_empty())) {
                        rows.push((std::mem::take(&mut record), place));
                    }
                }
                Ok(false) => break,
                Err(wrong) => return Err(RecordError::malformed("CSV", wrong.to_string())),
            }
        }
        if !closed {
            let at = rows.last().map_or(Place { line: 1, offset: 0 }, |(_, place)| *place);
            let detail = format!("a quote is opened in the row at line {} and never closed", at.line);
            return Err(RecordError::malformed("CSV", detail).at(at.offset));
        }
        let columns = match &format.columns {
            Some(columns) => columns.clone(),
            None if rows.is_empty() => return Err(RecordError::malformed("CSV", "no header: the text is empty").at(0)),
            None => rows.remove(0).0.iter().map(|name| name.trim().to_owned()).collect(),
        };
        for (record, place) in &rows {
            if record.len() != columns.len() {
                let (found, wanted) = (record.len(), columns.len());
                let detail = format!("the row at line {} has {found} columns, the header {wanted}", place.line);
                return Err(RecordError::malformed("CSV", detail).at(place.offset));
            }
        }
        Ok(Self { columns, rows })
    }

    /// The names of the columns.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The rows.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|(record, place)| Row { columns: &self.columns, record, place: *place })
    }
}

impl<'t> Row<'t> {
    /// The value of a column without white space around it; none where it is blank.
    ///
    /// # Errors
    ///
    /// That there is no such column, or more than one.
    pub fn text(&self, column: &str) -> Result<Option<&'t str>, RecordError> {
        let mut places = self.columns.iter().enumerate().filter(|(_, name)| *name == column).map(|(place, _)| place);
        match (places.next(), places.next()) {
            (Some(place), None) => Ok(self.record.get(place).map(str::trim).filter(|text| !text.is_empty())),
            (None, _) => {
                let detail = format!("the header has no such column; it has {}", shown(self.columns));
                Err(self.wrong(column, detail))
            }
            (Some(_), Some(_)) => Err(self.wrong(column, "the header has more than one such column")),
        }
    }

    /// The value of a column that must not be blank.
    ///
    /// # Errors
    ///
    /// That it is, with line and column.
    pub fn required(&self, column: &str) -> Result<&'t str, RecordError> {
        self.text(column)?.ok_or_else(|| self.wrong(column, format!("empty in the row at line {}", self.place.line)))
    }

    /// The line at which the row begins, from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.place.line
    }

    /// The byte of the text at which the row begins.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.place.offset
    }

    fn wrong(&self, column: &str, detail: impl Into<String>) -> RecordError {
        RecordError::malformed(column, detail).at(self.place.offset)
    }
}

/// A row that no text holds: a control character alone.
const LAST: &str = "\n\u{1}\n";

/// The reader's place of a row may be the line end before it.
fn place(text: &str, byte: u64) -> Place {
    let from = usize::try_from(byte).unwrap_or(usize::MAX).min(text.len());
    let ends = text.as_bytes().iter().skip(from).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let offset = from + ends;
    let line = text.as_bytes().iter().take(offset).filter(|&&byte| byte == b'\n').count() + 1;
    Place { line, offset }
}

fn shown(columns: &[String]) -> String {
    let names: String = columns.join(", ");
    if names.chars().count() > 300 { names.chars().take(300).chain("…".chars()).collect() } else { names }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn semicolons() -> Format {
        Format { delimiter: b';', ..Format::default() }
    }

    #[test]
    fn line_breaks_and_delimiters_in_quotes_belong_to_the_value() {
        let table = Table::read("a;b\n\"x;\r\ny\";2\r\n\r\n3;4", &semicolons()).expect("reads");
        let rows: Vec<_> = table.rows().map(|row| (row.text("a"), row.line(), row.offset())).collect();
        assert_eq!(rows, [(Ok(Some("x;\r\ny")), 2, 4), (Ok(Some("3")), 5, 17)]);
    }

    #[test]
    fn a_row_of_another_width_is_refused_at_its_line() {
        let error = Table::read("a;b\n1;2\n1;2;3\n", &semicolons()).expect_err("refused");
        assert_eq!(error, RecordError::malformed("CSV", "the row at line 3 has 3 columns, the header 2").at(8));
    }

    #[test]
    fn a_quote_that_nothing_closes_is_refused_even_in_the_last_column() {
        let error = Table::read("a;b\n1;\"2\n", &semicolons()).expect_err("refused");
        assert_eq!(
            error,
            RecordError::malformed("CSV", "a quote is opened in the row at line 2 and never closed").at(4)
        );
    }

    #[test]
    fn without_quoting_a_quote_is_a_character() {
        let format = Format { quote: None, ..semicolons() };
        let table = Table::read("a;b\n\"1;2\"\n", &format).expect("reads");
        assert_eq!(table.rows().next().map(|row| row.text("a")), Some(Ok(Some("\"1"))));
    }

    #[test]
    fn columns_may_be_known_beforehand() {
        let format = Format { columns: Some(vec!["x".to_owned(), "y".to_owned()]), ..Format::default() };
        let table = Table::read("1, 2 ", &format).expect("reads");
        assert_eq!(table.rows().next().map(|row| row.required("y")), Some(Ok("2")));
    }

    #[test]
    fn a_missing_a_repeated_and_an_empty_column_are_named() {
        let table = Table::read("a;b;b\n;2;3\n", &semicolons()).expect("reads");
        let row = table.rows().next().expect("a row");
        assert_eq!(
            row.text("c"),
            Err(RecordError::malformed("c", "the header has no such column; it has a, b, b").at(6))
        );
        assert_eq!(row.text("b"), Err(RecordError::malformed("b", "the header has more than one such column").at(6)));
        assert_eq!(row.text("a"), Ok(None));
        assert_eq!(row.required("a"), Err(RecordError::malformed("a", "empty in the row at line 2").at(6)));
    }

    #[test]
    fn an_empty_text_has_no_header() {
        assert!(Table::read("", &Format::default()).is_err());
        assert!(Table::read("\n\n", &Format::default()).is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(rows in proptest::collection::vec(proptest::collection::vec("[a-zа-я;\"\r\n ,]{0,8}", 3), 1..5)) {
            let mut writer = csv::WriterBuilder::new().delimiter(b';').from_writer(Vec::new());
            writer.write_record(["a", "b", "c"]).expect("written");
            for row in &rows {
                writer.write_record(row).expect("written");
            }
            let text = String::from_utf8(writer.into_inner().expect("flushed")).expect("text");
            let table = Table::read(&text, &semicolons()).expect("reads");
            for (row, written) in table.rows().zip(&rows) {
                for (name, value) in ["a", "b", "c"].iter().zip(written) {
                    let trimmed = value.trim();
                    prop_assert_eq!(row.text(name), Ok((!trimmed.is_empty()).then_some(trimmed)));
                }
            }
            prop_assert_eq!(table.rows().count(), rows.len());
        }

        #[test]
        fn nothing_panics_and_places_are_within(text in "(a|;|\"|\r|\n|ж| ){0,30}") {
            if let Err(error) = Table::read(&text, &semicolons()) {
                prop_assert!(error.offset().is_some_and(|at| at <= text.len() as u64));
            }
        }
    }
}
