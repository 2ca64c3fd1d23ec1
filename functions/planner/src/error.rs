//! Why a run cannot be planned, by the names the state machine matches.

use bench_core::{
    config::ConfigError,
    dataset::DatasetError,
    identity::{RunId, TargetId},
    text::TextFault,
    workflow::{LoadTooLarge, MAX_STATE_BYTES, MAX_WORK_BYTES, PromptTooLarge},
};
use bench_cost::{BudgetError, PricesError};
use bench_store::StoreError;
use lambda_runtime::Diagnostic;

/// Every error name of this Lambda.
pub const NAMES: &[&str] = &[
    "InvalidConfig",
    "PlanMissing",
    "NotInPlan",
    "DatasetMissing",
    "RunIdTaken",
    "AlreadyRun",
    "RunOverlaps",
    "RunQueued",
    "StepFunctionsFailed",
    "StoreFailed",
];

/// Why a run cannot be planned.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The run input is not what the state machine takes.
    #[error("the run input {0}")]
    Input(String),
    /// The configuration has faults.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// There is no configuration of that key.
    #[error(
        "there is no configuration `{key}` in the bucket; upload it or name another in `config`"
    )]
    ConfigMissing {
        /// The S3 key.
        key: String,
    },
    /// There is no dataset of that key.
    #[error(
        "there is no dataset `{key}` in the bucket; upload it, or set `dataset.source` to `builtin`"
    )]
    DatasetMissing {
        /// The S3 key.
        key: String,
    },
    /// An object of the bucket is not text.
    #[error("`{key}` in the bucket {fault}")]
    Text {
        /// The S3 key.
        key: String,
        /// Why not.
        fault: TextFault,
    },
    /// The dataset has a fault.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// The price catalog has faults.
    #[error("{0}\n`prices/prices.toml` in the bucket needs to be mended or removed")]
    Prices(#[from] PricesError),
    /// A target lies in a VPC and the stack has none.
    #[error(
        "target `{target}` has `network` `vpc`, but the stack was deployed without subnets; \
         deploy it with `VpcSubnetIds` and `VpcSecurityGroupIds`"
    )]
    NoVpc {
        /// The target.
        target: TargetId,
    },
    /// A key would be read from the environment.
    #[error(
        "target `{target}` has its `api_key` in the environment variable `{variable}`, which a \
         stack does not read; store the key in Secrets Manager under `hostbench/` and refer to it \
         as `secretsmanager:hostbench/…`"
    )]
    EnvironmentKey {
        /// The target.
        target: TargetId,
        /// The variable.
        variable: String,
    },
    /// A target would be started in another Region than the stack's.
    #[error(
        "target `{target}` has a `lifecycle` and the `region` `{region}`, but a stack starts and \
         stops in its own, `{stack_region}`; use a stack in `{region}`, or leave `lifecycle` out"
    )]
    StartedElsewhere {
        /// The target.
        target: TargetId,
        /// Its Region.
        region: String,
        /// The Region of the stack.
        stack_region: String,
    },
    /// An endpoint would be created and deleted that nobody allowed to be.
    #[error(
        "target `{target}` would create and delete the endpoint `{endpoint}`, which is not among \
         the `LifecycleEndpointArns` of the stack; deploy the stack with it, or leave `lifecycle` \
         out"
    )]
    EndpointNotGranted {
        /// The target.
        target: TargetId,
        /// The endpoint.
        endpoint: String,
    },
    /// The work does not fit into a state of the state machine.
    #[error(
        "{targets} `targets` with {prompts} prompts each (`dataset.prompts`) make a state of \
         {bytes} bytes, expected at most {MAX_WORK_BYTES} of the {MAX_STATE_BYTES} that Step \
         Functions allows; lower `dataset.prompts`, or measure some of the targets in a run of \
         their own"
    )]
    TooLarge {
        /// The size.
        bytes: usize,
        /// The targets.
        targets: usize,
        /// The prompts of each.
        prompts: usize,
    },
    /// The calls of a prompt do not fit into the history of an execution.
    #[error(transparent)]
    PromptTooLarge(#[from] PromptTooLarge),
    /// The steps of the load do not fit into the history of an execution.
    #[error(transparent)]
    LoadTooLarge(#[from] LoadTooLarge),
    /// The run has no plan.
    #[error("run `{run_id}` has no plan; start it through the state machine")]
    PlanMissing {
        /// The run.
        run_id: RunId,
    },
    /// The plan has no such target, or no load.
    #[error("the plan of run `{run_id}` has no {what}")]
    NotInPlan {
        /// The run.
        run_id: RunId,
        /// The thing that the request names.
        what: String,
    },
    /// The cost of a run cannot be held against its budget.
    #[error(transparent)]
    Budget(#[from] BudgetError),
    /// The run id names another plan.
    #[error("run `{run_id}` exists with another configuration or dataset; choose another `run_id`")]
    RunIdTaken {
        /// The run.
        run_id: RunId,
    },
    /// The event that asks has its run already.
    #[error("the event has its run `{run_id}`, which execution `{execution}` made")]
    AlreadyRun {
        /// The run.
        run_id: RunId,
        /// The execution that made it.
        execution: String,
    },
    /// An earlier run of the configuration is still running, and this one must not wait.
    #[error(
        "run `{earlier}` of configuration `{config}` is still running; wait for it, stop it, or set \
         `on_overlap` to `queue`"
    )]
    RunOverlaps {
        /// The configuration.
        config: String,
        /// The run that is still running.
        earlier: String,
    },
    /// An earlier run of the configuration is still running, and this one waits for it.
    #[error("the run waits for run `{earlier}` of configuration `{config}` to end")]
    RunQueued {
        /// The configuration.
        config: String,
        /// The run that is still running.
        earlier: String,
    },
    /// Step Functions did not say whether an execution is running.
    #[error("cannot read the status of execution `{arn}`: {reason}")]
    StepFunctions {
        /// The execution.
        arn: String,
        /// Why not.
        reason: String,
    },
    /// The table or the bucket failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Error {
    /// The name the state machine matches.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Input(_)
            | Self::Config(_)
            | Self::ConfigMissing { .. }
            | Self::Text { .. }
            | Self::Dataset(_)
            | Self::Prices(_)
            | Self::NoVpc { .. }
            | Self::EnvironmentKey { .. }
            | Self::StartedElsewhere { .. }
            | Self::EndpointNotGranted { .. }
            | Self::Budget(_)
            | Self::PromptTooLarge(_)
            | Self::LoadTooLarge(_)
            | Self::TooLarge { .. } => "InvalidConfig",
            Self::PlanMissing { .. } => "PlanMissing",
            Self::NotInPlan { .. } => "NotInPlan",
            Self::DatasetMissing { .. } => "DatasetMissing",
            Self::RunIdTaken { .. } => "RunIdTaken",
            Self::AlreadyRun { .. } => "AlreadyRun",
            Self::RunOverlaps { .. } => "RunOverlaps",
            Self::RunQueued { .. } => "RunQueued",
            Self::StepFunctions { .. } => "StepFunctionsFailed",
            Self::Store(_) => "StoreFailed",
        }
    }
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        Self {
            error_type: error.name().to_owned(),
            error_message: error.to_string(),
        }
    }
}
