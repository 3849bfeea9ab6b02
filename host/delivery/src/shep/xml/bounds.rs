//! How much XML a document may be: what the work of reading it grows with.

/// Most elements that stand in each other.
pub(super) const DEPTH: usize = 64;
/// Most elements. The largest answer, a hundred messages with a hundred properties each, has fewer.
pub(super) const ELEMENTS: usize = 50_000;
/// Most attributes of one element, declarations of namespaces among them.
pub(super) const ATTRIBUTES: usize = 64;
/// Most declarations of namespaces in force at once.
pub(super) const NAMESPACES: usize = 128;
