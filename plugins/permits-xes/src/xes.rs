//! Reads one XES fragment, strictly: what XML forbids is refused, with the byte at which it shows.
//!
//! The parser of `quick-xml` splits the text into tags and leaves some of XML's rules to its caller. Those that matter
//! here are checked here: one root, everything closed, no document type, no forbidden character, white space before
//! each attribute, no `<` in a value, no entity but XML's own.

use std::borrow::Cow;

use qadam_sdk::RecordError;
use quick_xml::errors::IllFormedError;
use quick_xml::events::Event;
use quick_xml::events::attributes::{AttrError, Attributes};
use quick_xml::name::QName;
use quick_xml::{Error, Reader, XmlVersion};

/// A `<trace>`: the data of a request, and what happened to it.
#[derive(Debug)]
pub(crate) struct Trace<'a> {
    pub(crate) data: Element<'a>,
    pub(crate) events: Vec<Element<'a>>,
}

/// A `<trace>` or an `<event>`, with its XES attributes.
#[derive(Debug)]
pub(crate) struct Element<'a> {
    /// Where its tag begins in the text.
    pub(crate) offset: usize,
    attributes: Vec<Attribute<'a>>,
}

/// A XES attribute, which is an element of XML: `<string key="…" value="…"/>`.
#[derive(Debug)]
pub(crate) struct Attribute<'a> {
    key: Cow<'a, str>,
    pub(crate) value: Cow<'a, str>,
    /// Where the value begins in the text.
    pub(crate) offset: usize,
}

impl Element<'_> {
    /// The attribute under a key, unless it is missing or blank.
    pub(crate) fn get(&self, key: &str) -> Option<&Attribute<'_>> {
        self.attributes.iter().find(|attribute| attribute.key == key && !attribute.value.trim().is_empty())
    }
}

/// Reads a text that holds one trace and nothing else. Offsets of errors count the bytes of the text.
pub(crate) fn read(text: &str) -> Result<Trace<'_>, RecordError> {
    if let Some(offset) = forbidden(text) {
        return Err(malformed("a character that XML forbids", offset));
    }
    let mut fragment = Fragment { text, open: Vec::new(), data: None, events: Vec::new() };
    // White space is borne around the fragment, but the parser would not take a declaration after it.
    let start = text.len() - text.trim_ascii_start().len();
    let mut reader = Reader::from_str(text.get(start..).unwrap_or_default());
    reader.config_mut().enable_all_checks(true);
    loop {
        let begin = start + position(reader.buffer_position());
        let event =
            reader.read_event().map_err(|error| not_well_formed(&error, start + position(reader.error_position())))?;
        let end = start + position(reader.buffer_position());
        match event {
            Event::Start(tag) => fragment.start(&Tag { name: tag.name(), begin, end: end - 1 }, true)?,
            Event::Empty(tag) => fragment.start(&Tag { name: tag.name(), begin, end: end - 2 }, false)?,
            // That its name agrees with the start tag's, the parser has checked.
            Event::End(_) => drop(fragment.open.pop()),
            Event::Text(text) if text.trim_ascii().is_empty() => {}
            Event::Decl(_) if begin == start => {}
            Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => return fragment.close(),
            Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) => {
                return Err(malformed("text between the elements", begin));
            }
            Event::DocType(_) => return Err(malformed("a document type, which is never read", begin)),
            Event::Decl(_) => return Err(malformed("an XML declaration that is not at the start", begin)),
        }
    }
}

/// What has been read so far.
struct Fragment<'a> {
    text: &'a str,
    open: Vec<Open>,
    data: Option<Element<'a>>,
    events: Vec<Element<'a>>,
}

/// An element that is not closed yet.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Open {
    Trace,
    Event,
    /// A XES attribute. What is nested in it (attributes of attributes, lists) is none of ours.
    Attribute,
}

/// A start tag: its name, and where it stands in the text, from its `<` to before its `>` or `/>`.
struct Tag<'t> {
    name: QName<'t>,
    begin: usize,
    end: usize,
}

impl<'a> Fragment<'a> {
    fn start(&mut self, tag: &Tag<'_>, has_content: bool) -> Result<(), RecordError> {
        let attribute = self.attribute(tag)?;
        let open = match (self.open.last(), tag.name.as_ref()) {
            (None, _) if self.data.is_some() => return Err(malformed("a second root element", tag.begin)),
            (None, "trace") => {
                self.data = Some(Element::at(tag.begin));
                Open::Trace
            }
            (None, _) => return Err(malformed("the root element is not trace", tag.begin)),
            (Some(Open::Trace), "event") => {
                self.events.push(Element::at(tag.begin));
                Open::Event
            }
            (Some(Open::Attribute), _) | (Some(_), "list" | "container") => Open::Attribute,
            (Some(parent), "string" | "date" | "int" | "float" | "boolean" | "id") => {
                let element = if *parent == Open::Trace { self.data.as_mut() } else { self.events.last_mut() };
                let attribute =
                    attribute.ok_or_else(|| malformed("a XES attribute without key or value", tag.begin))?;
                element.map_or(Ok(()), |element| element.add(attribute))?;
                Open::Attribute
            }
            (Some(_), _) => return Err(malformed("an element that XES does not have here", tag.begin)),
        };
        if has_content {
            self.open.push(open);
        }
        Ok(())
    }

    fn close(self) -> Result<Trace<'a>, RecordError> {
        match self.data {
            Some(data) if self.open.is_empty() => Ok(Trace { data, events: self.events }),
            Some(_) => Err(malformed("the text ends before its elements do", self.text.len())),
            None => Err(malformed("no trace element", self.text.len())),
        }
    }

    /// Checks all XML attributes of a tag, and gives what its `key` and `value` say.
    fn attribute(&self, tag: &Tag<'_>) -> Result<Option<Attribute<'a>>, RecordError> {
        let begin = tag.begin + 1;
        let inside = self.text.get(begin..tag.end).unwrap_or_default();
        let (mut key, mut value) = (None, None);
        for attribute in Attributes::new(inside, tag.name.as_ref().len()) {
            let attribute = attribute.map_err(|error| bad_attribute(&error, begin))?;
            let name = attribute.key.as_ref();
            let name_at = position_in(inside, name);
            let before = inside.get(..name_at).unwrap_or_default();
            if !before.ends_with([' ', '\t', '\r', '\n']) {
                return Err(malformed("no white space before an XML attribute", begin + name_at));
            }
            if !is_name(name) {
                return Err(malformed("an XML attribute with a name that XML does not allow", begin + name_at));
            }
            let value_at = begin + position_in(inside, &attribute.value);
            if attribute.value.contains('<') {
                return Err(malformed("a < within the value of an XML attribute", value_at));
            }
            let normalised = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .ok()
                .filter(|value| matches!(value, Cow::Borrowed(_)) || !value.contains(is_forbidden))
                .ok_or_else(|| malformed("an entity or a character reference that XML does not know", value_at))?;
            match name {
                "key" => key = Some(normalised),
                "value" => value = Some((normalised, value_at)),
                _ => {}
            }
        }
        Ok(key.zip(value).map(|(key, (value, offset))| Attribute { key, value, offset }))
    }
}

impl<'a> Element<'a> {
    const fn at(offset: usize) -> Self {
        Self { offset, attributes: Vec::new() }
    }

    /// Two values under one key contradict each other, and which is meant cannot be told.
    fn add(&mut self, attribute: Attribute<'a>) -> Result<(), RecordError> {
        if self.attributes.iter().any(|earlier| earlier.key == attribute.key) {
            return Err(malformed("a second value under a key that was given before", attribute.offset));
        }
        if self.attributes.len() == MOST_ATTRIBUTES {
            let detail = format!("more than {MOST_ATTRIBUTES} XES attributes in one element");
            return Err(malformed(detail, attribute.offset));
        }
        self.attributes.push(attribute);
        Ok(())
    }
}

/// Many times what the log has; it bounds the search for a second value.
const MOST_ATTRIBUTES: usize = 256;

fn malformed(detail: impl Into<String>, offset: usize) -> RecordError {
    RecordError::malformed("trace", detail).at(offset)
}

/// The parser's own sentences, but for those that repeat names out of the record.
fn not_well_formed(error: &Error, offset: usize) -> RecordError {
    match error {
        Error::Syntax(syntax) => malformed(syntax.to_string(), offset),
        Error::IllFormed(IllFormedError::MismatchedEndTag { .. } | IllFormedError::UnmatchedEndTag(_)) => {
            malformed("an end tag that does not match its start tag", offset)
        }
        _ => malformed("not well-formed XML", offset),
    }
}

fn bad_attribute(error: &AttrError, tag: usize) -> RecordError {
    let (detail, position) = match *error {
        AttrError::ExpectedEq(position) => ("an XML attribute without =", position),
        AttrError::ExpectedValue(position) => ("an XML attribute without value", position),
        AttrError::UnquotedValue(position) => ("an XML attribute with an unquoted value", position),
        AttrError::ExpectedQuote(position, _) => ("an XML attribute whose value does not end", position),
        AttrError::Duplicated(position, _) => ("an XML attribute given twice", position),
    };
    malformed(detail, tag + position)
}

/// Where a part of a text begins in it.
fn position_in(text: &str, part: &str) -> usize {
    part.as_ptr().addr().saturating_sub(text.as_ptr().addr())
}

fn position(of_parser: u64) -> usize {
    usize::try_from(of_parser).unwrap_or(usize::MAX)
}

/// Where a forbidden character stands. Most records have none of the bytes that could begin one.
fn forbidden(text: &str) -> Option<usize> {
    let is_suspect = |byte: u8| byte < b' ' || byte == 0xEF;
    if text.bytes().any(is_suspect) { text.find(is_forbidden) } else { None }
}

/// Characters outside the `Char` of XML 1.0.
const fn is_forbidden(character: char) -> bool {
    matches!(character, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}')
}

/// The names of XML attributes, a little narrower than XML has them.
fn is_name(name: &str) -> bool {
    let begins = name.starts_with(|character: char| character.is_alphabetic() || matches!(character, '_' | ':'));
    begins && name.chars().all(|character| character.is_alphanumeric() || matches!(character, '_' | ':' | '-' | '.'))
}
