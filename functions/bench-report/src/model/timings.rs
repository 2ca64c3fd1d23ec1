//! The durations of an answered call: their one list.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use bench_core::sample::Sample;
use bench_stats::{Group, Invariant, Summary, Unavailable, fixed_log};

/// Durations per token are in whole picoseconds: as exact as microseconds are for a
/// thousand tokens, and more.
const PICOS: u64 = 1_000_000;

/// Picoseconds of a millisecond.
pub(crate) const PICOS_PER_MS: f64 = 1e9;

/// Microseconds of a millisecond.
const MICROS_PER_MS: f64 = 1e3;

static PICOS_LOG: LazyLock<i64> = LazyLock::new(|| fixed_log(PICOS));

/// One thing for each duration that an answered call may have.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Timings<T> {
    /// End-to-end latency of measured, answered calls.
    #[serde(rename = "latency_ms")]
    pub latency: T,
    /// Time to the first token of any kind; streaming only.
    #[serde(rename = "ttft_ms")]
    pub ttft: T,
    /// Time to the first token that is not reasoning; streaming only.
    #[serde(rename = "ttfo_ms")]
    pub ttfo: T,
    /// Time per output token after the first piece; streaming only.
    #[serde(rename = "tpot_ms")]
    pub tpot: T,
    /// Latency ÷ output tokens, of calls with a token count.
    #[serde(rename = "latency_per_token_ms")]
    pub latency_per_token: T,
    /// The longest pause of a stream: between two pieces that carried text.
    #[serde(rename = "max_gap_ms")]
    pub max_gap: T,
}

/// How a duration is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    /// Its name in `report.json`.
    pub(crate) name: &'static str,
    /// Whole steps of it that make a millisecond.
    pub(crate) steps: f64,
    /// Whether only streamed calls have it.
    pub(crate) streamed: bool,
    /// Why answered calls lack it.
    pub(crate) lacking: Unavailable,
}

/// A duration in whole steps, with its fixed-point logarithm.
pub(crate) type Timed = Option<(u64, i64)>;

const fn timing(name: &'static str, streamed: bool, lacking: Unavailable) -> Timing {
    Timing {
        name,
        steps: MICROS_PER_MS,
        streamed,
        lacking,
    }
}

/// How each duration is kept.
pub(crate) const TIMINGS: Timings<Timing> = Timings {
    latency: timing("latency_ms", false, Unavailable::NoAnswers),
    ttft: timing("ttft_ms", true, Unavailable::NotStreamed),
    ttfo: timing("ttfo_ms", true, Unavailable::NoValues),
    tpot: Timing {
        steps: PICOS_PER_MS,
        ..timing("tpot_ms", true, Unavailable::TokensNotCounted)
    },
    latency_per_token: Timing {
        steps: PICOS_PER_MS,
        ..timing("latency_per_token_ms", false, Unavailable::TokensNotCounted)
    },
    max_gap: timing("max_gap_ms", true, Unavailable::NoValues),
};

impl Timings<Timed> {
    /// Those of an answered call, whose latency and output tokens have these
    /// logarithms.
    pub(crate) fn of(sample: &Sample, latency_log: i64, token_log: Option<i64>) -> Self {
        let micros = |time: Option<u64>| time.map(|time| (time, fixed_log(time)));
        let tokens = sample.output_tokens.filter(|tokens| *tokens > 0);
        Self {
            latency: Some((sample.latency_us, latency_log)),
            ttft: micros(sample.ttft_us),
            ttfo: micros(sample.ttfo_us),
            tpot: sample.decoding().map(|(micros, tokens)| {
                let picos = per_token(micros, tokens);
                (picos, fixed_log(picos))
            }),
            latency_per_token: tokens.zip(token_log).map(|(tokens, token_log)| {
                let log = latency_log - token_log + *PICOS_LOG;
                (per_token(sample.latency_us, tokens), log)
            }),
            max_gap: micros(sample.max_gap_us),
        }
    }
}

impl<T> Timings<T> {
    /// Each together with its other one.
    pub(crate) fn zip<U, V>(
        self,
        other: Timings<U>,
        mut work: impl FnMut(T, U) -> V,
    ) -> Timings<V> {
        Timings {
            latency: work(self.latency, other.latency),
            ttft: work(self.ttft, other.ttft),
            ttfo: work(self.ttfo, other.ttfo),
            tpot: work(self.tpot, other.tpot),
            latency_per_token: work(self.latency_per_token, other.latency_per_token),
            max_gap: work(self.max_gap, other.max_gap),
        }
    }

    fn as_ref(&self) -> Timings<&T> {
        Timings {
            latency: &self.latency,
            ttft: &self.ttft,
            ttfo: &self.ttfo,
            tpot: &self.tpot,
            latency_per_token: &self.latency_per_token,
            max_gap: &self.max_gap,
        }
    }

    fn as_mut(&mut self) -> Timings<&mut T> {
        Timings {
            latency: &mut self.latency,
            ttft: &mut self.ttft,
            ttfo: &mut self.ttfo,
            tpot: &mut self.tpot,
            latency_per_token: &mut self.latency_per_token,
            max_gap: &mut self.max_gap,
        }
    }
}

impl Timings<Group> {
    /// Adds those of a call to that prompt.
    pub(crate) fn push(&mut self, prompt: u32, call: Timings<Timed>) {
        self.as_mut().zip(call, |group, timed| {
            if let Some((value, log)) = timed {
                group.push(prompt, value, log);
            }
        });
    }

    /// Their figures; `no_gaps` is whether streamed answers with a token count had no
    /// token after their first piece, `broken` receives the invariants that they break.
    pub(crate) fn summaries(
        &self,
        no_gaps: bool,
        mut broken: impl FnMut(&'static str, Vec<Invariant>),
    ) -> Timings<Summary> {
        let nothing = self.latency.is_empty();
        let no_stream = self.ttft.is_empty();
        let mut timings = TIMINGS;
        if no_gaps {
            timings.tpot.lacking = Unavailable::NoTokenGaps;
        }
        self.as_ref().zip(timings, |group, timing| {
            let lacking = if nothing {
                Unavailable::NoAnswers
            } else if timing.streamed && no_stream {
                Unavailable::NotStreamed
            } else {
                timing.lacking
            };
            let summed = group.summed(timing.steps, lacking);
            broken(timing.name, summed.inconsistencies);
            summed.summary
        })
    }
}

/// Microseconds over a count, in picoseconds, rounded.
pub(crate) fn per_token(micros: u64, count: u64) -> u64 {
    let picos = u128::from(micros) * u128::from(PICOS);
    let count = u128::from(count.max(1));
    u64::try_from((picos + count / 2) / count).unwrap_or(u64::MAX)
}
