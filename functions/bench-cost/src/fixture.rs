//! Samples for the tests of this module.

use bench_core::sample::{Measurement, Outcome, Phase, Sample};

/// An answered, right call with 150 tokens in and 700 out that began at the
/// epoch.
pub(super) fn sample(prompt_index: u32, phase: Phase, latency_us: u64) -> Sample {
    Sample {
        run_id: "run".to_owned(),
        target_id: "target".to_owned(),
        prompt_id: format!("builtin/{prompt_index}"),
        prompt_index,
        phase,
        repetition: 1,
        attempt: 1,
        measurement: Measurement {
            latency_us,
            input_tokens: Some(150),
            output_tokens: Some(700),
            prompt_chars: 300,
            ..Measurement::new(Outcome::Ok, jiff::Timestamp::UNIX_EPOCH)
        },
        answer: None,
        answer_rule: None,
        expected_answer: None,
        correct: Some(true),
        function_cold_start: false,
        function_request_id: String::new(),
    }
}
