//! The lock of a run's load: where targets are under load one after another, the one that
//! holds it is.
//!
//! It is held until a stated time and renewed at every step, so that a target whose
//! execution was stopped or died holds up the others no longer than a step takes.

use aws_sdk_dynamodb::{operation::put_item::PutItemError, types::AttributeValue};
use bench_core::identity::TargetId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};

use crate::{Store, StoreError, keys, pages::Item};

/// The target of a run that is under load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadLock {
    /// The target.
    pub target_id: TargetId,
    /// Until when it holds the lock unless it renews it, in milliseconds since 1970.
    pub until_ms: i64,
}

impl Store {
    /// The lock of a run's load; `None` before the first load of the run.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn load_lock(&self, run_id: &str) -> Result<Option<LoadLock>, StoreError> {
        let action = format!("read the load lock of run `{run_id}`");
        let got = self
            .dynamodb
            .get_item()
            .table_name(&self.table)
            .consistent_read(true)
            .key("pk", AttributeValue::S(keys::run(run_id)))
            .key("sk", AttributeValue::S(keys::LOAD_LOCK.to_owned()))
            .send()
            .await
            .map_err(|error| StoreError::call(&action, error))?;
        let lock = got.item.map(from_item).transpose();
        lock.map_err(|error| StoreError::unreadable(action, error))
    }

    /// Acquires or renews the lock of a run's load; `false` while another target holds it. A
    /// lock until a time that has passed is released.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn acquire_load_lock(
        &self,
        run_id: &str,
        lock: &LoadLock,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let action = format!("acquire the load lock of run `{run_id}`");
        let mut item: Item =
            to_item(lock).map_err(|error| StoreError::unreadable(&action, error))?;
        item.insert("pk".into(), AttributeValue::S(keys::run(run_id)));
        item.insert("sk".into(), AttributeValue::S(keys::LOAD_LOCK.to_owned()));
        let now = AttributeValue::N(now.as_millisecond().to_string());
        let put = self
            .dynamodb
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(
                "attribute_not_exists(pk) OR target_id = :target OR until_ms <= :now",
            )
            .expression_attribute_values(":target", AttributeValue::S(lock.target_id.to_string()))
            .expression_attribute_values(":now", now)
            .send()
            .await;
        match put {
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
