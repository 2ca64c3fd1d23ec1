//! README and guide: links lead where they say, every command line is one that the command
//! takes, references agree with `--help` and the schema, and commands run.
//!
//! The first word behind the fence of a block is its language, as everywhere. Then comes,
//! for a block of commands (`sh`),
//!
//! - nothing: [`session`] runs it in a folder of its own, page by page;
//! - `run-by="FILE"`: that file of the project runs it;
//! - `no-run="REASON"`: nothing runs it.
//!
//! and for a file that commands need, `file="NAME"`: it is written to that folder.

mod command_lines;
mod command_reference;
mod configuration;
mod facts;
mod fragments;
mod links;
mod markdown;
mod session;
