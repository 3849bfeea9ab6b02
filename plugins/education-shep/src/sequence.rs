//! What an `xs:sequence` of the WSDL's schema allows within an element.

use qadam_sdk::RecordError;
use qadam_sdk::xml::{Name, Node};

/// A part of a sequence: a name without namespace, and how often it may stand there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    name: &'static str,
    least: usize,
    most: usize,
}

pub(crate) const fn one(name: &'static str) -> Part {
    Part { name, least: 1, most: 1 }
}

pub(crate) const fn optional(name: &'static str) -> Part {
    Part { name, least: 0, most: 1 }
}

pub(crate) const fn any(name: &'static str) -> Part {
    Part { name, least: 0, most: usize::MAX }
}

/// The elements within `parent`, which must be those of the sequence and nothing else.
pub(crate) fn children<'a, 'i>(parent: Node<'a, 'i>, parts: &[Part]) -> Result<Vec<Node<'a, 'i>>, RecordError> {
    if let Some(text) = parent.children().find(|child| child.is_text() && !blank(*child)) {
        let detail = format!("text where `{}` holds elements only", local(parent));
        return Err(RecordError::malformed(path(parent), detail).at(text.range().start));
    }
    let mut found = Vec::new();
    let mut left = parent.children().filter(Node::is_element).peekable();
    for part in parts {
        let mut count = 0;
        while count < part.most && left.peek().is_some_and(|child| is(*child, part.name)) {
            found.extend(left.next());
            count += 1;
        }
        if count < part.least {
            let detail = match left.peek() {
                Some(child) => format!("`{}` (in no namespace) is expected before `{}`", part.name, local(*child)),
                None => format!("`{}` (in no namespace) is missing", part.name),
            };
            let place = left.peek().map_or(parent.range().start, |child| child.range().start);
            return Err(RecordError::malformed(format!("{}/{}", path(parent), part.name), detail).at(place));
        }
    }
    match left.next() {
        None => Ok(found),
        Some(child) => {
            let detail = "the schema of the gateway has no such element here, or not in this namespace".to_owned();
            Err(RecordError::malformed(path(child), detail).at(child.range().start))
        }
    }
}

/// Whether an element has this name and no namespace.
pub(crate) fn is(node: Node<'_, '_>, name: &str) -> bool {
    Name::of("", name).is(node)
}

/// The names on the way to an element; the last three of them, which suffice to find it.
pub(crate) fn path(node: Node<'_, '_>) -> String {
    let mut names: Vec<_> = node.ancestors().filter(Node::is_element).take(3).map(local).collect();
    names.reverse();
    names.join("/")
}

/// A name as errors repeat it: not longer than it helps.
pub(crate) fn local(node: Node<'_, '_>) -> String {
    node.tag_name().name().chars().take(64).collect()
}

fn blank(node: Node<'_, '_>) -> bool {
    node.text().unwrap_or_default().trim().is_empty()
}
