//! Hostile adapters in the real host, a test named after each: while it does its worst for one provider, another's records are
//! mapped and the API answers; what it did is called by its name; no record is lost; the host lives.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

mod compiling;
mod isolation;
mod limits;
mod loading;
mod running;
mod scene;
