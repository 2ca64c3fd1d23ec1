//! Lines out of bytes that arrive in any slices.

use memchr::memchr2;

use crate::{
    bounds::{MAX_LINE_BYTES, too_long},
    failure::Failure,
};

/// Cuts bytes at the ends of lines: CR, LF or both.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The line that is not at its end yet.
    line: Vec<u8>,
    /// The last slice ended in a CR, whose LF may be the first byte of the next.
    after_cr: bool,
}

impl Lines {
    /// Hands on every line that is at its end, without it.
    pub(super) fn push(
        &mut self,
        mut bytes: &[u8],
        mut take: impl FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if std::mem::take(&mut self.after_cr) {
            bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
        }
        while let Some(end) = memchr2(b'\n', b'\r', bytes) {
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            let is_cr = bytes[end] == b'\r';
            self.after_cr = is_cr && rest.is_empty();
            bytes = match rest.strip_prefix(b"\n") {
                Some(rest) if is_cr => rest,
                _ => rest,
            };
            if self.line.is_empty() {
                take(line)?;
            } else {
                self.line.extend_from_slice(line);
                take(&std::mem::take(&mut self.line))?;
            }
        }
        self.line.extend_from_slice(bytes);
        if self.line.len() > MAX_LINE_BYTES {
            return Err(too_long("a line", MAX_LINE_BYTES));
        }
        Ok(())
    }

    /// The line that is not at its end yet.
    pub(super) fn unended(&self) -> &[u8] {
        &self.line
    }

    /// Ends that line.
    pub(super) fn end(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.line)
    }

    /// The line that had no end.
    pub(super) fn rest(self) -> Vec<u8> {
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut<'a>(slices: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
        let mut found = Vec::new();
        let mut lines = Lines::default();
        for slice in slices {
            lines
                .push(slice, |line| {
                    found.push(String::from_utf8(line.to_vec()).unwrap());
                    Ok(())
                })
                .unwrap();
        }
        found.push(String::from_utf8(lines.rest()).unwrap());
        found
    }

    #[test]
    fn a_line_ends_in_cr_lf_or_both_wherever_the_bytes_are_split() {
        let bytes = b"a\nb\rc\r\nd\r\n\r\ne\n\nf";
        let expected = ["a", "b", "c", "d", "", "e", "", "f"];
        for at in 0..=bytes.len() {
            assert_eq!(cut([&bytes[..at], &bytes[at..]]), expected, "{at}");
        }
        assert_eq!(cut(bytes.chunks(1)), expected);
    }
}
