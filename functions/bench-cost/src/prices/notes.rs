//! Warnings about prices, missing ones among them.

use std::{cmp::Reverse, collections::BTreeMap};

use bench_core::{identity::TargetId, money::Currency};

use crate::{
    CostWarning, CurrencyTargets, MAX_AGE_DAYS, MissingPrice, PricedUnit, StalePrice,
    UnverifiedPrice, UsedPrice,
};

/// The most stale prices that are named; the table of prices has all.
const OLDEST: usize = 3;

/// Every price once, in the order of SKU, unit, Region and date.
#[must_use]
pub fn distinct<'a>(prices: impl Iterator<Item = &'a UsedPrice>) -> Vec<UsedPrice> {
    let by_place = prices.map(|used| {
        let price = &used.price;
        let place = (
            price.sku.clone(),
            price.unit,
            price.region.clone(),
            price.effective,
            used.wanted_region.clone(),
            price.price,
        );
        (place, used.clone())
    });
    let distinct: BTreeMap<_, _> = by_place.collect();
    distinct.into_values().collect()
}

/// The warnings about prices that were used or are missing, one for all of a kind.
#[must_use]
pub fn warnings(prices: &[UsedPrice], missing: &[MissingPrice]) -> Vec<CostWarning> {
    let mut warnings = Vec::new();
    if !missing.is_empty() {
        warnings.push(CostWarning::PricesMissing {
            prices: missing.to_vec(),
        });
    }
    warnings.extend(stale(prices));
    let mut elsewhere: BTreeMap<(&str, &str), Vec<PricedUnit>> = BTreeMap::new();
    for used in prices {
        if let Some(wanted) = &used.wanted_region {
            let regions = (wanted.as_str(), used.price.region.as_str());
            elsewhere.entry(regions).or_default().push(unit(used));
        }
    }
    for ((wanted, region), prices) in elsewhere {
        warnings.push(CostWarning::PricesOfOtherRegion {
            wanted: wanted.to_owned(),
            region: region.to_owned(),
            prices,
        });
    }
    let unverified: Vec<UnverifiedPrice> = prices
        .iter()
        .filter(|used| used.price.unverified)
        .map(|used| UnverifiedPrice {
            of: unit(used),
            source: used.price.source.clone(),
        })
        .collect();
    if !unverified.is_empty() {
        warnings.push(CostWarning::PricesUnverified { prices: unverified });
    }
    warnings
}

/// The targets by the currency that they are priced in, where there is more than one.
#[must_use]
pub fn different_currencies<'a>(
    priced: impl IntoIterator<Item = (&'a TargetId, Currency)>,
) -> Option<CostWarning> {
    let currencies = CurrencyTargets::group(priced);
    (currencies.len() > 1).then_some(CostWarning::DifferentCurrencies { currencies })
}

fn unit(used: &UsedPrice) -> PricedUnit {
    PricedUnit {
        sku: used.price.sku.clone(),
        unit: used.price.unit,
    }
}

fn stale(prices: &[UsedPrice]) -> Option<CostWarning> {
    let mut stale: Vec<&UsedPrice> = prices.iter().filter(|used| used.stale).collect();
    stale.sort_by_key(|used| Reverse(used.age_days));
    (!stale.is_empty()).then(|| CostWarning::PricesStale {
        stale: stale.len() as u64,
        prices: prices.len() as u64,
        max_age_days: MAX_AGE_DAYS,
        oldest: stale
            .iter()
            .take(OLDEST)
            .map(|used| StalePrice {
                of: unit(used),
                age_days: used.age_days,
            })
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use bench_core::money::Item;
    use jiff::civil::date;

    use super::*;

    fn used(sku: &str, item: Item, region: &str) -> UsedPrice {
        let text = include_str!("../../../../infra/prices.toml");
        let catalog = crate::read_catalog(text).unwrap();
        let day = date(2026, 11, 25);
        UsedPrice::of_catalog(&catalog, sku, item, region, day).unwrap()
    }

    #[test]
    fn prices_of_one_kind_share_a_warning() {
        let prices = [
            used("ec2:g6.8xlarge", Item::Hour, "eu-west-1"),
            used("ec2:inf2.8xlarge", Item::Hour, "eu-west-1"),
        ];
        let missing = [MissingPrice::new("ec2:x", Item::Hour)];
        let warnings = warnings(&prices, &missing);
        assert_eq!(
            warnings[0],
            CostWarning::PricesMissing {
                prices: missing.to_vec()
            }
        );
        let CostWarning::PricesStale {
            stale, prices: all, ..
        } = &warnings[1]
        else {
            panic!("{warnings:?}");
        };
        assert_eq!((*stale, *all), (2, 2));
        assert_eq!(
            warnings[2],
            CostWarning::PricesOfOtherRegion {
                wanted: "eu-west-1".to_owned(),
                region: "us-east-1".to_owned(),
                prices: prices.iter().map(unit).collect(),
            }
        );
    }

    #[test]
    fn a_price_is_listed_once_however_often_it_was_used() {
        let price = used("ec2:g6.8xlarge", Item::Hour, "us-east-1");
        let other = used("bedrock:cmu", Item::CmuMinute, "us-east-1");
        let prices = [price.clone(), other.clone(), price.clone()];
        assert_eq!(distinct(prices.iter()), [other, price]);
    }
}
