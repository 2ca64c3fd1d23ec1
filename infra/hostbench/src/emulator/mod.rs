//! The embedded AWS: an emulator from the Python package index, as a process of ours.

mod install;
mod python;
mod server;

pub use install::{Installation, install, install_packages};
pub use python::Python;
pub use server::{Emulator, Launch, ModelCredentials};
