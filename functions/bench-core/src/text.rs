//! Text of files that people write: UTF-8, with or without a byte order mark.

/// The byte order mark of UTF-8, which editors of Windows put first.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// Why the bytes of a file are not text, with the remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextFault {
    /// Nothing but white space.
    #[error("is empty; save its content again, or name another file")]
    Empty,
    /// The encoding of PowerShell and of older editors of Windows.
    #[error("is in UTF-16, as its line 1 shows; save it as UTF-8")]
    Utf16,
    /// Bytes of another encoding, such as Latin-1, or of no text at all.
    #[error(
        "is not in UTF-8: line {line} has the byte 0x{byte:02X} at column {column}; save it as \
         UTF-8"
    )]
    NotUtf8 {
        /// Line number, from 1.
        line: u64,
        /// Column in characters, from 1.
        column: usize,
        /// The first byte that is not UTF-8.
        byte: u8,
    },
}

/// The text of a whole file, without its byte order mark.
///
/// ```
/// use bench_core::text::{self, TextFault};
/// assert_eq!(text::decode(b"\xEF\xBB\xBFname = 'a'"), Ok("name = 'a'"));
/// let fault = TextFault::NotUtf8 { line: 2, column: 6, byte: 0xE9 };
/// assert_eq!(text::decode(b"a = 1\n# caf\xE9"), Err(fault));
/// ```
///
/// # Errors
///
/// [`TextFault`].
pub fn decode(bytes: &[u8]) -> Result<&str, TextFault> {
    let text = decode_line(bytes, 1)?;
    if text.trim().is_empty() {
        return Err(TextFault::Empty);
    }
    Ok(text)
}

/// The text of one line of a file, or of all that follows that line. Only the first
/// line can have a byte order mark. A blank line is text.
///
/// # Errors
///
/// [`TextFault::Utf16`] and [`TextFault::NotUtf8`].
pub fn decode_line(bytes: &[u8], number: u64) -> Result<&str, TextFault> {
    let first = number == 1;
    if first && is_utf16(bytes) {
        return Err(TextFault::Utf16);
    }
    let bytes = match bytes.strip_prefix(MARK) {
        Some(rest) if first => rest,
        _ => bytes,
    };
    str::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        let lines_before = before.matches('\n').count() as u64;
        TextFault::NotUtf8 {
            line: number + lines_before,
            column: before[line_start..].chars().count() + 1,
            byte: bytes[error.valid_up_to()],
        }
    })
}

/// By its byte order mark, or by the zero byte that every ASCII character has there.
fn is_utf16(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, 1..=0xFF, ..] | [1..=0xFF, 0, ..]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, bytes_of: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes_of).collect()
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_text() {
        assert_eq!(decode(b"\xEF\xBB\xBF{}\n"), Ok("{}\n"));
        assert_eq!(decode("café".as_bytes()), Ok("café"));
        assert_eq!(decode_line(b"\xEF\xBB\xBF{}", 1), Ok("{}"));
        assert_eq!(decode_line(b"\xEF\xBB\xBF{}", 2), Ok("\u{feff}{}"));
    }

    #[test]
    fn a_file_without_text_is_empty() {
        for bytes in [&b""[..], b"\n \n", b"\xEF\xBB\xBF", b"\xEF\xBB\xBF\r\n"] {
            assert_eq!(decode(bytes), Err(TextFault::Empty), "{bytes:?}");
        }
        assert_eq!(decode_line(b"", 1), Ok(""));
    }

    #[test]
    fn utf_16_is_known_with_and_without_its_mark() {
        for bytes_of in [u16::to_le_bytes, u16::to_be_bytes] {
            assert_eq!(
                decode(&utf16("\u{feff}{}", bytes_of)),
                Err(TextFault::Utf16)
            );
            assert_eq!(decode(&utf16("name", bytes_of)), Err(TextFault::Utf16));
        }
    }

    #[test]
    fn the_first_byte_of_another_encoding_is_named_with_its_place() {
        let fault = |line, column, byte| Err(TextFault::NotUtf8 { line, column, byte });
        assert_eq!(decode(b"a\n\xC3\xA9 caf\xE9\n\xFF"), fault(2, 6, 0xE9));
        assert_eq!(decode_line(b"caf\xE9", 7), fault(7, 4, 0xE9));
        assert_eq!(decode_line(b"\n\xE9", 7), fault(8, 1, 0xE9));
        assert_eq!(decode(b"\xEF\xBB\xBF\xE9"), fault(1, 1, 0xE9));
        assert_eq!(
            decode(b"\xE9t\xE9").unwrap_err().to_string(),
            "is not in UTF-8: line 1 has the byte 0xE9 at column 1; save it as UTF-8"
        );
    }
}
