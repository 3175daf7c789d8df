//! Import: the real data sets with their known answers, and inputs that are not what they should be.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod any_mapping;
mod bad_input;
mod company;
mod ensures;
mod identity;
mod inputs;
mod pairs;
mod real_data;
mod rivals;
mod rules;
