//! The children of an element, held against a `sequence` of the schema: each in its place, none that is not in it.

use std::{iter::Peekable, vec::IntoIter};

use super::{Element, read::is_space};
use crate::shep::error::Unreadable;

/// The children that are still to be read.
#[derive(Debug)]
pub(in crate::shep) struct Sequence {
    path: String,
    at: usize,
    children: Peekable<IntoIter<Element>>,
}

impl Sequence {
    /// The children of an element at a path.
    pub(in crate::shep) fn of(element: Element, path: &str) -> Result<Self, Unreadable> {
        if element.is_nil() {
            return Err(Unreadable::place(path, element.at, "no content, and it needs some"));
        }
        if !element.text.chars().all(is_space) {
            return Err(Unreadable::place(path, element.at, "text between its elements"));
        }
        Ok(Self { path: path.to_owned(), at: element.at, children: element.children.into_iter().peekable() })
    }

    /// An element that must be there; its path.
    pub(in crate::shep) fn one(&mut self, name: &str) -> Result<(Element, String), Unreadable> {
        let found = self.optional(name);
        found.ok_or_else(|| Unreadable::place(&self.path, self.at, format!("`{name}` is not in its place")))
    }

    /// An element that may be there. Its name is in no namespace, as all of the channel's inner ones.
    pub(in crate::shep) fn optional(&mut self, name: &str) -> Option<(Element, String)> {
        let found = self.children.next_if(|child| child.is("", name))?;
        Some((found, format!("{}/{name}", self.path)))
    }

    /// An element in a namespace that must be there.
    pub(in crate::shep) fn one_of(&mut self, namespace: &str, name: &str) -> Result<(Element, String), Unreadable> {
        let found = self.children.next_if(|child| child.is(namespace, name));
        let found =
            found.ok_or_else(|| Unreadable::place(&self.path, self.at, format!("`{name}` is not in its place")))?;
        Ok((found, format!("{}/{name}", self.path)))
    }

    /// Any element, if one is left.
    pub(in crate::shep) fn any(&mut self) -> Option<Element> {
        self.children.next()
    }

    /// The text of an element that must be there.
    pub(in crate::shep) fn text(&mut self, name: &str) -> Result<String, Unreadable> {
        let (element, path) = self.one(name)?;
        text(element, &path)
    }

    /// The text of one that may be there. None where it is empty, too: senders write empty elements for what they do not have.
    pub(in crate::shep) fn optional_text(&mut self, name: &str) -> Result<Option<String>, Unreadable> {
        let Some((element, path)) = self.optional(name) else { return Ok(None) };
        if element.is_nil() {
            return Ok(None);
        }
        Ok(Some(text(element, &path)?).filter(|text| !text.is_empty()))
    }

    /// Nothing may follow.
    pub(in crate::shep) fn end(mut self) -> Result<(), Unreadable> {
        let Some(next) = self.children.next() else { return Ok(()) };
        let name: String = next.name.chars().take(60).collect();
        Err(Unreadable::place(&self.path, next.at, format!("`{name}` does not belong here")))
    }
}

/// Most letters of a text that is no payload: a property may carry the signature of a receipt.
const TEXT: usize = 64_000;

/// The text of an element without others, without white space around it.
fn text(element: Element, path: &str) -> Result<String, Unreadable> {
    if !element.children.is_empty() {
        return Err(Unreadable::place(path, element.at, "elements where a text is expected"));
    }
    let text = element.text.trim_matches(is_space);
    let letters = text.chars().count();
    if letters > TEXT {
        return Err(Unreadable::place(path, element.at, format!("{letters} letters, at most {TEXT} are read")));
    }
    Ok(text.to_owned())
}
