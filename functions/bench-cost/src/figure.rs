//! Amounts of money in a report: available or not, exact or within limits.

use serde::{Deserialize, Serialize};

use crate::CostReason;
use bench_core::money::Money;

/// A cost, or the reason why it is not available: in JSON
/// `{"value": {"amount": "0.0039825", "currency": "USD"}}` or
/// `{"value": null, "reason": "no_pricing"}`.
pub type Figure = bench_stats::Figure<Money, CostReason>;

/// The sum; not available where either is not, for the first reason.
pub(crate) fn sum(one: &Figure, other: &Figure) -> Figure {
    match (one.value(), other.value()) {
        (Some(one), Some(other)) => Figure::or(one.plus(other), || CostReason::OutOfRange),
        (None, _) => one.clone(),
        (Some(_), None) => other.clone(),
    }
}

/// A figure derived from another; not available where that is not, or where it does
/// not fit.
pub(crate) fn derived(figure: &Figure, work: impl FnOnce(Money) -> Option<Money>) -> Figure {
    match figure.value() {
        Some(money) => Figure::or(work(money), || CostReason::OutOfRange),
        None => figure.clone(),
    }
}

/// The figure of a result.
pub(crate) fn figure(cost: Result<Money, CostReason>) -> Figure {
    match cost {
        Ok(cost) => Figure::known(cost),
        Err(reason) => Figure::unavailable(reason),
    }
}

/// An amount of which only the limits are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Bounds {
    /// At least.
    pub low: Money,
    /// At most.
    pub high: Money,
}

impl Bounds {
    /// Both limits from the work on each.
    #[must_use]
    pub fn map(self, work: impl Fn(Money) -> Option<Money>) -> Option<Self> {
        Some(Self {
            low: work(self.low)?,
            high: work(self.high)?,
        })
    }

    /// The sum, limit by limit.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        Some(Self {
            low: self.low.plus(other.low)?,
            high: self.high.plus(other.high)?,
        })
    }
}

impl From<Money> for Bounds {
    fn from(money: Money) -> Self {
        Self {
            low: money,
            high: money,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(text: &str) -> Money {
        Money::usd(text).unwrap()
    }

    #[test]
    fn json_holds_decimal_strings_with_their_currency_or_the_reason() {
        let json = |figure: &Figure| serde_json::to_string(figure).unwrap();
        let known = Figure::known(usd("0.0039825000"));
        let missing = Figure::unavailable(CostReason::PriceMissing {
            sku: "bedrock:cmu".to_owned(),
            item: "CMU-minute".to_owned(),
        });
        assert_eq!(
            json(&known),
            r#"{"value":{"amount":"0.0039825","currency":"USD"}}"#
        );
        assert_eq!(
            json(&missing),
            r#"{"value":null,"reason":"price_missing","sku":"bedrock:cmu","item":"CMU-minute"}"#
        );
        for figure in [known, missing] {
            assert_eq!(
                serde_json::from_str::<Figure>(&json(&figure)).unwrap(),
                figure
            );
        }
    }

    #[test]
    fn a_sum_with_an_unavailable_part_is_not_available() {
        let one = Figure::known(usd("1"));
        let none = Figure::unavailable(CostReason::NoPricing);
        assert_eq!(sum(&one, &one), Figure::known(usd("2")));
        assert_eq!(sum(&one, &none), none);
        assert_eq!(sum(&none, &one), none);
    }
}
