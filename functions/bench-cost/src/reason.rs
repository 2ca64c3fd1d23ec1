//! Why a cost is not available.

use serde::{Deserialize, Serialize};

use bench_core::identity::TargetId;

// The messages stand here and not with the renderings, since the planner and the invoker,
// which are built without those, refuse a run with them.
/// Why a cost is not available. The message continues a sentence such as
/// "`target` has no cost: ".
#[derive(
    Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema, thiserror::Error,
)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum CostReason {
    /// The run was planned without prices.
    #[error(
        "the run was planned without a price catalog: put one at `prices/prices.toml` before \
         the next, or rebuild this report with `--prices FILE`"
    )]
    NoPriceCatalog,
    /// The samples came without a configuration.
    #[error(
        "the samples came without a configuration, which states how targets are paid for: \
         rebuild this report with `--config CONFIG`"
    )]
    NotConfigured,
    /// The target declares no pricing.
    #[error("the target declares no `pricing`")]
    NoPricing,
    /// Neither catalog nor configuration has a price that is needed.
    #[error(
        "no price of `{sku}` for `{item}` is known: add it to the price catalog or to the \
         target's pricing"
    )]
    PriceMissing {
        /// The SKU.
        sku: String,
        /// The item, such as `hour`.
        item: String,
    },
    /// Model units are priced at a target that is not on Bedrock.
    #[error(
        "`{sku}` is priced, but the target is not a Bedrock import: price the machine that serves \
         it"
    )]
    NotAnImport {
        /// The SKU of the model unit.
        sku: String,
    },
    /// A service tier or latency mode is requested, and the prices are those on demand.
    #[error(
        "`{offer}` is requested, but the tokens are priced as on demand: set its prices in the \
         target's `pricing.prices`"
    )]
    OfferNotPriced {
        /// The service tier or latency mode.
        offer: String,
    },
    /// Another machine is priced than the one that was measured.
    #[error(
        "`{measured}` was measured, but `{sku}` is priced: price the machine that was measured, \
         or correct `instance`"
    )]
    OtherMachinePriced {
        /// The instance type that was measured.
        measured: String,
        /// The SKU that is priced.
        sku: String,
    },
    /// A SageMaker endpoint is priced as a machine of another service.
    #[error(
        "a SageMaker endpoint was measured, but `{sku}` is priced: SageMaker has prices of its \
         own, `sagemaker:ml.…`"
    )]
    NotASageMakerPrice {
        /// The SKU that is priced.
        sku: String,
    },
    /// Bedrock is priced as a machine of another service.
    #[error("Bedrock was measured, but `{sku}` is priced: Bedrock bills tokens or model units")]
    NotABedrockPrice {
        /// The SKU that is priced.
        sku: String,
    },
    /// The prices are in more than one currency.
    #[error("its prices are in different currencies")]
    MixedCurrencies,
    /// The prices are in another currency than the budget or the rest of the run.
    #[error("its prices are not in {currency}")]
    OtherCurrency {
        /// The currency that was expected.
        currency: String,
    },
    /// The service did not report the tokens of some answered calls.
    #[error("the service did not count the tokens of {calls} of the answered calls")]
    TokensNotCounted {
        /// How many.
        calls: u64,
    },
    /// The service reported no output tokens.
    #[error("the service counted no output tokens")]
    NoOutputTokens,
    /// No measured call was made.
    #[error("no measured call was made")]
    NoCalls,
    /// No measured call was answered.
    #[error("no measured call was answered")]
    NoAnsweredCalls,
    /// No response is correct.
    #[error("no response is correct")]
    NoCorrectResponses,
    /// No response was graded.
    #[error("no response was graded")]
    NotGraded,
    /// The plan does not record the deployment that ran.
    #[error("the plan does not record the deployment that ran")]
    DeploymentNotRecorded,
    /// No usage of the pipeline was counted.
    #[error("no usage of the pipeline was counted")]
    NoUsage,
    /// The run has no target.
    #[error("the run has no target")]
    NoTargets,
    /// The figure does not fit into a decimal of 28 digits.
    #[error("the figure is out of range")]
    OutOfRange,
    /// The cost of the pipeline is not available.
    #[error("the pipeline: {cause}")]
    Pipeline {
        /// Why.
        cause: Box<CostReason>,
    },
    /// The cost of a target is not available.
    #[error("target `{target_id}`: {cause}")]
    Target {
        /// The target.
        target_id: TargetId,
        /// Why.
        cause: Box<CostReason>,
    },
}

impl CostReason {
    /// This reason, as that of a target.
    pub(crate) fn of_target(self, target_id: &TargetId) -> Self {
        Self::Target {
            target_id: target_id.clone(),
            cause: Box::new(self),
        }
    }
}
