//! The samples of a load and the records of its workers: one item a call, in the partition
//! of its worker, written by one conditional put.

use aws_sdk_dynamodb::types::AttributeValue;
use bench_core::{
    identity::{RunId, TargetId},
    load::{WorkerRecord, WorkerState},
    sample::Sample,
    usage::UsageTotals,
};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_attribute_value, to_item};

use crate::{
    Put, Store, StoreError, keys,
    pages::{Item, Pages},
    samples::{bounded, place},
    transaction::{Backoff, Cancellation},
    usage::UsageUpdate,
};

impl Store {
    /// Stores a sample of a load, its text in the same item, unless one of the same call is
    /// there.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn put_load_sample(&self, sample: &Sample) -> Result<Put, StoreError> {
        let key = keys::sample(&sample.key());
        let partition = keys::partition(sample);
        let action = format!("store sample `{key}` of `{partition}`");
        let mut item: Item =
            to_item(&*bounded(sample)).map_err(|error| StoreError::unreadable(&action, error))?;
        place(&mut item, &partition, &key);
        item.extend(self.expiry(sample));
        self.put_if(item, &action, |put| {
            put.condition_expression("attribute_not_exists(pk)")
        })
        .await
    }

    /// The stored samples of a worker of a step, in the order of their numbers.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn samples_of_worker(
        &self,
        run_id: &str,
        target_id: &str,
        step: u32,
        worker: u32,
    ) -> Result<Vec<Sample>, StoreError> {
        let partition = keys::worker(run_id, target_id, step, worker);
        let what = format!("a sample of `{partition}`");
        let mut items = Pages::new(self, partition, keys::CALL);
        let mut samples = Vec::new();
        while let Some(item) = items.next().await? {
            let sample: Sample =
                from_item(item).map_err(|error| StoreError::unreadable(&what, error))?;
            samples.push(sample);
        }
        // A number of more digits than its key has room for sorts before shorter ones.
        samples.sort_by_key(|sample| sample.repetition);
        Ok(samples)
    }

    /// The record of a worker of a step; `None` before it began.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn worker_record(
        &self,
        run_id: &str,
        target_id: &str,
        step: u32,
        worker: u32,
    ) -> Result<Option<WorkerRecord>, StoreError> {
        let partition = keys::target(run_id, target_id);
        let key = keys::step_worker(step, worker);
        let action = format!("read `{key}` of `{partition}`");
        self.record(&partition, &key, &action).await
    }

    /// Stores the record of a worker where none is there.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn begin_worker(
        &self,
        run_id: &str,
        target_id: &str,
        record: &WorkerRecord,
    ) -> Result<Put, StoreError> {
        let (item, action) = worker_item(run_id, target_id, record)?;
        self.put_if(item, &action, |put| {
            put.condition_expression("attribute_not_exists(pk)")
        })
        .await
    }

    /// Stores how far a worker is in place of the record that says that it runs, begun by the
    /// request `begun_by`.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn update_worker(
        &self,
        run_id: &str,
        target_id: &str,
        record: &WorkerRecord,
        begun_by: &str,
    ) -> Result<Put, StoreError> {
        let (item, action) = worker_item(run_id, target_id, record)?;
        let running = to_attribute_value(WorkerState::Running)
            .map_err(|error| StoreError::unreadable(&action, error))?;
        self.put_if(item, &action, |put| {
            put.condition_expression("#state = :running AND request_id = :begun_by")
                .expression_attribute_names("#state", "state")
                .expression_attribute_values(":running", running.clone())
                .expression_attribute_values(":begun_by", AttributeValue::S(begun_by.to_owned()))
        })
        .await
    }

    /// Adds the usage of calls that were stored without it to that of their target, for
    /// [`Store::usage`]. A try whose answer was lost is not added twice.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn add_usage(
        &self,
        run_id: &RunId,
        target_id: &TargetId,
        usage: UsageTotals,
    ) -> Result<(), StoreError> {
        let action = format!("add the usage of target `{target_id}` of run `{run_id}`");
        let mut update = UsageUpdate::new(run_id, target_id, usage);
        let mut backoff = Backoff::default();
        loop {
            // A transaction for its token: an update alone may be made twice by a retry.
            let written = self
                .dynamodb
                .transact_write_items()
                .transact_items(update.write(&self.table))
                .send()
                .await;
            let Err(error) = written else {
                return Ok(());
            };
            match Cancellation::of(&error) {
                Some(Cancellation::Conditions(_)) if backoff.wait().await => {
                    let stored = self.usage_window(run_id, target_id).await?;
                    update = update.widened_to(stored);
                }
                Some(Cancellation::Transient) if backoff.wait().await => {}
                _ => return Err(StoreError::call(action, error)),
            }
        }
    }
}

/// The item of a worker's record, and a description of storing it.
fn worker_item(
    run_id: &str,
    target_id: &str,
    record: &WorkerRecord,
) -> Result<(Item, String), StoreError> {
    let partition = keys::target(run_id, target_id);
    let key = keys::step_worker(record.step, record.worker);
    let action = format!("store `{key}` of `{partition}`");
    let mut item: Item = to_item(record).map_err(|error| StoreError::unreadable(&action, error))?;
    place(&mut item, &partition, &key);
    Ok((item, action))
}

#[cfg(test)]
mod tests;
