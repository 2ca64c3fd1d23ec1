//! The records of a run, and their places.
//!
//! One DynamoDB table holds a run's record and its samples; one S3 bucket holds
//! configurations, datasets, plans and reports. This crate is the only place
//! that spells a key of either, so a writer and a reader cannot disagree.

mod error;
pub mod journal;
pub mod keys;
mod leases;
mod load_lock;
mod load_samples;
mod objects;
mod pages;
mod records;
mod run_lock;
mod runs;
mod sample_batches;
mod sample_stream;
mod samples;
mod steps;
mod transaction;
mod upload;
mod usage;
mod variables;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_s3::Client as S3;

pub use error::StoreError;
pub use journal::{Journal, JournalSamples, JournalWriter};
pub use leases::{Lease, MachineKind};
pub use load_lock::LoadLock;
pub use objects::Listed;
pub use run_lock::RunLock;
pub use runs::{RunRecord, RunStatus};
pub use sample_stream::SampleStream;
pub use samples::{Put, StoredCall};
pub use steps::{StoredLoad, StoredStep};
pub use upload::Upload;
pub use variables::{InvalidEnvironment, VariableFault, Variables};

/// The table and the bucket of a deployment.
#[derive(Debug, Clone)]
pub struct Store {
    dynamodb: DynamoDb,
    s3: S3,
    table: String,
    bucket: String,
    retention_days: Option<u32>,
}

impl Store {
    /// A store in the account and Region of an AWS configuration; nothing is
    /// called yet. Its clients retry, unlike those of models.
    #[must_use]
    pub fn connect(aws: &SdkConfig, table: &str, bucket: &str) -> Self {
        Self {
            dynamodb: DynamoDb::new(aws),
            s3: S3::new(aws),
            table: table.to_owned(),
            bucket: bucket.to_owned(),
            retention_days: None,
        }
    }

    /// The same store, whose table forgets samples so many days after their call.
    #[must_use]
    pub fn keeping_samples(mut self, days: Option<u32>) -> Self {
        self.retention_days = days;
        self
    }

    /// The name of the bucket.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.bucket
    }
}
