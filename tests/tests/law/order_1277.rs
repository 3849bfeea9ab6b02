//! Order 1277 of 30.12.2015: information interaction.

mod clause_10;
mod clause_11;
mod clause_5_1;
mod clause_6;
mod clause_8;
mod clause_9;
