//! From figures and conclusions to files: HTML, Markdown, CSV, charts and sentences.

pub mod cell;
pub(crate) mod charts;
pub(crate) mod cost;
pub(crate) mod csv_files;
pub(crate) mod definitions;
pub mod display;
pub(crate) mod figures;
pub mod format;
pub mod index;
pub(crate) mod lengths;
pub(crate) mod load;
pub(crate) mod markdown;
pub mod notes;
pub(crate) mod page;
pub(crate) mod prompt_list;
pub mod reasons;
mod record;
pub(crate) mod sample_files;
pub(crate) mod sentences;
pub(crate) mod table;
pub(crate) mod tables;
