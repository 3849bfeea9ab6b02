//! Writes a document. Element names are ours; texts are escaped, and what XML cannot carry is replaced.

use super::read::is_forbidden;

/// A document as it grows.
#[derive(Debug, Default)]
pub(in crate::shep) struct Writer {
    out: String,
    open: Vec<&'static str>,
}

impl Writer {
    /// Opens an element. Attributes are names and values of ours.
    pub(in crate::shep) fn open(&mut self, name: &'static str, attributes: &[(&str, &str)]) {
        self.out.push('<');
        self.out.push_str(name);
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            self.escaped(value);
            self.out.push('"');
        }
        self.out.push('>');
        self.open.push(name);
    }

    /// Closes the innermost element.
    pub(in crate::shep) fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.out.push_str("</");
            self.out.push_str(name);
            self.out.push('>');
        }
    }

    /// An element with a text.
    pub(in crate::shep) fn text(&mut self, name: &'static str, text: &str) {
        self.open(name, &[]);
        self.escaped(text);
        self.close();
    }

    /// An element with a text, where there is one.
    pub(in crate::shep) fn optional(&mut self, name: &'static str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    /// Text in the element that is open.
    pub(in crate::shep) fn escaped(&mut self, text: &str) {
        for char in text.chars() {
            match char {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                // Readers would make a line feed of it, and white space of all three in attributes.
                '\r' => self.out.push_str("&#13;"),
                '\n' => self.out.push_str("&#10;"),
                '\t' => self.out.push_str("&#9;"),
                forbidden if is_forbidden(forbidden) => self.out.push(char::REPLACEMENT_CHARACTER),
                plain => self.out.push(plain),
            }
        }
    }

    /// XML that is written already.
    pub(in crate::shep) fn raw(&mut self, xml: &str) {
        self.out.push_str(xml);
    }

    /// The text, with everything closed.
    pub(in crate::shep) fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.out
    }
}
