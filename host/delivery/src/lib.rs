//! Delivery: brings every sealed message to its destination, whatever fails, once in effect and in the order of the journal.
//!
//! * A **lane** is a provider and a destination: first in, first out, one message in flight; lanes are independent.
//! * A message is a signed manifest with the events that it discloses. The manifest's exact bytes are journaled before anyone sees
//!   them and are what every attempt sends; which of its events an attempt discloses is the attempt's own ([`Sending`]). So one
//!   event that its receiver refuses costs that event, and no digest, number or signature changes.
//! * Every attempt is journaled before it is made and when it ended, with an error code of [`Code`].

mod attempt;
mod code;
mod decide;
mod delivery;
mod destination;
mod down;
pub mod envelope;
mod line;
mod policy;
mod prepare;
mod pull;
mod rate;
pub mod receipt;
mod sending;
pub mod shep;
mod turn;

pub use attempt::{Attempted, Failure, Statuses};
pub use code::{Code, Fault};
pub use decide::{Ended, decide};
pub use delivery::{Clock, Delivery, Health, Service};
pub use destination::{Destination, Sent};
pub use down::Down;
pub use envelope::{Envelope, EnvelopeError};
pub use policy::RetryPolicy;
pub use prepare::Takes;
pub use pull::{Handed, Pull, PullError};
pub use receipt::{Answer, Receipt};
pub use sending::{Disclosed, Parts, Sending};
