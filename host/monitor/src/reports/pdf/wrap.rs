//! A text on several lines, none wider than its column.

use super::font::{Fonts, Weight};

/// Lines of one cell, at most: what is longer is cut, and says so by an ellipsis.
const LINES: usize = 6;

/// Cuts a text into lines: between words, and within a word that is wider than a line.
pub(super) fn lines(text: &str, width: f32, weight: Weight, size: f32, fonts: &Fonts) -> Vec<String> {
    let fits = |text: &str| fonts.width(text, weight, size) <= width;
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split([' ', '\n', '\t']).filter(|word| !word.is_empty()) {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if fits(&longer) {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for letter in word.chars() {
            line.push(letter);
            if !fits(&line) && line.chars().count() > 1 {
                line.pop();
                lines.push(std::mem::replace(&mut line, letter.to_string()));
            }
        }
    }
    lines.push(line);
    if lines.len() > LINES {
        lines.truncate(LINES);
        if let Some(last) = lines.last_mut() {
            while !last.is_empty() && !fits(&format!("{last}…")) {
                last.pop();
            }
            last.push('…');
        }
    }
    lines
}
