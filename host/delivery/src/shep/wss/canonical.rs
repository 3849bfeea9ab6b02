//! Exclusive canonicalisation (Exclusive XML Canonicalization 1.0) of one element of a document.

use bergshamra_c14n::{C14nMode, canonicalize_doc};
use bergshamra_xml::{Document, Element, NodeId, NodeSet, uppsala::Parser};

use super::{EXCLUSIVE, verify::Unproven};
use crate::shep::xml;

/// A document in the form in which it can be canonicalised.
pub(super) struct Tree<'a>(Document<'a>);

impl<'a> Tree<'a> {
    /// Of a text that is within our own reader's bounds.
    pub(super) fn of(text: &'a str) -> Result<Self, Unproven> {
        xml::read(text.as_bytes())?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let parsed = Parser::new().with_forbid_dtd(true).parse(text);
        parsed.map(Self).map_err(|_| Unproven::Shape("not well formed"))
    }

    pub(super) fn root(&self) -> Option<NodeId> {
        self.0.document_element()
    }

    pub(super) fn is(&self, node: NodeId, namespace: &str, name: &str) -> bool {
        self.0.element(node).is_some_and(|element| element.matches_name_ns(namespace, name))
    }

    pub(super) fn attribute(&self, node: NodeId, namespace: &str, name: &str) -> Option<&str> {
        self.0.element(node)?.get_attribute_ns(namespace, name)
    }

    /// The elements directly in a node.
    pub(super) fn elements(&self, node: NodeId) -> Vec<NodeId> {
        self.0.children(node).into_iter().filter(|child| self.0.element(*child).is_some()).collect()
    }

    /// All text in a node.
    pub(super) fn text(&self, node: NodeId) -> String {
        self.0.text_content_deep(node)
    }

    /// All elements of the document.
    pub(super) fn all(&self) -> impl Iterator<Item = &Element<'a>> {
        self.0.descendants(self.0.root()).into_iter().filter_map(|node| self.0.element(node))
    }

    /// The canonical form of an element, with prefixes that are treated inclusively.
    pub(super) fn canonical(&self, node: NodeId, prefixes: &[String]) -> Result<Vec<u8>, Unproven> {
        let set = NodeSet::tree_without_comments(node, &self.0);
        let canonical = canonicalize_doc(&self.0, C14nMode::Exclusive, Some(&set), prefixes);
        canonical.map_err(|_| Unproven::Shape("it cannot be canonicalised"))
    }

    /// The prefixes that a canonicalisation's `InclusiveNamespaces` names.
    pub(super) fn prefixes(&self, method: NodeId) -> Vec<String> {
        let list = self.elements(method).into_iter().find(|child| self.is(*child, EXCLUSIVE, "InclusiveNamespaces"));
        let list = list.and_then(|list| self.0.element(list)?.get_attribute("PrefixList"));
        list.unwrap_or_default().split_ascii_whitespace().map(ToOwned::to_owned).collect()
    }
}
