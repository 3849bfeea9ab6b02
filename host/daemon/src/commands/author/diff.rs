//! The difference between two texts, for people: lines with a few of context, in colour on a terminal, each part below the
//! last comment before it, which names the record.

use std::io::IsTerminal as _;

use similar::{ChangeTag, TextDiff};

/// Lines of context around a change.
const CONTEXT: usize = 3;

/// The lines of the difference, each with its sign; empty where the texts are the same.
pub(crate) fn lines(expected: &str, given: &str, coloured: bool) -> Vec<String> {
    let diff = TextDiff::from_lines(expected, given);
    let mut lines = Vec::new();
    for (at, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        let from = group.first().map_or(0, |op| op.new_range().start);
        match given.lines().take(from).filter(|line| line.starts_with("# ")).last() {
            Some(heading) => lines.push(format!("@ {}", heading.trim_start_matches("# "))),
            None if at > 0 => lines.push("  …".to_owned()),
            None => {}
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let text = change.value().trim_end_matches('\n');
            lines.push(match (change.tag(), coloured) {
                (ChangeTag::Equal, _) => format!("  {text}"),
                (ChangeTag::Delete, false) => format!("- {text}"),
                (ChangeTag::Insert, false) => format!("+ {text}"),
                (ChangeTag::Delete, true) => format!("\u{1b}[31m- {text}\u{1b}[0m"),
                (ChangeTag::Insert, true) => format!("\u{1b}[32m+ {text}\u{1b}[0m"),
            });
        }
    }
    lines
}

/// Whether standard output is read by a person who has not asked for plain text (no-color.org).
pub(crate) fn coloured() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_shown_between_what_stands_around_it() {
        let expected = "a\nb\nc\nd\ne\nf\ng\nh\ni\n";
        let given = "a\nb\nc\nD\ne\nf\ng\nh\ni\n";
        assert_eq!(lines(expected, given, false), ["  a", "  b", "  c", "- d", "+ D", "  e", "  f", "  g"]);
        let headed = |text: &str| format!("# one\nx\n# two\n{text}");
        assert_eq!(lines(&headed(expected), &headed(given), false)[..2], ["@ two", "  a"]);
        assert_eq!(lines(expected, expected, false), Vec::<String>::new());
        assert!(lines(expected, given, true).contains(&"\u{1b}[32m+ D\u{1b}[0m".to_owned()));
    }
}
