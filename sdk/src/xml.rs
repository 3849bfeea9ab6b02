//! XML records: a tree that knows the place of each part, found by namespace and local name.
//!
//! [`roxmltree`] reads whole records into a tree and takes no document type, so that no entity can blow a small record up
//! into a large one. What stands here in addition: paths of names, values with their places, errors that name both.
//!
//! ```
//! use qadam_sdk::xml::{self, Find as _, Name};
//!
//! const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
//! let text = qadam_sdk::encoding::Text::of_xml(
//!     b"<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><n> 17 </n></s:Body></s:Envelope>",
//! )?;
//! let document = xml::parse(text.as_str()).map_err(|wrong| text.locate(wrong))?;
//! let body = document.root().required(&[Name::of(SOAP, "Envelope"), Name::of(SOAP, "Body")])?;
//! assert_eq!(body.required_text(&[Name::any("n")])?.text, "17");
//! assert_eq!(body.text_at(&[Name::any("m")]), None);
//!
//! let missing = body.required_text(&[Name::any("m"), Name::any("k")]).map_err(|wrong| text.locate(wrong));
//! assert_eq!(missing.err().and_then(|wrong| wrong.offset()), Some(64), "where the body begins");
//! # Ok::<(), qadam_sdk::RecordError>(())
//! ```
//!
//! Offsets of errors count the bytes of the text that was parsed; [`crate::encoding::Text::locate`] makes them bytes of the
//! record.

use std::borrow::Cow;

pub use roxmltree::{self, Document, Node};

use crate::{RecordError, place};

/// The tree of a text.
///
/// # Errors
///
/// What breaks the form of XML, and where; any document type.
pub fn parse(text: &str) -> Result<Document<'_>, RecordError> {
    let options = roxmltree::ParsingOptions { allow_dtd: false, ..roxmltree::ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|wrong| malformed(text, &wrong))
}

fn malformed(text: &str, wrong: &roxmltree::Error) -> RecordError {
    let at = wrong.pos();
    let detail = match wrong {
        roxmltree::Error::DtdDetected => "a document type is not taken".to_owned(),
        other => format!("no well-formed XML: {other}").chars().take(200).collect(),
    };
    RecordError::malformed("XML", detail).at(place::offset(text, at.row as usize, at.col as usize))
}

/// The name of an element: a local name in a namespace, in none, or in any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name<'n> {
    /// None where the namespace does not matter; empty for no namespace.
    namespace: Option<&'n str>,
    local: &'n str,
}

impl<'n> Name<'n> {
    /// A local name in this namespace; the empty one means no namespace.
    #[must_use]
    pub const fn of(namespace: &'n str, local: &'n str) -> Self {
        Self { namespace: Some(namespace), local }
    }

    /// A local name, whatever its namespace.
    #[must_use]
    pub const fn any(local: &'n str) -> Self {
        Self { namespace: None, local }
    }

    /// Whether an element has this name.
    #[must_use]
    pub fn is(&self, node: Node<'_, '_>) -> bool {
        node.is_element()
            && node.tag_name().name() == self.local
            && self.namespace.is_none_or(|wanted| node.tag_name().namespace().unwrap_or_default() == wanted)
    }
}

/// A value with the byte of the text at which it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<'a> {
    /// The value, without white space around it.
    pub text: Cow<'a, str>,
    /// Its place.
    pub offset: usize,
}

/// Finding what stands below an element, by the names on the way down.
pub trait Find<'a, 'i>: Sized {
    /// The first element at the end of a path.
    fn find(self, path: &[Name<'_>]) -> Option<Node<'a, 'i>>;

    /// All elements at the end of a path, in the order of the record.
    fn find_all(self, path: &[Name<'_>]) -> Vec<Node<'a, 'i>>;

    /// The text of the first element at the end of a path; none where there is no such element, or it is blank.
    fn text_at(self, path: &[Name<'_>]) -> Option<Found<'a>>;

    /// The element's own text without white space around it, comments left out; none where it is blank.
    fn own_text(self) -> Option<Found<'a>>;

    /// The value of an attribute without namespace; none where it is missing or blank.
    fn attribute_text(self, name: &str) -> Option<Found<'a>>;

    /// The first element at the end of a path.
    ///
    /// # Errors
    ///
    /// That it is missing, with the path, and the place of the element that should hold it.
    fn required(self, path: &[Name<'_>]) -> Result<Node<'a, 'i>, RecordError>;

    /// The text at the end of a path.
    ///
    /// # Errors
    ///
    /// That it is missing or blank, with the path and the place.
    fn required_text(self, path: &[Name<'_>]) -> Result<Found<'a>, RecordError>;
}

impl<'a, 'i> Find<'a, 'i> for Node<'a, 'i> {
    fn find(self, path: &[Name<'_>]) -> Option<Node<'a, 'i>> {
        let Some((first, rest)) = path.split_first() else { return Some(self) };
        self.children().filter(|child| first.is(*child)).find_map(|child| child.find(rest))
    }

    fn find_all(self, path: &[Name<'_>]) -> Vec<Node<'a, 'i>> {
        let step = |nodes: Vec<Node<'a, 'i>>, name: &Name<'_>| {
            nodes.into_iter().flat_map(|node| node.children()).filter(|child| name.is(*child)).collect()
        };
        path.iter().fold(vec![self], step)
    }

    fn text_at(self, path: &[Name<'_>]) -> Option<Found<'a>> {
        self.find(path)?.own_text()
    }

    fn own_text(self) -> Option<Found<'a>> {
        let mut parts = self.children().filter(|child| child.is_text());
        let first = parts.next()?;
        let (mut text, mut offset) = (Cow::Borrowed(first.text().unwrap_or_default()), first.range().start);
        for part in parts {
            text.to_mut().push_str(part.text().unwrap_or_default());
        }
        if let Cow::Borrowed(whole) = text {
            let shown = whole.trim_start();
            offset += whole.len() - shown.len();
            text = Cow::Borrowed(shown.trim_end());
        } else {
            text = Cow::Owned(text.trim().to_owned());
        }
        (!text.is_empty()).then_some(Found { text, offset })
    }

    fn attribute_text(self, name: &str) -> Option<Found<'a>> {
        let attribute =
            self.attributes().find(|attribute| attribute.namespace().is_none() && attribute.name() == name)?;
        let text = attribute.value().trim();
        let offset = attribute.range_value().start;
        (!text.is_empty()).then(|| Found { text: Cow::Owned(text.to_owned()), offset })
    }

    fn required(self, path: &[Name<'_>]) -> Result<Node<'a, 'i>, RecordError> {
        self.find(path).ok_or_else(|| missing(self, path))
    }

    fn required_text(self, path: &[Name<'_>]) -> Result<Found<'a>, RecordError> {
        let found = self.required(path)?;
        found
            .own_text()
            .ok_or_else(|| RecordError::malformed(named(path), "the element is empty").at(found.range().start))
    }
}

/// `Envelope/Body`, as errors name it.
#[must_use]
pub fn named(path: &[Name<'_>]) -> String {
    path.iter().map(|name| name.local).collect::<Vec<_>>().join("/")
}

fn missing(node: Node<'_, '_>, path: &[Name<'_>]) -> RecordError {
    // The deepest part of the path that is there says where to look.
    let deepest = (0..path.len()).rev().find_map(|steps| node.find(path.get(..steps)?));
    let holder = deepest.filter(Node::is_element).unwrap_or(node);
    let offset = holder.range().start;
    let (line, column) = place::line_column(holder.document().input_text(), offset);
    let within = match holder.tag_name().name() {
        "" => "the record".to_owned(),
        name => format!("`{name}` at line {line}, column {column}"),
    };
    RecordError::malformed(named(path), format!("missing in {within}")).at(offset)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn offset_of(text: &str) -> Option<u64> {
        parse(text).expect_err("malformed").offset()
    }

    #[test]
    fn breaches_of_form_are_named_at_their_place() {
        assert_eq!(offset_of("<a>\n<б></a>"), Some(8));
        assert_eq!(offset_of("<a x='1' x='2'/>"), Some(9));
        assert_eq!(offset_of(""), Some(0));
        let error = parse("<a>\n<b></a>").expect_err("malformed");
        assert!(matches!(&error, RecordError::Malformed(problem) if problem.detail.contains("2:4")), "{error:?}");
    }

    #[test]
    fn a_document_type_is_refused_before_it_can_grow() {
        let bomb = "<!DOCTYPE a [<!ENTITY b 'xxxxxxxx'><!ENTITY c '&b;&b;&b;'>]><a>&c;</a>";
        let error = parse(bomb).expect_err("refused");
        assert!(matches!(&error, RecordError::Malformed(problem) if problem.detail.contains("document type")));
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = format!("{}{}", "<a>".repeat(200_000), "</a>".repeat(200_000));
        let document = parse(&deep).expect("parses");
        assert_eq!(document.root().find_all(&[Name::any("a"), Name::any("a")]).len(), 1);
    }

    #[test]
    fn the_namespace_decides_and_the_prefix_does_not() {
        let document = parse("<x:a xmlns:x='urn:1'><b xmlns='urn:2'>1</b><b>2</b></x:a>").expect("parses");
        let root = document.root();
        let text = |path: &[Name<'_>]| root.text_at(path).map(|found| found.text.into_owned());
        assert_eq!(text(&[Name::of("urn:1", "a"), Name::of("urn:2", "b")]), Some("1".to_owned()));
        assert_eq!(text(&[Name::of("urn:1", "a"), Name::of("", "b")]), Some("2".to_owned()));
        assert_eq!(text(&[Name::any("a"), Name::any("b")]), Some("1".to_owned()));
        assert_eq!(text(&[Name::of("urn:2", "a"), Name::any("b")]), None);
        assert_eq!(root.find_all(&[Name::any("a"), Name::any("b")]).len(), 2);
    }

    #[test]
    fn text_is_whole_around_comments_and_cdata_and_its_place_is_its_own() {
        let source = "<a>  one<!-- not this --> <![CDATA[<two>]]> </a>";
        let document = parse(source).expect("parses");
        let found = document.root().text_at(&[Name::any("a")]).expect("there");
        assert_eq!(found.text, "one <two>");
        let document = parse("<a>\n  x\n</a>").expect("parses");
        assert_eq!(document.root().text_at(&[Name::any("a")]), Some(Found { text: "x".into(), offset: 6 }));
        let document = parse("<a b=' x '/>").expect("parses");
        let attribute = document.root_element().attribute_text("b").expect("there");
        assert_eq!((attribute.text.as_ref(), attribute.offset), ("x", 6));
    }

    #[test]
    fn what_is_missing_is_named_with_the_deepest_part_that_is_there() {
        let document = parse("<a>\n <b><d/></b>\n</a>").expect("parses");
        let path = [Name::any("a"), Name::any("b"), Name::any("c")];
        let error = document.root().required_text(&path).expect_err("missing");
        let expected = RecordError::malformed("a/b/c", "missing in `b` at line 2, column 2").at(5);
        assert_eq!(error, expected);
        let blank = document.root().required_text(&[Name::any("a"), Name::any("b"), Name::any("d")]);
        assert_eq!(blank.expect_err("blank").offset(), Some(8));
    }

    proptest! {
        #[test]
        fn nothing_panics_and_places_are_within(text in "(<|>|/|a|b|=|'|&|;|!|\\[|\\]|-|\\?|x|ж| |\n){0,40}") {
            match parse(&text) {
                Ok(document) => {
                    for node in document.root().find_all(&[Name::any("a")]) {
                        prop_assert!(node.own_text().is_none_or(|found| found.offset < text.len()));
                    }
                }
                Err(error) => prop_assert!(error.offset().is_some_and(|at| at <= text.len() as u64)),
            }
        }
    }
}
