//! A deployed pipeline, on AWS or on the embedded AWS: what its runs are
//! started, stored and found by.

use aws_config::SdkConfig;
use aws_sdk_sfn::Client as StepFunctions;
use bench_store::Store;

/// What a deployed stack is used by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outputs {
    /// The state machine.
    pub state_machine_arn: String,
    /// The DynamoDB table.
    pub table: String,
    /// The S3 bucket.
    pub bucket: String,
}

/// A deployed stack with the account and Region that it is reached in.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// Its state machine, table and bucket.
    pub outputs: Outputs,
    /// The configuration of every client.
    pub aws: SdkConfig,
}

impl Pipeline {
    /// The table and the bucket, by their keys.
    #[must_use]
    pub fn store(&self) -> Store {
        Store::connect(&self.aws, &self.outputs.table, &self.outputs.bucket)
    }

    /// A client of Step Functions.
    #[must_use]
    pub fn step_functions(&self) -> StepFunctions {
        StepFunctions::new(&self.aws)
    }
}
