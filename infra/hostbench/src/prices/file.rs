//! The catalog as a file, edited in place with its comments.

use bench_core::money::Price;
use bench_core::money::Unit;
use bench_cost::PricesError;
use jiff::civil::Date;
use rust_decimal::Decimal;
use toml_edit::{ArrayOfTables, Datetime, DocumentMut, Item as TomlItem, Table, Value, value};

use super::lookup::{ListedPrice, PriceKey};

/// A catalog with the text that it was read from.
///
/// # Invariants
///
/// The tables of the document are the prices of the catalog, in order.
#[derive(Debug, Clone)]
pub struct PriceFile {
    document: DocumentMut,
    prices: Vec<Price>,
}

/// The change of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The list has the same price.
    Confirmed,
    /// The list has another price; this was the old one.
    Changed {
        /// The unit that `price` was for.
        unit: Unit,
        /// The price.
        price: Decimal,
        /// The day from which it was effective.
        effective: Date,
    },
    /// The Region had no price.
    Added,
}

impl PriceFile {
    /// Reads a catalog.
    ///
    /// # Errors
    ///
    /// Every fault at once.
    ///
    /// # Panics
    ///
    /// Never: what the catalog could read is TOML.
    pub fn read(text: &str) -> Result<Self, PricesError> {
        let catalog = bench_cost::read_catalog(text)?;
        Ok(Self {
            document: text.parse().expect("the catalog was read from it"),
            prices: catalog.prices().to_vec(),
        })
    }

    /// The prices, in the order of the file.
    #[must_use]
    pub fn prices(&self) -> &[Price] {
        &self.prices
    }

    /// The text, with every comment it had.
    #[must_use]
    pub fn text(&self) -> String {
        self.document.to_string()
    }

    /// Writes a price that the list has, seen there on a day.
    ///
    /// The same price stays and is confirmed. Another takes the place of what was
    /// not in effect before it, or was only unverified; a price that was, stays as
    /// history, with the new one behind it. Prices that take effect after `today`
    /// are left alone.
    pub fn put(&mut self, key: &PriceKey, listed: &ListedPrice, today: Date) -> Change {
        let of = |price: &Price| price.sku == key.sku && price.unit.item() == key.item;
        let known = self.prices.iter().enumerate().filter(|(_, price)| {
            of(price) && price.region == key.region && price.effective <= today
        });
        let (contemporary, earlier): (Vec<_>, Vec<_>) =
            known.partition(|(_, price)| price.effective >= listed.effective);
        let first = contemporary.iter().min_by_key(|(_, price)| price.effective);
        let latest = earlier.iter().max_by_key(|(_, price)| price.effective);
        let Some((position, old)) = first.or(latest).copied() else {
            let last = self.prices.iter().rposition(of);
            self.insert(last, new_price(key, listed, today));
            return Change::Added;
        };
        let old = old.clone();
        let contradicted: Vec<_> = contemporary
            .iter()
            .map(|(other, _)| *other)
            .filter(|other| *other != position)
            .collect();
        let same = old.unit.each(old.price) == listed.unit.each(listed.price);
        let keeps_history = first.is_none() && !same && !old.unverified;
        let mut price = new_price(key, listed, today);
        if same {
            (price.unit, price.price) = (old.unit, old.price);
            price.effective = old.effective.min(listed.effective);
        }
        if keeps_history {
            self.insert(Some(position), price);
        } else {
            self.replace(position, price);
        }
        for other in contradicted.into_iter().rev() {
            self.remove(other);
        }
        if same {
            Change::Confirmed
        } else {
            Change::Changed {
                unit: old.unit,
                price: old.price,
                effective: old.effective,
            }
        }
    }

    fn tables(&mut self) -> &mut ArrayOfTables {
        self.document
            .entry("prices")
            .or_insert_with(|| TomlItem::ArrayOfTables(ArrayOfTables::new()))
            .as_array_of_tables_mut()
            .expect("the catalog was read from it")
    }

    fn insert(&mut self, behind: Option<usize>, price: Price) {
        let position = behind.map_or(self.prices.len(), |behind| behind + 1);
        let mut table = Table::new();
        table.decor_mut().set_prefix("\n");
        write(&mut table, &price);
        self.tables().insert(position, table);
        self.prices.insert(position, price);
    }

    fn replace(&mut self, position: usize, price: Price) {
        let table = self.tables().get_mut(position).expect("a table a price");
        write(table, &price);
        self.prices[position] = price;
    }

    fn remove(&mut self, position: usize) {
        self.tables().remove(position);
        self.prices.remove(position);
    }
}

fn new_price(key: &PriceKey, listed: &ListedPrice, today: Date) -> Price {
    Price {
        sku: key.sku.clone(),
        region: key.region.clone(),
        currency: bench_core::money::Currency::USD,
        unit: listed.unit,
        price: listed.price,
        effective: listed.effective,
        source: listed.source.clone(),
        checked: Some(today),
        unverified: false,
    }
}

fn write(table: &mut Table, price: &Price) {
    set(table, "sku", price.sku.as_str().into());
    set(table, "region", price.region.as_str().into());
    set(table, "currency", price.currency.to_string().into());
    set(table, "unit", price.unit.to_string().into());
    set(table, "price", price.price.normalize().to_string().into());
    set(table, "effective", day(price.effective));
    set(table, "source", price.source.as_str().into());
    if let Some(checked) = price.checked {
        set(table, "checked", day(checked));
    }
    if !price.unverified {
        table.remove("unverified");
    }
}

fn day(day: Date) -> Value {
    let date: Datetime = day.to_string().parse().expect("a day is TOML");
    date.into()
}

/// Sets a field; what says the same already stays as it is written, and a comment
/// behind it stays in any case.
fn set(table: &mut Table, name: &str, new: Value) {
    let Some(old) = table.get_mut(name).and_then(TomlItem::as_value_mut) else {
        table.insert(name, value(new));
        return;
    };
    let same = match (&*old, &new) {
        (Value::String(old), Value::String(new)) => {
            old.value() == new.value() || same_number(old.value(), new.value())
        }
        (Value::Datetime(old), Value::Datetime(new)) => old.value() == new.value(),
        _ => false,
    };
    if !same {
        let decor = old.decor().clone();
        *old = new;
        *old.decor_mut() = decor;
    }
}

/// `"0.20"` and `"0.2"` are one price.
fn same_number(old: &str, new: &str) -> bool {
    let number = |text: &str| Decimal::from_str_exact(text).ok();
    number(old).is_some() && number(old) == number(new)
}

#[cfg(test)]
mod tests {
    use bench_core::money::Item;
    use jiff::civil::date;

    use super::*;

    const TODAY: Date = date(2026, 11, 25);

    fn entry(price: &str, effective: &str, more: &str) -> String {
        format!(
            "[[prices]]\nsku = \"ec2:a.b\"\nregion = \"us-east-1\"\ncurrency = \"USD\"\n\
             unit = \"hour\"\nprice = \"{price}\"\neffective = {effective}\n\
             source = \"a page\"\n{more}\n"
        )
    }

    /// Prices with their dates after the list said `price` since 2026-09-01.
    fn after(entries: &[String], price: &str) -> (Change, Vec<(String, String)>) {
        let mut file = PriceFile::read(&entries.concat()).unwrap();
        let key = PriceKey {
            sku: "ec2:a.b".to_owned(),
            item: Item::Hour,
            region: "us-east-1".to_owned(),
        };
        let listed = ListedPrice {
            unit: Unit::parse("hour").unwrap(),
            price: price.parse().unwrap(),
            effective: date(2026, 9, 1),
            source: "the list".to_owned(),
        };
        let change = file.put(&key, &listed, TODAY);
        let again = PriceFile::read(&file.text()).unwrap();
        assert_eq!(again.prices(), file.prices());
        let prices = again.prices().iter();
        let prices = prices.map(|price| (price.price.to_string(), price.effective.to_string()));
        (change, prices.collect())
    }

    fn now(price: &str, effective: &str) -> (String, String) {
        (price.to_owned(), effective.to_owned())
    }

    #[test]
    fn the_same_price_is_confirmed_and_keeps_its_writing_and_its_date() {
        let (change, prices) = after(&[entry("2.0", "2025-01-01", "")], "2");
        assert_eq!(
            (change, prices),
            (Change::Confirmed, vec![now("2.0", "2025-01-01")])
        );
        // Somebody read it later than it took effect.
        let (_, prices) = after(&[entry("2.0", "2026-10-05", "")], "2");
        assert_eq!(prices, [now("2.0", "2026-09-01")]);
    }

    #[test]
    fn a_price_of_the_past_stays_and_a_wrong_one_does_not() {
        let changed = |entry: String| {
            let (change, prices) = after(&[entry], "3");
            assert!(matches!(change, Change::Changed { .. }));
            prices
        };
        let both = [now("2", "2025-01-01"), now("3", "2026-09-01")];
        assert_eq!(changed(entry("2", "2025-01-01", "")), both);
        let only = [now("3", "2026-09-01")];
        assert_eq!(changed(entry("2", "2025-01-01", "unverified = true")), only);
        assert_eq!(changed(entry("2", "2026-10-05", "")), only);
    }

    #[test]
    fn what_takes_effect_only_later_is_left_alone() {
        let entries = [entry("2", "2025-01-01", ""), entry("1", "2027-01-01", "")];
        let (_, prices) = after(&entries, "2");
        assert_eq!(prices, [now("2", "2025-01-01"), now("1", "2027-01-01")]);
    }

    #[test]
    fn of_several_that_the_list_contradicts_one_is_left() {
        let entries = [entry("5", "2026-10-01", ""), entry("6", "2026-11-01", "")];
        let (_, prices) = after(&entries, "2");
        assert_eq!(prices, [now("2", "2026-09-01")]);
    }
}
