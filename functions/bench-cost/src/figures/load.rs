//! The cost of requests at the throughput of a load.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{CostReason, Figure, Rates, figure::figure, usage::token_cost};
use bench_core::{
    load::BlockTally,
    money::Money,
    usage::{Tokens, Usage},
};

/// The cost of requests at the throughput of a step: the target's price for the time of the
/// window and the tokens of the answers that came in it, for each of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StepCost {
    /// For 1,000 answered requests.
    pub per_1k_requests: Figure,
    /// For a million output tokens.
    pub per_million_output_tokens: Figure,
    /// For a correct answer, by the accuracy of the step.
    pub per_correct: Figure,
}

impl StepCost {
    /// The cost at the throughput of a window of so many seconds, by what its blocks add up
    /// to.
    ///
    /// ```
    /// use bench_core::{load::BlockTally, money::Money};
    /// use bench_cost::{Rates, StepCost};
    /// use rust_decimal::Decimal;
    /// // 8 slots of 2 s answer 4 requests a second: 14,400 an hour for $2.88.
    /// let window = BlockTally { completed: 480, graded: 400, correct: 200, ..Default::default() };
    /// let hourly = Rates::Hourly(Money::usd("2.88").unwrap());
    /// let cost = StepCost::of(&hourly, &window, Decimal::from(120));
    /// assert_eq!(cost.per_1k_requests.value(), Money::usd("0.2"));
    /// assert_eq!(cost.per_correct.value(), Money::usd("0.0004"));
    /// ```
    #[must_use]
    pub fn of(rates: &Rates, window: &BlockTally, seconds: Decimal) -> Self {
        let usage = Usage {
            answered: window.completed,
            tokens: Tokens {
                input: window.completed_input_tokens,
                output: window.completed_output_tokens,
                cached: window.completed_cached_tokens,
            },
            uncounted: window.completed_unpriced,
            ..Usage::default()
        };
        let spent = spent(rates, &usage, seconds);
        let per = |times: Decimal, count: u64, of_none: CostReason| {
            let spent = spent.clone()?;
            let count = Decimal::from(count);
            if count.is_zero() {
                return Err(of_none);
            }
            let each = spent.times(times).and_then(|spent| spent.over(count));
            each.ok_or(CostReason::OutOfRange)
        };
        let of_request = CostReason::NoAnsweredCalls;
        let of_token = match window.completed_uncounted {
            0 => per(
                Decimal::from(1_000_000),
                window.completed_output_tokens,
                CostReason::NoOutputTokens,
            ),
            calls => Err(CostReason::TokensNotCounted { calls }),
        };
        Self {
            per_1k_requests: figure(per(Decimal::ONE_THOUSAND, window.completed, of_request)),
            per_million_output_tokens: figure(of_token),
            per_correct: figure(per_correct(spent.clone(), window)),
        }
    }
}

/// The price of the window's time and of the tokens of its answers.
fn spent(rates: &Rates, usage: &Usage, seconds: Decimal) -> Result<Money, CostReason> {
    let tokens = token_cost(usage, rates)?;
    let hours = rates
        .per_hour()
        .and_then(|rate| rate.times(seconds)?.over(Decimal::from(3_600)));
    hours
        .and_then(|hours| hours.plus(tokens))
        .ok_or(CostReason::OutOfRange)
}

/// The price of an answer by the share of graded answers that were correct.
fn per_correct(spent: Result<Money, CostReason>, window: &BlockTally) -> Result<Money, CostReason> {
    let spent = spent?;
    if window.completed == 0 {
        return Err(CostReason::NoAnsweredCalls);
    }
    if window.graded == 0 {
        return Err(CostReason::NotGraded);
    }
    if window.correct == 0 {
        return Err(CostReason::NoCorrectResponses);
    }
    let each = spent
        .times(Decimal::from(window.graded))
        .and_then(|spent| spent.over(Decimal::from(window.correct)))
        .and_then(|spent| spent.over(Decimal::from(window.completed)));
    each.ok_or(CostReason::OutOfRange)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TokenRates;

    #[test]
    fn tokens_are_paid_for_by_answer_whatever_the_throughput() {
        let rates = Rates::Tokens(TokenRates {
            input: Money::usd("0.000001").unwrap(),
            output: Money::usd("0.00001").unwrap(),
            cached_input: None,
        });
        let window = |times: u64| BlockTally {
            completed: 10 * times,
            completed_input_tokens: 500 * times,
            completed_output_tokens: 1_000 * times,
            ..BlockTally::default()
        };
        let [one, ten] =
            [1, 10].map(|times| StepCost::of(&rates, &window(times), Decimal::from(60)));
        // 50 · 0.000001 + 100 · 0.00001 = 0.00105 a request.
        assert_eq!(one.per_1k_requests.value(), Money::usd("1.05"));
        assert_eq!(one.per_1k_requests, ten.per_1k_requests);
        assert_eq!(one.per_correct.reason(), Some(&CostReason::NotGraded));
        let wrong = BlockTally {
            graded: 10,
            ..window(1)
        };
        assert_eq!(
            StepCost::of(&rates, &wrong, Decimal::from(60))
                .per_correct
                .reason(),
            Some(&CostReason::NoCorrectResponses)
        );
    }

    #[test]
    fn cached_tokens_have_their_price_and_tokens_that_were_not_counted_have_none() {
        let rates = Rates::Tokens(TokenRates {
            input: Money::usd("0.000010").unwrap(),
            output: Money::usd("0.00001").unwrap(),
            cached_input: Money::usd("0.000001"),
        });
        let counted = BlockTally {
            completed: 10,
            completed_input_tokens: 1_000,
            completed_cached_tokens: 900,
            completed_output_tokens: 500,
            ..BlockTally::default()
        };
        let of = |window: &BlockTally| StepCost::of(&rates, window, Decimal::from(60));
        // 100 · 0.00001 + 900 · 0.000001 + 500 · 0.00001 = 0.0069 for ten.
        assert_eq!(of(&counted).per_1k_requests.value(), Money::usd("0.69"));
        let without_input = BlockTally {
            completed_unpriced: 1,
            ..counted
        };
        let calls = 1;
        assert_eq!(
            of(&without_input).per_1k_requests.reason(),
            Some(&CostReason::TokensNotCounted { calls })
        );
    }

    #[test]
    fn a_window_without_an_answer_has_no_cost_per_request() {
        let rates = Rates::Hourly(Money::usd("2").unwrap());
        let cost = StepCost::of(&rates, &BlockTally::default(), Decimal::from(60));
        assert_eq!(
            cost.per_1k_requests.reason(),
            Some(&CostReason::NoAnsweredCalls)
        );
    }
}
