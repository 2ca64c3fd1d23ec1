//! The price that a figure is made of, and how it is found.

use bench_core::plan::DEFAULT_REGION;
use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use bench_core::config::Fault;
use bench_core::money::{Catalog, Item, Money, Overrides, Price};

/// The age in days up to which a price passes without a flag.
pub const MAX_AGE_DAYS: i32 = 30;

/// A price that a run was costed with, and what is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct UsedPrice {
    /// The price itself.
    #[serde(flatten)]
    pub price: Price,
    /// Days from the day it was last seen, which is its effective date where nobody
    /// has looked since, to the day it was used for; negative when it took effect
    /// only later.
    pub age_days: i32,
    /// Whether it is older than [`MAX_AGE_DAYS`].
    pub stale: bool,
    /// The Region the target is in, where the price is another Region's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub wanted_region: Option<String>,
    /// Whether the configuration said it instead of the catalog.
    pub overridden: bool,
}

impl UsedPrice {
    /// The price of an item of a SKU in a Region on a day.
    ///
    /// Of several, the latest that was in effect on that day, or else the first
    /// that took effect after it. Without one in the Region, that of `us-east-1`
    /// or of the first Region by name, flagged. `None` where nothing is known.
    #[must_use]
    pub fn of_catalog(
        catalog: &Catalog,
        sku: &str,
        item: Item,
        region: &str,
        day: Date,
    ) -> Option<Self> {
        let known = |place: Option<&str>| {
            catalog
                .prices()
                .iter()
                .filter(|price| price.sku == sku && price.unit.item() == item)
                .filter(|price| place.is_none_or(|place| price.region == place))
                .min_by_key(|price| {
                    let age = age_days(price.effective, day);
                    let elsewhere = (price.region != DEFAULT_REGION, price.region.clone());
                    (elsewhere, age < 0, age.unsigned_abs())
                })
        };
        let price = known(Some(region)).or_else(|| known(None))?;
        let age_days = age_days(price.seen(day), day);
        Some(Self {
            age_days,
            stale: age_days > MAX_AGE_DAYS,
            wanted_region: (price.region != region).then(|| region.to_owned()),
            overridden: false,
            price: price.clone(),
        })
    }

    /// The price of an item that a configuration states itself, taken to be of
    /// today.
    #[must_use]
    pub fn of_overrides(
        overrides: &Overrides,
        sku: &str,
        item: Item,
        region: &str,
        day: Date,
    ) -> Option<Self> {
        let (unit, money) = overrides.get(item)?;
        Some(Self {
            price: Price {
                sku: sku.to_owned(),
                region: region.to_owned(),
                currency: money.currency(),
                unit,
                price: money.amount(),
                effective: day,
                source: "the configuration of the run".to_owned(),
                checked: None,
                unverified: false,
            },
            age_days: 0,
            stale: false,
            wanted_region: None,
            overridden: true,
        })
    }

    /// The price of one item.
    #[must_use]
    pub fn each(&self) -> Option<Money> {
        let each = self.price.unit.each(self.price.price)?;
        Some(Money::new(each, self.price.currency))
    }
}

fn age_days(effective: Date, day: Date) -> i32 {
    day.duration_since(effective)
        .as_hours()
        .checked_div(24)
        .and_then(|days| i32::try_from(days).ok())
        .unwrap_or(i32::MAX)
}

/// Every fault of a price catalog, in the order of its prices.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct PricesError {
    /// At least one.
    pub faults: Vec<Fault>,
}

impl fmt::Display for PricesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.faults.len();
        let noun = if count == 1 { "fault" } else { "faults" };
        write!(f, "the price catalog has {count} {noun}")?;
        self.faults
            .iter()
            .try_for_each(|fault| write!(f, "\n  - {fault}"))
    }
}

#[cfg(test)]
mod tests {
    use bench_core::money::{Currency, Unit};
    use jiff::civil::date;
    use rust_decimal::Decimal;

    use super::*;

    fn price(region: &str, price: i64, effective: Date) -> Price {
        Price {
            sku: "ec2:inf2.8xlarge".to_owned(),
            region: region.to_owned(),
            currency: Currency::USD,
            unit: Unit::parse("hour").unwrap(),
            price: Decimal::from(price),
            effective,
            source: "a test".to_owned(),
            checked: None,
            unverified: false,
        }
    }

    fn find(prices: &[Price], region: &str, day: Date) -> Option<UsedPrice> {
        let catalog = Catalog::new(prices.to_vec());
        UsedPrice::of_catalog(&catalog, "ec2:inf2.8xlarge", Item::Hour, region, day)
    }

    #[test]
    fn the_latest_price_in_effect_on_the_day_is_taken() {
        let prices = [
            price("us-east-1", 1, date(2026, 1, 1)),
            price("us-east-1", 2, date(2026, 3, 1)),
            price("us-east-1", 3, date(2026, 5, 1)),
        ];
        let on = |day| find(&prices, "us-east-1", day).unwrap().price.price;
        assert_eq!(on(date(2026, 2, 28)), Decimal::from(1));
        assert_eq!(on(date(2026, 3, 1)), Decimal::from(2));
        assert_eq!(on(date(2026, 4, 30)), Decimal::from(2));
        assert_eq!(on(date(2025, 1, 1)), Decimal::from(1));
    }

    #[test]
    fn a_price_is_stale_on_the_thirty_first_day() {
        let prices = [price("us-east-1", 1, date(2026, 10, 1))];
        let stale = |day| find(&prices, "us-east-1", day).unwrap().stale;
        assert!(!stale(date(2026, 10, 31)));
        assert!(stale(date(2026, 11, 1)));
    }

    #[test]
    fn a_price_that_was_checked_is_as_old_as_the_check() {
        let checked = Price {
            checked: Some(date(2026, 10, 20)),
            ..price("us-east-1", 1, date(2025, 4, 1))
        };
        let age = |day| find(std::slice::from_ref(&checked), "us-east-1", day).unwrap();
        assert_eq!(age(date(2026, 11, 19)).age_days, 30);
        let old = age(date(2026, 11, 20));
        assert!(old.stale);
        // Checked after the run: the source itself says that it held then.
        assert_eq!(age(date(2026, 1, 1)).age_days, 0);
        assert_eq!(age(date(2025, 3, 31)).age_days, -1);
    }

    #[test]
    fn another_regions_price_is_flagged_and_the_own_one_wins() {
        let prices = [
            price("ap-south-1", 3, date(2026, 10, 1)),
            price("us-east-1", 1, date(2026, 10, 1)),
            price("us-west-2", 2, date(2026, 9, 1)),
        ];
        let own = find(&prices, "us-west-2", date(2026, 10, 2)).unwrap();
        assert_eq!(
            (own.price.price, own.wanted_region),
            (Decimal::from(2), None)
        );
        let other = find(&prices, "eu-west-1", date(2026, 10, 2)).unwrap();
        assert_eq!(other.price.region, "us-east-1");
        assert_eq!(other.wanted_region.as_deref(), Some("eu-west-1"));
    }

    #[test]
    fn a_used_price_is_stored_as_a_decimal_string_with_its_currency() {
        let used = find(
            &[price("us-east-1", 2, date(2026, 1, 1))],
            "us-west-2",
            date(2026, 1, 9),
        );
        let used = used.unwrap();
        let json = serde_json::to_value(&used).unwrap();
        assert_eq!(
            (&json["price"], &json["currency"], &json["unit"]),
            (&"2".into(), &"USD".into(), &"hour".into())
        );
        assert_eq!(
            (&json["effective"], &json["age_days"]),
            (&"2026-01-01".into(), &8.into())
        );
        assert_eq!(serde_json::from_value::<UsedPrice>(json).unwrap(), used);
    }

    #[test]
    fn what_is_unknown_is_none() {
        assert_eq!(find(&[], "us-east-1", date(2026, 10, 1)), None);
    }
}
