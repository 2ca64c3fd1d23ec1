//! Why samples cannot become a report.

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
