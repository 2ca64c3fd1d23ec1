//! A failed call in one line.

use bench_core::sample::Sample;

/// The outcome, the error code and the message, as far as they are known.
pub(super) fn message(sample: &Sample) -> String {
    [
        Some(sample.outcome.as_str()),
        sample.error_code.as_deref(),
        sample.error_message.as_deref(),
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>()
    .join(": ")
}
