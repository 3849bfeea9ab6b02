//! Masks of personal data for logs, errors and lists (invariant 10).

/// Stands in for a personal value whose body was erased. It tells nothing, so it is shown as it is.
pub const ERASED: &str = "[erased]";

/// An identification number with its middle hidden: `8501*****993`. Anything that is not twelve digits keeps its first
/// character only.
#[must_use]
pub fn number(text: &str) -> String {
    match (text.get(..4), text.get(9..)) {
        (Some(head), Some(tail)) if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) => {
            format!("{head}*****{tail}")
        }
        _ => name(text),
    }
}

/// A name reduced to its first letter: `Ө***`.
#[must_use]
pub fn name(text: &str) -> String {
    if text == ERASED {
        return text.to_owned();
    }
    text.chars().next().map_or_else(String::new, |first| format!("{first}***"))
}

/// A free text with every run of twelve or more digits masked, cut to `limit` characters.
#[must_use]
pub fn text(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len().min(limit * 4));
    let mut run = String::new();
    let flush = |run: &mut String, out: &mut String| {
        if run.len() >= 12 {
            out.push_str(run.get(..4).unwrap_or_default());
            out.push_str("*****");
            out.push_str(run.get(run.len() - 3..).unwrap_or_default());
        } else {
            out.push_str(run);
        }
        run.clear();
    };
    for letter in text.chars().take(limit) {
        if letter.is_ascii_digit() {
            run.push(letter);
        } else {
            flush(&mut run, &mut out);
            out.push(if letter.is_control() { ' ' } else { letter });
        }
    }
    // A run that the cut has shortened may be a number all the same.
    if text.chars().nth(limit).is_some() {
        run.clear();
        out.push('…');
    }
    flush(&mut run, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_four_digits_and_three() {
        assert_eq!(number("850101199993"), "8501*****993");
        assert_eq!(number("Ержан"), "Е***");
        assert_eq!((number(ERASED).as_str(), name(ERASED).as_str()), (ERASED, ERASED));
    }

    #[test]
    fn numbers_within_a_text_are_masked_and_controls_removed() {
        assert_eq!(text("at\n850101199993: bad", 100), "at 8501*****993: bad");
        assert_eq!(text("id 8501011999", 12), "id …", "a number cut in half does not leak its half");
        assert_eq!(text("case-12345", 100), "case-12345");
    }
}
