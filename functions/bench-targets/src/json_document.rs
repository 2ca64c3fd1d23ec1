//! The end of a JSON document, by its brackets alone: what is within is for readers
//! to understand.

use memchr::memchr2;

/// Follows a document that comes in any slices.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct DocumentEnd {
    depth: usize,
    in_string: bool,
    is_escaped: bool,
}

impl DocumentEnd {
    /// How many of the next bytes belong to the document, where it ends in them.
    pub(crate) fn find(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = usize::from(std::mem::take(&mut self.is_escaped));
        while at < bytes.len() {
            if self.in_string {
                at += memchr2(b'"', b'\\', &bytes[at..])?;
                self.in_string = bytes[at] != b'"';
                at += if self.in_string { 2 } else { 1 };
                continue;
            }
            match bytes[at] {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(at + 1);
                    }
                }
                _ => {}
            }
            at += 1;
        }
        self.is_escaped = at > bytes.len();
        None
    }
}

/// Whether bytes begin as an object or a list does.
pub(crate) fn begins_document(bytes: &[u8]) -> bool {
    matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// Whether a text begins and ends as a document does.
pub(crate) fn may_be_document(text: &[u8]) -> bool {
    begins_document(text) && matches!(text.trim_ascii_end().last(), Some(b'}' | b']'))
}

/// Whether a text is one document and nothing else.
pub(crate) fn is_document(text: &[u8]) -> bool {
    let text = text.trim_ascii_end();
    begins_document(text) && DocumentEnd::default().find(text) == Some(text.len())
}

/// Whether a text is the start of a document that goes on.
pub(crate) fn is_cut_off(text: &[u8]) -> bool {
    begins_document(text) && DocumentEnd::default().find(text).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_told_from_its_start_and_from_what_follows_it() {
        assert!(is_document(b" {\"a\": [\"}\\\"]\", NaN]}\n"));
        assert!(!is_document(b"{\"a\": [1]}\n{}"));
        assert!(!is_document(b"4"), "a number may go on");
        assert!(is_cut_off(b"{\"a\": [1"));
        assert!(is_cut_off(b"{\"a\": \"}"));
        assert!(!is_cut_off(b"<html {"));
    }

    #[test]
    fn a_document_ends_where_it_does_wherever_the_bytes_are_split() {
        let bytes = b"{\"a\": [\"}\\\\\\\"]\", {}]}\0bye";
        let end = bytes.len() - 4;
        for at in 0..=bytes.len() {
            let mut document = DocumentEnd::default();
            let found = document.find(&bytes[..at]).or_else(|| {
                let found = document.find(&bytes[at..])?;
                Some(at + found)
            });
            assert_eq!(found, Some(end), "{at}");
        }
    }
}
