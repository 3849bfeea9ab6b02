//! The adapter as the host meets it: bytes in, events or an error out.

#[cfg(test)]
mod envelopes;
#[cfg(test)]
mod fields;
#[cfg(test)]
mod kinds;
#[cfg(test)]
mod messages;
#[cfg(test)]
mod payloads;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod settings;
