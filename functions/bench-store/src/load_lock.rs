//! The lock of a run's load: where targets are under load one after another, the one that
//! holds it is.
//!
//! It is held until a stated time and renewed at every step, so that a target whose
//! execution was stopped or died holds up the others no longer than a step takes.

use aws_sdk_dynamodb::{
    operation::put_item::builders::PutItemFluentBuilder, types::AttributeValue,
};
use bench_core::identity::TargetId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Store, StoreError, keys};

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
        self.record(&keys::run(run_id), keys::LOAD_LOCK, &action)
            .await
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
        let now = AttributeValue::N(now.as_millisecond().to_string());
        let target = AttributeValue::S(lock.target_id.to_string());
        let free = |put: PutItemFluentBuilder| {
            put.condition_expression(
                "attribute_not_exists(pk) OR target_id = :target OR until_ms <= :now",
            )
            .expression_attribute_values(":target", target.clone())
            .expression_attribute_values(":now", now.clone())
        };
        self.put_record(lock, &keys::run(run_id), keys::LOAD_LOCK, &action, free)
            .await
    }
}
