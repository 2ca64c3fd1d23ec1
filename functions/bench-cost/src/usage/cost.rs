//! The cost of usage, by the rates of its target.

use rust_decimal::Decimal;

use crate::{CostReason, Rates};
use bench_core::{
    money::Money,
    sample::Sample,
    usage::{Usage, reached_model},
};

/// Microseconds of an hour.
pub(crate) const HOUR_US: u64 = 3_600_000_000;

/// The cost of the tokens; nothing where none are paid for, and a reason where the
/// service did not count them.
pub(crate) fn token_cost(usage: &Usage, rates: &Rates) -> Result<Money, CostReason> {
    let none = rates.per_hour().map(|rate| Money::zero(rate.currency()));
    let cost = match rates.tokens() {
        None => none,
        Some(_) if usage.uncounted > 0 => {
            return Err(CostReason::TokensNotCounted {
                calls: usage.uncounted,
            });
        }
        Some(tokens) => tokens.cost(usage.tokens),
    };
    cost.ok_or(CostReason::OutOfRange)
}

/// The cost of the calls: their tokens, and their share of the hours.
///
/// `tokens + rate · busy / concurrency`: machine time that calls share is
/// paid for once. Idle time is not in it; see `at_utilization` for that.
pub(crate) fn cost(
    usage: &Usage,
    rates: &Rates,
    concurrency: Decimal,
) -> Result<Money, CostReason> {
    let tokens = token_cost(usage, rates)?;
    let busy = || {
        rates
            .per_hour()?
            .times(Decimal::from(usage.busy_us))?
            .over(Decimal::from(HOUR_US).checked_mul(concurrency)?)?
            .plus(tokens)
    };
    busy().ok_or(CostReason::OutOfRange)
}

/// Whether a call kept its target active.
pub(crate) fn kept_active(sample: &Sample) -> bool {
    sample.is_ok() || reached_model(sample)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{TokenRates, fixture::sample};
    use bench_core::{sample::Phase, usage::Tokens};

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
        assert_eq!(cost(&usage, &hourly, Decimal::ONE), Ok(usd("0.004")));
        assert_eq!(cost(&usage, &hourly, Decimal::from(4)), Ok(usd("0.001")));
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
        assert_eq!(cost(&usage, &mixed, Decimal::ONE), Ok(usd("0.026")));
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
        let reason = cost(&usage, &rates, Decimal::ONE).unwrap_err();
        assert_eq!(reason, CostReason::TokensNotCounted { calls: 1 });
    }
}
