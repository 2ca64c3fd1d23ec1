//! Prices that are missing.

use serde::{Deserialize, Serialize};

use crate::CostReason;
use bench_core::money::Item;

/// A price that was looked up and is not known.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct MissingPrice {
    /// The SKU that would be bought.
    pub sku: String,
    /// The item that would be counted, such as `hour`.
    pub item: String,
}

impl MissingPrice {
    pub(crate) fn new(sku: &str, item: Item) -> Self {
        Self {
            sku: sku.to_owned(),
            item: item.as_str().to_owned(),
        }
    }

    pub(crate) fn reason(&self) -> CostReason {
        CostReason::PriceMissing {
            sku: self.sku.clone(),
            item: self.item.clone(),
        }
    }
}
