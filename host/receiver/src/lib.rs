//! The reference receiver of messages (`qadam receive`).
