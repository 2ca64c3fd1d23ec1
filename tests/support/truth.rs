//! Comparison of measured samples with the ground truth of the simulator.

use bench_core::sample::Sample;
use serde_json::Value;

/// One call of the simulator's ground truth, as far as tests look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// SHA-256 of the prompt.
    pub prompt_sha256: String,
    /// Reading the request to writing the last byte, in microseconds.
    pub latency_us: u64,
    /// Output tokens that were sent.
    pub output_tokens: u64,
    /// The model, endpoint or path.
    pub model: String,
}

impl Call {
    /// Reads a line of the ground truth; `None` for a call without a prompt.
    ///
    /// # Panics
    ///
    /// When a time is missing.
    #[must_use]
    pub fn of(line: &Value) -> Option<Self> {
        let time = |name: &str| {
            line[name]
                .as_u64()
                .unwrap_or_else(|| panic!("{name} in {line}"))
        };
        Some(Self {
            prompt_sha256: line["prompt_sha256"].as_str()?.to_owned(),
            latency_us: time("last_byte_us") - time("received_us"),
            output_tokens: time("output_tokens"),
            model: line["model"].as_str()?.to_owned(),
        })
    }
}

/// How far a measured latency lies from the true one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deviation {
    /// The call as text.
    pub call: String,
    /// Measured less true latency in microseconds.
    pub difference_us: i64,
    /// For how long the client itself was held up, by its own ticker.
    pub stall_us: i64,
}

impl Deviation {
    /// The difference apart from what held the client up, in microseconds.
    #[must_use]
    pub fn excess_us(&self) -> i64 {
        self.difference_us - self.stall_us
    }
}

/// Measured latency against true latency, for every sample.
///
/// A target of concurrency 1 makes one call after another, so its samples in
/// the order they were started are the simulator's calls of the same model in
/// the order they were received.
///
/// # Panics
///
/// When a target has more or fewer samples than the simulator has calls of its
/// model, or when a token count differs.
#[must_use]
pub fn compare_with_truth(
    samples: &[Sample],
    truth: &[Call],
    model_of: &[(&str, &str)],
) -> Vec<Deviation> {
    let mut differences = Vec::new();
    for (target, model) in model_of {
        let mut mine: Vec<_> = samples
            .iter()
            .filter(|sample| sample.target_id == *target)
            .collect();
        mine.sort_by_key(|sample| sample.started_at);
        let calls: Vec<_> = truth.iter().filter(|call| call.model == *model).collect();
        assert_eq!(mine.len(), calls.len(), "calls of `{target}`");
        for (sample, call) in mine.into_iter().zip(calls) {
            assert_eq!(sample.output_tokens, Some(call.output_tokens), "{sample:?}");
            differences.push(Deviation {
                call: format!(
                    "{target} {} {:?} {}",
                    sample.prompt_id, sample.phase, sample.repetition
                ),
                difference_us: sample.latency_us.cast_signed() - call.latency_us.cast_signed(),
                stall_us: sample.stall_us.unwrap_or_default().cast_signed(),
            });
        }
    }
    differences
}
