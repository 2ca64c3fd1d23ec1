//! Hourly prices by model size and hosting: the published Figure 4.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{Figure, MissingPrice, PriceBook, Terms, UsedPrice};
use bench_core::config::Tier;
use bench_core::money::{Item, Money};

/// Hourly prices, by model size and hosting; empty where no target is paid for by the hour
/// or by the unit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct HourlyComparison {
    /// One row a model size, small to large.
    pub sizes: Vec<SizeRow>,
    /// The prices all cells are made of.
    pub prices: Vec<UsedPrice>,
    /// The prices that cells lack.
    pub missing: Vec<MissingPrice>,
}

/// One model size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SizeRow {
    /// Parameters, such as `8B`.
    pub size: String,
    /// The size as configurations name it.
    pub tier: Tier,
    /// One cell a hosting, in the same order in every row.
    pub hostings: Vec<HostingCell>,
}

/// One model size at one hosting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct HostingCell {
    /// The hosting.
    pub hosting: Hosting,
    /// The SKU.
    pub sku: String,
    /// How many of it.
    pub count: u32,
    /// The price of an hour in use.
    pub per_hour: Figure,
    /// How many times the cheapest of the row this costs, at least 1.
    pub ratio_to_cheapest: Option<Decimal>,
    /// How many times this the most expensive of the row costs, at least 1.
    pub most_expensive_to_this: Option<Decimal>,
}

/// Where a model of one size is hosted, and on what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Hosting {
    /// A machine of EC2 with an NVIDIA GPU.
    NvidiaEc2,
    /// A machine of EC2 with AWS Inferentia2.
    InferentiaEc2,
    /// Bedrock Custom Model Import.
    BedrockImport,
    /// A SageMaker endpoint with an NVIDIA GPU.
    NvidiaSageMaker,
    /// A SageMaker endpoint with AWS Inferentia2.
    InferentiaSageMaker,
}

/// The machines and units of one model size.
struct Size {
    name: &'static str,
    tier: Tier,
    nvidia: &'static str,
    inferentia: &'static str,
    units: u32,
}

/// As published: what serves a model of each size.
const SIZES: [Size; 3] = [
    Size {
        name: "1B, 3B",
        tier: Tier::Small,
        nvidia: "g6.xlarge",
        inferentia: "inf2.xlarge",
        units: 1,
    },
    Size {
        name: "8B",
        tier: Tier::Medium,
        nvidia: "g6.8xlarge",
        inferentia: "inf2.8xlarge",
        units: 2,
    },
    Size {
        name: "70B",
        tier: Tier::Large,
        nvidia: "g6.48xlarge",
        inferentia: "inf2.48xlarge",
        units: 8,
    },
];

impl HourlyComparison {
    /// The comparison by the prices of `book`: the three published hostings, and
    /// the same machines at SageMaker, whose prices the publication left out.
    #[must_use]
    pub fn of(book: &PriceBook) -> Self {
        let mut prices = Vec::new();
        let mut missing = Vec::new();
        let sizes = SIZES
            .iter()
            .map(|size| SizeRow {
                size: size.name.to_owned(),
                tier: size.tier,
                hostings: compared(cells(size, book, &mut prices, &mut missing)),
            })
            .collect();
        Self {
            sizes,
            prices,
            missing,
        }
    }
}

fn cells(
    size: &Size,
    book: &PriceBook,
    prices: &mut Vec<UsedPrice>,
    missing: &mut Vec<MissingPrice>,
) -> Vec<HostingCell> {
    let hostings = [
        (Hosting::NvidiaEc2, format!("ec2:{}", size.nvidia), 1),
        (
            Hosting::InferentiaEc2,
            format!("ec2:{}", size.inferentia),
            1,
        ),
        (
            Hosting::BedrockImport,
            Terms::MODEL_UNIT.to_owned(),
            size.units,
        ),
        (
            Hosting::NvidiaSageMaker,
            format!("sagemaker:ml.{}", size.nvidia),
            1,
        ),
        (
            Hosting::InferentiaSageMaker,
            format!("sagemaker:ml.{}", size.inferentia),
            1,
        ),
    ];
    hostings
        .into_iter()
        .map(|(hosting, sku, count)| {
            let (item, in_an_hour) = if sku == Terms::MODEL_UNIT {
                (Item::CmuMinute, 60)
            } else {
                (Item::Hour, 1)
            };
            let used = book.find(&sku, item);
            let per_hour = used.as_ref().and_then(|used| {
                let all = u64::from(count) * in_an_hour;
                used.each()?.times(Decimal::from(all))
            });
            let missing_price = MissingPrice::new(&sku, item);
            match used {
                Some(used) => prices.push(used),
                None => missing.push(missing_price.clone()),
            }
            HostingCell {
                hosting,
                per_hour: Figure::or(per_hour, || missing_price.reason()),
                sku,
                count,
                ratio_to_cheapest: None,
                most_expensive_to_this: None,
            }
        })
        .collect()
}

/// Fills in the ratios of a row: `price ÷ least` and `greatest ÷ price`; none where
/// its prices are in different currencies.
fn compared(mut cells: Vec<HostingCell>) -> Vec<HostingCell> {
    let known = |cell: &HostingCell| cell.per_hour.value();
    let mut currencies = cells.iter().filter_map(known).map(Money::currency);
    let first = currencies.next();
    if currencies.any(|currency| Some(currency) != first) {
        return cells;
    }
    let by_amount = |money: &Money| money.amount();
    let least = cells.iter().filter_map(known).min_by_key(by_amount);
    let most = cells.iter().filter_map(known).max_by_key(by_amount);
    for cell in &mut cells {
        let price = cell.per_hour.value();
        cell.ratio_to_cheapest = price
            .zip(least)
            .and_then(|(price, least)| price.ratio(least));
        cell.most_expensive_to_this = price.zip(most).and_then(|(price, most)| most.ratio(price));
    }
    cells
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use bench_core::money::Catalog;
    use bench_core::money::Overrides;

    fn comparison(catalog: &Catalog) -> HourlyComparison {
        HourlyComparison::of(&PriceBook {
            catalog,
            overrides: &Overrides::default(),
            region: "us-east-1",
            day: date(2026, 11, 25),
        })
    }

    #[test]
    fn the_published_ratios_come_out_of_the_catalog() {
        let text = include_str!("../../../../infra/prices.toml");
        let found = comparison(&crate::read_catalog(text).unwrap());
        let ratios: Vec<Vec<String>> = found
            .sizes
            .iter()
            .map(|row| {
                row.hostings[..3]
                    .iter()
                    .map(|cell| cell.most_expensive_to_this.unwrap().round_dp(2).to_string())
                    .collect()
            })
            .collect();
        assert_eq!(
            ratios,
            [
                ["5.85", "6.21", "1"],
                ["4.68", "4.79", "1"],
                ["2.82", "2.90", "1"]
            ]
        );
        let cheapest = &found.sizes[1].hostings[1];
        assert_eq!(cheapest.ratio_to_cheapest, Some(Decimal::ONE));
        let missing: Vec<&str> = found
            .missing
            .iter()
            .map(|price| price.sku.as_str())
            .collect();
        assert_eq!(missing, ["sagemaker:ml.g6.xlarge"]);
    }

    #[test]
    fn prices_in_different_currencies_have_no_ratio() {
        let text = include_str!("../../../../infra/prices.toml");
        let prices = crate::read_catalog(text).unwrap().prices().to_vec();
        let euros = prices.into_iter().map(|mut price| {
            if price.sku == "ec2:g6.8xlarge" {
                price.currency = bench_core::money::Currency::parse("EUR").unwrap();
            }
            price
        });
        let found = comparison(&Catalog::new(euros.collect()));
        let ratios = |row: usize| {
            let cells = found.sizes[row].hostings.iter();
            cells
                .filter(|cell| cell.ratio_to_cheapest.is_some())
                .count()
        };
        assert_eq!((ratios(1), ratios(2)), (0, 5));
    }

    #[test]
    fn without_prices_every_cell_has_its_reason() {
        let found = comparison(&Catalog::default());
        let cells: Vec<_> = found.sizes.iter().flat_map(|row| &row.hostings).collect();
        assert!(cells.iter().all(|cell| cell.per_hour.reason().is_some()));
        assert!(cells.iter().all(|cell| cell.ratio_to_cheapest.is_none()));
    }
}
