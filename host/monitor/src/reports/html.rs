//! A page for a browser: one file with nothing beside it, no script, the plot as inline SVG. Well-formed as XML too.

use super::grid::{Cell, Column, Grid, Part, Plot, Row, grouped};
use crate::docs::escaped;

/// Nothing runs and nothing is loaded, wherever the file is opened.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
const STYLE: &str = "body{margin:0 auto;max-width:80rem;padding:1rem;font:15px/1.45 system-ui,sans-serif}\
h1{font-size:1.4rem;margin-bottom:0}table{border-collapse:collapse;width:100%;font-size:13px}\
th,td{text-align:left;vertical-align:top;padding:.25rem .4rem;border-bottom:1px solid #8886}\
thead th{position:sticky;top:0;background:Canvas;border-bottom:2px solid}.r{text-align:right}td.r{white-space:nowrap}\
.s td{font-weight:bold;background:#8882}.d1 td:first-child{padding-left:1.5rem}.d2 td:first-child{padding-left:3rem}\
svg{width:100%;max-width:60rem;font-size:13px}small{color:GrayText}";

pub(super) fn write(grid: &Grid) -> Vec<u8> {
    let about: String = grid.about.iter().map(|line| format!("<p>{}</p>\n", escaped(line))).collect();
    let notes: String = grid.notes.iter().map(|note| format!("<p><small>{}</small></p>\n", escaped(note))).collect();
    let heads: String = grid
        .columns
        .iter()
        .map(|column| format!("<th{} scope=\"col\">{}</th>", side(column), escaped(&column.heading)))
        .collect();
    let bodies: String = grid.parts.iter().map(|part| body(part, &grid.columns)).collect();
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\" />\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\" />\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n{about}{plot}<table>\n<thead>\n<tr>{heads}</tr>\n\
         </thead>\n{bodies}</table>\n{notes}</body>\n</html>\n",
        lang = grid.lang.name(),
        title = escaped(&grid.title),
        plot = grid.plot.as_ref().map(plot).unwrap_or_default(),
    );
    page.into_bytes()
}

fn side(column: &Column) -> &'static str {
    if column.kind.is_on_the_right() { " class=\"r\"" } else { "" }
}

fn body(part: &Part, columns: &[Column]) -> String {
    let heading = part.heading.as_deref().map(|heading| {
        format!("<tr><th colspan=\"{}\" scope=\"rowgroup\">{}</th></tr>\n", columns.len(), escaped(heading))
    });
    let rows: String = part.rows.iter().map(|one| row(one, columns)).collect();
    format!("<tbody>\n{}{rows}</tbody>\n", heading.unwrap_or_default())
}

fn row(row: &Row, columns: &[Column]) -> String {
    let cell = |(cell, column): (&Cell, &Column)| format!("<td{}>{}</td>", side(column), escaped(&cell.shown()));
    let cells: String = row.cells.iter().zip(columns).map(cell).collect();
    let sum = if row.is_sum { " s" } else { "" };
    format!("<tr class=\"d{}{sum}\">{cells}</tr>\n", row.depth)
}

/// Where the bars begin, how long the longest is, and from one to the next.
const NAMES: u64 = 330;
const ROOM: u64 = 600;
const STEP: u64 = 20;

/// Bars, drawn in whole units of a canvas a thousand wide, so that no machine's rounding shows.
fn plot(plot: &Plot) -> String {
    let most = plot.bars.iter().map(|bar| bar.value).max().unwrap_or(1).max(1);
    let long = |value: u64| u64::try_from(u128::from(ROOM) * u128::from(value) / u128::from(most)).unwrap_or(ROOM);
    let bar = |(bar, top): (&super::grid::Bar, u64)| {
        let bottom = top + 14;
        format!(
            "<text x=\"{}\" y=\"{bottom}\" text-anchor=\"end\" fill=\"currentColor\">{}</text>\n\
             <rect x=\"{NAMES}\" y=\"{}\" width=\"{}\" height=\"14\" fill=\"#296194\"/>\n\
             <rect x=\"{NAMES}\" y=\"{}\" width=\"{}\" height=\"14\" fill=\"#ed9429\"/>\n\
             <text x=\"{}\" y=\"{bottom}\" fill=\"currentColor\">{}</text>\n",
            NAMES - 8,
            escaped(&cut(&bar.name)),
            top + 3,
            long(bar.value),
            top + 3,
            long(bar.apart),
            NAMES + long(bar.value) + 6,
            grouped(bar.value),
        )
    };
    let bars: String = plot.bars.iter().zip((STEP..).step_by(20)).map(bar).collect();
    format!(
        "<svg viewBox=\"0 0 1000 {high}\" role=\"img\" aria-label=\"{heading}\">\n\
         <text x=\"0\" y=\"14\" font-weight=\"bold\" fill=\"currentColor\">{heading}</text>\n\
         <rect x=\"{NAMES}\" y=\"5\" width=\"10\" height=\"10\" fill=\"#ed9429\"/>\n\
         <text x=\"{legend_at}\" y=\"14\" fill=\"currentColor\">{legend}</text>\n{bars}</svg>\n",
        high = STEP * (plot.bars.len() as u64 + 1) + 6,
        heading = escaped(&plot.heading),
        legend = escaped(&plot.legend),
        legend_at = NAMES + 16,
    )
}

/// What fits before a bar.
fn cut(name: &str) -> String {
    const LETTERS: usize = 44;
    if name.chars().count() <= LETTERS {
        name.to_owned()
    } else {
        name.chars().take(LETTERS - 1).chain(['…']).collect()
    }
}
