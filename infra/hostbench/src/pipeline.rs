//! A deployed pipeline, on AWS or on the embedded AWS.

use aws_config::SdkConfig;
use aws_sdk_sfn::Client as StepFunctions;
use bench_store::Store;

/// The outputs of a deployed stack.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outputs {
    /// The ARN of the state machine.
    pub state_machine_arn: String,
    /// The name of the DynamoDB table.
    pub table: String,
    /// The name of the S3 bucket.
    pub bucket: String,
    /// The ARN of the sweeper; `None` of a stack that was deployed before there was one.
    pub sweeper_arn: Option<String>,
}

/// The outputs of a deployed stack, and the configuration of its clients.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// Its state machine, table and bucket.
    pub outputs: Outputs,
    /// Credentials, Region and endpoint of its clients.
    pub aws: SdkConfig,
}

impl Pipeline {
    /// The table and the bucket.
    #[must_use]
    pub fn store(&self) -> Store {
        Store::connect(&self.aws, &self.outputs.table, &self.outputs.bucket)
    }

    /// The Region; empty where none is set.
    #[must_use]
    pub fn region(&self) -> &str {
        self.aws.region().map_or("", AsRef::as_ref)
    }

    /// A client of Step Functions.
    #[must_use]
    pub fn step_functions(&self) -> StepFunctions {
        StepFunctions::new(&self.aws)
    }
}
