//! Loads of simulated services in virtual time, whose limits are known.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "times are whole microseconds below 2^53"
)]

mod any_step;
mod capacity;
mod client;
mod clocks;
mod made;
mod search;
mod service;
mod steadiness;
