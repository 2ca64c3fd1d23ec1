//! The cost so far of a run that is under way.

use rust_decimal::Decimal;

use crate::{Bounds, Rates, budget::windows_of};
use bench_core::money::Money;
use bench_core::usage::{Tokens, Usage};

/// The most that one call can use, by the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLimits {
    /// Tokens of the longest prompt. Its bytes in UTF-8 are a safe stand-in: no
    /// token is shorter than one.
    pub input_tokens: u64,
    /// Tokens of the longest answer.
    pub output_tokens: u64,
    /// Calls in flight at a time, at least 1.
    pub concurrency: u32,
}

/// The cost of a target so far, at least and at most; `None` where that is out of
/// range.
///
/// At least: tokens that were counted, and the time that calls outside of a load filled. At most:
/// calls without a count at their limits, and all `elapsed_us` microseconds since
/// the first call; for an import in started windows, with one idle one.
///
/// ```
/// use bench_core::money::Money;
/// use bench_core::usage::Usage;
/// use bench_cost::{CallLimits, Rates, spent};
/// let usage = Usage { attempts: 2, answered: 2, busy_us: 12_000_000, ..Usage::default() };
/// let limits = CallLimits { input_tokens: 500, output_tokens: 4_096, concurrency: 1 };
/// let hourly = Rates::Hourly(Money::usd("3.6").unwrap());
/// let so_far = spent(&hourly, &usage, &limits, 20_000_000).unwrap();
/// // 12 s of calls in 20 s at a tenth of a cent a second.
/// assert_eq!(so_far.low, Money::usd("0.012").unwrap());
/// assert_eq!(so_far.high, Money::usd("0.02").unwrap());
/// assert!(so_far.reaches(Money::usd("0.02").unwrap()));
/// ```
#[must_use]
pub fn spent(rates: &Rates, usage: &Usage, limits: &CallLimits, elapsed_us: u64) -> Option<Bounds> {
    let (least, most) = tokens(usage, limits)?;
    let busy_us = usage.busy_us / u64::from(limits.concurrency.max(1));
    // What calls filled has passed, whatever the clock of another worker says.
    let elapsed_us = elapsed_us.max(busy_us);
    Some(Bounds {
        low: fixed_cost(rates, busy_us, 0)?.plus(token_cost(rates, least)?)?,
        high: fixed_cost(rates, elapsed_us, 1)?.plus(token_cost(rates, most)?)?,
    })
}

fn tokens(usage: &Usage, limits: &CallLimits) -> Option<(Tokens, Tokens)> {
    let unknown = usage.uncounted.checked_add(usage.broken)?;
    let least = usage.tokens;
    let most = Tokens {
        input: limits.input_tokens.checked_mul(unknown)?,
        output: limits.output_tokens.checked_mul(unknown)?,
        cached: 0,
    };
    Some((least, least.plus(most)))
}

fn token_cost(rates: &Rates, tokens: Tokens) -> Option<Money> {
    match rates.tokens() {
        Some(rates) => rates.cost(tokens),
        None => Some(Money::zero(rates.per_hour()?.currency())),
    }
}

fn fixed_cost(rates: &Rates, us: u64, idle: u32) -> Option<Money> {
    let seconds = Decimal::from(us).checked_div(Decimal::from(1_000_000))?;
    match rates.per_window() {
        Some(_) if us == 0 => Some(Money::zero(rates.per_hour()?.currency())),
        Some(per_window) => per_window.times(windows_of(seconds) + Decimal::from(idle)),
        None => rates.per_hour()?.times(seconds)?.over(Decimal::from(3_600)),
    }
}

impl Bounds {
    /// Whether so much may have been spent: the high limit is at `budget` or
    /// above it. Another currency never reaches one.
    #[must_use]
    pub fn reaches(self, budget: Money) -> bool {
        self.high.currency() == budget.currency() && self.high.amount() >= budget.amount()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TokenRates;

    fn usd(text: &str) -> Money {
        Money::usd(text).unwrap()
    }

    const LIMITS: CallLimits = CallLimits {
        input_tokens: 100,
        output_tokens: 1_000,
        concurrency: 2,
    };

    fn tokens() -> Rates {
        Rates::Tokens(TokenRates {
            input: usd("0.001"),
            output: usd("0.01"),
            cached_input: None,
        })
    }

    fn usage(broken: u64) -> Usage {
        Usage {
            attempts: 1 + broken,
            answered: 1,
            broken,
            busy_us: 600_000_000,
            tokens: Tokens {
                input: 10,
                output: 5,
                cached: 0,
            },
            ..Usage::default()
        }
    }

    #[test]
    fn a_call_without_a_count_may_cost_its_limit_and_another_its_count() {
        let so_far = |broken| spent(&tokens(), &usage(broken), &LIMITS, 0).unwrap();
        assert_eq!(so_far(0), usd("0.06").into());
        assert_eq!(so_far(2).low, usd("0.06"));
        assert_eq!(so_far(2).high, usd("20.26"));
    }

    #[test]
    fn an_import_has_cost_the_windows_it_began() {
        let import = Rates::ModelUnits(usd("0.157"));
        // 600 s of calls by two workers fill one window, 400 s begin two.
        let so_far = spent(&import, &usage(0), &LIMITS, 400_000_000).unwrap();
        assert_eq!((so_far.low, so_far.high), (usd("0.785"), usd("2.355")));
        let nothing = spent(&import, &Usage::default(), &LIMITS, 0).unwrap();
        assert_eq!(nothing, usd("0").into());
    }

    #[test]
    fn the_high_limit_never_lies_below_the_low_one() {
        for rates in [
            tokens(),
            Rates::Hourly(usd("1")),
            Rates::ModelUnits(usd("1")),
        ] {
            let so_far = spent(&rates, &usage(0), &LIMITS, 0).unwrap();
            assert!(so_far.low.amount() <= so_far.high.amount());
        }
    }

    #[test]
    fn a_budget_is_reached_by_the_high_limit_alone() {
        assert!(!Bounds::from(usd("1")).reaches(usd("1.01")));
        assert!(Bounds::from(usd("1.01")).reaches(usd("1.01")));
    }
}
