//! Reads one name.

use super::{
    Fault,
    parameters::Parameters,
    table::{ALL, Named},
};

const MARKER: &str = "simulate-";

/// The text after each `simulate-`, up to the next one or a character that no name
/// contains.
pub(super) fn segments(text: &str) -> impl Iterator<Item = &str> {
    text.split(MARKER).skip(1).map(|rest| {
        let foreign = |c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        let end = rest.find(foreign).unwrap_or(rest.len());
        rest[..end].trim_end_matches('-')
    })
}

/// The fault with the longest name that the segment begins with, if what stands
/// behind the name can be read.
pub(super) fn read(segment: &str) -> Option<(&'static Named, Fault)> {
    let begins = |named: &&Named| {
        let rest = segment.strip_prefix(named.word());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    let named = ALL
        .iter()
        .filter(begins)
        .max_by_key(|named| named.word().len())?;
    let rest = segment.get(named.word().len() + 1..).unwrap_or_default();
    let fault = (named.read)(&mut Parameters::of(rest))?;
    Some((named, fault))
}
