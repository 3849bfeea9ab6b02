//! Order 452 of 14.06.2013: stages, fields, times.

mod clause_10;
mod clause_11;
mod clause_12;
mod clause_2;
mod clause_4;
mod clause_6;
mod clause_7;
mod clause_8;
