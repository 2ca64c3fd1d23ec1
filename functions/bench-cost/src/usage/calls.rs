//! What the calls of a target used: tokens, machine time, windows.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{CostReason, Rates, Span, Tokens};
use bench_core::money::Money;
use bench_core::sample::{Outcome, Sample};

/// Microseconds of an hour.
pub(crate) const HOUR_US: u64 = 3_600_000_000;

/// What some calls of one target used.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Usage {
    /// Calls that were made, every attempt for itself.
    pub attempts: u64,
    /// Calls that were answered.
    pub answered: u64,
    /// Calls that were answered right.
    pub correct: u64,
    /// The sum of all latencies in microseconds, failed calls included.
    pub busy_us: u64,
    /// Tokens, as the service counted them.
    pub tokens: Tokens,
    /// Answered calls whose tokens the service did not count.
    pub uncounted: u64,
    /// Calls that began and failed without a count: what they cost is not known.
    pub broken: u64,
}

impl Usage {
    /// What calls used. A call that the budget kept from being made uses nothing;
    /// a refused one uses machine time only.
    #[must_use]
    pub fn of<'a>(samples: impl IntoIterator<Item = &'a Sample>) -> Self {
        samples
            .into_iter()
            .fold(Self::default(), |sum, sample| sum.plus(Self::one(sample)))
    }

    fn one(sample: &Sample) -> Self {
        if sample.outcome == Outcome::Budget {
            return Self::default();
        }
        let tokens = sample
            .input_tokens
            .zip(sample.output_tokens)
            .map(|(input, output)| Tokens {
                input,
                output,
                cached: sample.cached_input_tokens.unwrap_or(0),
            });
        let answered = sample.is_ok();
        Self {
            attempts: 1,
            answered: u64::from(answered),
            correct: u64::from(answered && sample.correct == Some(true)),
            busy_us: sample.latency_us,
            tokens: tokens.unwrap_or_default(),
            uncounted: u64::from(answered && tokens.is_none()),
            broken: u64::from(is_broken(sample.outcome) && tokens.is_none()),
        }
    }

    /// The sum, each count at most `u64::MAX`.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            attempts: self.attempts.saturating_add(other.attempts),
            answered: self.answered.saturating_add(other.answered),
            correct: self.correct.saturating_add(other.correct),
            busy_us: self.busy_us.saturating_add(other.busy_us),
            tokens: self.tokens.plus(other.tokens),
            uncounted: self.uncounted.saturating_add(other.uncounted),
            broken: self.broken.saturating_add(other.broken),
        }
    }

    /// What the tokens cost; nothing where none are paid for, and a reason where
    /// the service did not count them.
    pub(crate) fn token_cost(&self, rates: &Rates) -> Result<Money, CostReason> {
        let none = rates.per_hour().map(|rate| Money::zero(rate.currency()));
        let cost = match rates.tokens() {
            None => none,
            Some(_) if self.uncounted > 0 => {
                return Err(CostReason::TokensNotCounted {
                    calls: self.uncounted,
                });
            }
            Some(tokens) => tokens.cost(self.tokens),
        };
        cost.ok_or(CostReason::OutOfRange)
    }

    /// What the calls cost: their tokens, and their share of the hours.
    ///
    /// `tokens + rate · busy / concurrency`: machine time that calls share is
    /// paid for once. Idle time is not in it; see `at_utilization` for that.
    pub(crate) fn cost(&self, rates: &Rates, concurrency: Decimal) -> Result<Money, CostReason> {
        let tokens = self.token_cost(rates)?;
        let busy = || {
            rates
                .per_hour()?
                .times(Decimal::from(self.busy_us))?
                .over(Decimal::from(HOUR_US).checked_mul(concurrency)?)?
                .plus(tokens)
        };
        busy().ok_or(CostReason::OutOfRange)
    }
}

/// Whether a failed call had reached the model, as far as we know.
fn is_broken(outcome: Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Timeout | Outcome::StreamBroken | Outcome::InvalidResponse | Outcome::Deadline
    )
}

/// Whether a call kept its target awake.
pub(crate) fn is_awake(sample: &Sample) -> bool {
    sample.is_ok() || is_broken(sample.outcome)
}

/// When a call was under way, failed or not.
pub(crate) fn span(sample: &Sample) -> Span {
    let start_us = sample.started_at.as_microsecond();
    let latency = i64::try_from(sample.latency_us).unwrap_or(i64::MAX);
    Span {
        start_us,
        end_us: start_us.saturating_add(latency),
        answered: sample.is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{TokenRates, fixture::sample};
    use bench_core::sample::Phase;

    fn usd(text: &str) -> Money {
        Money::usd(text).unwrap()
    }

    #[test]
    fn machine_time_is_paid_for_once_however_many_calls_share_it() {
        let hourly = Rates::Hourly(usd("3.6"));
        let usage = Usage {
            busy_us: 4_000_000,
            ..Usage::default()
        };
        assert_eq!(usage.cost(&hourly, Decimal::ONE), Ok(usd("0.004")));
        assert_eq!(usage.cost(&hourly, Decimal::from(4)), Ok(usd("0.001")));
    }

    #[test]
    fn a_mixed_price_is_the_sum_of_both() {
        let tokens = TokenRates {
            input: usd("0.001"),
            output: usd("0.01"),
            cached_input: None,
        };
        let usage = Usage {
            busy_us: 1_000_000,
            tokens: Tokens {
                input: 5,
                output: 2,
                cached: 0,
            },
            ..Usage::default()
        };
        let mixed = Rates::Mixed(usd("3.6"), tokens);
        assert_eq!(usage.cost(&mixed, Decimal::ONE), Ok(usd("0.026")));
    }

    #[test]
    fn tokens_that_nobody_counted_leave_the_cost_unknown() {
        let mut uncounted = sample(0, Phase::Measured, 1_000_000);
        uncounted.output_tokens = None;
        let usage = Usage::of([&uncounted]);
        let rates = Rates::Tokens(TokenRates {
            input: usd("1"),
            output: usd("1"),
            cached_input: None,
        });
        let reason = usage.cost(&rates, Decimal::ONE).unwrap_err();
        assert_eq!(reason, CostReason::TokensNotCounted { calls: 1 });
    }

    #[test]
    fn a_call_that_was_never_made_uses_nothing_and_a_broken_one_is_told() {
        let mut refused = sample(0, Phase::Measured, 1_000_000);
        refused.outcome = Outcome::Budget;
        assert_eq!(Usage::of([&refused]), Usage::default());
        let mut broken = sample(0, Phase::Measured, 1_000_000);
        broken.outcome = Outcome::StreamBroken;
        broken.output_tokens = None;
        let usage = Usage::of([&broken]);
        assert_eq!((usage.answered, usage.broken, usage.uncounted), (0, 1, 0));
    }
}
