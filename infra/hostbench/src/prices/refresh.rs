//! The lookup and update of `hostbench prices refresh`.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use jiff::civil::Date;

use super::{Change, ListedPrice, Lookup, PriceFile, PriceKey, PriceList, product::Product};
use crate::error::Error;

/// The Regions and families to look up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// These Regions, whether the catalog has prices there or not; if empty, the
    /// Region of each price.
    pub regions: Vec<String>,
    /// The family of imported models that Custom Model Units are for.
    pub import_family: Option<String>,
}

/// A price that is not updated, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved {
    /// The key of the price.
    pub key: PriceKey,
    /// Why it is not updated.
    pub reason: String,
}

/// The result of a refresh.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refresh {
    /// Every price found, with the change of its entry.
    pub found: Vec<(PriceKey, ListedPrice, Change)>,
    /// Every price not found, or ambiguous.
    pub unresolved: Vec<Unresolved>,
    /// SKUs of services that are not looked up.
    pub not_looked_up: BTreeSet<String>,
}

/// Looks up every price, then updates the catalog: a failed lookup changes
/// nothing.
///
/// # Errors
///
/// Those of [`PriceList`].
pub async fn refresh(
    list: &PriceList,
    file: &mut PriceFile,
    scope: &Scope,
    today: Date,
) -> Result<Refresh, Error> {
    let mut report = Refresh::default();
    let mut answers = BTreeMap::new();
    let (keys, not_looked_up) = keys(file, &scope.regions);
    report.not_looked_up = not_looked_up;
    for query in keys.iter().flat_map(PriceKey::queries) {
        if let Entry::Vacant(answer) = answers.entry(query) {
            let products: Vec<Product> = list.products(answer.key()).await?;
            answer.insert(products);
        }
    }
    for key in keys {
        let queries = key.queries();
        let products = queries.iter().flat_map(|query| {
            let products = answers.get(query).into_iter().flatten();
            products.map(|product| (query.service, product))
        });
        match key.find(products, scope.import_family.as_deref(), today) {
            Lookup::Price(listed) => {
                let change = file.put(&key, &listed, today);
                report.found.push((key, listed, change));
            }
            Lookup::Unresolved(reason) => report.unresolved.push(Unresolved { key, reason }),
        }
    }
    Ok(report)
}

/// The distinct keys of the catalog, in its order, and the SKUs that are not
/// looked up.
fn keys(file: &PriceFile, regions: &[String]) -> (Vec<PriceKey>, BTreeSet<String>) {
    let mut all: Vec<PriceKey> = Vec::new();
    let mut not_looked_up = BTreeSet::new();
    for price in file.prices() {
        let own = std::slice::from_ref(&price.region);
        for region in if regions.is_empty() { own } else { regions } {
            let key = PriceKey {
                sku: price.sku.clone(),
                item: price.unit.item(),
                region: region.clone(),
            };
            if !key.is_looked_up() {
                not_looked_up.insert(key.sku);
            } else if !all.contains(&key) {
                all.push(key);
            }
        }
    }
    (all, not_looked_up)
}
