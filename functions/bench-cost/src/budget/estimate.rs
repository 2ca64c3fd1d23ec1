//! Calls, time and cost of one target, before its first call.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use crate::{Bounds, CostReason, Quote, Rates, prices::WINDOW_MINUTES};
use bench_core::usage::{Tokens, Usage};
use bench_core::{identity::TargetId, money::Money};

/// One target's part of a run, as planned, before it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// Prompts to send.
    pub prompts: u32,
    /// Calls of each prompt that come first.
    pub warmup: u32,
    /// Measured calls of each prompt.
    pub repetitions: u32,
    /// Attempts at one call, at least 1.
    pub max_attempts: u32,
    /// Calls in flight at a time, at least 1.
    pub concurrency: u32,
    /// The longest answer, in tokens.
    pub max_tokens: u32,
    /// The longest call, in seconds.
    pub timeout_s: u32,
    /// The longest wait for the first answer, in seconds.
    pub ready_within_s: u32,
    /// Characters of all prompts together, as they are sent.
    pub prompt_chars: u64,
    /// Usage of the answered, measured calls of the last run; `None` without one.
    pub last: Option<Usage>,
}

/// A range of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Range {
    /// At least.
    pub low: Decimal,
    /// At most.
    pub high: Decimal,
}

/// The expected calls, duration and cost of one target's part of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Estimate {
    /// The target.
    pub target_id: TargetId,
    /// Calls: each once and one probe, or every attempt at each.
    pub calls: Range,
    /// Seconds from the first call to the last answer.
    pub seconds: Range,
    /// The cost; `None` where no cost is stated, see `reason`.
    pub cost: Option<Bounds>,
    /// Why there is no cost.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<CostReason>,
    /// The basis of the limits.
    pub basis: Basis,
}

/// The basis of an estimate's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Basis {
    /// The last run of the configuration.
    LastRun {
        /// Its answered, measured calls.
        answered: u64,
        /// How much less or more than their mean is reckoned with, in percent.
        drift_percent: u32,
    },
    /// The limits of the configuration, for lack of an earlier run.
    Limits {
        /// The shortest response, in tokens.
        min_tokens: u32,
        /// The longest response, in tokens.
        max_tokens: u32,
        /// The longest call, in seconds.
        timeout_s: u32,
    },
}

/// One call, in limits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    pub(super) ms: Range,
    pub(super) input: Range,
    pub(super) output: Range,
}

/// How far a run may be from the last one, either way.
const DRIFT_PERCENT: u32 = 25;
/// Characters of English that make a token, at least and at most.
const CHARS_A_TOKEN: (i64, i64) = (2, 6);
/// The shortest answer that is reckoned with, in tokens.
const MIN_TOKENS: u32 = 32;
/// The fastest token that is reckoned with, in milliseconds.
const MIN_MS_PER_TOKEN: i64 = 2;

impl Estimate {
    /// The estimate of one target by its quote.
    ///
    /// With a last run, a call takes what it took there on average, a quarter
    /// less or more. Without one, an answer is 32 tokens at 2 ms a token at the
    /// least, and the token limit and the timeout at the most; a token of the
    /// prompt is 2 to 6 characters. High counts every attempt at its limit and
    /// the whole wait for the target; low one attempt and one probe.
    #[must_use]
    pub fn of(target_id: &TargetId, planned: &Planned, quote: &Quote) -> Self {
        let call = Call::expected(planned);
        let each = u64::from(planned.warmup) + u64::from(planned.repetitions);
        let calls = Decimal::from(u64::from(planned.prompts) * each);
        let attempts = Decimal::from(planned.max_attempts.max(1));
        let calls = Range {
            low: calls + Decimal::ONE,
            high: calls * attempts + Decimal::ONE,
        };
        // A worker without a prompt has nothing to do.
        let workers = planned.concurrency.min(planned.prompts).max(1);
        let in_seconds = Decimal::from(u64::from(workers) * 1_000);
        let seconds = Range {
            low: calls.low * call.ms.low / in_seconds,
            high: calls.high * call.ms.high / in_seconds + Decimal::from(planned.ready_within_s),
        };
        let cost = match &quote.rates {
            Ok(rates) => cost(rates, &call, calls, seconds).ok_or(CostReason::OutOfRange),
            Err(reason) => Err(reason.clone()),
        };
        Self {
            target_id: target_id.clone(),
            calls,
            seconds: seconds.map(|seconds| seconds.round_dp(3).normalize()),
            cost: cost.as_ref().ok().copied(),
            reason: cost.err(),
            basis: basis(planned),
        }
    }
}

fn basis(planned: &Planned) -> Basis {
    match planned.last.filter(|last| last.answered > 0) {
        Some(last) => Basis::LastRun {
            answered: last.answered,
            drift_percent: DRIFT_PERCENT,
        },
        None => Basis::Limits {
            min_tokens: MIN_TOKENS.min(planned.max_tokens),
            max_tokens: planned.max_tokens,
            timeout_s: planned.timeout_s,
        },
    }
}

impl Call {
    pub(super) fn expected(planned: &Planned) -> Self {
        let timeout = Decimal::from(u64::from(planned.timeout_s) * 1_000);
        let most_tokens = Decimal::from(planned.max_tokens);
        let chars = Decimal::from(planned.prompt_chars) / Decimal::from(planned.prompts.max(1));
        let least_tokens = Decimal::from(MIN_TOKENS.min(planned.max_tokens));
        let unknown = Self {
            ms: Range {
                low: (least_tokens * Decimal::from(MIN_MS_PER_TOKEN)).min(timeout),
                high: timeout,
            },
            input: Range {
                low: chars / Decimal::from(CHARS_A_TOKEN.1),
                high: chars / Decimal::from(CHARS_A_TOKEN.0),
            },
            output: Range {
                low: least_tokens,
                high: most_tokens,
            },
        };
        let Some(last) = planned.last.filter(|last| last.answered > 0) else {
            return unknown;
        };
        let counted = Decimal::from(last.answered.saturating_sub(last.uncounted));
        let mean = |total: u64, calls: Decimal| {
            Decimal::from(total)
                .checked_div(calls)
                .filter(|mean| !mean.is_zero())
                .map(|mean| Range {
                    low: mean * Decimal::new(i64::from(100 - DRIFT_PERCENT), 2),
                    high: mean * Decimal::new(i64::from(100 + DRIFT_PERCENT), 2),
                })
        };
        let ms = mean(last.busy_us / 1_000, Decimal::from(last.answered));
        let output = mean(last.tokens.output, counted).unwrap_or(unknown.output);
        Self {
            ms: ms.unwrap_or(unknown.ms).map(|ms| ms.min(timeout)),
            input: mean(last.tokens.input, counted).unwrap_or(unknown.input),
            output: output.map(|tokens| tokens.min(most_tokens)),
        }
    }
}

pub(super) fn cost(rates: &Rates, call: &Call, calls: Range, seconds: Range) -> Option<Bounds> {
    let limit = |calls: Decimal, input: Decimal, output: Decimal, seconds: Decimal, idle: u32| {
        let fixed_cost = match rates.per_window() {
            Some(per_window) => {
                let windows = windows_of(seconds) + Decimal::from(idle);
                per_window.times(windows)?
            }
            None => rates
                .per_hour()?
                .times(seconds)?
                .over(Decimal::from(3_600))?,
        };
        let tokens = match rates.tokens() {
            Some(rates) => {
                let tokens = Tokens {
                    input: whole(calls.checked_mul(input)?)?,
                    output: whole(calls.checked_mul(output)?)?,
                    cached: 0,
                };
                rates.cost(tokens)?
            }
            None => Money::zero(fixed_cost.currency()),
        };
        fixed_cost.plus(tokens)
    };
    Some(Bounds {
        low: limit(calls.low, call.input.low, call.output.low, seconds.low, 0)?,
        high: limit(
            calls.high,
            call.input.high,
            call.output.high,
            seconds.high,
            1,
        )?,
    })
}

/// Windows of five minutes that so many seconds fill or begin.
pub(crate) fn windows_of(seconds: Decimal) -> Decimal {
    let windows = seconds / Decimal::from(WINDOW_MINUTES * 60);
    windows.round_dp_with_strategy(0, RoundingStrategy::ToPositiveInfinity)
}

fn whole(tokens: Decimal) -> Option<u64> {
    let up = RoundingStrategy::ToPositiveInfinity;
    u64::try_from(tokens.round_dp_with_strategy(0, up)).ok()
}

impl Range {
    pub(super) fn map(self, work: impl Fn(Decimal) -> Decimal) -> Self {
        Self {
            low: work(self.low),
            high: work(self.high),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TokenRates;

    fn usd(text: &str) -> Money {
        Money::usd(text).unwrap()
    }

    fn quote(rates: Result<Rates, CostReason>) -> Quote {
        Quote {
            terms: None,
            rates,
            prices: Vec::new(),
            missing: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// As published: 20 prompts, 3 + 5 calls.
    fn published() -> Planned {
        Planned {
            prompts: 20,
            warmup: 3,
            repetitions: 5,
            max_attempts: 1,
            concurrency: 1,
            max_tokens: 4_096,
            timeout_s: 300,
            ready_within_s: 900,
            prompt_chars: 20 * 600,
            last: None,
        }
    }

    fn after_a_run() -> Planned {
        Planned {
            last: Some(Usage {
                attempts: 100,
                answered: 100,
                busy_us: 1_000_000_000,
                tokens: Tokens {
                    input: 15_000,
                    output: 70_000,
                    cached: 0,
                },
                ..Usage::default()
            }),
            ..published()
        }
    }

    #[test]
    fn the_last_run_sets_the_limits_of_the_next() {
        let found = Estimate::of(
            &"t".parse().unwrap(),
            &after_a_run(),
            &quote(Ok(Rates::Hourly(usd("3.6")))),
        );
        assert_eq!(
            (found.calls.low, found.calls.high),
            (161.into(), 161.into())
        );
        // 161 calls of 7.5 s and of 12.5 s; high adds the wait of 900 s.
        assert_eq!(found.seconds.low, "1207.5".parse().unwrap());
        assert_eq!(found.seconds.high, "2912.5".parse().unwrap());
        let cost = found.cost.unwrap();
        assert_eq!((cost.low, cost.high), (usd("1.2075"), usd("2.9125")));
        let basis = Basis::LastRun {
            answered: 100,
            drift_percent: 25,
        };
        assert_eq!(found.basis, basis);
    }

    #[test]
    fn without_a_last_run_the_limits_of_the_configuration_count() {
        let rates = TokenRates {
            input: usd("0.00000135"),
            output: usd("0.0000054"),
            cached_input: None,
        };
        let found = Estimate::of(
            &"t".parse().unwrap(),
            &published(),
            &quote(Ok(Rates::Tokens(rates))),
        );
        let cost = found.cost.unwrap();
        // 161 × (100 in, 32 out) and 161 × (300 in, 4,096 out).
        assert_eq!(cost.low, usd("0.0495558"));
        assert_eq!(cost.high, usd("3.6262674"));
        assert_eq!(found.seconds.high, Decimal::from(161 * 300 + 900));
    }

    #[test]
    fn an_import_is_estimated_in_whole_windows() {
        let found = Estimate::of(
            &"t".parse().unwrap(),
            &after_a_run(),
            &quote(Ok(Rates::ModelUnits(usd("0.157")))),
        );
        let cost = found.cost.unwrap();
        // 1,207.5 s begin 5 windows; 2,912.5 s begin 10, and one is idle.
        assert_eq!((cost.low, cost.high), (usd("3.925"), usd("8.635")));
    }

    #[test]
    fn workers_share_the_time_and_attempts_multiply_it() {
        let planned = Planned {
            concurrency: 40,
            max_attempts: 3,
            ..after_a_run()
        };
        let found = Estimate::of(
            &"t".parse().unwrap(),
            &planned,
            &quote(Err(CostReason::NoPricing)),
        );
        assert_eq!(found.calls.high, Decimal::from(481));
        // 20 prompts keep 20 of 40 workers busy.
        assert_eq!(found.seconds.low, "60.375".parse().unwrap());
        assert_eq!(
            (found.cost, found.reason),
            (None, Some(CostReason::NoPricing))
        );
    }
}
