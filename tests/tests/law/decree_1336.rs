//! Decree 1336 of 14.11.2011 (repealed in 2015): exchange between the service-centre system and state systems.

mod clause_11_3;
mod clause_12;
mod clause_13;
mod clause_15;
mod clause_17;
mod clause_9;
