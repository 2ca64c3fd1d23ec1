//! Items of the table, page by page.

use std::{collections::HashMap, vec};

use aws_sdk_dynamodb::types::AttributeValue;

use crate::{Store, StoreError};

pub(crate) type Item = HashMap<String, AttributeValue>;

/// The items of a partition whose sort keys begin alike, in their order. One page of
/// them, at most 1 MB as it is stored, is held at a time.
#[derive(Debug)]
pub(crate) struct Pages<'a> {
    store: &'a Store,
    partition: String,
    prefix: String,
    /// The attributes to read; all of them where it is empty.
    attributes: &'static [&'static str],
    page: vec::IntoIter<Item>,
    rest: Rest,
}

/// The pages that follow the current one.
#[derive(Debug)]
enum Rest {
    /// Everything from this key on; from the start where it is `None`.
    After(Option<Item>),
    Nothing,
}

impl<'a> Pages<'a> {
    /// Nothing read yet. An empty prefix means the whole partition.
    pub(crate) fn new(store: &'a Store, partition: String, prefix: &str) -> Self {
        Self {
            store,
            partition,
            prefix: prefix.to_owned(),
            attributes: &[],
            page: Vec::new().into_iter(),
            rest: Rest::After(None),
        }
    }

    /// The same items with these attributes alone.
    pub(crate) fn with_attributes(self, attributes: &'static [&'static str]) -> Self {
        Self { attributes, ..self }
    }

    /// The next item; `None` behind the last one.
    pub(crate) async fn next(&mut self) -> Result<Option<Item>, StoreError> {
        loop {
            if let Some(item) = self.page.next() {
                return Ok(Some(item));
            }
            let Rest::After(start) = &mut self.rest else {
                return Ok(None);
            };
            let start = start.take();
            self.read(start).await?;
        }
    }

    /// Reads a page consistently: what was stored a moment ago is seen.
    async fn read(&mut self, start: Option<Item>) -> Result<(), StoreError> {
        let mut query = self
            .store
            .dynamodb
            .query()
            .table_name(&self.store.table)
            .consistent_read(true)
            .set_exclusive_start_key(start)
            .expression_attribute_values(":pk", AttributeValue::S(self.partition.clone()));
        query = if self.prefix.is_empty() {
            query.key_condition_expression("pk = :pk")
        } else {
            query
                .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
                .expression_attribute_values(":sk", AttributeValue::S(self.prefix.clone()))
        };
        if !self.attributes.is_empty() {
            // A name may be a reserved word of DynamoDB.
            let names = self.attributes.iter().map(|name| format!("#{name}"));
            query = query.projection_expression(names.collect::<Vec<_>>().join(", "));
            for name in self.attributes {
                query = query.expression_attribute_names(format!("#{name}"), *name);
            }
        }
        let page = query
            .send()
            .await
            .map_err(|error| StoreError::call(format!("query `{}`", self.partition), error))?;
        self.rest = match page.last_evaluated_key {
            Some(last) => Rest::After(Some(last)),
            None => Rest::Nothing,
        };
        self.page = page.items.unwrap_or_default().into_iter();
        Ok(())
    }
}
