//! Cost at the rate of a use case.

use rust_decimal::{Decimal, prelude::ToPrimitive};

use crate::model::NotKnown;
use bench_core::money::{Currency, Money};
use bench_cost::{Bounds, TargetCost};

/// Cost of 1,000 requests at a rate, in dollars, by both readings of the bill.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct CostAt {
    /// The lower reading.
    pub(super) low: f64,
    /// The higher reading.
    pub(super) high: f64,
    /// Whether it is a range since calls have no token count.
    pub(super) uncounted: bool,
    /// Machines or copies that stand by for it.
    pub(super) instances: Option<u64>,
}

/// Cost of 1,000 requests to a target at so many a day; as measured without a rate.
pub(super) fn cost_at(
    cost: Option<&TargetCost>,
    requests_per_day: Option<u32>,
) -> Result<CostAt, NotKnown> {
    let cost = cost.ok_or(NotKnown::NoPrices)?;
    let found = match requests_per_day {
        Some(requests) => at_rate(cost, requests),
        None => as_measured(cost),
    };
    let is_known = cost.per_request.is_known() || cost.range.is_some();
    found.ok_or(if cost.reason.is_some() || !is_known {
        NotKnown::NoCost
    } else {
        NotKnown::NotInDollars
    })
}

/// As measured; a range where a few answered calls have no token count.
fn as_measured(cost: &TargetCost) -> Option<CostAt> {
    let range = cost.range.as_ref().map(|range| range.per_request);
    let Bounds { low, high } = range.or(cost.per_request.value().map(Bounds::from))?;
    Some(CostAt {
        low: per_thousand(low)?,
        high: per_thousand(high)?,
        uncounted: range.is_some(),
        instances: None,
    })
}

fn at_rate(cost: &TargetCost, requests_per_day: u32) -> Option<CostAt> {
    let rate = Decimal::from(requests_per_day).checked_div(Decimal::from(24))?;
    let model = cost.cost_model.as_ref()?;
    let found = model.at_rate(rate)?;
    let Bounds { low, high } = found.per_request;
    Some(CostAt {
        low: per_thousand(low)?,
        high: per_thousand(high)?,
        uncounted: model.is_range(),
        instances: model.has_fixed_cost().then_some(found.instances),
    })
}

/// Dollars for 1,000 of it.
fn per_thousand(money: Money) -> Option<f64> {
    let thousand = money.times(Decimal::ONE_THOUSAND)?.amount().to_f64()?;
    (money.currency() == Currency::USD).then_some(thousand)
}
