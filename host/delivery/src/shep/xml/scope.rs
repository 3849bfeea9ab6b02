//! The declarations of namespaces that are in force.

use super::bounds::NAMESPACES;

/// Declarations, those of the innermost element last.
#[derive(Debug, Default)]
pub(super) struct Scope {
    declared: Vec<Declared>,
}

#[derive(Debug)]
struct Declared {
    depth: usize,
    /// Empty for the default namespace.
    prefix: String,
    uri: String,
}

/// XML's own, which needs no declaration.
const XML: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

impl Scope {
    /// Declares a prefix for an element at a depth and all in it.
    pub(super) fn declare(&mut self, depth: usize, prefix: &str, uri: &str) -> Result<(), String> {
        let reserved = matches!(prefix, "xmlns") || (prefix == "xml") != (uri == XML) || uri == XMLNS;
        if reserved || (uri.is_empty() && !prefix.is_empty()) {
            return Err(format!("the prefix `{}` cannot stand for that namespace", short(prefix)));
        }
        if self.declared.len() >= NAMESPACES {
            return Err(format!("more than {NAMESPACES} declarations of namespaces at once"));
        }
        self.declared.push(Declared { depth, prefix: prefix.to_owned(), uri: uri.to_owned() });
        Ok(())
    }

    /// The element at this depth is closed.
    pub(super) fn leave(&mut self, depth: usize) {
        while self.declared.last().is_some_and(|last| last.depth >= depth) {
            self.declared.pop();
        }
    }

    /// What a prefix stands for; the empty one, for no namespace where none is declared.
    pub(super) fn resolve(&self, prefix: &str) -> Result<&str, String> {
        if prefix == "xml" {
            return Ok(XML);
        }
        let found = self.declared.iter().rev().find(|declared| declared.prefix == prefix);
        match found {
            Some(declared) => Ok(&declared.uri),
            None if prefix.is_empty() => Ok(""),
            None => Err(format!("the prefix `{}` is not declared", short(prefix))),
        }
    }
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}
