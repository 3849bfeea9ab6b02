//! XML as it is read and written here: bounded trees, and text that anyone's parser takes.

mod bounds;
mod canonical;
mod read;
mod scope;
mod sequence;
mod write;

pub(super) use self::{
    canonical::canonical,
    read::{is_space, read},
    sequence::Sequence,
    write::Writer,
};

/// Most bytes of a document that is read, whatever the caller allows.
pub const MAX_DOCUMENT: usize = 96 << 20;

/// XML Schema's instance attributes.
pub(super) const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    /// Empty where it is in no namespace.
    pub(super) namespace: String,
    /// Without its prefix.
    pub(super) name: String,
    /// Empty where it has none.
    prefix: String,
    /// The namespaces that it declares, by prefix.
    declared: Vec<(String, String)>,
    /// Without declarations of namespaces.
    pub(super) attributes: Vec<Attribute>,
    pub(super) children: Vec<Self>,
    /// All text directly in it, in one.
    pub(super) text: String,
    /// Where the children stand in the text: how much of it comes before each.
    places: Vec<usize>,
    /// Where it begins in the document, in bytes.
    pub(super) at: usize,
}

/// An attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attribute {
    pub(super) namespace: String,
    pub(super) name: String,
    prefix: String,
    pub(super) value: String,
}

impl Element {
    pub(super) fn is(&self, namespace: &str, name: &str) -> bool {
        self.namespace == namespace && self.name == name
    }

    pub(super) fn attribute(&self, namespace: &str, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        let found = attributes.find(|attribute| attribute.namespace == namespace && attribute.name == name)?;
        Some(found.value.as_str())
    }

    /// It and all in it, in the order of the document.
    pub(super) fn all(&self) -> impl Iterator<Item = &Self> {
        let mut waiting = vec![self];
        std::iter::from_fn(move || {
            let next = waiting.pop()?;
            waiting.extend(next.children.iter().rev());
            Some(next)
        })
    }

    /// Whether it says that it has no content, `xsi:nil="true"`.
    pub(super) fn is_nil(&self) -> bool {
        self.attribute(XSI, "nil").is_some_and(|nil| matches!(nil.trim(), "true" | "1"))
    }

    /// The name of the type that it says it is of, without prefix: exclusive canonicalisation loses what the prefix means.
    pub(super) fn kind(&self) -> Option<&str> {
        let kind = self.attribute(XSI, "type")?.trim();
        Some(kind.rsplit_once(':').map_or(kind, |(_, name)| name))
    }
}
