//! The lock of a configuration, held by its latest execution.
//!
//! Nobody releases it. Who comes next looks whether the execution that holds it
//! still runs, so that one that was stopped or died holds up nobody.

use aws_sdk_dynamodb::{
    operation::put_item::builders::PutItemFluentBuilder, types::AttributeValue,
};
use serde::{Deserialize, Serialize};

use crate::{Store, StoreError, keys};
use bench_core::identity::RunId;

/// The execution that holds the lock of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunLock {
    /// The execution, by its ARN.
    pub execution_arn: String,
    /// Its run.
    pub run_id: RunId,
}

impl Store {
    /// The lock of a configuration; `None` before its first run.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn run_lock(&self, config_name: &str) -> Result<Option<RunLock>, StoreError> {
        let action = format!("read the run lock of `{config_name}`");
        let partition = keys::configuration_record(config_name);
        self.record(&partition, keys::RUN_LOCK, &action).await
    }

    /// Acquires the lock of a configuration from the execution that held it when it
    /// was last read; `false` when somebody else was faster.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn acquire_run_lock(
        &self,
        config_name: &str,
        lock: &RunLock,
        from: Option<&RunLock>,
    ) -> Result<bool, StoreError> {
        let action = format!("acquire the run lock of `{config_name}`");
        let partition = keys::configuration_record(config_name);
        let held_as_read = |put: PutItemFluentBuilder| match from {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(holder) => put
                .condition_expression("execution_arn = :from")
                .expression_attribute_values(
                    ":from",
                    AttributeValue::S(holder.execution_arn.clone()),
                ),
        };
        self.put_record(lock, &partition, keys::RUN_LOCK, &action, held_as_read)
            .await
    }
}
