//! XLSX. The type of a cell decides what survives: numbers of bodies, people and requests are texts, so that leading
//! zeros stay and no number of twelve digits becomes 9.9E+11; counts are numbers, so that they can be summed. A text is
//! never a formula here. The file's own dates are the report's "as of".

use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, IgnoreError, Workbook, Worksheet, XlsxError,
};

use super::{
    ReportError,
    grid::{Cell, Grid, Kind, Row},
};

/// Letters of a cell (a limit of the format).
const LETTERS: usize = 32_767;

pub(super) fn write(grid: &Grid) -> Result<Vec<u8>, ReportError> {
    let mut workbook = Workbook::new();
    workbook.set_properties(
        &DocProperties::new()
            .set_title(&grid.title)
            .set_subject(grid.about.join("; "))
            .set_author("qadam")
            .set_creation_datetime(&ExcelDateTime::from_timestamp(grid.as_of.as_second())?),
    );
    sheet(workbook.add_worksheet(), grid)?;
    Ok(workbook.save_to_buffer()?)
}

fn sheet(sheet: &mut Worksheet, grid: &Grid) -> Result<(), XlsxError> {
    sheet.set_name(grid.tab.chars().take(31).collect::<String>())?;
    let mut line = 0;
    sheet.write_string_with_format(line, 0, &grid.title, &Format::new().set_bold().set_font_size(14))?;
    for text in grid.about.iter().chain(&grid.notes) {
        line += 1;
        sheet.write_string(line, 0, text)?;
    }
    let head = line + 2;
    let heading =
        Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Top).set_border_bottom(FormatBorder::Thin);
    let last = u16::try_from(grid.columns.len().saturating_sub(1)).unwrap_or(u16::MAX);
    for (place, column) in (0..).zip(&grid.columns) {
        sheet.write_string_with_format(head, place, &column.heading, &heading)?;
        sheet.set_column_width(place, f64::from(column.width))?;
    }
    let mut line = head;
    for row in grid.parts.iter().flat_map(|part| &part.rows) {
        line = line.checked_add(1).ok_or(XlsxError::RowColumnLimitError)?;
        for (place, (cell, column)) in (0..).zip(row.cells.iter().zip(&grid.columns)) {
            put(sheet, (line, place), cell, &look(row, column.kind))?;
        }
    }
    if line > head {
        // Numbers as texts are meant: no green corners.
        sheet.ignore_error_range(head, 0, line, last, IgnoreError::NumberStoredAsText)?;
    }
    sheet.autofilter(head, 0, line, last)?;
    sheet.set_freeze_panes(head + 1, 0)?;
    sheet.set_repeat_rows(head, head)?;
    sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0).set_footer("&C&P / &N");
    Ok(())
}

fn put(sheet: &mut Worksheet, (line, place): (u32, u16), cell: &Cell, look: &Format) -> Result<(), XlsxError> {
    match cell {
        Cell::Text(text) if text.chars().count() > LETTERS => {
            let cut: String = text.chars().take(LETTERS - 1).chain(['…']).collect();
            sheet.write_string_with_format(line, place, cut, look)?
        }
        Cell::Text(text) => sheet.write_string_with_format(line, place, text, look)?,
        // Excel's numbers are exact up to 2^53: more minutes than there were since the beginning of the world.
        Cell::Count(count) => sheet.write_number_with_format(line, place, *count as f64, look)?,
        Cell::Change(change) => sheet.write_number_with_format(line, place, *change as f64, look)?,
        Cell::Nothing => sheet,
    };
    Ok(())
}

/// How a cell looks: sums in bold on grey, texts as texts, counts in groups of three.
fn look(row: &Row, kind: Kind) -> Format {
    let look = match kind {
        Kind::Number => Format::new().set_num_format("#,##0"),
        Kind::Code => Format::new().set_num_format("@"),
        Kind::Text | Kind::Right => Format::new(),
    };
    if row.is_sum { look.set_bold().set_background_color(Color::RGB(0x00EE_EEEE)) } else { look }
}
