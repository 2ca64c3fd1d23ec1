//! Dated prices, as data: the rows of a catalog.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Currency, Unit};

/// One price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Price {
    /// The SKU, such as `ec2:inf2.8xlarge`, `bedrock:cmu`, `bedrock:<model>`.
    pub sku: String,
    /// The AWS Region the price holds in.
    pub region: String,
    /// The currency of `price`.
    pub currency: Currency,
    /// The unit that one `price` buys.
    pub unit: Unit,
    /// The price of one unit; above nothing.
    pub price: Decimal,
    /// The day from which the source shows it.
    #[schemars(with = "String")]
    pub effective: Date,
    /// The publication.
    pub source: String,
    /// The day the publication was last seen to say so; `None` when nobody has
    /// looked since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub checked: Option<Date>,
    /// Whether the source is second-hand or the value is worked out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unverified: bool,
}

impl Price {
    /// The last day up to `day` on which the price is known to have held, or the
    /// day it takes effect, where that is later.
    #[must_use]
    pub fn seen(&self, day: Date) -> Date {
        let checked = self
            .checked
            .map_or(self.effective, |checked| checked.min(day));
        checked.max(self.effective)
    }
}

/// Every known price.
///
/// # Invariants
///
/// No two prices have the same SKU, Region, item and effective date, and every
/// price is above nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct Catalog {
    prices: Vec<Price>,
}

impl Catalog {
    /// A catalog of these prices, in this order.
    #[must_use]
    pub fn new(prices: Vec<Price>) -> Self {
        Self { prices }
    }

    /// The prices, in the order of the file.
    #[must_use]
    pub fn prices(&self) -> &[Price] {
        &self.prices
    }
}
