//! Reads a document into a tree. `quick-xml` splits the text; what it leaves to its caller is checked here: one root, everything
//! closed, no document type, no forbidden character, no entity but XML's own, every prefix declared, and the bounds.

use quick_xml::{
    Reader, XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesRef, BytesStart, Event},
};

use super::{
    Attribute, Element, MAX_DOCUMENT,
    bounds::{ATTRIBUTES, DEPTH, ELEMENTS},
    scope::Scope,
};
use crate::shep::error::Unreadable;

/// The root of a document.
pub(in crate::shep) fn read(bytes: &[u8]) -> Result<Element, Unreadable> {
    if bytes.len() > MAX_DOCUMENT {
        return Err(Unreadable::xml(MAX_DOCUMENT, format!("{} bytes, at most {MAX_DOCUMENT} are read", bytes.len())));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Unreadable::xml(error.valid_up_to(), "not UTF-8, which is what is read here"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some((at, _)) = text.char_indices().find(|(_, char)| is_forbidden(*char)) {
        return Err(Unreadable::xml(at, "a character that XML forbids"));
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut tree = Tree::default();
    loop {
        let at = position(reader.buffer_position());
        let event = reader
            .read_event()
            .map_err(|error| Unreadable::xml(position(reader.error_position()), format!("not well formed: {error}")))?;
        match event {
            Event::Start(tag) => tree.open(&tag, at)?,
            Event::Empty(tag) => {
                tree.open(&tag, at)?;
                tree.close();
            }
            Event::End(_) => tree.close(),
            Event::Text(text) => tree.text(&text.xml10_content(), at)?,
            Event::CData(text) => tree.text(&text.xml10_content(), at)?,
            Event::GeneralRef(entity) => tree.text(&resolved(&entity, at)?, at)?,
            Event::Comment(_) => {}
            Event::Decl(declaration) if at == 0 => {
                let encoding = declaration.encoding().transpose();
                let encoding = encoding.map_err(|_| Unreadable::xml(at, "an XML declaration that cannot be read"))?;
                if encoding
                    .is_some_and(|name| !name.eq_ignore_ascii_case("utf-8") && !name.eq_ignore_ascii_case("us-ascii"))
                {
                    return Err(Unreadable::xml(
                        at,
                        "the document says that it is not in UTF-8, which is what is read here",
                    ));
                }
            }
            Event::Decl(_) => return Err(Unreadable::xml(at, "an XML declaration that is not at the start")),
            Event::DocType(_) => return Err(Unreadable::xml(at, "a document type, which SOAP forbids")),
            Event::PI(_) => return Err(Unreadable::xml(at, "a processing instruction, which SOAP forbids")),
            Event::Eof => return tree.finish(text.len()),
        }
    }
}

/// Names and values.
type Named = Vec<(String, String)>;

/// What has been read so far.
#[derive(Default)]
struct Tree {
    open: Vec<Element>,
    root: Option<Element>,
    scope: Scope,
    elements: usize,
}

impl Tree {
    fn open(&mut self, tag: &BytesStart<'_>, at: usize) -> Result<(), Unreadable> {
        if self.open.is_empty() && self.root.is_some() {
            return Err(Unreadable::xml(at, "a second root element"));
        }
        self.elements += 1;
        if self.elements > ELEMENTS {
            return Err(Unreadable::xml(at, format!("more than {ELEMENTS} elements")));
        }
        if self.open.len() >= DEPTH {
            return Err(Unreadable::xml(at, format!("elements more than {DEPTH} deep")));
        }
        let (declared, plain) = self.declare(tag, at)?;
        let wrong = |what: String| Unreadable::xml(at, what);
        let (prefix, name) = split(tag.name().into_inner()).map_err(wrong)?;
        let mut element = Element {
            namespace: self.scope.resolve(prefix).map_err(wrong)?.to_owned(),
            name: name.to_owned(),
            prefix: prefix.to_owned(),
            declared,
            at,
            ..Element::default()
        };
        for (name, value) in plain {
            let (prefix, name) = split(&name).map_err(wrong)?;
            // The default namespace is not for attributes.
            let namespace = if prefix.is_empty() { "" } else { self.scope.resolve(prefix).map_err(wrong)? };
            if element.attribute(namespace, name).is_some() {
                return Err(wrong("an attribute twice".to_owned()));
            }
            let [namespace, name, prefix] = [namespace, name, prefix].map(ToOwned::to_owned);
            element.attributes.push(Attribute { namespace, name, prefix, value });
        }
        self.open.push(element);
        Ok(())
    }

    /// Declares the namespaces of a tag; gives them by prefix, and the other attributes by name.
    fn declare(&mut self, tag: &BytesStart<'_>, at: usize) -> Result<(Named, Named), Unreadable> {
        let (mut declared, mut plain) = (Vec::new(), Vec::new());
        let depth = self.open.len();
        for (attribute, number) in tag.attributes().zip(1..) {
            if number > ATTRIBUTES {
                return Err(Unreadable::xml(at, format!("more than {ATTRIBUTES} attributes of one element")));
            }
            let attribute = attribute.map_err(|error| Unreadable::xml(at, format!("not well formed: {error}")))?;
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .ok()
                .filter(|value| !attribute.value.contains('<') && !value.chars().any(is_forbidden))
                .ok_or_else(|| Unreadable::xml(at, "an attribute's value that XML does not allow"))?;
            let name = attribute.key.into_inner();
            let prefix = if name == "xmlns" { Some("") } else { name.strip_prefix("xmlns:") };
            match prefix {
                Some(prefix) => {
                    self.scope.declare(depth, prefix, &value).map_err(|what| Unreadable::xml(at, what))?;
                    declared.push((prefix.to_owned(), value.into_owned()));
                }
                None => plain.push((name.to_owned(), value.into_owned())),
            }
        }
        Ok((declared, plain))
    }

    fn text(&mut self, text: &str, at: usize) -> Result<(), Unreadable> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.chars().all(is_space) => {}
            None => return Err(Unreadable::xml(at, "text outside the root element")),
        }
        Ok(())
    }

    fn close(&mut self) {
        let Some(element) = self.open.pop() else { return };
        self.scope.leave(self.open.len());
        match self.open.last_mut() {
            Some(parent) => {
                parent.places.push(parent.text.len());
                parent.children.push(element);
            }
            None => self.root = Some(element),
        }
    }

    fn finish(self, at: usize) -> Result<Element, Unreadable> {
        if !self.open.is_empty() {
            return Err(Unreadable::xml(at, "the text ends before its elements do"));
        }
        self.root.ok_or_else(|| Unreadable::xml(at, "no element"))
    }
}

/// Prefix and local name.
fn split(name: &str) -> Result<(&str, &str), String> {
    let (prefix, local) = name.split_once(':').unwrap_or(("", name));
    let whole = |part: &str| !part.is_empty() && !part.contains([':', '<', '&', '"', '\'', '=', '/']);
    if whole(local) && (whole(prefix) || !name.contains(':')) {
        return Ok((prefix, local));
    }
    Err(format!("`{}` is no name", name.chars().take(40).collect::<String>()))
}

/// What a reference in the text stands for.
fn resolved(entity: &BytesRef<'_>, at: usize) -> Result<String, Unreadable> {
    let unknown = || Unreadable::xml(at, "an entity or a character reference that XML does not know");
    match entity.resolve_char_ref().map_err(|_| unknown())? {
        Some(char) if !is_forbidden(char) => Ok(char.to_string()),
        Some(_) => Err(unknown()),
        None => Ok(resolve_predefined_entity(&entity.xml10_content()).ok_or_else(unknown)?.to_owned()),
    }
}

/// XML 1.0 §2.2.
pub(super) fn is_forbidden(char: char) -> bool {
    matches!(char, '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// XML 1.0 §2.3.
pub(in crate::shep) fn is_space(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\r' | '\n')
}

fn position(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}
