//! The notification: `typedRequestFormImportData` with elements of its own, updated values by code, and deleted ones.

use qadam_sdk::RecordError;
use qadam_sdk::xml::{Document, Find as _, Name, Node};

use crate::envelope::XSI;
use crate::sequence::{local, path};
use crate::sources::{Field, Sources};

/// What a notification states, in its order.
#[derive(Debug)]
pub(crate) struct Payload {
    entries: Vec<Entry>,
    /// Where it begins.
    pub(crate) offset: usize,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Name of the element, or code of the updated value.
    pub(crate) name: String,
    pub(crate) stated: Stated,
    /// Where it stands.
    pub(crate) offset: usize,
}

/// What is stated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stated {
    /// A value; of an item of a dictionary its code, with its Russian name beside.
    Value { text: String, label: Option<String> },
    /// That there is no value any more.
    Cleared,
    /// Something that is no single text: a file, a table, several values.
    Structure,
}

impl Entry {
    /// The text of a value for machines: of a dictionary's item the code.
    pub(crate) fn code(&self) -> Option<&str> {
        match &self.stated {
            Stated::Value { text, .. } => Some(text),
            Stated::Cleared | Stated::Structure => None,
        }
    }

    /// The text of a value for people: of a dictionary's item the name.
    pub(crate) fn label(&self) -> Option<&str> {
        match &self.stated {
            Stated::Value { text, label } => Some(label.as_deref().unwrap_or(text)),
            Stated::Cleared | Stated::Structure => None,
        }
    }
}

impl Payload {
    /// What the notification says of a field; none where it says nothing.
    pub(crate) fn get(&self, sources: &Sources, field: Field) -> Result<Option<&Entry>, RecordError> {
        let Some(entry) = sources.of(field).find_map(|name| self.entries.iter().find(|entry| entry.name == name))
        else {
            return Ok(None);
        };
        let wrong = |detail: String| Err(RecordError::malformed(shown(&entry.name), detail).at(entry.offset));
        if entry.stated == Stated::Structure {
            return wrong("one value is expected: a string, date, boolean, number or dictionary item".to_owned());
        }
        if entry.code().is_some_and(|text| text.len() > TEXT_LIMIT)
            || entry.label().is_some_and(|text| text.len() > TEXT_LIMIT)
        {
            return wrong(format!("longer than {TEXT_LIMIT} bytes"));
        }
        if self.entries.iter().any(|other| other.name == entry.name && other.stated != entry.stated) {
            return wrong("stated twice, and not alike".to_owned());
        }
        Ok(Some(entry))
    }

    /// Makes places in a text places in the record: from where it begins, or, where it is escaped, all its beginning.
    pub(crate) fn moved(&mut self, start: Option<usize>, whole: usize) {
        for offset in self.entries.iter_mut().map(|entry| &mut entry.offset).chain([&mut self.offset]) {
            *offset = start.map_or(whole, |start| start + *offset);
        }
    }

    /// The value of an element or code by its name, where there is one.
    pub(crate) fn named(&self, name: &str) -> Option<&str> {
        self.entries.iter().find(|entry| entry.name == name)?.code()
    }
}

/// The payload that stands in an element as it is: `typedRequestFormImportData` in any namespace.
pub(crate) fn nested(root: Node<'_, '_>) -> Result<Payload, RecordError> {
    if root.tag_name().name() != ROOT {
        let detail = format!("`{}` is no notification of the education system; expected `{ROOT}`", local(root));
        return Err(RecordError::other(path(root), detail).at(root.range().start));
    }
    let mut entries = Vec::new();
    for child in root.children().filter(Node::is_element) {
        match child.tag_name().name() {
            "updatedValues" => entries.push(updated(child)?),
            "deletedValues" => {
                let code = child.own_text().map(|found| found.text.into_owned());
                let name = code.ok_or_else(|| {
                    RecordError::malformed(path(child), "the code of the value is missing").at(child.range().start)
                })?;
                entries.push(Entry { name, stated: Stated::Cleared, offset: child.range().start });
            }
            name => entries.extend(simple(child).map(|stated| entry(child, name, stated))),
        }
    }
    Ok(Payload { entries, offset: root.range().start })
}

/// The same where it is the text of an element: escaped, or in a CDATA section. Offsets count the bytes of that text.
pub(crate) fn written(document: &Document<'_>) -> Result<Payload, RecordError> {
    let mut roots = document.descendants().filter(|node| node.tag_name().name() == ROOT);
    if let Some(second) = roots.nth(1) {
        return Err(RecordError::malformed(path(second), "a second payload").at(second.range().start));
    }
    nested(document.root_element())
}

/// `updatedValues`: a code, and a value by its type. A code without a value says that there is none any more.
fn updated(node: Node<'_, '_>) -> Result<Entry, RecordError> {
    let code = node.text_at(&[Name::any("code")]).ok_or_else(|| {
        RecordError::malformed(format!("{}/code", path(node)), "the code of the value is missing")
            .at(node.range().start)
    })?;
    let mut values = node.find_all(&[Name::any("values")]).into_iter();
    let stated = match (values.next(), values.next()) {
        (None, _) => Stated::Cleared,
        (Some(value), None) => typed(value),
        (Some(_), Some(_)) => Stated::Structure,
    };
    Ok(entry(node, &code.text, stated))
}

fn typed(value: Node<'_, '_>) -> Stated {
    let mut parts = value.children().filter(Node::is_element);
    let (first, second) = (parts.next(), parts.next());
    match first {
        None => simple(value).unwrap_or(Stated::Cleared),
        Some(_) if second.is_some() => Stated::Structure,
        Some(item) if item.tag_name().name() == "domainItemData" => {
            let text = |name| item.text_at(&[Name::any(name)]).map(|found| found.text.into_owned());
            let (label, kk) = (text("ruValue"), text("kkValue"));
            match text("code").or_else(|| label.clone()).or(kk) {
                Some(text) => Stated::Value { text, label },
                None => Stated::Cleared,
            }
        }
        Some(item) if ["string", "date", "boolean", "number"].contains(&item.tag_name().name()) => {
            simple(item).unwrap_or(Stated::Cleared)
        }
        Some(_) => Stated::Structure,
    }
}

/// An element with a text. A blank one says nothing, unless it says so by `xsi:nil`.
fn simple(node: Node<'_, '_>) -> Option<Stated> {
    if node.attribute((XSI, "nil")).is_some_and(|nil| ["true", "1"].contains(&nil.trim())) {
        return Some(Stated::Cleared);
    }
    if node.children().any(|child| child.is_element()) {
        return Some(Stated::Structure);
    }
    node.own_text().map(|found| Stated::Value { text: found.text.into_owned(), label: None })
}

fn entry(node: Node<'_, '_>, name: &str, stated: Stated) -> Entry {
    Entry { name: name.to_owned(), stated, offset: node.range().start }
}

/// A name as errors repeat it.
fn shown(name: &str) -> String {
    name.chars().take(64).collect()
}

/// Longest text that the contract's host takes, in bytes.
const TEXT_LIMIT: usize = 4096;

/// Name of the payload's root.
const ROOT: &str = "typedRequestFormImportData";
