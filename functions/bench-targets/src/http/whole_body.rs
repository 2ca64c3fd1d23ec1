//! A body in one piece, whose end is that of its JSON document.

use crate::{
    bounds::too_long,
    dialect::Progress,
    failure::Failure,
    json_document::{DocumentEnd, begins_document},
};

/// The bytes of a body so far; what comes behind a document is left out.
#[derive(Debug)]
pub(super) struct WholeBody {
    bytes: Vec<u8>,
    end: DocumentEnd,
    is_whole: bool,
    max_bytes: usize,
}

impl WholeBody {
    /// A body of at most so many bytes.
    pub(super) fn new(max_bytes: usize) -> Self {
        Self {
            bytes: Vec::new(),
            end: DocumentEnd::default(),
            is_whole: false,
            max_bytes,
        }
    }

    /// Takes the next bytes in.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Progress, Failure> {
        if self.is_whole {
            return Ok(Progress::Done);
        }
        let from = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() > self.max_bytes {
            return Err(too_long("the answer", self.max_bytes));
        }
        let body = self.bytes.strip_prefix(b"\xef\xbb\xbf");
        if begins_document(body.unwrap_or(&self.bytes))
            && let Some(length) = self.end.find(&self.bytes[from..])
        {
            self.bytes.truncate(from + length);
            self.is_whole = true;
            return Ok(Progress::Done);
        }
        Ok(Progress::Open)
    }

    /// The document, or all that came where it is none.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}
