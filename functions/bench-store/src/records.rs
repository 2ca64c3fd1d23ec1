//! Single items of the table: read consistently, and put under a condition.

use aws_sdk_dynamodb::{
    error::ProvideErrorMetadata as _, operation::put_item::builders::PutItemFluentBuilder,
    types::AttributeValue,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};

use crate::{
    Put, Store, StoreError,
    pages::Item,
    samples::place,
    transaction::{Backoff, is_transient},
};

/// The code of a put whose condition did not hold.
const CONDITION_FAILED: &str = "ConditionalCheckFailedException";

impl Store {
    /// The record under a key, as it is now; `None` where there is none. `action` says in
    /// errors what was done.
    pub(crate) async fn record<T: DeserializeOwned>(
        &self,
        partition: &str,
        sort_key: &str,
        action: &str,
    ) -> Result<Option<T>, StoreError> {
        let got = self
            .dynamodb
            .get_item()
            .table_name(&self.table)
            .consistent_read(true)
            .key("pk", AttributeValue::S(partition.to_owned()))
            .key("sk", AttributeValue::S(sort_key.to_owned()))
            .send()
            .await
            .map_err(|error| StoreError::call(action, error))?;
        let record = got.item.map(from_item).transpose();
        record.map_err(|error| StoreError::unreadable(action, error))
    }

    /// Puts a record under a key where the condition that is added to the put holds; `false`
    /// where it does not.
    pub(crate) async fn put_record(
        &self,
        record: &impl Serialize,
        partition: &str,
        sort_key: &str,
        action: &str,
        condition: impl Fn(PutItemFluentBuilder) -> PutItemFluentBuilder,
    ) -> Result<bool, StoreError> {
        let mut item: Item =
            to_item(record).map_err(|error| StoreError::unreadable(action, error))?;
        place(&mut item, partition, sort_key);
        let put = self.put_if(item, action, condition).await?;
        Ok(put == Put::Stored)
    }

    /// Puts an item under a condition, and again while the table is asked for more than it
    /// gives at once.
    pub(crate) async fn put_if(
        &self,
        item: Item,
        action: &str,
        condition: impl Fn(PutItemFluentBuilder) -> PutItemFluentBuilder,
    ) -> Result<Put, StoreError> {
        let mut backoff = Backoff::default();
        loop {
            let put = self
                .dynamodb
                .put_item()
                .table_name(&self.table)
                .set_item(Some(item.clone()));
            let Err(error) = condition(put).send().await else {
                return Ok(Put::Stored);
            };
            match error.code() {
                Some(CONDITION_FAILED) => return Ok(Put::AlreadyThere),
                Some(code) if is_transient(code) && backoff.wait().await => {}
                _ => return Err(StoreError::call(action, error)),
            }
        }
    }
}
