//! Steps, calls, time and cost of the load of one target, before its first call.

use bench_core::{
    config::{Arrival, Load},
    identity::TargetId,
    workflow::{LOAD_LEAD_S, max_step_s},
};
use rust_decimal::{Decimal, RoundingStrategy, prelude::FromPrimitive};
use serde::{Deserialize, Serialize};

use super::estimate::{Call, Estimate, Planned, Range, cost};
use crate::{Bounds, CostReason, Quote};

/// The expected steps, calls, duration and cost of the load of one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LoadEstimate {
    /// The target.
    pub target_id: TargetId,
    /// Steps: those of the configuration, or as many as there may be. A target that gives
    /// way at once, or a budget, ends the load with fewer.
    pub steps: Range,
    /// Calls of all steps, those of the ramps included.
    pub calls: Range,
    /// Seconds from the start of the first step to the last answer.
    pub seconds: Range,
    /// Tokens of the prompts.
    pub input_tokens: Range,
    /// Tokens of the answers.
    pub output_tokens: Range,
    /// The cost; `None` where no cost is stated, see `reason`.
    pub cost: Option<Bounds>,
    /// Why there is no cost.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<CostReason>,
}

impl LoadEstimate {
    /// The estimate of the load of one target by its quote, with calls as those of
    /// [`Estimate::of`].
    ///
    /// The low limit has the steps of the configuration with calls that take longest, and no
    /// wait between them; the high one as many steps as there may be, those of the search at
    /// the highest level, with calls that take shortest, and the whole timeout after each
    /// step.
    #[must_use]
    pub fn of(target_id: &TargetId, load: &Load, planned: &Planned, quote: &Quote) -> Self {
        let call = Call::expected(planned);
        let (few, many) = (levels(load, false), levels(load, true));
        let calls = Range {
            low: calls(load, &few, call.ms.high),
            high: calls(load, &many, call.ms.low),
        };
        let steps = Range {
            low: few.len().into(),
            high: many.len().into(),
        };
        let least_s = Decimal::from(load.ramp_s + load.step_s) + call.ms.low / Decimal::from(1_000);
        let seconds = Range {
            low: steps.low * least_s,
            high: most_seconds(load, steps.high, planned.timeout_s),
        };
        let cost = match &quote.rates {
            Ok(rates) => cost(rates, &call, calls, seconds).ok_or(CostReason::OutOfRange),
            Err(reason) => Err(reason.clone()),
        };
        let tokens = |each: Range| Range {
            low: up(calls.low * each.low),
            high: up(calls.high * each.high),
        };
        Self {
            target_id: target_id.clone(),
            steps,
            calls,
            seconds: seconds.map(|seconds| seconds.round_dp(3).normalize()),
            input_tokens: tokens(call.input),
            output_tokens: tokens(call.output),
            cost: cost.as_ref().ok().copied(),
            reason: cost.err(),
        }
    }
}

impl Estimate {
    /// The estimate of the target's calls one at a time and under load together.
    #[must_use]
    pub fn with_load(self, load: &LoadEstimate) -> Self {
        let plus = |a: Range, b: Range| Range {
            low: a.low + b.low,
            high: a.high + b.high,
        };
        let cost = match (self.cost, load.cost) {
            (Some(own), Some(load)) => own.plus(load),
            _ => None,
        };
        let out_of_range = || cost.is_none().then_some(CostReason::OutOfRange);
        Self {
            calls: plus(self.calls, load.calls),
            seconds: plus(self.seconds, load.seconds),
            reason: self.reason.or_else(out_of_range),
            cost,
            ..self
        }
    }
}

/// The levels of the steps that come first, or of all that there may be. A search stays below
/// the highest level of the configuration.
fn levels(load: &Load, searches: bool) -> Vec<f64> {
    let mut levels = load.steps.clone();
    if searches && load.search && !load.objective.is_empty() {
        let highest = levels.iter().copied().fold(0.0, f64::max);
        levels.resize(levels.len().max(load.max_steps as usize), highest);
    }
    let step_s = (load.ramp_s + load.step_s).max(1);
    let in_time = load
        .max_minutes
        .map_or(u32::MAX, |minutes| minutes * 60 / step_s);
    levels.truncate(load.max_steps.min(in_time) as usize);
    levels
}

/// Seconds of so many steps, at most: the last one begins within the minutes of the load.
fn most_seconds(load: &Load, steps: Decimal, timeout_s: u32) -> Decimal {
    let all = steps * Decimal::from(max_step_s(load, timeout_s));
    match load.max_minutes {
        Some(minutes) => all.min(Decimal::from(minutes * 60 + LOAD_LEAD_S + timeout_s)),
        None => all,
    }
}

/// Calls of steps of these levels, each of which takes so many milliseconds. A caller makes
/// one call at least.
fn calls(load: &Load, levels: &[f64], ms: Decimal) -> Decimal {
    let step_ms = Decimal::from(u64::from(load.ramp_s + load.step_s) * 1_000);
    let each = match load.arrival {
        Arrival::Open => step_ms / Decimal::from(1_000),
        Arrival::Closed => up(step_ms.checked_div(ms).unwrap_or(step_ms)),
    };
    let of_level = |level: &f64| up(Decimal::from_f64(*level).unwrap_or_default() * each);
    levels.iter().map(of_level).sum()
}

fn up(number: Decimal) -> Decimal {
    number.round_dp_with_strategy(0, RoundingStrategy::ToPositiveInfinity)
}

#[cfg(test)]
mod tests {
    use bench_core::{
        config::Objective,
        money::Money,
        usage::{Tokens, Usage},
    };

    use super::*;
    use crate::{Rates, TokenRates};

    fn usd(text: &str) -> Money {
        Money::usd(text).unwrap()
    }

    fn quote(rates: Rates) -> Quote {
        Quote {
            terms: None,
            rates: Ok(rates),
            prices: Vec::new(),
            missing: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Calls of 8 s with 150 tokens in and 700 out.
    fn planned() -> Planned {
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
            last: Some(Usage {
                attempts: 100,
                answered: 100,
                busy_us: 800_000_000,
                tokens: Tokens {
                    input: 16_000,
                    output: 80_000,
                    cached: 0,
                },
                ..Usage::default()
            }),
        }
    }

    fn load() -> Load {
        Load {
            steps: vec![1.0, 2.0, 4.0],
            max_steps: 5,
            step_s: 100,
            ramp_s: 20,
            objective: Objective {
                ttft_p95_ms: Some(1_000.0),
                ..Objective::default()
            },
            ..Load::default()
        }
    }

    fn estimate(load: &Load, rates: Rates) -> LoadEstimate {
        LoadEstimate::of(&"t".parse().unwrap(), load, &planned(), &quote(rates))
    }

    fn range(low: i64, high: i64) -> Range {
        Range {
            low: low.into(),
            high: high.into(),
        }
    }

    #[test]
    fn callers_make_as_many_calls_as_they_have_time_for() {
        let found = estimate(&load(), Rates::Hourly(usd("3.6")));
        assert_eq!(found.steps, range(3, 5));
        // 120 s of calls of 10 s are 12 for each of 7 callers; of calls of 6 s 20 for each of
        // 15, since the search has two steps of 4 callers more.
        assert_eq!(found.calls, range(84, 300));
        // 3 steps of 120 s and a call; 5 of 15 s, 120 s and the timeout.
        assert_eq!(found.seconds, range(3 * 126, 5 * 435));
        let cost = found.cost.unwrap();
        assert_eq!((cost.low, cost.high), (usd("0.378"), usd("2.175")));
    }

    #[test]
    fn requests_at_a_rate_are_as_many_however_long_they_take() {
        let open = Load {
            arrival: Arrival::Open,
            steps: vec![0.5, 1.5],
            search: false,
            ..load()
        };
        let rates = TokenRates {
            input: usd("0.000001"),
            output: usd("0.00001"),
            cached_input: None,
        };
        let found = estimate(&open, Rates::Tokens(rates));
        assert_eq!((found.steps, found.calls), (range(2, 2), range(240, 240)));
        // 120 to 200 tokens in and 600 to 1,000 out.
        assert_eq!(found.input_tokens, range(240 * 120, 240 * 200));
        assert_eq!(found.output_tokens, range(240 * 600, 240 * 1_000));
        let cost = found.cost.unwrap();
        assert_eq!((cost.low, cost.high), (usd("1.4688"), usd("2.448")));
    }

    #[test]
    fn minutes_and_steps_limit_a_load() {
        let steps = |load: Load| estimate(&load, Rates::Free).steps;
        let timed = Load {
            max_minutes: Some(8),
            ..load()
        };
        // A step may wait 15 s for its start, and 300 s for its last answer.
        let most_s = estimate(&timed, Rates::Free).seconds.high;
        assert_eq!(most_s, Decimal::from(8 * 60 + 15 + 300));
        assert_eq!(steps(timed), range(3, 4));
        let few = Load {
            max_steps: 2,
            ..load()
        };
        assert_eq!(steps(few), range(2, 2));
        let without_objective = Load {
            objective: Objective::default(),
            ..load()
        };
        assert_eq!(steps(without_objective), range(3, 3));
    }

    #[test]
    fn a_load_is_added_to_the_calls_before_it() {
        let rates = quote(Rates::Hourly(usd("3.6")));
        let id: TargetId = "t".parse().unwrap();
        let alone = Estimate::of(&id, &planned(), &rates);
        let load = LoadEstimate::of(&id, &load(), &planned(), &rates);
        let both = alone.clone().with_load(&load);
        assert_eq!(both.calls.high, alone.calls.high + Decimal::from(300));
        assert_eq!(both.seconds.low, alone.seconds.low + Decimal::from(378));
        let cost = both.cost.unwrap();
        assert_eq!(Some(cost), alone.cost.unwrap().plus(load.cost.unwrap()));
        let unpriced = LoadEstimate { cost: None, ..load };
        let unknown = alone.with_load(&unpriced);
        assert_eq!(
            (unknown.cost, unknown.reason),
            (None, Some(CostReason::OutOfRange))
        );
    }
}
