//! A failed call in one line.

use bench_core::sample::Sample;

/// The outcome, the error code and the message, as far as they are known.
pub(super) fn message(sample: &Sample) -> String {
    let m = &sample.measurement;
    [
        Some(m.outcome.as_str()),
        m.error_code.as_deref(),
        m.error_message.as_deref(),
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>()
    .join(": ")
}
