//! Claims about the gateway's asynchronous channel: what is written is of its schema, what others write is read, what is hostile
//! is refused.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

mod documents;
mod foreign;
mod hostile;
mod keys;
mod schema;
mod signatures;
mod validation;
