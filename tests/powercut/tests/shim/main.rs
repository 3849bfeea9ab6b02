//! The shim against a real process: this test binary, started again under LD_PRELOAD and told what to do to its files.

#[cfg(test)]
mod contents;
#[cfg(test)]
mod cuts;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod folders;
#[cfg(test)]
mod index;
#[cfg(test)]
mod script;
#[cfg(test)]
mod victim;
