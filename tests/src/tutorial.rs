//! Reads a tutorial: its fenced blocks are what a reader does and sees, in their order.
//!
//! ```text
//! ```sh                 commands, a line each
//! ```text               what the last of them answers: these lines, in this order; `…` stands for anything
//! ```rust FILE          the file is now this; any language will do
//! ```diff FILE          in the file, what stands behind `-` becomes what stands behind `+`
//! ```

/// One thing that a reader does or sees.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Types a command.
    Command(String),
    /// Sees these lines among what the command said.
    Answer(Vec<String>),
    /// Writes a file.
    File(String, String),
    /// Changes a file.
    Change {
        /// The file.
        file: String,
        /// What stands in it once.
        from: String,
        /// What it becomes.
        to: String,
    },
}

/// The steps of a tutorial, each with the line where its block begins.
#[must_use]
pub fn steps(text: &str) -> Vec<(usize, Step)> {
    let mut steps = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let block: Vec<&str> = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
        let (language, file) = info.split_once(' ').unwrap_or((info, ""));
        let part = |sign: char| {
            let lines: Vec<&str> = block.iter().filter_map(|line| line.strip_prefix(sign)).collect();
            lines.join("\n")
        };
        let step = |step| (at + 1, step);
        match (language, file) {
            ("sh", "") => steps.extend(block.iter().map(|line| step(Step::Command((*line).to_owned())))),
            ("text", "") => steps.push(step(Step::Answer(block.iter().map(|line| (*line).to_owned()).collect()))),
            ("diff", file) => {
                steps.push(step(Step::Change { file: file.to_owned(), from: part('-'), to: part('+') }));
            }
            (_, "") => panic!("line {}: a block of {language} must name its file", at + 1),
            (_, file) => steps.push(step(Step::File(file.to_owned(), block.join("\n") + "\n"))),
        }
    }
    steps
}

/// The first line of the answer that does not stand in the text behind the ones before it.
#[must_use]
pub fn missing<'a>(answer: &'a [String], text: &str) -> Option<&'a str> {
    let mut said = text.lines();
    answer.iter().find(|wanted| !said.any(|line| stands(wanted, line))).map(String::as_str)
}

/// Whether a line is as wanted, spaces at its ends aside.
fn stands(wanted: &str, line: &str) -> bool {
    let (wanted, mut rest) = (wanted.trim(), line.trim());
    let mut parts = wanted.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(after) = rest.strip_prefix(first) else { return false };
    rest = after;
    for part in parts.clone() {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty() || wanted.ends_with('…')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_steps() {
        let text = "a\n```sh\none\ntwo\n```\n```rust src/lib.rs\nfn a() {}\n```\n```text\nsaid …\n```\n```diff f\n-a\n-b\n+c\n```\n";
        let owned = str::to_owned;
        assert_eq!(
            steps(text),
            [
                (2, Step::Command(owned("one"))),
                (2, Step::Command(owned("two"))),
                (6, Step::File(owned("src/lib.rs"), owned("fn a() {}\n"))),
                (9, Step::Answer(vec![owned("said …")])),
                (12, Step::Change { file: owned("f"), from: owned("a\nb"), to: owned("c") }),
            ]
        );
    }

    #[test]
    fn an_answer_is_its_lines_in_order_with_gaps() {
        let answer = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
        let said = "  one 17 bytes of x\nbetween\ntwo";
        assert_eq!(missing(&answer(&["one … bytes of x", "two"]), said), None);
        assert_eq!(missing(&answer(&["…of…", "tw…"]), said), None);
        assert_eq!(missing(&answer(&["two", "one…"]), said), Some("one…"));
        assert_eq!(missing(&answer(&["one"]), said), Some("one"), "a line is whole");
        assert_eq!(missing(&answer(&["on… 18…"]), said), Some("on… 18…"));
    }
}
