//! Lines of a text by their place in it.

use std::ops::Range;

use memchr::memchr;

/// The first of `most` lines from byte `from` on that fits; a line that `from` cuts
/// counts from there.
pub(super) fn find_line(
    text: &str,
    from: usize,
    most: usize,
    fits: impl Fn(&str) -> bool,
) -> Option<Range<usize>> {
    let mut start = from;
    for _ in 0..most {
        let rest = text.get(start..)?;
        let length = memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        if fits(&rest[..length]) {
            return Some(start..start + length);
        }
        start += length + 1;
    }
    None
}

/// First words of closing lines, which belong to no answer.
const CLOSINGS: [&str; 12] = [
    "feel free",
    "hope ",
    "i hope",
    "if you have",
    "if you need",
    "if you want",
    "if you would",
    "if you'd",
    "is there",
    "let me know",
    "please ",
    "would you",
];

/// A text without the lines at its end that only take leave.
pub(super) fn without_closing(text: &str) -> &str {
    let mut body = text.trim_end();
    while let Some(at) = body.rfind('\n') {
        let line = body[at + 1..].trim_start();
        let closes = CLOSINGS.iter().any(|closing| {
            line.get(..closing.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(closing))
        });
        // Work has equations.
        if !closes || line.contains('=') {
            break;
        }
        body = body[..at].trim_end();
    }
    body
}
