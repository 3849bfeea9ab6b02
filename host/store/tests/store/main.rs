//! Claims about the store, through its public interface.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod commission;
mod common;
mod erasing;
mod queue;
mod records;
mod sealing;
mod terms;
