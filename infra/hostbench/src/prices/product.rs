//! A product of the Price List, parsed from its JSON text.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rust_decimal::Decimal;
use serde::Deserialize;

/// The attributes and prices of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Product {
    attributes: BTreeMap<String, String>,
    /// Its on-demand prices in US dollars, each above 0.
    pub(super) rates: Vec<Rate>,
}

/// One on-demand price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rate {
    /// The unit, as in the list.
    pub(super) unit: String,
    /// The description in the list.
    pub(super) description: String,
    pub(super) price: Decimal,
    /// The day from which it is effective.
    pub(super) effective: Date,
}

impl Product {
    /// Reads a product.
    ///
    /// # Errors
    ///
    /// The fault in the text.
    pub(super) fn read(json: &str) -> Result<Self, String> {
        let raw: Raw = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let mut rates = Vec::new();
        for term in raw.terms.on_demand.into_values() {
            let effective = day(&term.effective)?;
            for dimension in term.dimensions.into_values() {
                let Some(text) = dimension.price_per_unit.get("USD") else {
                    continue;
                };
                let price = decimal(text).ok_or_else(|| {
                    format!("price `{text}` is not a decimal of at most 28 digits")
                })?;
                // Free tiers and placeholders have a price of 0.
                if price > Decimal::ZERO {
                    rates.push(Rate {
                        unit: dimension.unit,
                        description: dimension.description,
                        price,
                        effective,
                    });
                }
            }
        }
        Ok(Self {
            attributes: raw.product.attributes,
            rates,
        })
    }

    /// An attribute; empty where the product has none of that name.
    pub(super) fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }

    /// The prices of the latest term that is in effect on a day.
    pub(super) fn rates_on(&self, day: Date) -> impl Iterator<Item = &Rate> {
        let latest = self
            .rates
            .iter()
            .map(|rate| rate.effective)
            .filter(|effective| *effective <= day)
            .max();
        self.rates
            .iter()
            .filter(move |rate| Some(rate.effective) == latest)
    }
}

/// An exact decimal; `None` if it would be rounded.
fn decimal(text: &str) -> Option<Decimal> {
    let exact = Decimal::from_str_exact(text).ok();
    exact
        .or_else(|| Decimal::from_scientific(text).ok())
        .map(|price| price.normalize())
}

fn day(text: &str) -> Result<Date, String> {
    let time: Timestamp = text
        .parse()
        .map_err(|_| format!("`{text}` is not a date"))?;
    Ok(time.to_zoned_datetime(TimeZone::UTC).date())
}

#[derive(Deserialize)]
struct Raw {
    product: RawProduct,
    #[serde(default)]
    terms: RawTerms,
}

#[derive(Deserialize)]
struct RawProduct {
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
struct RawTerms {
    #[serde(rename = "OnDemand", default)]
    on_demand: BTreeMap<String, RawTerm>,
}

#[derive(Deserialize)]
struct RawTerm {
    #[serde(rename = "effectiveDate")]
    effective: String,
    #[serde(rename = "priceDimensions", default)]
    dimensions: BTreeMap<String, RawDimension>,
}

#[derive(Deserialize)]
struct RawDimension {
    #[serde(default)]
    unit: String,
    #[serde(default)]
    description: String,
    #[serde(rename = "pricePerUnit", default)]
    price_per_unit: BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::json;

    use super::*;

    fn product(terms: &serde_json::Value) -> Result<Product, String> {
        Product::read(
            &json!({
                "product": {"sku": "A", "attributes": {"usagetype": "BoxUsage:g6.xlarge"}},
                "serviceCode": "AmazonEC2",
                "terms": {"OnDemand": terms},
            })
            .to_string(),
        )
    }

    fn term(effective: &str, price: &str) -> serde_json::Value {
        json!({
            "effectiveDate": effective,
            "priceDimensions": {"A.B.C": {
                "unit": "Hrs", "description": "", "pricePerUnit": {"USD": price},
            }},
        })
    }

    #[test]
    fn the_latest_term_in_effect_holds_and_a_coming_one_does_not() {
        let product = product(&json!({
            "old": term("2026-01-01T00:00:00Z", "3.0000000000"),
            "now": term("2026-11-01T00:00:00Z", "0.8048000000"),
            "coming": term("2026-12-01T00:00:00Z", "0.7000000000"),
        }))
        .unwrap();
        let rates: Vec<_> = product.rates_on(date(2026, 11, 25)).collect();
        assert_eq!(rates.len(), 1);
        assert_eq!(rates[0].price.to_string(), "0.8048");
        assert_eq!(rates[0].effective, date(2026, 11, 1));
    }

    #[test]
    fn a_price_is_exact_or_an_error_and_nothing_is_no_price() {
        let price = |text: &str| {
            product(&json!({"a": term("2026-01-01T00:00:00Z", text)}))
                .map(|product| product.rates.first().map(|rate| rate.price.to_string()))
        };
        assert_eq!(price("0.0000002200"), Ok(Some("0.00000022".to_owned())));
        assert_eq!(price("2.2E-7"), Ok(Some("0.00000022".to_owned())));
        assert_eq!(price("0.0000000000"), Ok(None));
        assert!(price("cheap").unwrap_err().contains("`cheap`"));
    }

    #[test]
    fn what_is_no_product_is_an_error() {
        for text in ["", "{}", "[]", "{\"product\": 1}"] {
            assert!(Product::read(text).is_err(), "{text}");
        }
    }
}
