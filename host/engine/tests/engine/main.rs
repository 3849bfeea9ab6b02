//! The engine against hostile and friendly guests, built here from WebAssembly text. One claim a test.

#[cfg(test)]
mod cached;
#[cfg(test)]
mod guests;
#[cfg(test)]
mod isolation;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod loading;
#[cfg(test)]
mod logging;
#[cfg(test)]
mod swapping;
