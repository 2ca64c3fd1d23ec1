//! The samples of a run on disk as they come, for a run on one machine, whose table is in
//! the memory of an emulator.
//!
//! A journal is a folder: the plan of the run, and a file for each process that makes
//! calls. A line of such a file is a sample. Every call has two: before its request is
//! sent, one with the outcome [`Outcome::Interrupted`], which holds unless the other one
//! follows, with what was measured. A line is on the disk before the call goes on, so what
//! was stored outlives the death of every process and of the machine.
//!
//! Under load no call waits for the disk: its lines outlive every process, and the machine
//! from the end of its worker on, whose record has a file of its own.
//!
//! [`Outcome::Interrupted`]: bench_core::sample::Outcome::Interrupted

mod files;
mod lines;
mod reader;
mod samples;
#[cfg(test)]
mod tests;
mod writer;

pub use reader::Journal;
pub use samples::JournalSamples;
pub use writer::JournalWriter;

/// The environment variable that names the folder to the invoker; unset on AWS.
pub const VARIABLE: &str = "SAMPLE_JOURNAL";
