//! Figures in money as a report states them: known, unknown, or in limits.

use std::fmt;

use serde::{Deserialize, Serialize};

use bench_core::money::Money;

/// A figure in money, or the reason why there is none: in JSON
/// `{"amount": null, "reason": "…"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Figure {
    /// The figure.
    Known(Money),
    /// There is none.
    Unknown {
        /// Always null.
        amount: (),
        /// Why, in lower case and without a full stop.
        reason: String,
    },
}

impl Figure {
    /// The amount, or else the reason.
    pub fn or(amount: Option<Money>, reason: impl Into<String>) -> Self {
        amount.map_or_else(|| Self::unknown(reason), Self::Known)
    }

    /// No figure, for that reason.
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self::Unknown {
            amount: (),
            reason: reason.into(),
        }
    }

    /// The amount, where there is one.
    #[must_use]
    pub fn money(&self) -> Option<Money> {
        match self {
            Self::Known(money) => Some(*money),
            Self::Unknown { .. } => None,
        }
    }

    /// The reason, where there is no amount.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Known(_) => None,
            Self::Unknown { reason, .. } => Some(reason),
        }
    }

    /// The sum; unknown where either is, for the first reason.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Known(own), Self::Known(other)) => {
                Self::or(own.plus(*other), "the figures are out of range")
            }
            (Self::Known(_), unknown) | (unknown, _) => unknown.clone(),
        }
    }

    /// The figure worked on; what is unknown stays so, and what does not fit becomes so.
    #[must_use]
    pub fn map(&self, work: impl FnOnce(Money) -> Option<Money>) -> Self {
        match self {
            Self::Known(money) => Self::or(work(*money), "the figure is out of range"),
            unknown @ Self::Unknown { .. } => unknown.clone(),
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(money) => money.fmt(f),
            Self::Unknown { .. } => f.write_str("–"),
        }
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

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.low == self.high {
            self.low.fmt(f)
        } else {
            write!(f, "{} to {}", self.low, self.high)
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
        let known = Figure::Known(usd("0.0039825000"));
        let unknown = Figure::unknown("no correct answer");
        assert_eq!(json(&known), r#"{"amount":"0.0039825","currency":"USD"}"#);
        assert_eq!(
            json(&unknown),
            r#"{"amount":null,"reason":"no correct answer"}"#
        );
        for figure in [known, unknown] {
            assert_eq!(
                serde_json::from_str::<Figure>(&json(&figure)).unwrap(),
                figure
            );
        }
    }

    #[test]
    fn a_sum_with_an_unknown_part_is_unknown() {
        let one = Figure::Known(usd("1"));
        assert_eq!(one.plus(&one), Figure::Known(usd("2")));
        assert_eq!(one.plus(&Figure::unknown("why")).reason(), Some("why"));
        assert_eq!(Figure::unknown("why").plus(&one).reason(), Some("why"));
    }

    #[test]
    fn limits_that_agree_read_as_one() {
        assert_eq!(Bounds::from(usd("4.71")).to_string(), "$4.71");
        let apart = Bounds {
            low: usd("4.71"),
            high: usd("5.495"),
        };
        assert_eq!(apart.to_string(), "$4.71 to $5.50");
    }
}
