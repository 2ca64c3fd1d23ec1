//! The load of a run, for reading.

pub(crate) mod column;
pub(crate) mod csv;
mod ends;
pub(crate) mod numbers;
pub(crate) mod sentences;
pub(crate) mod tables;
