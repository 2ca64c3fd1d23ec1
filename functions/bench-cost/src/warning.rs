//! Warnings about costs.

use serde::{Deserialize, Serialize};

use crate::{CostReason, MissingPrice};
use bench_core::{
    identity::TargetId,
    money::{Currency, Money, Unit},
};

/// A warning about the costs of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "warning", rename_all = "snake_case")]
pub enum CostWarning {
    /// A target has no cost.
    NoCost {
        /// The target.
        target_id: TargetId,
        /// Why.
        cause: CostReason,
    },
    /// A target does not declare the machine that served it.
    InstanceNotDeclared {
        /// The target.
        target_id: TargetId,
        /// The SKU that is taken on trust.
        sku: String,
    },
    /// Calls broke off before their tokens were counted: their cost is in no figure.
    CallsBrokenOff {
        /// The target.
        target_id: TargetId,
        /// How many.
        calls: u64,
    },
    /// Cached input tokens are priced as others, for lack of a price of their own.
    CachedTokensNotPriced {
        /// The target.
        target_id: TargetId,
        /// How many.
        tokens: u64,
    },
    /// A token price is more than 100 times the median of the catalog: one per thousand
    /// and one per million tokens may be mixed up.
    PriceUnusual {
        /// The target that is billed at it.
        target_id: TargetId,
        /// Its SKU and unit.
        #[serde(flatten)]
        of: PricedUnit,
        /// The price of that unit.
        price: Money,
        /// The median of the catalog for that unit.
        median: Money,
    },
    /// Targets are priced in more than one currency: no amount of one is compared with
    /// one of another.
    DifferentCurrencies {
        /// The currencies, in the order of the configuration.
        currencies: Vec<CurrencyTargets>,
    },
    /// Targets are priced in another currency than the budget of the run, which therefore
    /// does not limit them.
    OutsideBudget {
        /// The budget.
        budget: Money,
        /// The other currencies, in the order of the configuration.
        currencies: Vec<CurrencyTargets>,
    },
    /// Some answered, measured calls have no token count: costs that they are part of
    /// are ranges.
    CostIsRange {
        /// The target.
        target_id: TargetId,
        /// How many have no count.
        calls: u64,
        /// Answered, measured calls.
        answered: u64,
    },
    /// Targets that a break-even compares and that do not claim to serve one model.
    OtherModels {
        /// The pairs.
        pairs: Vec<[TargetId; 2]>,
    },
    /// Prices that are not known.
    PricesMissing {
        /// Every one.
        prices: Vec<MissingPrice>,
    },
    /// Prices that were not confirmed recently before the run.
    PricesStale {
        /// How many.
        stale: u64,
        /// Of how many.
        prices: u64,
        /// The age in days up to which a price is not stale.
        max_age_days: i32,
        /// The oldest of them.
        oldest: Vec<StalePrice>,
    },
    /// Prices of another Region, for lack of one in the target's.
    PricesOfOtherRegion {
        /// The Region of the target.
        wanted: String,
        /// The Region of the prices.
        region: String,
        /// Every one.
        prices: Vec<PricedUnit>,
    },
    /// Prices that come second-hand or were worked out.
    PricesUnverified {
        /// Every one.
        prices: Vec<UnverifiedPrice>,
    },
    /// Simulated targets: their prices are real and their times are not.
    Simulated {
        /// The targets.
        target_ids: Vec<TargetId>,
        /// Their times are measured ones multiplied by it.
        time_scale: f64,
    },
}

/// The targets that are priced in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CurrencyTargets {
    /// The currency.
    pub currency: Currency,
    /// The targets.
    pub target_ids: Vec<TargetId>,
}

impl CurrencyTargets {
    /// Targets by the currency of their prices, in the order in which each comes first.
    pub(crate) fn group<'a>(
        priced: impl IntoIterator<Item = (&'a TargetId, Currency)>,
    ) -> Vec<Self> {
        let mut currencies: Vec<Self> = Vec::new();
        for (target_id, currency) in priced {
            match currencies.iter_mut().find(|of| of.currency == currency) {
                Some(of) => of.target_ids.push(target_id.clone()),
                None => currencies.push(Self {
                    currency,
                    target_ids: vec![target_id.clone()],
                }),
            }
        }
        currencies
    }
}

/// The SKU and unit of a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PricedUnit {
    /// The SKU.
    pub sku: String,
    /// The unit.
    pub unit: Unit,
}

/// A price that is older than it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StalePrice {
    /// Its SKU and unit.
    #[serde(flatten)]
    pub of: PricedUnit,
    /// Its age on the day of the run.
    pub age_days: i32,
}

/// A price that comes second-hand or was worked out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct UnverifiedPrice {
    /// Its SKU and unit.
    #[serde(flatten)]
    pub of: PricedUnit,
    /// The publication.
    pub source: String,
}
