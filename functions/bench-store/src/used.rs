//! What the calls of a run have used so far, an item a target: what its budget is
//! kept with.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use bench_core::{
    cost::{Tokens, Usage, Used},
    sample::Sample,
};
use serde::Deserialize;
use serde_dynamo::aws_sdk_dynamodb_1::from_item;

use crate::{Store, StoreError, keys};

/// What is added up, and under which name.
type Counts = [(&'static str, u64); 9];

fn counts(usage: &Usage) -> Counts {
    [
        ("attempts", usage.attempts),
        ("answered", usage.answered),
        ("correct", usage.correct),
        ("busy_us", usage.busy_us),
        ("input_tokens", usage.tokens.input),
        ("output_tokens", usage.tokens.output),
        ("cached_input_tokens", usage.tokens.cached),
        ("uncounted", usage.uncounted),
        ("broken", usage.broken),
    ]
}

/// The item as it is read.
#[derive(Deserialize)]
struct Row {
    sk: String,
    attempts: u64,
    answered: u64,
    correct: u64,
    busy_us: u64,
    input_tokens: u64,
    output_tokens: u64,
    cached_input_tokens: u64,
    uncounted: u64,
    broken: u64,
    first_us: i64,
    last_us: i64,
}

impl Row {
    fn used(&self) -> Used {
        Used {
            usage: Usage {
                attempts: self.attempts,
                answered: self.answered,
                correct: self.correct,
                busy_us: self.busy_us,
                tokens: Tokens {
                    input: self.input_tokens,
                    output: self.output_tokens,
                    cached: self.cached_input_tokens,
                },
                uncounted: self.uncounted,
                broken: self.broken,
            },
            first_us: self.first_us,
            last_us: self.last_us,
        }
    }
}

impl Store {
    /// What the calls of every target of a run have used so far, those in flight
    /// apart; every call that was counted a moment ago is in it.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn used(&self, run_id: &str) -> Result<BTreeMap<String, Used>, StoreError> {
        let partition = keys::run(run_id);
        let items = self.query(&partition, keys::USED).await?;
        items
            .into_iter()
            .map(|item| {
                let row: Row = from_item(item).map_err(|error| {
                    StoreError::unreadable(format!("what `{partition}` has used"), error)
                })?;
                let target = row.sk.strip_prefix(keys::USED).unwrap_or_default();
                Ok((target.to_owned(), row.used()))
            })
            .collect()
    }

    /// Adds what a call used; `None` for one that was never made.
    pub(crate) fn count(&self, sample: &Sample) -> Option<TransactWriteItem> {
        let used = Used::by(sample)?;
        let number = |number: String| AttributeValue::N(number);
        let mut values = HashMap::from([
            (":first".to_owned(), number(used.first_us.to_string())),
            (":last".to_owned(), number(used.last_us.to_string())),
        ]);
        let mut names = HashMap::new();
        let mut sums = Vec::new();
        for (name, count) in counts(&used.usage) {
            sums.push(format!("#{name} :{name}"));
            names.insert(format!("#{name}"), name.to_owned());
            values.insert(format!(":{name}"), number(count.to_string()));
        }
        let update = Update::builder()
            .table_name(&self.table)
            .key("pk", AttributeValue::S(keys::run(&sample.run_id)))
            .key("sk", AttributeValue::S(keys::used(&sample.target_id)))
            .update_expression(format!(
                "SET first_us = if_not_exists(first_us, :first), last_us = :last ADD {}",
                sums.join(", ")
            ))
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .build()
            .expect("table, key and expression are set");
        Some(TransactWriteItem::builder().update(update).build())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_up_is_what_is_read() {
        let usage = Usage {
            attempts: 1,
            answered: 2,
            correct: 3,
            busy_us: 4,
            tokens: Tokens {
                input: 5,
                output: 6,
                cached: 7,
            },
            uncounted: 8,
            broken: 9,
        };
        let mut item: HashMap<String, AttributeValue> = counts(&usage)
            .into_iter()
            .map(|(name, count)| (name.to_owned(), AttributeValue::N(count.to_string())))
            .collect();
        item.insert("first_us".into(), AttributeValue::N("-10".into()));
        item.insert("last_us".into(), AttributeValue::N("11".into()));
        item.insert("sk".into(), AttributeValue::S(keys::used("t")));
        let row: Row = from_item(item).unwrap();
        let expected = Used {
            usage,
            first_us: -10,
            last_us: 11,
        };
        assert_eq!(row.used(), expected);
    }
}
