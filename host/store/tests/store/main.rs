//! Claims about the store, through its public interface.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

mod common;
mod records;
mod sealing;
