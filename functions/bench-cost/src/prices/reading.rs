//! From the text of a price catalog to a [`Catalog`].

use std::collections::BTreeMap;

use jiff::civil::Date;
use toml::{Table, Value};

use crate::PricesError;
use bench_core::config::Fault;
use bench_core::money::{Catalog, Price};
use bench_core::money::{Currency, PRICE, Unit, decimal};

/// Reads a catalog written as TOML: a list of `[[prices]]`.
///
/// ```
/// use bench_core::money::Item;
/// use bench_cost::{UsedPrice, read_catalog};
/// let catalog = read_catalog(r#"
///     [[prices]]
///     sku = "ec2:inf2.8xlarge"
///     region = "us-east-1"
///     currency = "USD"
///     unit = "hour"
///     price = "1.968"
///     effective = 2026-10-05
///     source = "published benchmark"
/// "#)?;
/// let day = jiff::civil::date(2026, 11, 25);
/// let used = UsedPrice::of_catalog(&catalog, "ec2:inf2.8xlarge", Item::Hour, "us-east-1", day).unwrap();
/// assert_eq!((used.age_days, used.stale), (51, true));
/// # Ok::<(), bench_cost::PricesError>(())
/// ```
///
/// # Errors
///
/// Every fault at once; a file that is not TOML is a single fault with its line.
pub fn catalog(text: &str) -> Result<Catalog, PricesError> {
    let table: Table = text.parse().map_err(|error: toml::de::Error| PricesError {
        faults: vec![Fault::not_toml(&error, text)],
    })?;
    let mut faults = Vec::new();
    let mut prices = Vec::new();
    for (name, value) in &table {
        match value {
            Value::Array(list) if name == "prices" => {
                for (position, entry) in list.iter().enumerate() {
                    let mut entry = Entry::new(position, entry, &mut faults);
                    prices.extend(entry.price());
                }
            }
            other => faults.push(Fault {
                field: name.clone(),
                value: Some(other.to_string()),
                remedy: "expected nothing but `[[prices]]`".to_owned(),
            }),
        }
    }
    refuse_doubles(&prices, &mut faults);
    if faults.is_empty() {
        let prices = prices.into_iter().map(|(_, price)| price).collect();
        Ok(Catalog::new(prices))
    } else {
        Err(PricesError { faults })
    }
}

/// Two prices of one thing on one day would leave the choice to the order of the file.
fn refuse_doubles(prices: &[(usize, Price)], faults: &mut Vec<Fault>) {
    let mut seen = BTreeMap::new();
    for (position, price) in prices {
        let key = (
            &price.sku,
            &price.region,
            price.unit.item(),
            price.effective,
        );
        if let Some(first) = seen.insert(key, *position) {
            faults.push(Fault {
                field: format!("prices[{position}]"),
                value: Some(format!("{} per {}", price.sku, price.unit)),
                remedy: format!(
                    "`prices[{first}]` has the same SKU, Region, item and date: remove one"
                ),
            });
        }
    }
}

/// One entry of the list while it is read.
struct Entry<'a> {
    position: usize,
    table: Option<&'a Table>,
    faults: &'a mut Vec<Fault>,
}

const FIELDS: [&str; 9] = [
    "sku",
    "region",
    "currency",
    "unit",
    "price",
    "effective",
    "source",
    "checked",
    "unverified",
];

impl<'a> Entry<'a> {
    fn new(position: usize, value: &'a Value, faults: &'a mut Vec<Fault>) -> Self {
        let table = value.as_table();
        let mut entry = Self {
            position,
            table,
            faults,
        };
        if table.is_none() {
            entry.fault(None, Some(value), "expected a table of fields");
        }
        entry
    }

    fn price(&mut self) -> Option<(usize, Price)> {
        let table = self.table?;
        for (name, value) in table {
            if !FIELDS.contains(&name.as_str()) {
                let remedy = format!(
                    "unknown field, remove it; known are `{}`",
                    FIELDS.join("`, `")
                );
                self.fault(Some(name), Some(value), &remedy);
            }
        }
        let sku = self.text(
            "sku",
            "expected `service:what`, such as `ec2:g6.xlarge`",
            |text| {
                let (service, what) = text.split_once(':')?;
                (!service.is_empty() && !what.is_empty()).then(|| text.to_owned())
            },
        );
        let region = self.text("region", "expected a Region such as `us-east-1`", not_empty);
        let currency = self.text(
            "currency",
            "expected three letters such as `USD`",
            Currency::parse,
        );
        let unit = self.text("unit", &Unit::expected(), Unit::parse);
        let price = self.text("price", PRICE, decimal);
        let effective = self.day("effective");
        let checked = self.checked();
        let source = self.text("source", "expected the name of the publication", not_empty);
        let unverified = self.unverified();
        let price = Price {
            sku: sku?,
            region: region?,
            currency: currency?,
            unit: unit?,
            price: price?,
            effective: effective?,
            source: source?,
            checked,
            unverified: unverified?,
        };
        Some((self.position, price))
    }

    fn text<T>(&mut self, name: &str, remedy: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let value = self.table.and_then(|table| table.get(name));
        let found = value.and_then(Value::as_str).and_then(read);
        if found.is_none() {
            self.fault(Some(name), value, remedy);
        }
        found
    }

    fn day(&mut self, name: &str) -> Option<Date> {
        let value = self.table.and_then(|table| table.get(name));
        let text = match value {
            Some(Value::Datetime(day)) => day.to_string(),
            Some(Value::String(text)) => text.clone(),
            _ => String::new(),
        };
        let day = text.parse().ok().filter(|_| text.len() == 10);
        if day.is_none() {
            self.fault(Some(name), value, "expected a day such as `2026-10-05`");
        }
        day
    }

    /// A day that may be left out; one that is none is a fault like any other.
    fn checked(&mut self) -> Option<Date> {
        self.table?.contains_key("checked").then_some(())?;
        self.day("checked")
    }

    fn unverified(&mut self) -> Option<bool> {
        let value = self.table.and_then(|table| table.get("unverified"));
        match value {
            None => Some(false),
            Some(Value::Boolean(unverified)) => Some(*unverified),
            other => {
                self.fault(Some("unverified"), other, "expected `true` or `false`");
                None
            }
        }
    }

    fn fault(&mut self, name: Option<&str>, value: Option<&Value>, remedy: &str) {
        let place = format!("prices[{}]", self.position);
        self.faults.push(Fault {
            field: name.map_or(place.clone(), |name| format!("{place}.{name}")),
            value: value.map(|value| match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            }),
            remedy: remedy.to_owned(),
        });
    }
}

fn not_empty(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;

    fn faults(text: &str) -> Vec<String> {
        let error = catalog(text).unwrap_err();
        error.faults.iter().map(ToString::to_string).collect()
    }

    const GOOD: &str = r#"
        [[prices]]
        sku = "bedrock:cmu"
        region = "us-east-1"
        currency = "USD"
        unit = "CMU-minute"
        price = "0.0785"
        effective = 2026-10-05
        source = "a page"
    "#;

    #[test]
    fn every_fault_is_reported_at_once_with_place_and_remedy() {
        let text = r#"
            name = "prices"
            [[prices]]
            sku = "inf2"
            region = "us-east-1"
            currency = "dollars"
            unit = "hours"
            price = 1.968
            effective = "soon"
            color = "red"
        "#;
        let faults = faults(text);
        let starts = [
            "`name` is `\"prices\"`: expected nothing but",
            "`prices[0].color` is `red`: unknown field",
            "`prices[0].sku` is `inf2`: expected `service:what`",
            "`prices[0].currency` is `dollars`: expected three letters",
            "`prices[0].unit` is `hours`: expected one of `hour`",
            "`prices[0].price` is `1.968`: expected a decimal in quotation marks",
            "`prices[0].effective` is `soon`: expected a day",
            "`prices[0].source` is missing: expected the name",
        ];
        assert_eq!(faults.len(), starts.len(), "{faults:#?}");
        for (fault, start) in faults.iter().zip(starts) {
            assert!(fault.starts_with(start), "{fault} does not start {start}");
        }
    }

    #[test]
    fn two_prices_of_one_thing_on_one_day_are_refused() {
        let doubled = format!("{GOOD}{GOOD}");
        assert!(faults(&doubled)[0].contains("`prices[0]` has the same SKU"));
        let other_day = GOOD.replace("2026-10-05", "2026-10-06");
        let both = catalog(&format!("{GOOD}{other_day}")).unwrap();
        assert_eq!(both.prices().len(), 2);
    }

    #[test]
    fn free_negative_and_endless_prices_are_none() {
        for text in [
            "0",
            "-1",
            "1e3",
            "NaN",
            "",
            "1000000",
            "0.0000000000001",
            "1_000",
        ] {
            assert_eq!(decimal(text), None, "{text}");
        }
        assert_eq!(decimal("0.00135"), Some(Decimal::new(135, 5)));
    }

    #[test]
    fn text_that_is_not_toml_is_one_fault_with_its_line() {
        assert!(faults("prices = ")[0].contains("line 1"));
    }

    #[test]
    fn the_catalog_of_the_project_has_no_fault() {
        let shipped = catalog(include_str!("../../../../infra/prices.toml"));
        assert!(shipped.unwrap().prices().len() > 30);
    }
}
