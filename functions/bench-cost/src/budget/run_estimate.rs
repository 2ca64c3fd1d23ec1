//! Calls, time and cost of a whole run, before its first call.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{Bounds, CostReason, Estimate, Figure, Range};
use bench_core::money::Money;

/// Calls, time and cost of a whole run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RunEstimate {
    /// One entry a target.
    pub targets: Vec<Estimate>,
    /// Calls to all targets.
    pub calls: Range,
    /// Seconds of the slowest target: all are measured at the same time.
    pub seconds: Range,
    /// The least the run costs; unknown when a target's cost is.
    pub cost_low: Figure,
    /// The most the run costs; unknown when a target's cost is.
    pub cost_high: Figure,
}

impl RunEstimate {
    /// The estimate of a run from those of its targets.
    #[must_use]
    pub fn of(targets: Vec<Estimate>) -> Self {
        let zero = Range {
            low: Decimal::ZERO,
            high: Decimal::ZERO,
        };
        let calls = targets.iter().fold(zero, |sum, target| Range {
            low: sum.low + target.calls.low,
            high: sum.high + target.calls.high,
        });
        let seconds = targets.iter().fold(zero, |most, target| Range {
            low: most.low.max(target.seconds.low),
            high: most.high.max(target.seconds.high),
        });
        let cost = total(&targets);
        let limit = |limit: fn(Bounds) -> Money| match &cost {
            Ok(bounds) => Figure::known(limit(*bounds)),
            Err(reason) => Figure::unavailable(reason.clone()),
        };
        Self {
            calls,
            seconds,
            cost_low: limit(|bounds| bounds.low),
            cost_high: limit(|bounds| bounds.high),
            targets,
        }
    }
}

fn total(targets: &[Estimate]) -> Result<Bounds, CostReason> {
    let mut sum: Option<Bounds> = None;
    for target in targets {
        let reason = || target.reason.clone().unwrap_or(CostReason::OutOfRange);
        let cost = target
            .cost
            .ok_or_else(|| reason().of_target(&target.target_id))?;
        sum = Some(match sum {
            // Nothing is nothing in every currency.
            Some(sum) if cost.high.is_zero() => sum,
            Some(sum) if sum.high.is_zero() => cost,
            Some(sum) => sum.plus(cost).ok_or(CostReason::MixedCurrencies)?,
            None => cost,
        });
    }
    sum.ok_or(CostReason::NoTargets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(low: &str, high: &str) -> Estimate {
        let range = |low: i64, high: i64| Range {
            low: low.into(),
            high: high.into(),
        };
        let cost = Money::usd(low).zip(Money::usd(high));
        Estimate {
            target_id: "t".parse().unwrap(),
            calls: range(161, 161),
            seconds: range(1_000, 2_000),
            cost: cost.map(|(low, high)| Bounds { low, high }),
            reason: cost.is_none().then_some(CostReason::NoPricing),
            basis: crate::Basis::Limits {
                min_tokens: 32,
                max_tokens: 512,
                timeout_s: 60,
            },
        }
    }

    #[test]
    fn a_run_costs_the_sum_and_takes_the_longest() {
        let run = RunEstimate::of(vec![target("1.20", "2.40"), target("0.5", "0.75")]);
        assert_eq!(run.cost_low.value(), Money::usd("1.7"));
        assert_eq!(run.cost_high.value(), Money::usd("3.15"));
        assert_eq!(run.calls.low, Decimal::from(322));
        assert_eq!(run.seconds.high, Decimal::from(2_000));
    }

    #[test]
    fn a_free_target_adds_nothing_in_any_currency() {
        let euro = bench_core::money::Currency::parse("EUR").unwrap();
        let euros = Estimate {
            cost: Some(Money::new(Decimal::ONE, euro).into()),
            ..target("1", "1")
        };
        let run = RunEstimate::of(vec![target("0", "0"), euros.clone()]);
        assert_eq!(run.cost_low.value(), Some(Money::new(Decimal::ONE, euro)));
        let run = RunEstimate::of(vec![target("1", "1"), euros]);
        assert_eq!(run.cost_low.reason(), Some(&CostReason::MixedCurrencies));
    }

    #[test]
    fn a_target_without_a_cost_leaves_the_runs_unknown() {
        let run = RunEstimate::of(vec![target("1", "2"), target("", "")]);
        let reason = CostReason::NoPricing.of_target(&"t".parse().unwrap());
        assert_eq!(run.cost_high.reason(), Some(&reason));
        assert_eq!(RunEstimate::of(Vec::new()).cost_low.value(), None);
    }
}
