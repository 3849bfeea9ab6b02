//! Rows on pages. Coordinates are points from the lower left corner.

use pdf_writer::{Buf, Content, Str};

use super::{
    font::{Fonts, Weight},
    plot, wrap,
};
use crate::reports::{
    grid::{Grid, Row},
    words,
};

/// Of a page: A4, wide.
pub(super) const WIDTH: f32 = 842.0;
/// Of a page.
pub(super) const HEIGHT: f32 = 595.0;
pub(super) const MARGIN: f32 = 36.0;
const SIZE: f32 = 8.0;
/// Of the columns' headings: a word of theirs is not to be cut.
const HEADING: f32 = 7.5;
const LINE: f32 = 10.5;
/// Between a cell's text and its edge.
const PAD: f32 = 3.0;
const INDENT: f32 = 10.0;
/// Above it stands nothing but the foot of a page.
const BOTTOM: f32 = MARGIN + 14.0;

/// The pages of a report, drawn.
pub(super) fn pages(grid: &Grid, fonts: &mut Fonts) -> Vec<Buf> {
    let mut pages = Pages::new(fonts, grid);
    pages.paragraph(&grid.title, Weight::Bold, 14.0);
    for line in &grid.about {
        pages.paragraph(line, Weight::Regular, 9.0);
    }
    if let Some(plotted) = &grid.plot {
        pages.y -= 8.0;
        pages.y = plot::draw(&mut pages.sheet, pages.y, plotted, pages.fonts);
    }
    pages.y -= 8.0;
    pages.headings();
    for part in &grid.parts {
        pages.heading.clone_from(&part.heading);
        pages.part(part.rows.first());
        part.rows.iter().for_each(|row| pages.row(row));
    }
    pages.y -= 8.0;
    for note in &grid.notes {
        pages.paragraph(note, Weight::Regular, 7.0);
    }
    pages.finish()
}

/// A page that is drawn on.
pub(super) struct Sheet(Content);

impl Sheet {
    fn new() -> Self {
        Self(Content::new())
    }

    /// A text, its first letter on the base line at this place.
    pub(super) fn text(&mut self, at: (f32, f32), text: &str, weight: Weight, size: f32, fonts: &mut Fonts) {
        let font = fonts.of(weight);
        let (name, glyphs) = (font.resource(), font.glyphs(text));
        self.0.begin_text().set_font(name, size).next_line(at.0, at.1).show(Str(&glyphs)).end_text();
    }

    /// A filled rectangle; black is left for texts afterwards.
    pub(super) fn fill(&mut self, at: (f32, f32), size: (f32, f32), [red, green, blue]: [f32; 3]) {
        self.0.set_fill_rgb(red, green, blue).rect(at.0, at.1, size.0, size.1).fill_nonzero().set_fill_gray(0.0);
    }

    fn rule(&mut self, y: f32, gray: f32) {
        self.0.set_stroke_gray(gray).set_line_width(0.5).move_to(MARGIN, y).line_to(WIDTH - MARGIN, y).stroke();
    }
}

struct Pages<'a> {
    done: Vec<Sheet>,
    sheet: Sheet,
    /// The upper edge of what comes next.
    y: f32,
    /// Heading of the part that is being written, said again on each page.
    heading: Option<String>,
    fonts: &'a mut Fonts,
    grid: &'a Grid,
    /// Left edge and width of each column.
    columns: Vec<(f32, f32)>,
}

impl<'a> Pages<'a> {
    fn new(fonts: &'a mut Fonts, grid: &'a Grid) -> Self {
        let letters: f32 = grid.columns.iter().map(|column| f32::from(column.width)).sum();
        let a_letter = (WIDTH - 2.0 * MARGIN) / letters.max(1.0);
        let mut left = MARGIN;
        let columns = grid.columns.iter().map(|column| {
            let (at, width) = (left, f32::from(column.width) * a_letter);
            left += width;
            (at, width)
        });
        let columns = columns.collect();
        Self { done: Vec::new(), sheet: Sheet::new(), y: HEIGHT - MARGIN, heading: None, fonts, grid, columns }
    }

    fn turn(&mut self) {
        self.done.push(std::mem::replace(&mut self.sheet, Sheet::new()));
        self.y = HEIGHT - MARGIN;
    }

    fn paragraph(&mut self, text: &str, weight: Weight, size: f32) {
        let step = size * 1.35;
        for line in wrap::lines(text, WIDTH - 2.0 * MARGIN, weight, size, self.fonts) {
            if self.y - step < BOTTOM {
                self.turn();
            }
            self.y -= step;
            self.sheet.text((MARGIN, self.y), &line, weight, size, self.fonts);
        }
    }

    /// The columns' headings.
    fn headings(&mut self) {
        let cells: Vec<Vec<String>> = self
            .grid
            .columns
            .iter()
            .zip(&self.columns)
            .map(|(column, (_, width))| {
                wrap::lines(&column.heading, width - 2.0 * PAD, Weight::Bold, HEADING, self.fonts)
            })
            .collect();
        self.y -= 2.0;
        self.cells(&cells, (Weight::Bold, HEADING), 0.0);
        self.sheet.rule(self.y, 0.0);
    }

    /// The heading of a part, with room for its first row.
    fn part(&mut self, first: Option<&Row>) {
        let Some(heading) = self.heading.clone() else { return };
        let below = first.map_or(0.0, |row| height(&self.wrapped(row)));
        if self.y - LINE - 8.0 - below < BOTTOM {
            self.turn();
            self.headings();
        }
        self.y -= LINE + 6.0;
        self.sheet.text((MARGIN + PAD, self.y), &heading, Weight::Bold, SIZE + 1.0, self.fonts);
        self.y -= 3.0;
    }

    fn row(&mut self, row: &Row) {
        let cells = self.wrapped(row);
        let high = height(&cells);
        if self.y - high < BOTTOM {
            self.turn();
            self.headings();
            self.part(None);
        }
        if row.is_sum {
            self.sheet.fill((MARGIN, self.y - high), (WIDTH - 2.0 * MARGIN, high), [0.93, 0.93, 0.93]);
        }
        self.cells(&cells, (weight(row), SIZE), indent(row));
        self.sheet.rule(self.y, 0.8);
    }

    fn wrapped(&self, row: &Row) -> Vec<Vec<String>> {
        let cells = row.cells.iter().zip(&self.columns).enumerate();
        let lines = cells.map(|(place, (cell, (_, width)))| {
            let room = width - 2.0 * PAD - if place == 0 { indent(row) } else { 0.0 };
            wrap::lines(&cell.shown(), room, weight(row), SIZE, self.fonts)
        });
        lines.collect()
    }

    fn cells(&mut self, cells: &[Vec<String>], (weight, size): (Weight, f32), indent: f32) {
        let places = cells.iter().zip(&self.columns).zip(&self.grid.columns).enumerate();
        for (place, ((lines, (left, width)), column)) in places {
            let mut base = self.y - PAD / 2.0;
            for line in lines {
                base -= LINE;
                let at = if column.kind.is_on_the_right() {
                    left + width - PAD - self.fonts.width(line, weight, size)
                } else {
                    left + PAD + if place == 0 { indent } else { 0.0 }
                };
                self.sheet.text((at, base + 2.0), line, weight, size, self.fonts);
            }
        }
        self.y -= height(cells);
    }

    /// The feet: what it is, and which page of how many.
    fn finish(mut self) -> Vec<Buf> {
        self.turn();
        let (count, lang) = (self.done.len(), self.grid.lang);
        let what = format!("{} · {}", self.grid.title, self.grid.about.first().map_or("", String::as_str));
        let mut done = Vec::with_capacity(count);
        for (mut sheet, page) in self.done.into_iter().zip(1..) {
            let number = match lang {
                qadam_domain::labels::Lang::Kk => format!("{page}-{} / {count}", words::PAGE.kk),
                _ => format!("{} {page} / {count}", words::PAGE.word(lang)),
            };
            let left = WIDTH - MARGIN - self.fonts.width(&number, Weight::Regular, 7.0);
            sheet.text((left, MARGIN - 8.0), &number, Weight::Regular, 7.0, self.fonts);
            let room = left - MARGIN - 12.0;
            if let Some(line) = wrap::lines(&what, room, Weight::Regular, 7.0, self.fonts).first() {
                sheet.text((MARGIN, MARGIN - 8.0), line, Weight::Regular, 7.0, self.fonts);
            }
            done.push(sheet.0.finish());
        }
        done
    }
}

const fn weight(row: &Row) -> Weight {
    if row.is_sum { Weight::Bold } else { Weight::Regular }
}

fn indent(row: &Row) -> f32 {
    f32::from(row.depth) * INDENT
}

/// Of a row with these lines.
fn height(cells: &[Vec<String>]) -> f32 {
    let lines = cells.iter().map(Vec::len).max().unwrap_or(1).max(1);
    f32::from(u16::try_from(lines).unwrap_or(u16::MAX)) * LINE + PAD
}
