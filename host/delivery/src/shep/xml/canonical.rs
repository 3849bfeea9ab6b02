//! Exclusive XML Canonicalization 1.0 without comments, of one element with all in it. The tree has no comments, and neither
//! processing instructions nor a document type, for which readers of documents with such are refused.

use std::collections::BTreeMap;

use super::{Attribute, Element};

/// The canonical form of an element in a document. `above` are the elements that it stands in, the root first; `inclusive`, the
/// prefixes of `InclusiveNamespaces`, `#default` for none.
pub(in crate::shep) fn canonical(above: &[&Element], element: &Element, inclusive: &[String]) -> String {
    let inclusive: Vec<&str> =
        inclusive.iter().map(|prefix| if prefix == "#default" { "" } else { prefix.as_str() }).collect();
    let mut scope = BTreeMap::new();
    for ancestor in above {
        declare(&mut scope, ancestor);
    }
    let mut canonical = Canonical { inclusive, out: String::new() };
    canonical.element(element, scope, BTreeMap::new());
    canonical.out
}

/// What prefixes stand for.
type Scope<'a> = BTreeMap<&'a str, &'a str>;

fn declare<'a>(scope: &mut Scope<'a>, element: &'a Element) {
    scope.extend(element.declared.iter().map(|(prefix, uri)| (prefix.as_str(), uri.as_str())));
}

struct Canonical<'a> {
    inclusive: Vec<&'a str>,
    out: String,
}

impl<'a> Canonical<'a> {
    /// `rendered` is what the elements around it have written down. Its depth is bounded by the reader.
    fn element(&mut self, element: &'a Element, mut scope: Scope<'a>, mut rendered: Scope<'a>) {
        declare(&mut scope, element);
        let name = qualified(&element.prefix, &element.name);
        self.out.push('<');
        self.out.push_str(&name);
        // Only what is visibly used, in the order of the prefixes.
        let attributes = element.attributes.iter().map(|attribute| attribute.prefix.as_str());
        let mut used: Vec<&str> = attributes.filter(|prefix| !prefix.is_empty()).collect();
        used.push(&element.prefix);
        used.extend(&self.inclusive);
        used.sort_unstable();
        used.dedup();
        for prefix in used.into_iter().filter(|prefix| *prefix != "xml") {
            let uri = match scope.get(prefix) {
                Some(uri) => *uri,
                None if prefix.is_empty() => "",
                None => continue,
            };
            let known = rendered.get(prefix).copied();
            // That there is no default namespace is said only where there was one.
            if known.or_else(|| prefix.is_empty().then_some("")) == Some(uri) {
                continue;
            }
            rendered.insert(prefix, uri);
            self.out.push_str(if prefix.is_empty() { " xmlns" } else { " xmlns:" });
            self.out.push_str(prefix);
            self.value(uri);
        }
        let mut attributes: Vec<&Attribute> = element.attributes.iter().collect();
        attributes.sort_by_key(|attribute| (attribute.namespace.as_str(), attribute.name.as_str()));
        for attribute in attributes {
            self.out.push(' ');
            self.out.push_str(&qualified(&attribute.prefix, &attribute.name));
            self.value(&attribute.value);
        }
        self.out.push('>');
        let mut from = 0;
        for (child, place) in element.children.iter().zip(&element.places) {
            self.text(element.text.get(from..*place).unwrap_or_default());
            self.element(child, scope.clone(), rendered.clone());
            from = *place;
        }
        self.text(element.text.get(from..).unwrap_or_default());
        self.out.push_str("</");
        self.out.push_str(&name);
        self.out.push('>');
    }

    fn value(&mut self, value: &str) {
        self.out.push_str("=\"");
        for char in value.chars() {
            match char {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '"' => self.out.push_str("&quot;"),
                '\t' => self.out.push_str("&#x9;"),
                '\n' => self.out.push_str("&#xA;"),
                '\r' => self.out.push_str("&#xD;"),
                plain => self.out.push(plain),
            }
        }
        self.out.push('"');
    }

    fn text(&mut self, text: &str) {
        for char in text.chars() {
            match char {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '\r' => self.out.push_str("&#xD;"),
                plain => self.out.push(plain),
            }
        }
    }
}

fn qualified(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}:{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shep::xml::read;

    /// The form of the first element in the root.
    fn first(text: &str, inclusive: &[&str]) -> String {
        let root = read(text.as_bytes()).unwrap();
        let inclusive: Vec<String> = inclusive.iter().map(|prefix| (*prefix).to_owned()).collect();
        canonical(&[&root], root.children.first().unwrap(), &inclusive)
    }

    #[test]
    fn the_examples_of_the_recommendation_come_out_as_it_has_them() {
        // Exclusive XML Canonicalization 1.0 §2.2: the same element in two surroundings.
        let inner = "<n1:elem2 xmlns:n1=\"http://example.net\" xml:lang=\"en\"><n3:stuff xmlns:n3=\"ftp://example.org\"></n3:stuff></n1:elem2>";
        for outer in [
            r#"<n0:pdu xmlns:n0="http://a.example" xmlns:n1="http://example.net" xmlns:n3="ftp://example.org" xml:lang="fr"><n1:elem2 xml:lang="en"><n3:stuff/></n1:elem2></n0:pdu>"#,
            r#"<n2:pdu xmlns:n1="http://example.com" xmlns:n2="http://foo.example" xmlns:n3="ftp://example.org" xml:lang="fr"><n1:elem2 xmlns:n1="http://example.net" xml:lang="en"><n3:stuff xmlns:n3="ftp://example.org"/></n1:elem2></n2:pdu>"#,
        ] {
            assert_eq!(first(outer, &[]), inner);
        }
    }

    #[test]
    fn names_values_and_texts_are_written_as_the_recommendation_says() {
        for (text, inclusive, form) in [
            // Order, escapes, CDATA, references, comments, empty elements.
            (
                "<r xmlns:b='urn:a' xmlns:a='urn:b'><e  z='1' a:y='2' b:y=\"3&#9;&quot;&#10;\"  a='&lt;>'><![CDATA[<&>]]>&#13;<!--c-->x<f/></e></r>",
                &[][..],
                "<e xmlns:a=\"urn:b\" xmlns:b=\"urn:a\" a=\"&lt;>\" z=\"1\" b:y=\"3&#x9;&quot;&#xA;\" a:y=\"2\">&lt;&amp;&gt;&#xD;x<f></f></e>",
            ),
            // Literal white space in a value is a space (XML 1.0 §3.3.3).
            ("<r><e a='1\t2\n3'/></r>", &[], "<e a=\"1 2 3\"></e>"),
            // A default namespace comes and goes.
            (
                "<r xmlns='urn:r'><e><f xmlns=''><g xmlns='urn:r'/></f></e></r>",
                &[],
                "<e xmlns=\"urn:r\"><f xmlns=\"\"><g xmlns=\"urn:r\"></g></f></e>",
            ),
            (
                "<r xmlns='urn:r'><p:e xmlns:p='urn:p'><f/></p:e></r>",
                &[],
                "<p:e xmlns:p=\"urn:p\"><f xmlns=\"urn:r\"></f></p:e>",
            ),
            ("<r><e xmlns=''><f/></e></r>", &[], "<e><f></f></e>"),
            // What is not visibly used is left out, unless it is listed.
            (
                "<r xmlns:p='urn:p' xmlns:q='urn:q' xmlns='urn:r'><p:e><p:f/></p:e></r>",
                &[],
                "<p:e xmlns:p=\"urn:p\"><p:f></p:f></p:e>",
            ),
            (
                "<r xmlns:p='urn:p' xmlns:q='urn:q' xmlns='urn:r'><p:e><p:f/></p:e></r>",
                &["q", "#default", "x"],
                "<p:e xmlns=\"urn:r\" xmlns:p=\"urn:p\" xmlns:q=\"urn:q\"><p:f></p:f></p:e>",
            ),
            (
                "<r xmlns:q='urn:q'><e><f xmlns:q='urn:other'/></e></r>",
                &["q"],
                "<e xmlns:q=\"urn:q\"><f xmlns:q=\"urn:other\"></f></e>",
            ),
            // A prefix that is declared again for the same is not repeated.
            (
                "<r xmlns:p='urn:p'><p:e><p:f xmlns:p='urn:p'/><p:g xmlns:p='urn:g'/></p:e></r>",
                &[],
                "<p:e xmlns:p=\"urn:p\"><p:f></p:f><p:g xmlns:p=\"urn:g\"></p:g></p:e>",
            ),
        ] {
            assert_eq!(first(text, inclusive), form, "{text}");
        }
    }
}
