//! Where a target paid by use and one paid by the hour cost the same.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{CapacityBasis, CostModel, FixedCost};
use bench_core::{identity::TargetId, money::Money};

/// The rate at which two targets cost the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct BreakEven {
    /// The target that costs nothing to have.
    pub per_use: TargetId,
    /// The target that costs something to have.
    pub per_hour: TargetId,
    /// Whether either is simulated: then nothing here is a finding.
    pub simulated: bool,
    /// The rate, where calls without a token count cost the most that they can; `None`
    /// where the hourly target costs more at every rate.
    pub requests_per_hour: Option<Decimal>,
    /// The same for a second.
    pub requests_per_s: Option<Decimal>,
    /// The same for a day.
    pub requests_per_day: Option<Decimal>,
    /// Capacity of the hourly target, in requests per hour.
    pub capacity_per_hour: Option<Decimal>,
    /// The source of the capacity.
    pub capacity_basis: CapacityBasis,
    /// Calls in flight that the rate takes at the measured latency.
    pub concurrency_needed: Option<Decimal>,
    /// The measured concurrency of the hourly target.
    pub concurrency: Decimal,
    /// Whether the hourly target can sustain the rate, the least one of a range, as it
    /// was measured.
    pub reachable: bool,
    /// The limits of the rate, where a few answered calls have no token count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<BreakEvenRange>,
}

/// The limits of a break-even, in requests a day. Between them it is not decided which
/// target is cheaper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct BreakEvenRange {
    /// Below it the target paid by use is cheaper.
    pub low: Decimal,
    /// Above it the target paid by the hour is cheaper; `None` where that is certain at no
    /// rate.
    pub high: Option<Decimal>,
    /// Whether the hourly target can sustain every rate of the range.
    pub reachable: bool,
}

impl BreakEven {
    /// The break-even of a target paid by use and one paid by the hour: the rate
    /// `F / (v − w)` with `F` the hourly price, `v` what a request costs by use
    /// and `w` what it adds to the hourly price. `None` where the first has a fixed cost or
    /// the second does not, or across currencies.
    ///
    /// An import that scales to zero is taken to be never idle, as it is from a rate
    /// of one request in five minutes on.
    ///
    /// ```
    /// use bench_core::money::Money;
    /// use bench_cost::{BreakEven, CostModel, FixedCost};
    /// let model = |id: &str, fixed_cost, per_request: &str, busy_ms: i64| CostModel {
    ///     target_id: id.parse().unwrap(), simulated: false, fixed_cost,
    ///     per_request: Money::usd(per_request).unwrap(), per_request_at_least: None,
    ///     busy_ms: busy_ms.into(), concurrency: 1.into(), sustained_per_hour: None,
    /// };
    /// let per_hour = Money::usd("9.42").unwrap();
    /// let found = BreakEven::between(
    ///     &model("serverless", FixedCost::None, "0.0039825", 5_000),
    ///     &model("import", FixedCost::Hourly { per_hour }, "0", 10_975),
    /// ).unwrap();
    /// // 9.42 / 0.0039825 against 3,600 / 10.975
    /// assert_eq!(found.requests_per_hour.unwrap().round_dp(2).to_string(), "2365.35");
    /// assert_eq!(found.capacity_per_hour.unwrap().round().to_string(), "328");
    /// assert!(!found.reachable);
    /// ```
    #[must_use]
    pub fn between(per_use: &CostModel, per_hour: &CostModel) -> Option<Self> {
        let (v, w) = (per_use.per_request_bounds(), per_hour.per_request_bounds());
        let is_of_one_currency = v.high.currency() == w.high.currency();
        if per_use.has_fixed_cost() || !per_hour.has_fixed_cost() || !is_of_one_currency {
            return None;
        }
        let rate_of = |by_use: Money, by_hour: Money| {
            let saved = by_use.minus(by_hour)?;
            if saved.amount() > Decimal::ZERO {
                Some(Some(per_hour.per_hour()?.ratio(saved)?))
            } else {
                Some(None)
            }
        };
        let capacity = per_hour.capacity_per_hour();
        let is_reachable = |rate: Option<Decimal>| {
            rate.is_some_and(|rate| capacity.is_none_or(|capacity| rate <= capacity))
        };
        let rate = rate_of(v.high, w.high)?;
        let (least, most) = (rate_of(v.high, w.low)?, rate_of(v.low, w.high)?);
        let is_range = per_use.is_range() || per_hour.is_range();
        let range = least.filter(|_| is_range).and_then(|least| {
            Some(BreakEvenRange {
                low: a_day(least)?,
                high: most.and_then(a_day),
                reachable: is_reachable(most),
            })
        });
        Some(Self {
            per_use: per_use.target_id.clone(),
            per_hour: per_hour.target_id.clone(),
            simulated: per_use.simulated || per_hour.simulated,
            requests_per_hour: rate,
            requests_per_s: rate.and_then(|rate| rate.checked_div(Decimal::from(3_600))),
            requests_per_day: rate.and_then(a_day),
            capacity_per_hour: capacity,
            capacity_basis: per_hour.capacity_basis(),
            concurrency_needed: rate.and_then(|rate| {
                let busy = rate.checked_mul(per_hour.busy_ms)?;
                busy.checked_div(Decimal::from(3_600_000))
            }),
            concurrency: per_hour.concurrency,
            reachable: is_reachable(least),
            range,
        })
    }

    /// The break-even of every pair of a target paid by use and one paid by the hour.
    #[must_use]
    pub fn of_pairs(models: &[CostModel]) -> Vec<Self> {
        models
            .iter()
            .flat_map(|per_use| {
                models
                    .iter()
                    .filter_map(move |per_hour| Self::between(per_use, per_hour))
            })
            .collect()
    }
}

fn a_day(per_hour: Decimal) -> Option<Decimal> {
    per_hour.checked_mul(Decimal::from(24))
}

/// When an import that scales to zero is cheaper than a machine that never does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct IdleBreakEven {
    /// The import.
    pub import: TargetId,
    /// The machine.
    pub always_on: TargetId,
    /// Whether either is simulated: then nothing here is a finding.
    pub simulated: bool,
    /// The windows of a day that cost as much as the machine's 24 hours.
    pub windows_per_day: Decimal,
    /// The same in hours: a window is five minutes. From 24 on the import is cheaper
    /// even when it is never idle.
    pub hours_per_day: Decimal,
}

impl IdleBreakEven {
    /// The windows a day at which both cost the same, `24 · F / per_window`;
    /// `None` where one bills no windows or the other no hours.
    ///
    /// ```
    /// use bench_core::money::Money;
    /// use bench_cost::{IdleBreakEven, CostModel, FixedCost};
    /// let model = |id: &str, fixed_cost| CostModel {
    ///     target_id: id.parse().unwrap(), simulated: false, fixed_cost,
    ///     per_request: Money::usd("0").unwrap(), per_request_at_least: None,
    ///     busy_ms: 1.into(), concurrency: 1.into(), sustained_per_hour: None,
    /// };
    /// let per_window = Money::usd("0.785").unwrap();
    /// let per_hour = Money::usd("1.968").unwrap();
    /// let found = IdleBreakEven::between(
    ///     &model("import", FixedCost::Windows { per_window }),
    ///     &model("inf2", FixedCost::Hourly { per_hour }),
    /// ).unwrap();
    /// // 24 · 1.968 / 0.785
    /// assert_eq!(found.windows_per_day.round_dp(2).to_string(), "60.17");
    /// ```
    #[must_use]
    pub fn between(import: &CostModel, always_on: &CostModel) -> Option<Self> {
        let (FixedCost::Windows { per_window }, FixedCost::Hourly { per_hour }) =
            (import.fixed_cost, always_on.fixed_cost)
        else {
            return None;
        };
        let windows = per_hour.times(Decimal::from(24))?.ratio(per_window)?;
        let hours = windows.checked_div(Decimal::from(12))?;
        Some(Self {
            import: import.target_id.clone(),
            always_on: always_on.target_id.clone(),
            simulated: import.simulated || always_on.simulated,
            windows_per_day: windows,
            hours_per_day: hours,
        })
    }

    /// Every pair of an import and a machine.
    #[must_use]
    pub fn of_pairs(models: &[CostModel]) -> Vec<Self> {
        models
            .iter()
            .flat_map(|import| {
                models
                    .iter()
                    .filter_map(move |machine| Self::between(import, machine))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(text: &str) -> Money {
        Money::usd(text).unwrap()
    }

    fn model(id: &str, fixed_cost: FixedCost, per_request: &str) -> CostModel {
        CostModel {
            target_id: id.parse().unwrap(),
            simulated: false,
            fixed_cost,
            per_request: usd(per_request),
            per_request_at_least: None,
            busy_ms: Decimal::from(1_000),
            concurrency: Decimal::from(2),
            sustained_per_hour: None,
        }
    }

    fn hourly(per_hour: &str, per_request: &str) -> CostModel {
        let per_hour = usd(per_hour);
        model("machine", FixedCost::Hourly { per_hour }, per_request)
    }

    fn tokens(per_request: &str) -> CostModel {
        model("tokens", FixedCost::None, per_request)
    }

    #[test]
    fn a_rate_the_machine_sustains_is_reachable() {
        let found = BreakEven::between(&tokens("0.01"), &hourly("1", "0")).unwrap();
        assert_eq!(found.requests_per_hour, Some(Decimal::from(100)));
        assert_eq!(found.requests_per_day, Some(Decimal::from(2_400)));
        assert!(found.reachable);
    }

    #[test]
    fn what_a_mixed_price_adds_a_request_is_taken_off() {
        let found = BreakEven::between(&tokens("0.01"), &hourly("1", "0.005")).unwrap();
        assert_eq!(found.requests_per_hour, Some(Decimal::from(200)));
    }

    #[test]
    fn a_machine_that_costs_as_much_a_request_never_pays() {
        let found = BreakEven::between(&tokens("0.01"), &hourly("1", "0.01")).unwrap();
        assert_eq!((found.requests_per_hour, found.reachable), (None, false));
    }

    #[test]
    fn calls_without_a_count_leave_the_rates_between_two_limits_undecided() {
        let ranged = |low: &str| CostModel {
            per_request_at_least: Some(usd(low)),
            ..tokens("0.01")
        };
        let found = BreakEven::between(&ranged("0.005"), &hourly("1", "0")).unwrap();
        assert_eq!(found.requests_per_hour, Some(Decimal::from(100)));
        let range = |high: Option<i64>, reachable| BreakEvenRange {
            low: Decimal::from(2_400),
            high: high.map(Decimal::from),
            reachable,
        };
        assert_eq!(found.range, Some(range(Some(4_800), true)));
        let found = BreakEven::between(&ranged("0"), &hourly("1", "0")).unwrap();
        assert_eq!(found.range, Some(range(None, false)), "perhaps never");
        assert!(found.reachable, "at the least of the rates");
        let mixed = CostModel {
            per_request_at_least: Some(usd("0")),
            ..hourly("1", "0.005")
        };
        let found = BreakEven::between(&tokens("0.01"), &mixed).unwrap();
        assert_eq!(found.requests_per_hour, Some(Decimal::from(200)));
        assert_eq!(found.range, Some(range(Some(4_800), true)));
    }

    #[test]
    fn only_pairs_of_both_kinds_break_even() {
        assert_eq!(BreakEven::between(&tokens("1"), &tokens("2")), None);
        assert_eq!(BreakEven::between(&hourly("1", "0"), &tokens("2")), None);
        let models = [tokens("1"), hourly("1", "0"), hourly("2", "0")];
        assert_eq!(BreakEven::of_pairs(&models).len(), 2);
        assert_eq!(IdleBreakEven::of_pairs(&models), []);
    }

    #[test]
    fn an_import_can_be_cheaper_even_when_it_is_never_idle() {
        let per_window = usd("0.01");
        let import = model("import", FixedCost::Windows { per_window }, "0");
        let found = IdleBreakEven::between(&import, &hourly("1", "0")).unwrap();
        assert!(found.hours_per_day >= Decimal::from(24));
    }
}
