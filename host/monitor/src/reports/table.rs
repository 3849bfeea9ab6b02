//! A table for a terminal, in letters of one width.

use super::grid::{Cell, Grid, Row};

/// Letters of the first column, at most: longer names are cut, since a terminal has one line for each.
const NAME: usize = 56;

pub(super) fn write(grid: &Grid) -> Vec<u8> {
    let headings: Vec<String> = grid.columns.iter().map(|column| column.heading.clone()).collect();
    let lines: Vec<Vec<String>> = grid.parts.iter().flat_map(|part| &part.rows).map(shown).collect();
    let widths: Vec<usize> = (0..grid.columns.len())
        .map(|column| {
            let cells = std::iter::once(&headings).chain(&lines).filter_map(|line| line.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();
    let line = |cells: &[String]| {
        let cells = cells.iter().zip(&widths).zip(&grid.columns).map(|((cell, width), column)| {
            if column.kind.is_on_the_right() { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut out = vec![grid.title.clone()];
    out.extend(grid.about.iter().cloned());
    out.push(String::new());
    out.push(line(&headings));
    out.push(widths.iter().map(|width| "─".repeat(*width)).collect::<Vec<_>>().join("  "));
    let mut lines = lines.iter();
    for part in &grid.parts {
        if let Some(heading) = &part.heading {
            out.extend([String::new(), heading.clone()]);
        }
        out.extend(lines.by_ref().take(part.rows.len()).map(|cells| line(cells)));
    }
    out.push(String::new());
    out.extend(grid.notes.iter().cloned());
    out.push(String::new());
    out.join("\n").into_bytes()
}

fn shown(row: &Row) -> Vec<String> {
    let indent = "  ".repeat(usize::from(row.depth));
    let cell = |(column, cell): (usize, &Cell)| {
        // A control character would be an order to the terminal.
        let text = cell.shown().replace(char::is_control, " ");
        if column == 0 { cut(&format!("{indent}{text}"), NAME) } else { text }
    };
    row.cells.iter().enumerate().map(cell).collect()
}

fn cut(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    text.chars().take(letters.saturating_sub(1)).chain(['…']).collect()
}
