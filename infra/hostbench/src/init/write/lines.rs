//! Lines of a TOML file.

use crate::init::toml_text::quoted;

/// The column of comments behind a setting.
const COMMENT_COLUMN: usize = 32;

/// The lines of a file.
#[derive(Debug, Default)]
pub(super) struct Lines(pub(super) String);

impl Lines {
    pub(super) fn blank(&mut self) {
        self.0.push('\n');
    }

    /// Whole lines as they are.
    pub(super) fn raw(&mut self, text: &str) {
        self.0.push_str(text);
    }

    pub(super) fn plain(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    /// A setting with a comment behind it.
    pub(super) fn explained(&mut self, line: &str, comment: &str) {
        self.plain(&format!("{line:COMMENT_COLUMN$} # {comment}"));
    }

    /// A setting of a text.
    pub(super) fn text(&mut self, field: &str, value: &str) {
        self.plain(&format!("{field} = {}", quoted(value)));
    }
}
