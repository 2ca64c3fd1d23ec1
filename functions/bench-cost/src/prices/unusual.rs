//! Token prices that are far from those of the catalog.

use rust_decimal::Decimal;

use crate::{CostWarning, PricedUnit, UsedPrice};
use bench_core::{
    identity::TargetId,
    money::{Catalog, Currency, Item, Money},
};

/// A token price this many times the median of the catalog is asked about: prices per
/// thousand and per million tokens are a thousand apart.
const UNUSUAL_TIMES: Decimal = Decimal::ONE_HUNDRED;

/// The warning about a price that a target is billed at; `None` where it is not a token
/// price, where the catalog has none of its currency, and where it is not unusual.
pub(super) fn warning(
    target_id: &TargetId,
    used: &UsedPrice,
    catalog: &Catalog,
) -> Option<CostWarning> {
    let unit = used.price.unit;
    let (currency, item) = (used.price.currency, unit.item());
    let median = median(catalog, item, currency)?;
    let times = used.each()?.ratio(median)?;
    (times > UNUSUAL_TIMES).then_some(CostWarning::PriceUnusual {
        target_id: target_id.clone(),
        of: PricedUnit {
            sku: used.price.sku.clone(),
            unit,
        },
        price: Money::new(used.price.price, currency),
        median: median.times(Decimal::from(unit.count()))?,
    })
}

/// The median price of one token in the catalog.
fn median(catalog: &Catalog, item: Item, currency: Currency) -> Option<Money> {
    if !item.is_tokens() {
        return None;
    }
    let known = catalog.prices().iter();
    let of_item = known.filter(|price| price.unit.item() == item && price.currency == currency);
    let mut each: Vec<Decimal> = of_item
        .filter_map(|price| price.unit.each(price.price))
        .collect();
    each.sort_unstable();
    let (upper, lower) = (each.len() / 2, each.len().checked_sub(1)? / 2);
    let middle = each[lower].checked_add(each[upper])?;
    Some(Money::new(middle.checked_div(Decimal::TWO)?, currency))
}

#[cfg(test)]
mod tests {
    use bench_core::money::{Overrides, Unit};
    use jiff::civil::{Date, date};

    use super::*;

    const DAY: Date = date(2026, 11, 25);

    fn catalog() -> Catalog {
        crate::read_catalog(include_str!("../../../../infra/prices.toml")).unwrap()
    }

    fn own(catalog: &Catalog, unit: &str, currency: &str) -> Option<CostWarning> {
        let table = [(unit.to_owned(), "0.62".to_owned())];
        let currency = Currency::parse(currency).unwrap();
        let own = Overrides::parse("p", &table, currency).unwrap();
        let item = Unit::parse(unit).unwrap().item();
        let used = UsedPrice::of_overrides(&own, "http:m", item, "us-east-1", DAY).unwrap();
        warning(&"t".parse().unwrap(), &used, catalog)
    }

    #[test]
    fn a_price_per_million_that_is_given_per_thousand_is_asked_about_with_both_numbers() {
        assert_eq!(own(&catalog(), "1M input tokens", "USD"), None);
        let unit = Unit::parse("1K input tokens").unwrap();
        assert_eq!(
            own(&catalog(), "1K input tokens", "USD"),
            Some(CostWarning::PriceUnusual {
                target_id: "t".parse().unwrap(),
                of: PricedUnit {
                    sku: "http:m".to_owned(),
                    unit,
                },
                price: Money::usd("0.62").unwrap(),
                // In the middle of the catalog's are 0.62 a million.
                median: Money::usd("0.00062").unwrap(),
            })
        );
    }

    #[test]
    fn hours_and_currencies_that_the_catalog_lacks_are_not_compared() {
        assert_eq!(own(&catalog(), "hour", "USD"), None);
        assert_eq!(own(&catalog(), "1K input tokens", "EUR"), None);
        assert_eq!(own(&Catalog::default(), "1K input tokens", "USD"), None);
    }

    #[test]
    fn no_price_of_the_catalog_is_unusual() {
        let catalog = catalog();
        for price in catalog.prices() {
            let (item, region) = (price.unit.item(), &price.region);
            let used = UsedPrice::of_catalog(&catalog, &price.sku, item, region, DAY).unwrap();
            assert_eq!(warning(&"t".parse().unwrap(), &used, &catalog), None);
        }
    }
}
