//! Hourly prices by hosting, and every price that a figure is made of.

use super::{
    super::cost as money,
    table::{CostRow, CostTable, TableId, table},
};
use crate::render::format::DASH;
use bench_cost::{Hosting, RunCost, UsedPrice};

/// Hourly prices of model sizes by hosting.
pub(super) fn hourly(cost: &RunCost) -> CostTable {
    let hostings = cost.hourly.sizes.first().map(|row| &row.hostings);
    let mut header = vec!["Model size".to_owned()];
    header.extend(
        hostings
            .into_iter()
            .flatten()
            .map(|cell| hosting(cell.hosting).to_owned()),
    );
    let rows = cost.hourly.sizes.iter().map(|row| {
        let cells = row
            .hostings
            .iter()
            .map(|cell| match cell.ratio_to_cheapest {
                Some(ratio) => format!("{} ({:.2} ×)", money(&cell.per_hour), ratio.round_dp(2)),
                None => money(&cell.per_hour),
            });
        CostRow::new(&row.size, false, cells.collect())
    });
    let table = table(
        TableId::Hourly,
        "Hourly prices",
        "List prices of an hour in use, and the ratio to the cheapest of the row. They say nothing \
         about how many requests are served in an hour.",
        &[],
        rows,
    );
    CostTable { header, ..table }
}

fn hosting(hosting: Hosting) -> &'static str {
    match hosting {
        Hosting::NvidiaEc2 => "NVIDIA on EC2",
        Hosting::InferentiaEc2 => "Inferentia2 on EC2",
        Hosting::BedrockImport => "Bedrock Custom Model Import",
        Hosting::NvidiaSageMaker => "NVIDIA on SageMaker",
        Hosting::InferentiaSageMaker => "Inferentia2 on SageMaker",
    }
}

/// Every price.
pub(super) fn prices(cost: &RunCost) -> CostTable {
    let known = cost.prices.iter().map(|used| {
        let price = &used.price;
        let cells = vec![
            format!("{} {}", price.price.normalize(), price.currency),
            price.unit.to_string(),
            price.region.clone(),
            price.effective.to_string(),
            notes(used),
            price.source.clone(),
        ];
        CostRow::new(&price.sku, false, cells)
    });
    let missing = cost.missing.iter().map(|price| {
        let mut cells = vec!["not known".to_owned(), price.item.clone()];
        cells.resize(6, DASH.to_owned());
        CostRow::new(&price.sku, false, cells)
    });
    let table = table(
        TableId::Prices,
        "Prices",
        format!(
            "As known on {}, in `{}` where a target sets no Region of its own.",
            cost.day, cost.region
        ),
        &["SKU", "price", "per", "Region", "since", "notes", "source"],
        known.chain(missing),
    );
    CostTable {
        texts: true,
        ..table
    }
}

fn notes(used: &UsedPrice) -> String {
    let mut notes = Vec::new();
    if used.overridden {
        notes.push("from the configuration".to_owned());
    }
    if used.stale {
        notes.push(format!("{} days old", used.age_days));
    }
    if let Some(wanted) = &used.wanted_region {
        notes.push(format!("none known in {wanted}"));
    }
    if used.price.unverified {
        notes.push("unverified".to_owned());
    }
    if notes.is_empty() {
        return DASH.to_owned();
    }
    notes.join(", ")
}
