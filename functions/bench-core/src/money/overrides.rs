//! Prices that a configuration says itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Currency, Item, Money, PRICE, Unit, decimal};
use crate::config::Fault;

/// Prices that the configuration of a target says itself; they win over the
/// catalog's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Overrides(BTreeMap<Unit, Money>);

impl Overrides {
    /// Reads a table of unit and price, such as `{"1M input tokens" = "0.62"}`;
    /// dollars unless `currency` says otherwise. `place` is where the table
    /// stands in the configuration, such as `targets[0].pricing.prices`.
    ///
    /// ```
    /// use bench_core::money::{Currency, Item, Overrides};
    /// let table = [("hour".to_owned(), "1.10".to_owned())];
    /// let own = Overrides::parse("targets[0].pricing.prices", &table, Currency::USD)?;
    /// assert_eq!(own.get(Item::Hour).unwrap().1.to_string(), "$1.10");
    /// # Ok::<(), Vec<bench_core::config::Fault>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Every unit and every price that is none, and every second price of an item.
    pub fn parse(
        place: &str,
        table: &[(String, String)],
        currency: Currency,
    ) -> Result<Self, Vec<Fault>> {
        let mut prices: BTreeMap<Unit, Money> = BTreeMap::new();
        let mut faults = Vec::new();
        for (unit, price) in table {
            let mut fault = |value: &str, remedy: String| {
                faults.push(Fault {
                    field: format!("{place}.{unit}"),
                    value: Some(value.to_owned()),
                    remedy,
                });
            };
            match (Unit::parse(unit), decimal(price)) {
                (None, _) => fault(unit, Unit::expected()),
                (_, None) => fault(price, PRICE.to_owned()),
                (Some(unit), Some(_)) if prices.keys().any(|u| u.item() == unit.item()) => fault(
                    price,
                    format!(
                        "`{}` already has a price here: remove one",
                        unit.item().as_str()
                    ),
                ),
                (Some(unit), Some(price)) => {
                    prices.insert(unit, Money::new(price, currency));
                }
            }
        }
        if faults.is_empty() {
            Ok(Self(prices))
        } else {
            Err(faults)
        }
    }

    /// Whether no price is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The unit and price of an item, where one is said.
    #[must_use]
    pub fn get(&self, item: Item) -> Option<(Unit, Money)> {
        self.0
            .iter()
            .find(|(unit, _)| unit.item() == item)
            .map(|(unit, price)| (*unit, *price))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overrides_report_every_fault() {
        let table = [
            ("hours".to_owned(), "1".to_owned()),
            ("hour".to_owned(), "free".to_owned()),
        ];
        let faults = Overrides::parse("p", &table, Currency::USD).unwrap_err();
        let table = [
            ("1K input tokens".to_owned(), "0.001".to_owned()),
            ("1M input tokens".to_owned(), "2".to_owned()),
        ];
        let doubled = Overrides::parse("p", &table, Currency::USD).unwrap_err();
        assert!(doubled[0].remedy.contains("already has a price"));
        assert_eq!(faults.len(), 2);
        assert!(
            faults[1]
                .to_string()
                .starts_with("`p.hour` is `free`: expected")
        );
    }
}
