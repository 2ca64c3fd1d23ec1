//! A run's samples: one item a call, its response text beside it.

use std::borrow::Cow;

use aws_sdk_dynamodb::types::{AttributeValue, Put as PutItem, Select, TransactWriteItem};
use bench_core::{
    load::StepPlan,
    sample::{ErrorLayer, Outcome, Phase, Sample},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};

use crate::{
    Store, StoreError, keys,
    pages::{Item, Pages},
    transaction::{Backoff, Cancellation},
    usage::UsageUpdate,
};

/// The most bytes of a response that are kept: an item may have 400 KB.
const MAX_TEXT_BYTES: usize = 350_000;

/// The result of storing a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is stored now.
    Stored,
    /// A sample of the same call was there already and stays as it is.
    AlreadyThere,
}

/// A call that has its sample, as far as resuming needs to know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct StoredCall {
    /// Position of the prompt in the dataset.
    pub prompt_index: u32,
    /// The purpose of the call.
    pub phase: Phase,
    /// Repetition of the prompt, from 1.
    pub repetition: u32,
    /// Attempt at that repetition, from 1.
    pub attempt: u32,
    /// How the call ended.
    pub outcome: Outcome,
    /// The layer that failed.
    #[serde(default)]
    pub error_class: Option<ErrorLayer>,
    /// How long the service asked to wait before a further attempt.
    pub retry_after_s: Option<u32>,
}

impl StoredCall {
    /// The attributes that it is read from.
    const ATTRIBUTES: &[&str] = &[
        "prompt_index",
        "phase",
        "repetition",
        "attempt",
        "outcome",
        "error_class",
        "retry_after_s",
    ];
}

impl Store {
    /// Stores a sample unless one of the same call is there: a Lambda that runs
    /// twice never counts a call twice, and a stored sample is never edited.
    ///
    /// Sample and text are written together or not at all, so that a text never
    /// stands beside another call's figures. A text longer than 350,000 bytes is
    /// cut; `response_chars` keeps its true length.
    ///
    /// # Errors
    ///
    /// [`StoreError::Call`].
    pub async fn put_sample(&self, sample: &Sample) -> Result<Put, StoreError> {
        self.put_with(std::slice::from_ref(sample), None).await
    }

    /// As [`Store::put_sample`], and adds the usage of the call to that of its target,
    /// for [`Store::usage`]. Both happen or neither does: a call that is
    /// stored once is counted once.
    ///
    /// # Errors
    ///
    /// [`StoreError::Call`].
    pub async fn put_counted_sample(&self, sample: &Sample) -> Result<Put, StoreError> {
        let call = std::slice::from_ref(sample);
        self.put_with(call, UsageUpdate::of(call)).await
    }

    /// Stores samples of one target and adds their usage, all together or, where one of them
    /// is there, none.
    pub(crate) async fn put_with(
        &self,
        samples: &[Sample],
        mut usage: Option<UsageUpdate>,
    ) -> Result<Put, StoreError> {
        let Some(first) = samples.first() else {
            return Ok(Put::Stored);
        };
        let action = || {
            let (key, partition) = (keys::sample(&first.key()), keys::partition(first));
            match samples.len() {
                1 => format!("store sample `{key}` of `{partition}`"),
                count => format!("store {count} samples of `{partition}` from `{key}` on"),
            }
        };
        let mut puts = Vec::new();
        for sample in samples {
            puts.extend(self.puts(sample)?);
        }
        let mut backoff = Backoff::default();
        loop {
            let mut writes = puts.clone();
            writes.extend(usage.as_ref().map(|usage| usage.write(&self.table)));
            let outcome = self
                .dynamodb
                .transact_write_items()
                .set_transact_items(Some(writes))
                .send()
                .await;
            let Err(error) = outcome else {
                return Ok(Put::Stored);
            };
            match Cancellation::of(&error) {
                Some(Cancellation::Conditions(failed))
                    if failed.iter().any(|&write| write < puts.len()) =>
                {
                    return Ok(Put::AlreadyThere);
                }
                // Calls are not stored in the order in which they were made.
                Some(Cancellation::Conditions(_)) if backoff.wait().await => {
                    if let Some(update) = usage.take() {
                        let stored = self.usage_window(&first.run_id, &first.target_id).await?;
                        usage = Some(update.widened_to(stored));
                    }
                }
                // The client itself does not try such a thing again.
                Some(Cancellation::Transient) if backoff.wait().await => {}
                _ => return Err(StoreError::call(action(), error)),
            }
        }
    }

    /// The items of a sample and of its text.
    fn puts(&self, sample: &Sample) -> Result<Vec<TransactWriteItem>, StoreError> {
        let (partition, key) = (&keys::partition(sample), &keys::sample(&sample.key()));
        let mut row = bounded(sample).into_owned();
        let text = row.response_text.take();
        let mut item: Item = to_item(&row).map_err(|error| {
            StoreError::unreadable(format!("sample `{key}` of `{partition}`"), error)
        })?;
        place(&mut item, partition, key);
        let expiry = self.expiry(sample);
        item.extend(expiry.clone());
        let mut puts = vec![self.put_if_absent(item)];
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            let mut item = Item::new();
            item.insert("text".into(), AttributeValue::S(text));
            place(&mut item, partition, &keys::text(key));
            item.extend(expiry);
            puts.push(self.put_if_absent(item));
        }
        Ok(puts)
    }

    /// The calls of one prompt that have their sample.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn stored_calls_of_prompt(
        &self,
        run_id: &str,
        target_id: &str,
        prompt_index: u32,
    ) -> Result<Vec<StoredCall>, StoreError> {
        self.stored_calls(run_id, target_id, &keys::prompt(prompt_index))
            .await
    }

    /// The calls of one target that have their sample, probes apart.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn stored_calls_of_target(
        &self,
        run_id: &str,
        target_id: &str,
    ) -> Result<Vec<StoredCall>, StoreError> {
        self.stored_calls(run_id, target_id, keys::SAMPLE).await
    }

    /// The probes of a target with everything that is known of them but their texts, in
    /// order.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn probes(&self, run_id: &str, target_id: &str) -> Result<Vec<Sample>, StoreError> {
        self.of_prefix(run_id, target_id, keys::PROBE, &[]).await
    }

    async fn stored_calls(
        &self,
        run_id: &str,
        target_id: &str,
        prefix: &str,
    ) -> Result<Vec<StoredCall>, StoreError> {
        self.of_prefix(run_id, target_id, prefix, StoredCall::ATTRIBUTES)
            .await
    }

    async fn of_prefix<T: DeserializeOwned>(
        &self,
        run_id: &str,
        target_id: &str,
        prefix: &str,
        attributes: &'static [&'static str],
    ) -> Result<Vec<T>, StoreError> {
        let partition = keys::target(run_id, target_id);
        let what = format!("a sample of `{partition}`");
        let mut items = Pages::new(self, partition, prefix).with_attributes(attributes);
        let mut read = Vec::new();
        while let Some(item) = items.next().await? {
            let item = from_item(item).map_err(|error| StoreError::unreadable(&what, error))?;
            read.push(item);
        }
        Ok(read)
    }

    /// How many samples of one target are stored, probes apart: cheap enough to
    /// watch a run by.
    ///
    /// # Errors
    ///
    /// [`StoreError::Call`].
    pub async fn count_samples(&self, run_id: &str, target_id: &str) -> Result<u64, StoreError> {
        self.count(keys::target(run_id, target_id), keys::SAMPLE)
            .await
    }

    /// How many samples of a step of a target's load are stored.
    ///
    /// # Errors
    ///
    /// [`StoreError::Call`].
    pub async fn count_samples_of_step(
        &self,
        run_id: &str,
        target_id: &str,
        plan: &StepPlan,
    ) -> Result<u64, StoreError> {
        let mut count = 0;
        for worker in 1..=plan.all_workers() {
            let partition = keys::worker(run_id, target_id, plan.step, worker);
            count += self.count(partition, keys::CALL).await?;
        }
        Ok(count)
    }

    async fn count(&self, partition: String, prefix: &str) -> Result<u64, StoreError> {
        let mut pages = self
            .dynamodb
            .query()
            .table_name(&self.table)
            .select(Select::Count)
            .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
            .expression_attribute_values(":pk", AttributeValue::S(partition.clone()))
            .expression_attribute_values(":sk", AttributeValue::S(prefix.to_owned()))
            .into_paginator()
            .send();
        let mut count = 0;
        while let Some(page) = pages.next().await {
            let page =
                page.map_err(|error| StoreError::call(format!("count `{partition}`"), error))?;
            count += u64::try_from(page.count()).unwrap_or_default();
        }
        Ok(count)
    }

    /// When the table forgets a sample, if it does.
    pub(crate) fn expiry(&self, sample: &Sample) -> Option<(String, AttributeValue)> {
        let days = i64::from(self.retention_days?);
        let second = sample.started_at.as_second() + days * 24 * 60 * 60;
        Some((
            keys::EXPIRES_AT.to_owned(),
            AttributeValue::N(second.to_string()),
        ))
    }

    fn put_if_absent(&self, item: Item) -> TransactWriteItem {
        let put = PutItem::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .expect("table and item are set");
        TransactWriteItem::builder().put(put).build()
    }
}

/// Puts an item in its place of the table.
pub(crate) fn place(item: &mut Item, partition: &str, key: &str) {
    item.insert("pk".into(), AttributeValue::S(partition.to_owned()));
    item.insert("sk".into(), AttributeValue::S(key.to_owned()));
}

/// The sample with as much of its response as is kept.
pub(crate) fn bounded(sample: &Sample) -> Cow<'_, Sample> {
    let text = sample.response_text.as_deref().unwrap_or_default();
    let kept = cut(text, MAX_TEXT_BYTES);
    if kept.len() == text.len() {
        return Cow::Borrowed(sample);
    }
    Cow::Owned(Sample {
        response_text: Some(kept.to_owned()),
        ..sample.clone()
    })
}

/// The longest beginning of at most so many bytes that splits no character.
fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

#[cfg(test)]
mod tests;
