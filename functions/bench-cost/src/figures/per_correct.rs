//! The cost of a correct response, with its interval.

use rust_decimal::{Decimal, MathematicalOps};

use crate::{CostReason, Figure, Rates, usage::cost};
use bench_core::{
    money::{Currency, Money},
    usage::Usage,
};
use bench_stats::{Estimate, FigureMethod, Interval, Unavailable};

/// One prompt at one target: the cost of its measured calls, and how many of them are
/// correct.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PromptCost {
    /// The cost of all its measured calls, failed ones included.
    pub cost: Decimal,
    /// Correct responses.
    pub correct: u64,
}

/// The cost of a correct response: the ratio `R = Σ C_i / Σ K_i` of cost and correct
/// responses over prompts, with `R ± t·se`,
/// `se² = N/(N−1) · Σ (C_i − R·K_i)² / (Σ K_i)²`.
///
/// That is the cluster standard error of a mean, for a ratio: calls of one prompt are
/// not independent, prompts are. `t` gives the 0.975 quantile of Student's t for
/// degrees of freedom. Limits do not go below zero; one prompt alone has none.
///
/// ```
/// use bench_core::money::{Currency, Money};
/// use bench_cost::{PromptCost, per_correct};
/// let prompt = |cost: i64| PromptCost { cost: cost.into(), correct: 1 };
/// // R = 4 / 2 = 2; residuals −1 and 1; se² = 2 · 2 / 4 = 1; here t is 1.5.
/// let found = per_correct(&[prompt(1), prompt(3)], Currency::USD, |_| 1.5);
/// assert_eq!(found.value(), Money::usd("2"));
/// let limits = found.interval().unwrap();
/// assert_eq!((limits.low, limits.high), (Money::usd("0.5").unwrap(), Money::usd("3.5")));
/// ```
#[must_use]
pub fn per_correct(prompts: &[PromptCost], currency: Currency, t: impl Fn(u64) -> f64) -> Figure {
    let totals = prompts
        .iter()
        .try_fold((Decimal::ZERO, 0_u64), |sum, prompt| {
            Some((
                sum.0.checked_add(prompt.cost)?,
                sum.1.checked_add(prompt.correct)?,
            ))
        });
    let Some((cost, correct)) = totals else {
        return Figure::unavailable(CostReason::OutOfRange);
    };
    if prompts.is_empty() {
        return Figure::unavailable(CostReason::NotGraded);
    }
    if correct == 0 {
        return Figure::unavailable(CostReason::NoCorrectResponses);
    }
    let Some(ratio) = cost.checked_div(Decimal::from(correct)) else {
        return Figure::unavailable(CostReason::OutOfRange);
    };
    let clusters = prompts.len() as u64;
    let mut estimate = Estimate {
        value: Money::new(ratio, currency),
        n: Some(clusters),
        interval: None,
        no_interval: None,
        method: None,
        note: None,
    };
    if clusters < 2 {
        estimate.no_interval = Some(Unavailable::TooFewPrompts {
            prompts: clusters,
            needed: 2,
        });
    } else {
        estimate.interval =
            limits(prompts, ratio, Decimal::from(correct), t).map(|(low, high)| Interval {
                prompts: Some(clusters),
                ..Interval::between(
                    Money::new(low, currency),
                    Money::new(high, currency),
                    FigureMethod::Delta,
                )
            });
    }
    Figure::Known(estimate)
}

/// The cost of a correct response by the usage of each prompt's measured calls.
pub(crate) fn per_correct_of(
    prompts: impl IntoIterator<Item = Usage>,
    rates: &Rates,
    concurrency: Decimal,
    t: impl Fn(u64) -> f64,
) -> Figure {
    let Some(currency) = rates.per_hour().map(Money::currency) else {
        return Figure::unavailable(CostReason::OutOfRange);
    };
    let costs: Result<Vec<PromptCost>, CostReason> = prompts
        .into_iter()
        .map(|usage| {
            Ok(PromptCost {
                cost: cost(&usage, rates, concurrency)?.amount(),
                correct: usage.correct,
            })
        })
        .collect();
    match costs {
        Ok(costs) => per_correct(&costs, currency, t),
        Err(reason) => Figure::unavailable(reason),
    }
}

fn limits(
    prompts: &[PromptCost],
    ratio: Decimal,
    correct: Decimal,
    t: impl Fn(u64) -> f64,
) -> Option<(Decimal, Decimal)> {
    let mut squares = Decimal::ZERO;
    for prompt in prompts {
        let expected = ratio.checked_mul(Decimal::from(prompt.correct))?;
        let residual = prompt.cost.checked_sub(expected)?;
        squares = squares.checked_add(residual.checked_mul(residual)?)?;
    }
    let freedom = prompts.len() as u64 - 1;
    let variance = Decimal::from(prompts.len())
        .checked_div(Decimal::from(freedom))?
        .checked_mul(squares)?;
    let standard_error = variance.sqrt()?.checked_div(correct)?;
    // The quantile is a number, not money; 15 digits of it are as good as all.
    let margin = Decimal::try_from(t(freedom))
        .ok()?
        .checked_mul(standard_error)?;
    let low = ratio.checked_sub(margin)?.max(Decimal::ZERO);
    Some((low, ratio.checked_add(margin)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompts(costs: &[(&str, u64)]) -> Vec<PromptCost> {
        let prompt = |(cost, correct): &(&str, u64)| PromptCost {
            cost: cost.parse().unwrap(),
            correct: *correct,
        };
        costs.iter().map(prompt).collect()
    }

    fn of(costs: &[(&str, u64)]) -> Figure {
        per_correct(&prompts(costs), Currency::USD, |_| 2.0)
    }

    #[test]
    fn without_a_correct_response_there_is_no_cost_of_one() {
        let found = of(&[("1", 0), ("1", 0)]);
        assert_eq!(found.reason(), Some(&CostReason::NoCorrectResponses));
        assert_eq!(found.interval(), None);
    }

    #[test]
    fn without_a_graded_response_there_is_no_cost_of_a_correct_one() {
        assert_eq!(of(&[]).reason(), Some(&CostReason::NotGraded));
    }

    #[test]
    fn prompts_that_all_cost_alike_leave_no_doubt() {
        let found = of(&[("0.5", 5), ("0.5", 5), ("0.5", 5)]);
        let limits = found.interval().unwrap();
        assert_eq!(found.value(), Money::usd("0.1"));
        assert_eq!(limits.high, Some(limits.low));
    }

    #[test]
    fn incorrect_responses_raise_the_cost_of_correct_ones() {
        let all = of(&[("1", 5), ("1", 5)]).value();
        let some = of(&[("1", 5), ("1", 3)]).value();
        assert_eq!((all, some), (Money::usd("0.2"), Money::usd("0.25")));
    }

    #[test]
    fn limits_stop_at_zero_and_one_prompt_has_none() {
        let two = of(&[("0", 1), ("9", 1)]);
        assert_eq!(two.interval().unwrap().low, Money::usd("0").unwrap());
        let one = of(&[("1", 5)]);
        assert_eq!(one.interval(), None);
        let reason = one.estimate().unwrap().no_interval;
        let needed = Unavailable::TooFewPrompts {
            prompts: 1,
            needed: 2,
        };
        assert_eq!(reason, Some(needed));
    }
}
