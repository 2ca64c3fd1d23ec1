//! What a right answer costs, with its interval.

use rust_decimal::{Decimal, MathematicalOps};
use serde::{Deserialize, Serialize};

use crate::{Bounds, Figure};
use bench_core::money::{Currency, Money};

/// One prompt at one target: what its measured calls cost and how many of their
/// answers are right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PromptCost {
    /// The cost of all its measured calls, failed ones included.
    pub cost: Decimal,
    /// Right answers.
    pub correct: u64,
}

/// What a right answer costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PerCorrect {
    /// All measured spend ÷ right answers; unknown without any.
    pub figure: Figure,
    /// Two-sided 95 % limits for prompts like these; `None` where the data
    /// cannot support them, see `interval_reason`.
    pub interval: Option<Bounds>,
    /// Why there is no interval.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub interval_reason: Option<String>,
    /// How the interval is made.
    pub method: String,
    /// Prompts it is made from.
    pub prompts: u64,
}

const METHOD: &str = "ratio of totals over prompts, 95 % interval by the delta method with \
                      prompts as clusters and Student's t on prompts - 1";

impl PerCorrect {
    /// The ratio `R = Σ C_i / Σ K_i` of cost and right answers over prompts, with
    /// `R ± t·se`, `se² = N/(N−1) · Σ (C_i − R·K_i)² / (Σ K_i)²`.
    ///
    /// That is the cluster standard error of a mean, for a ratio: calls of one
    /// prompt are not independent, prompts are. `t` gives the 0.975 quantile of
    /// Student's t for degrees of freedom. Limits do not go below nothing.
    ///
    /// ```
    /// use bench_core::money::{Currency, Money};
    /// use bench_cost::{PerCorrect, PromptCost};
    /// let prompt = |cost: i64| PromptCost { cost: cost.into(), correct: 1 };
    /// // R = 4 / 2 = 2; residuals −1 and 1; se² = 2 · 2 / 4 = 1; here t is 1.5.
    /// let found = PerCorrect::of(&[prompt(1), prompt(3)], Currency::USD, |_| 1.5);
    /// assert_eq!(found.figure.money(), Money::usd("2"));
    /// let limits = found.interval.unwrap();
    /// assert_eq!((limits.low, limits.high), (Money::usd("0.5").unwrap(), Money::usd("3.5").unwrap()));
    /// ```
    #[must_use]
    pub fn of(prompts: &[PromptCost], currency: Currency, t: impl Fn(u64) -> f64) -> Self {
        let totals = prompts
            .iter()
            .try_fold((Decimal::ZERO, 0_u64), |sum, prompt| {
                Some((
                    sum.0.checked_add(prompt.cost)?,
                    sum.1.checked_add(prompt.correct)?,
                ))
            });
        let ratio = totals.and_then(|(cost, correct)| cost.checked_div(Decimal::from(correct)));
        let figure = match totals {
            Some((_, 0)) => Figure::unknown("no answer was right"),
            _ => Figure::or(
                ratio.map(|ratio| Money::new(ratio, currency)),
                crate::usage::OUT_OF_RANGE,
            ),
        };
        let interval = match (ratio, totals) {
            (None, _) | (_, None) => Err("without a figure there is no interval"),
            _ if prompts.len() < 2 => Err("one prompt says nothing about others"),
            (Some(ratio), Some((_, correct))) => {
                limits(prompts, ratio, Decimal::from(correct), t).ok_or(crate::usage::OUT_OF_RANGE)
            }
        };
        Self {
            figure,
            interval_reason: interval.as_ref().err().map(|reason| (*reason).to_owned()),
            interval: interval.ok().map(|(low, high)| Bounds {
                low: Money::new(low, currency),
                high: Money::new(high, currency),
            }),
            method: METHOD.to_owned(),
            prompts: prompts.len() as u64,
        }
    }

    /// No figure at all, for that reason.
    pub(crate) fn unknown(reason: &str) -> Self {
        Self {
            figure: Figure::unknown(reason),
            interval: None,
            interval_reason: Some(reason.to_owned()),
            method: METHOD.to_owned(),
            prompts: 0,
        }
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

    fn of(costs: &[(&str, u64)]) -> PerCorrect {
        PerCorrect::of(&prompts(costs), Currency::USD, |_| 2.0)
    }

    #[test]
    fn no_right_answer_has_no_price_instead_of_an_endless_one() {
        let found = of(&[("1", 0), ("1", 0)]);
        assert_eq!(found.figure.reason(), Some("no answer was right"));
        assert_eq!(found.interval, None);
        assert!(found.interval_reason.is_some());
    }

    #[test]
    fn prompts_that_all_cost_alike_leave_no_doubt() {
        let found = of(&[("0.5", 5), ("0.5", 5), ("0.5", 5)]);
        let limits = found.interval.unwrap();
        assert_eq!(found.figure.money(), Money::usd("0.1"));
        assert_eq!((limits.low, limits.high), (limits.high, limits.low));
    }

    #[test]
    fn wrong_answers_make_the_right_ones_dearer() {
        let all = of(&[("1", 5), ("1", 5)]).figure.money().unwrap();
        let some = of(&[("1", 5), ("1", 3)]).figure.money().unwrap();
        assert_eq!(
            (all, some),
            (Money::usd("0.2").unwrap(), Money::usd("0.25").unwrap())
        );
    }

    #[test]
    fn limits_stop_at_nothing_and_one_prompt_has_none() {
        assert_eq!(
            of(&[("0", 1), ("9", 1)]).interval.unwrap().low,
            Money::usd("0").unwrap()
        );
        let one = of(&[("1", 5)]);
        assert_eq!(one.interval, None);
        assert!(one.figure.money().is_some());
    }
}
