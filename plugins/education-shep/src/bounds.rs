//! How much XML a message may be. The parser's work grows with the square of the attributes of one element and with the cube of
//! the namespaces in scope: a record of half a megabyte could use up the time of its whole batch.

use qadam_sdk::RecordError;
use qadam_sdk::xml::{self, Document};

/// The tree of a text that is within the bounds.
pub(crate) fn parse(text: &str) -> Result<Document<'_>, RecordError> {
    let (mut elements, mut namespaces, mut at) = (0, 0, 0);
    while let Some(start) = find(text, at, "<") {
        let (rest, beyond) = (text.get(start..).unwrap_or_default(), text.len());
        at = match OPAQUE.iter().find(|(open, _)| rest.starts_with(open)) {
            Some((open, close)) => find(text, start + open.len(), close).unwrap_or(beyond),
            None => {
                let tag = Tag::of(rest);
                elements += 1;
                namespaces += tag.namespaces;
                within("elements and end tags", elements, ELEMENTS, start)?;
                within("attributes of one element", tag.attributes, ATTRIBUTES, start)?;
                within("declarations of namespaces", namespaces, NAMESPACES, start)?;
                start + tag.length
            }
        };
    }
    xml::parse(text)
}

/// What is counted of a tag.
struct Tag {
    attributes: usize,
    namespaces: usize,
    /// In bytes, at least one.
    length: usize,
}

impl Tag {
    /// The tag at the beginning of a text.
    fn of(text: &str) -> Self {
        let mut tag = Self { attributes: 0, namespaces: 0, length: text.len() };
        let (mut quote, mut name) = (None, 1);
        for (at, byte) in text.bytes().enumerate().skip(1) {
            match (quote, byte) {
                (Some(open), _) if open == byte => (quote, name) = (None, at + 1),
                (Some(_), _) => {}
                (None, b'"' | b'\'') => quote = Some(byte),
                (None, b'=') => {
                    let named = text.get(name..at).unwrap_or_default();
                    tag.attributes += 1;
                    tag.namespaces += usize::from(named.contains("xmlns"));
                }
                (None, b'>' | b'<') => {
                    tag.length = at;
                    break;
                }
                (None, _) => {}
            }
        }
        tag
    }
}

fn find(text: &str, from: usize, what: &str) -> Option<usize> {
    text.get(from..)?.find(what).map(|found| from + found)
}

fn within(what: &str, actual: usize, limit: usize, at: usize) -> Result<(), RecordError> {
    if actual <= limit {
        return Ok(());
    }
    Err(RecordError::malformed("XML", format!("more than {limit} {what}")).at(at))
}

/// What is not made of tags.
const OPAQUE: [(&str, &str); 3] = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")];

const ELEMENTS: usize = 200_000;
const ATTRIBUTES: usize = 64;
const NAMESPACES: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_counted_and_what_only_looks_like_them_is_not() {
        let tag = Tag::of("<a xmlns='u' b = \"x='>' xmlns:c='\" xmlns:d='v'>text='1' e='2'");
        assert_eq!((tag.attributes, tag.namespaces, tag.length), (3, 2, 46));
        let many = "x='1' ".repeat(100);
        for opaque in
            [format!("<a><!--<b {many}>--></a>"), format!("<a><![CDATA[<b {many}>]]></a>"), format!("<a>{many}</a>")]
        {
            assert!(parse(&opaque).is_ok());
        }
    }

    #[test]
    fn what_is_beyond_a_bound_is_refused_at_its_place_with_the_bound() {
        let numbered = |count: usize, name: &str| (0..count).map(|n| format!(" {name}{n}='u'")).collect::<String>();
        let nested = |count: usize| {
            let open: String = (0..count).map(|n| format!("<x xmlns:a{n}='u'>")).collect();
            format!("{open}{}", "</x>".repeat(count))
        };
        for (text, refused) in [
            (format!("<r><a{}/></r>", numbered(64, "a")), None),
            (format!("<r><a{}/></r>", numbered(65, "a")), Some("64 attributes of one element")),
            (nested(500), None),
            (nested(501), Some("500 declarations of namespaces")),
            (format!("<r>{}</r>", "<a/>".repeat(199_998)), None),
            (format!("<r>{}</r>", "<a/>".repeat(200_000)), Some("200000 elements and end tags")),
        ] {
            let said = parse(&text).err().map(|error| format!("{error:?}"));
            assert_eq!(said.is_some(), refused.is_some(), "{said:?}");
            assert!(said.is_none_or(|said| refused.is_some_and(|refused| said.contains(refused))), "{refused:?}");
        }
    }
}
