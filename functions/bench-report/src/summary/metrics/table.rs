//! All metrics.

use super::metric::{Better, Metric, ShownIn, Source, Unit};
use bench_stats::Statistic::{
    self, BetweenStddev, EffectiveN, Icc, Max, Mean, Min, P50, P90, P95, P99, Stddev, WithinCv,
    WithinStddev,
};

/// The six statistics that the published benchmark gives of latency.
pub const PUBLISHED: [Statistic; 6] = [Mean, P50, P95, Min, Max, Stddev];

const CSV_ONLY: ShownIn = ShownIn {
    tokens: &[],
    dashboard: &[],
};

/// For what has no statistics: shown among tokens and throughput.
const TOKENS: ShownIn = ShownIn {
    tokens: &[Mean],
    dashboard: &[],
};

/// All metrics, in the order in which they are shown.
pub const METRICS: &[Metric] = &[
    Metric {
        key: "success_rate",
        label: "success rate",
        unit: Unit::Share,
        better: Better::Higher,
        definition: "Answered calls divided by measured calls that were made.",
        source: Source::Share(|target| Some(&target.success)),
        shown_in: ShownIn {
            tokens: &[],
            dashboard: &[Mean],
        },
    },
    Metric {
        key: "latency",
        label: "latency",
        unit: Unit::Ms,
        better: Better::Lower,
        definition: "From just before a request is sent to the last byte of its answer, on one \
                     monotonic clock; one attempt alone, no wait or retry inside.",
        source: Source::Summary(
            |target| &target.timings.latency,
            &[
                Mean,
                P50,
                P90,
                P95,
                P99,
                Min,
                Max,
                Stddev,
                WithinStddev,
                BetweenStddev,
                WithinCv,
                Icc,
                EffectiveN,
            ],
        ),
        shown_in: ShownIn {
            tokens: &[],
            dashboard: &[Mean, P50, P95],
        },
    },
    Metric {
        key: "ttft",
        label: "TTFT",
        unit: Unit::Ms,
        better: Better::Lower,
        definition: "Time to the first non-empty token of any kind, reasoning included; streaming \
                     only.",
        source: Source::Summary(|target| &target.timings.ttft, &[Mean, P50, P95]),
        shown_in: ShownIn {
            tokens: &[P50, P95],
            dashboard: &[P50],
        },
    },
    Metric {
        key: "ttfo",
        label: "TTFO",
        unit: Unit::Ms,
        better: Better::Lower,
        definition: "Time to the first token that is not reasoning; streaming only.",
        source: Source::Summary(|target| &target.timings.ttfo, &[Mean, P50, P95]),
        shown_in: ShownIn {
            tokens: &[P50],
            dashboard: &[],
        },
    },
    Metric {
        key: "tpot",
        label: "TPOT",
        unit: Unit::Ms,
        better: Better::Lower,
        definition: "Time per output token after the first piece: (last token - first token) / \
                     (output tokens - tokens of the first piece); streaming only. Where a stream \
                     does not tell how many tokens its first piece carried, that counts as one, \
                     and TPOT is too low if there were more.",
        source: Source::Summary(|target| &target.timings.tpot, &[P50, P95]),
        shown_in: ShownIn {
            tokens: &[P50],
            dashboard: &[],
        },
    },
    Metric {
        key: "max_gap",
        label: "longest pause",
        unit: Unit::Ms,
        better: Better::Lower,
        definition: "The longest time between two pieces of a streamed answer that carried text; \
                     of answers with at least two.",
        source: Source::Summary(|target| &target.timings.max_gap, &[P50, P95]),
        shown_in: ShownIn {
            tokens: &[P50, P95],
            dashboard: &[P95],
        },
    },
    Metric {
        key: "output_tokens",
        label: "output tokens",
        unit: Unit::Count,
        better: Better::Neither,
        definition: "As the service counted them, reasoning included; absent where it does not \
                     count.",
        source: Source::Figure(|target| &target.mean_output_tokens),
        shown_in: TOKENS,
    },
    Metric {
        key: "latency_per_token",
        label: "latency per token",
        unit: Unit::Ms,
        better: Better::Lower,
        definition: "Latency divided by output tokens, of calls with a token count.",
        source: Source::Summary(|target| &target.timings.latency_per_token, &[Mean]),
        shown_in: TOKENS,
    },
    Metric {
        key: "slope_per_token_ms",
        label: "slope per token",
        unit: Unit::Ms,
        better: Better::Lower,
        definition: "The latency that each output token adds, by least squares over calls.",
        source: Source::Part(|target| Some(target.regression.value()?.ms_per_token)),
        shown_in: TOKENS,
    },
    Metric {
        key: "intercept_ms",
        label: "intercept",
        unit: Unit::Ms,
        better: Better::Lower,
        definition: "The latency without output tokens, by the same fit.",
        source: Source::Part(|target| Some(target.regression.value()?.intercept_ms)),
        shown_in: TOKENS,
    },
    Metric {
        key: "r2",
        label: "R²",
        unit: Unit::Number,
        better: Better::Neither,
        definition: "Share of the variance of latency that output tokens explain, by the same fit.",
        source: Source::Part(|target| target.regression.value()?.r2),
        shown_in: TOKENS,
    },
    Metric {
        key: "decode_tps",
        label: "tokens/s, per request",
        unit: Unit::PerSecond,
        better: Better::Higher,
        definition: "Output tokens after the first piece divided by the time from the first token \
                     to the last; streaming only. A first piece counts as TPOT counts it.",
        source: Source::Figure(|target| &target.rates.decode_tps),
        shown_in: TOKENS,
    },
    Metric {
        key: "system_output_tps",
        label: "tokens/s, system",
        unit: Unit::PerSecond,
        better: Better::Higher,
        definition: "Output tokens of answered measured calls divided by the time from the first \
                     of them being sent to the last one's end.",
        source: Source::Figure(|target| &target.rates.system_output_tps),
        shown_in: TOKENS,
    },
    Metric {
        key: "prompt_chars",
        label: "prompt length",
        unit: Unit::Count,
        better: Better::Neither,
        definition: "Mean characters of a prompt.",
        source: Source::Figure(|target| &target.mean_prompt_chars),
        shown_in: CSV_ONLY,
    },
    Metric {
        key: "response_chars",
        label: "response length",
        unit: Unit::Count,
        better: Better::Neither,
        definition: "Mean characters of a response.",
        source: Source::Figure(|target| &target.mean_response_chars),
        shown_in: CSV_ONLY,
    },
    Metric {
        key: "accuracy",
        label: "accuracy",
        unit: Unit::Share,
        better: Better::Higher,
        definition: "Correct answers divided by answered calls. Correct is a final answer that \
                     equals the dataset's as an exact decimal; one that cannot be found is not.",
        source: Source::Share(|target| Some(&target.accuracy.flexible)),
        shown_in: CSV_ONLY,
    },
    Metric {
        key: "strict_accuracy",
        label: "strict accuracy",
        unit: Unit::Share,
        better: Better::Higher,
        definition: "Answers that are correct in the form that prompts ask for alone, after \
                     `####` or, in the style `boxed`, in `\\boxed{}`, divided by answered calls.",
        source: Source::Share(|target| Some(&target.accuracy.strict)),
        shown_in: CSV_ONLY,
    },
    Metric {
        key: "accuracy_of_attempts",
        label: "accuracy of all attempts",
        unit: Unit::Share,
        better: Better::Higher,
        definition: "Correct answers divided by measured calls that were made.",
        source: Source::Share(|target| Some(&target.accuracy.of_attempts)),
        shown_in: CSV_ONLY,
    },
    Metric {
        key: "goodput",
        label: "goodput",
        unit: Unit::Share,
        better: Better::Higher,
        definition: "Share of all attempts that were answered within every limit of the \
                     configuration.",
        source: Source::Share(|target| Some(&target.goodput.as_ref()?.share)),
        shown_in: CSV_ONLY,
    },
];
