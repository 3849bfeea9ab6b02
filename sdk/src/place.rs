//! Lines and columns, for people who look into a record.

/// The line and the column of a byte in a text, from 1; columns count characters.
pub(crate) fn line_column(text: &str, offset: usize) -> (usize, usize) {
    let before = (0..=offset.min(text.len())).rev().find_map(|end| text.get(..end)).unwrap_or_default();
    let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// The byte of a line and a column in a text, from 1; columns count characters.
pub(crate) fn offset(text: &str, line: usize, column: usize) -> usize {
    let start = match line.checked_sub(2) {
        None => 0,
        Some(nth) => text.match_indices('\n').nth(nth).map_or(text.len(), |(at, _)| at + 1),
    };
    let rest = text.get(start..).unwrap_or_default();
    let within = rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at);
    start + within
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_counted_in_lines_and_characters() {
        let text = "аб\nвг\n";
        assert_eq!(line_column(text, 0), (1, 1));
        assert_eq!(line_column(text, 7), (2, 2));
        assert_eq!(line_column(text, 6), (2, 1), "within a character: its start");
        assert_eq!(line_column(text, 99), (3, 1));
    }

    #[test]
    fn and_found_again() {
        let text = "аб\nвг\n";
        for (at, _) in text.char_indices() {
            let (line, column) = line_column(text, at);
            assert_eq!(offset(text, line, column), at);
        }
        assert_eq!(offset(text, 9, 9), text.len());
    }
}
