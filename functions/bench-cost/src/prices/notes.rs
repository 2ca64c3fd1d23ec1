//! What is to be said about the prices of a run, a sentence for all of one kind.

use std::{cmp::Reverse, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use crate::{MAX_AGE_DAYS, UsedPrice};
use bench_core::money::Item;

/// The most stale prices that are named; the table of prices has all.
const OLDEST: usize = 3;

/// A price that was asked for and is not known.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct MissingPrice {
    /// What would be bought.
    pub sku: String,
    /// What would be counted, such as `hour`.
    pub item: String,
}

impl MissingPrice {
    pub(crate) fn new(sku: &str, item: Item) -> Self {
        Self {
            sku: sku.to_owned(),
            item: item.as_str().to_owned(),
        }
    }

    pub(crate) fn reason(&self) -> String {
        format!(
            "no price of `{}` for `{}` is known: add it to the price catalogue or to the target's \
             pricing",
            self.sku, self.item
        )
    }
}

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

/// What may mislead about prices that were used or missed, a sentence each.
#[must_use]
pub fn remarks(prices: &[UsedPrice], missing: &[MissingPrice]) -> Vec<String> {
    let named = |used: &UsedPrice| format!("`{}` per {}", used.price.sku, used.price.unit);
    let mut remarks = Vec::new();
    if !missing.is_empty() {
        let lacking: Vec<String> = missing
            .iter()
            .map(|price| format!("`{}` per {}", price.sku, price.item))
            .collect();
        remarks.push(format!(
            "no price is known of {}: what needs one has no figure",
            lacking.join(", ")
        ));
    }
    let mut stale: Vec<&UsedPrice> = prices.iter().filter(|used| used.stale).collect();
    stale.sort_by_key(|used| Reverse(used.age_days));
    if !stale.is_empty() {
        let oldest: Vec<String> = stale
            .iter()
            .take(OLDEST)
            .map(|used| format!("{} ({} days)", named(used), used.age_days))
            .collect();
        remarks.push(format!(
            "{} of {} prices were older than {MAX_AGE_DAYS} days on the day of the run, above all \
             {}: run `hostbench prices refresh`",
            stale.len(),
            prices.len(),
            oldest.join(", ")
        ));
    }
    let mut elsewhere: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for used in prices {
        if let Some(wanted) = &used.wanted_region {
            let regions = (wanted.as_str(), used.price.region.as_str());
            elsewhere.entry(regions).or_default().push(named(used));
        }
    }
    for ((wanted, region), names) in elsewhere {
        remarks.push(format!(
            "no price in `{wanted}` is known of {}: that of `{region}` is used",
            names.join(", ")
        ));
    }
    let unverified: Vec<String> = prices
        .iter()
        .filter(|used| used.price.unverified)
        .map(|used| format!("{} ({})", named(used), used.price.source))
        .collect();
    if !unverified.is_empty() {
        remarks.push(format!("unverified prices: {}", unverified.join("; ")));
    }
    remarks
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn used(sku: &str, item: Item, region: &str) -> UsedPrice {
        let text = include_str!("../../../../infra/prices.toml");
        let catalogue = crate::read_catalogue(text).unwrap();
        let day = date(2026, 11, 25);
        UsedPrice::of_catalogue(&catalogue, sku, item, region, day).unwrap()
    }

    #[test]
    fn prices_of_one_kind_share_a_sentence() {
        let prices = [
            used("ec2:g6.8xlarge", Item::Hour, "eu-west-1"),
            used("ec2:inf2.8xlarge", Item::Hour, "eu-west-1"),
        ];
        let remarks = remarks(&prices, &[MissingPrice::new("ec2:x", Item::Hour)]);
        assert_eq!(
            remarks[0],
            "no price is known of `ec2:x` per hour: what needs one has no figure"
        );
        assert!(remarks[1].starts_with("2 of 2 prices were older than 30 days"));
        assert_eq!(
            remarks[2],
            "no price in `eu-west-1` is known of `ec2:g6.8xlarge` per hour, `ec2:inf2.8xlarge` \
             per hour: that of `us-east-1` is used"
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
