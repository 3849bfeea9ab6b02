//! Evidence, for the API.
