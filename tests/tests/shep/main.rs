//! 1336-9: the gateway's asynchronous channel over real sockets: the client against the reference gateway with a real receiver
//! behind it, and against a gateway that does what it is told.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod exchange;
mod faults;
mod gateway;
mod lane;
mod reference;
mod script;
mod settings;
mod signed;
