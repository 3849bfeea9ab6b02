//! The checks of signatures that arrive, against what the real `openssl` makes in the profile of the national authority: what is
//! right is taken, and whatever is wrong is refused with the step that fails (Order 1187, 1277-11, 452-8, 56-6.6).

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

mod fetched;
mod gost;
mod lists;
mod messages;
mod owners;
mod responders;
mod scene;
mod signers;
mod stamps;
mod weaknesses;
