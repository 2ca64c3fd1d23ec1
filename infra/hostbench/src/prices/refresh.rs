//! The whole of `hostbench prices refresh`, apart from files and words.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use jiff::civil::Date;

use super::{Change, Found, Listed, PriceFile, PriceList, Wanted, product::Product};
use crate::error::Error;

/// What is looked up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// In these Regions, whether the catalogue has prices there or not; where
    /// there are none, each price in its own Region.
    pub regions: Vec<String>,
    /// The family of imported models that Custom Model Units are for.
    pub import_family: Option<String>,
}

/// A price that stays as it is, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The thing.
    pub wanted: Wanted,
    /// Why its price was not taken from the list.
    pub reason: String,
}

/// What a look at the list came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refresh {
    /// Every price that was found, and what became of its entry.
    pub found: Vec<(Wanted, Listed, Change)>,
    /// Every price that was looked for in vain.
    pub kept: Vec<Kept>,
    /// Things of services that the list is not asked for.
    pub passed_over: BTreeSet<String>,
}

/// Looks everything up, then changes the catalogue: a list that fails half-way
/// changes nothing.
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
    let (wanted, passed_over) = wanted(file, &scope.regions);
    report.passed_over = passed_over;
    for query in wanted.iter().flat_map(Wanted::queries) {
        if let Entry::Vacant(answer) = answers.entry(query) {
            let products: Vec<Product> = list.products(answer.key()).await?;
            answer.insert(products);
        }
    }
    for wanted in wanted {
        let queries = wanted.queries();
        let products = queries.iter().flat_map(|query| {
            let products = answers.get(query).into_iter().flatten();
            products.map(|product| (query.service, product))
        });
        match wanted.find(products, scope.import_family.as_deref(), today) {
            Found::Price(listed) => {
                let change = file.put(&wanted, &listed, today);
                report.found.push((wanted, listed, change));
            }
            Found::Nothing(reason) => report.kept.push(Kept { wanted, reason }),
        }
    }
    Ok(report)
}

/// Every thing of the catalogue once, in its order, and those that are passed over.
fn wanted(file: &PriceFile, regions: &[String]) -> (Vec<Wanted>, BTreeSet<String>) {
    let mut all: Vec<Wanted> = Vec::new();
    let mut passed_over = BTreeSet::new();
    for price in file.prices() {
        let own = std::slice::from_ref(&price.region);
        for region in if regions.is_empty() { own } else { regions } {
            let wanted = Wanted {
                sku: price.sku.clone(),
                item: price.unit.item(),
                region: region.clone(),
            };
            if !wanted.is_looked_up() {
                passed_over.insert(wanted.sku);
            } else if !all.contains(&wanted) {
                all.push(wanted);
            }
        }
    }
    (all, passed_over)
}
