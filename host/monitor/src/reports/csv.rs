//! CSV (RFC 4180) for Excel as it is set up in Kazakhstan. In the Kazakh and Russian settings of Windows the comma is the
//! decimal sign and Excel parts cells at semicolons only; without the mark of UTF-8 at the start it reads the file as
//! Windows-1251 and loses all letters. So: semicolons, the mark, CRLF, in every language, for it is the machine's setting
//! that counts. Programs read the same file with the separator `;` and the encoding `utf-8-sig`.
//!
//! Texts always stand in quotation marks and numbers never, so that LibreOffice ("quoted field as text") and others can
//! tell a number that names something from a count. A text that a spreadsheet would take for a formula gets an apostrophe
//! before it (OWASP, "CSV injection"). Numbers of requests stand as they are, with their leading zeros; Excel itself
//! drops those when a CSV file is opened by a double click: the XLSX is for that.

use super::grid::{Cell, Grid};

/// The first row names the columns, all others are data; what the headings of parts say, a column says here.
pub(super) fn write(grid: &Grid) -> Vec<u8> {
    let mut out = String::from("\u{feff}");
    let mut row = |fields: Vec<String>| {
        out.push_str(&fields.join(";"));
        out.push_str("\r\n");
    };
    row(grid.columns.iter().map(|column| quoted(&column.heading)).collect());
    for cells in grid.parts.iter().flat_map(|part| &part.rows) {
        row(cells.cells.iter().map(field).collect());
    }
    out.into_bytes()
}

fn field(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => quoted(text),
        Cell::Count(count) => count.to_string(),
        Cell::Change(change) => change.to_string(),
        Cell::Nothing => String::new(),
    }
}

fn quoted(text: &str) -> String {
    let guard = if is_formula(text) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

/// Whether a spreadsheet might run it. The full-width signs are those of Asian keyboards, which Excel takes as well.
fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}
