//! JSON as servers write it, valid or not.

use bytes::Bytes;
use serde::Serialize;

/// Stands in a text for bytes that are not UTF-8. No model writes it: it is no
/// character at all.
pub(crate) const INVALID: char = '\u{10FFFF}';

/// Stands in a text for more text than is to be held in memory at once.
pub(crate) const FILLER: char = '\u{10FFFE}';

/// [`INVALID`] in UTF-8.
const INVALID_BYTES: [u8; 4] = [0xF4, 0x8F, 0xBF, 0xBF];

/// Its replacement: as many bytes that are in no character.
const NO_CHARACTER: [u8; 4] = [0xC3, 0x28, 0xFF, 0xFE];

/// A value as JSON text. Every token is written this way while others are due,
/// so it goes without the detour over a tree of values.
pub(crate) fn to_json(value: &impl Serialize) -> Bytes {
    let mut json = serde_json::to_vec(value).unwrap_or_default();
    // Hardly any text has this byte, and looking for one is fast.
    if json.contains(&INVALID_BYTES[0]) {
        while let Some(at) = find(&json, &INVALID_BYTES) {
            json[at..at + 4].copy_from_slice(&NO_CHARACTER);
        }
    }
    json.into()
}

/// The text before and after [`FILLER`].
pub(crate) fn around_filler(json: &Bytes) -> Option<(Bytes, Bytes)> {
    let mut filler = [0; 4];
    let filler = FILLER.encode_utf8(&mut filler);
    let at = find(json, filler.as_bytes())?;
    Some((json.slice(..at), json.slice(at + filler.len()..)))
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_becomes_bytes_that_are_no_utf_8() {
        let json = to_json(&format!("a{INVALID}b"));
        assert!(str::from_utf8(&json).is_err());
        assert_eq!((json[1], json[json.len() - 2]), (b'a', b'b'));
        assert_eq!(to_json(&"é"), "\"é\"");
    }

    #[test]
    fn a_document_is_cut_at_its_filler() {
        let (before, behind) = around_filler(&to_json(&format!("a{FILLER}b"))).unwrap();
        assert_eq!((&before[..], &behind[..]), (&b"\"a"[..], &b"b\""[..]));
        assert_eq!(around_filler(&to_json(&"é")), None);
    }
}
