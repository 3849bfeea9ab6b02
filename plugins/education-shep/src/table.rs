//! The tables that an operator writes: a row a line, `NAME = VALUE`, under a `[SECTION]` if need be; `#` begins a comment.

/// A row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row<'a> {
    pub(crate) section: Option<&'a str>,
    pub(crate) name: &'a str,
    pub(crate) value: &'a str,
    /// Counted from 1.
    pub(crate) line: usize,
}

/// Why a table cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub(crate) struct TableError {
    line: usize,
    reason: String,
}

impl Row<'_> {
    pub(crate) fn wrong(&self, reason: impl Into<String>) -> TableError {
        TableError { line: self.line, reason: reason.into() }
    }
}

/// The rows of a table, in their order.
pub(crate) fn rows(text: &str) -> Result<Vec<Row<'_>>, TableError> {
    let mut rows = Vec::new();
    let mut section = None;
    for (line, content) in (1..).zip(text.lines()) {
        let content = content.split('#').next().unwrap_or_default().trim();
        let wrong = |reason: &str| TableError { line, reason: reason.to_owned() };
        if content.is_empty() {
            continue;
        }
        if let Some(named) = content.strip_prefix('[') {
            let name = named.strip_suffix(']').map(str::trim).filter(|name| !name.is_empty());
            section = Some(name.ok_or_else(|| wrong("expected `[SERVICE]`"))?);
            continue;
        }
        let (name, value) = content.split_once('=').ok_or_else(|| wrong("expected `NAME = VALUE`"))?;
        let (name, value) = (name.trim(), value.trim());
        if name.is_empty() || value.is_empty() {
            return Err(wrong("expected `NAME = VALUE`, and one side is empty"));
        }
        rows.push(Row { section, name, value, line });
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_sections_and_comments_are_told_apart() {
        let text = "# all\nA = x # why\n\n[S]\r\n B=y z\n";
        let wanted = [
            Row { section: None, name: "A", value: "x", line: 2 },
            Row { section: Some("S"), name: "B", value: "y z", line: 5 },
        ];
        assert_eq!(rows(text), Ok(wanted.to_vec()));
        assert_eq!(rows(""), Ok(vec![]));
    }

    #[test]
    fn what_is_no_row_is_named_by_its_line() {
        for wrong in ["A = x\nB", "A = x\n = y", "A = x\nB =", "A = x\n[S", "A = x\n[ ]"] {
            assert_eq!(rows(wrong).map_err(|error| error.line), Err(2), "{wrong}");
        }
    }
}
