//! A server that this project has not written: the OpenAI-compatible one of
//! llama-cpp-python, with a small model of random weights that says one letter a
//! token, so that every count can be checked.
//!
//! It takes minutes to build, so it is asked for:
//! `HOSTBENCH_LLAMA_CPP=1 cargo test --workspace --test llama_cpp`.

mod load;
mod read;
mod server;
mod written;
