//! Why samples cannot become a report.

use bench_core::text::TextFault;

/// Why samples cannot become a report.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// A line is not a sample of this run.
    #[error("line {line} of `{file}` {fault}")]
    Line {
        /// The file, as it was given.
        file: String,
        /// Line number, from 1.
        line: u64,
        /// The reason why it is not.
        fault: String,
    },
    /// The file is not text.
    #[error("`{file}` {fault}")]
    NotText {
        /// The file, as it was given.
        file: String,
        /// Why not, with the line.
        fault: TextFault,
    },
    /// The file could not be read on.
    #[error("cannot read line {line} of `{file}`: {source}")]
    Unreadable {
        /// The file, as it was given.
        file: String,
        /// Line number, from 1.
        line: u64,
        /// Why.
        source: std::io::Error,
    },
    /// The files have no samples.
    #[error("there are no samples; give a `samples.jsonl` with at least one")]
    Empty,
}

/// Why a line is not a sample.
#[derive(Debug)]
pub(super) enum LineFault {
    /// It is not text.
    NotText(TextFault),
    /// It is text, and not a sample of this run for that reason.
    NotASample(String),
}

impl From<String> for LineFault {
    fn from(fault: String) -> Self {
        Self::NotASample(fault)
    }
}

impl LineFault {
    /// The error of that line of that file.
    pub(super) fn at(self, file: &str, line: u64) -> RebuildError {
        let file = file.to_owned();
        match self {
            Self::NotText(fault) => RebuildError::NotText { file, fault },
            Self::NotASample(fault) => RebuildError::Line { file, line, fault },
        }
    }
}

/// The fault of a line, with its column; the line number of the JSON parser is dropped.
pub(super) fn fault(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let bare = text.strip_suffix(&place).unwrap_or(&text);
    match error.column() {
        0 => format!("is not a sample: {bare}"),
        column => format!("is not a sample: {bare}, at column {column}"),
    }
}
