//! Bars, one under the other, with their names and values: which bodies missed most terms, seen at once.

use super::{
    font::{Fonts, Weight},
    layout::{MARGIN, Sheet, WIDTH},
    wrap,
};
use crate::reports::grid::{Plot, grouped};

const SIZE: f32 = 8.0;
const STEP: f32 = 13.0;
const NAMES: f32 = 260.0;
const VALUES: f32 = 60.0;
const WHOLE: [f32; 3] = [0.16, 0.38, 0.58];
const APART: [f32; 3] = [0.93, 0.58, 0.16];

/// Draws it below a line, and gives the line below it.
pub(super) fn draw(sheet: &mut Sheet, top: f32, plot: &Plot, fonts: &mut Fonts) -> f32 {
    let mut y = top - STEP;
    sheet.text((MARGIN, y), &plot.heading, Weight::Bold, SIZE + 1.0, fonts);
    let after = MARGIN + fonts.width(&plot.heading, Weight::Bold, SIZE + 1.0) + 16.0;
    sheet.fill((after, y), (8.0, 6.0), APART);
    sheet.text((after + 12.0, y), &plot.legend, Weight::Regular, SIZE, fonts);
    let most = plot.bars.iter().map(|bar| bar.value).max().unwrap_or(1).max(1);
    let room = WIDTH - 2.0 * MARGIN - NAMES - VALUES;
    let long = |value: u64| room * (value as f32 / most as f32);
    for bar in &plot.bars {
        y -= STEP;
        if let Some(name) = wrap::lines(&bar.name, NAMES - 8.0, Weight::Regular, SIZE, fonts).first() {
            sheet.text((MARGIN, y), name, Weight::Regular, SIZE, fonts);
        }
        let left = MARGIN + NAMES;
        sheet.fill((left, y - 1.5), (long(bar.value), 9.0), WHOLE);
        sheet.fill((left, y - 1.5), (long(bar.apart), 9.0), APART);
        sheet.text((left + long(bar.value) + 4.0, y), &grouped(bar.value), Weight::Regular, SIZE, fonts);
    }
    y - 6.0
}
