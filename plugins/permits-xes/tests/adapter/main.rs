//! The adapter as the host meets it: bytes in, events or an error out.

#[cfg(test)]
mod fragments;
#[cfg(test)]
mod log;
#[cfg(test)]
mod mapping;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod sample;
