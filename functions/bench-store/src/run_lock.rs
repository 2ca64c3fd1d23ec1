//! The lock of a configuration, held by its latest execution.
//!
//! Nobody releases it. Who comes next looks whether the execution that holds it
//! still runs, so that one that was stopped or died holds up nobody.

use std::collections::HashMap;

use aws_sdk_dynamodb::{operation::put_item::PutItemError, types::AttributeValue};
use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};

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
        let got = self
            .dynamodb
            .get_item()
            .table_name(&self.table)
            .consistent_read(true)
            .set_key(Some(key(config_name)))
            .send()
            .await
            .map_err(|error| StoreError::call(&action, error))?;
        let lock = got.item.map(from_item).transpose();
        lock.map_err(|error| StoreError::unreadable(action, error))
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
        let mut item: HashMap<String, AttributeValue> =
            to_item(lock).map_err(|error| StoreError::unreadable(&action, error))?;
        item.extend(key(config_name));
        let put = self
            .dynamodb
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item));
        let put = match from {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(holder) => put
                .condition_expression("execution_arn = :from")
                .expression_attribute_values(
                    ":from",
                    AttributeValue::S(holder.execution_arn.clone()),
                ),
        };
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(PutItemError::is_conditional_check_failed_exception) =>
            {
                Ok(false)
            }
            Err(error) => Err(StoreError::call(action, error)),
        }
    }
}

fn key(config_name: &str) -> HashMap<String, AttributeValue> {
    HashMap::from([
        (
            "pk".to_owned(),
            AttributeValue::S(keys::configuration_record(config_name)),
        ),
        (
            "sk".to_owned(),
            AttributeValue::S(keys::RUN_LOCK.to_owned()),
        ),
    ])
}
