//! Strings, whole numbers and booleans of a line, from its start to its end.

use std::borrow::Cow;

use memchr::memchr;

/// The most digits of which every number fits 64 bits.
const MAX_DIGITS: usize = 19;

/// A line and the place up to which it is read.
pub(super) struct Scanner<'a> {
    line: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    /// The start of a line; `None` of one with a control character, which no string of
    /// JSON may have.
    pub(super) fn new(line: &'a str) -> Option<Self> {
        // Without an early end, the compiler compares many bytes at once.
        let least = line.bytes().fold(u8::MAX, u8::min);
        (least >= b' ').then_some(Self { line, at: 0 })
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at == self.line.len()
    }

    /// The next byte.
    pub(super) fn peek(&self) -> Option<u8> {
        self.line.as_bytes().get(self.at).copied()
    }

    /// Passes over the next byte; `None`, and it stays, where it is another.
    pub(super) fn skip(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    pub(super) fn boolean(&mut self) -> Option<bool> {
        let rest = &self.line.as_bytes()[self.at..];
        let (value, length) = if rest.starts_with(b"true") {
            (true, 4)
        } else if rest.starts_with(b"false") {
            (false, 5)
        } else {
            return None;
        };
        self.at += length;
        Some(value)
    }

    pub(super) fn whole_number(&mut self) -> Option<u64> {
        let rest = &self.line.as_bytes()[self.at..];
        let mut value = 0_u64;
        let mut length = 0;
        for byte in rest.iter().take_while(|byte| byte.is_ascii_digit()) {
            value = value.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
            length += 1;
        }
        self.at += length;
        let has_leading_zero = length > 1 && rest[0] == b'0';
        ((1..=MAX_DIGITS).contains(&length) && !has_leading_zero).then_some(value)
    }

    /// A string without escapes, such as the name of a field.
    pub(super) fn plain_string(&mut self) -> Option<&'a str> {
        self.skip(b'"')?;
        let rest = &self.line[self.at..];
        let end = find_mark(rest.as_bytes())?;
        self.at += end;
        self.skip(b'"')?;
        Some(&rest[..end])
    }

    /// The text of a string; `None` also where it has an escape by number.
    pub(super) fn string(&mut self) -> Option<Cow<'a, str>> {
        self.skip(b'"')?;
        let rest = &self.line[self.at..];
        let mut end = find_mark(rest.as_bytes())?;
        let has_escapes = rest.as_bytes()[end] == b'\\';
        while rest.as_bytes()[end] == b'\\' {
            end += 2;
            end += find_mark(rest.as_bytes().get(end..)?)?;
        }
        self.at += end + 1;
        let text = &rest[..end];
        Some(if has_escapes {
            Cow::Owned(unescape(text)?)
        } else {
            Cow::Borrowed(text)
        })
    }
}

/// Where the next quotation mark or backslash stands.
fn find_mark(bytes: &[u8]) -> Option<usize> {
    let (words, rest) = bytes.as_chunks();
    for (number, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let marks = zeros(word ^ every(b'"')) | zeros(word ^ every(b'\\'));
        if marks != 0 {
            return Some(number * 8 + marks.trailing_zeros() as usize / 8);
        }
    }
    let is_mark = |byte: &u8| matches!(byte, b'"' | b'\\');
    Some(words.len() * 8 + rest.iter().position(is_mark)?)
}

/// Eight times the same byte.
const fn every(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The high bits of bytes that are zero. Those above the lowest may be wrong.
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(every(0x01)) & !word & every(0x80)
}

/// The text that a string with escapes stands for.
fn unescape(written: &str) -> Option<String> {
    let mut text = String::with_capacity(written.len());
    let mut rest = written;
    while let Some(at) = memchr(b'\\', rest.as_bytes()) {
        text.push_str(&rest[..at]);
        text.push(match rest.as_bytes().get(at + 1)? {
            b'n' => '\n',
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            _ => return None,
        });
        rest = &rest[at + 2..];
    }
    text.push_str(rest);
    Some(text)
}
