//! The usage of a run's targets so far, an item a target, for its budget.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use bench_core::sample::Sample;
use bench_core::usage::{Tokens, Usage, UsageTotals};

use serde::Deserialize;
use serde_dynamo::aws_sdk_dynamodb_1::from_item;

use crate::{
    Store, StoreError, keys,
    pages::{Item, Pages},
};

/// Counts that are added up, with the names of their attributes.
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
    fn totals(&self) -> UsageTotals {
        UsageTotals {
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
    /// The usage of every target of a run so far, calls in flight apart; every call
    /// that was counted a moment ago is in it.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn usage(&self, run_id: &str) -> Result<BTreeMap<String, UsageTotals>, StoreError> {
        let partition = keys::run(run_id);
        let what = format!("the usage of `{partition}`");
        let mut items = Pages::new(self, partition, keys::USAGE);
        let mut usage = BTreeMap::new();
        while let Some(item) = items.next().await? {
            let row: Row = from_item(item).map_err(|error| StoreError::unreadable(&what, error))?;
            let target = row.sk.strip_prefix(keys::USAGE).unwrap_or_default();
            usage.insert(target.to_owned(), row.totals());
        }
        Ok(usage)
    }

    /// The first start and the last end of the calls that are counted.
    pub(crate) async fn usage_window(
        &self,
        run_id: &str,
        target_id: &str,
    ) -> Result<Window, StoreError> {
        let partition = keys::run(run_id);
        let action = format!("read the usage of `{partition}`");
        let got = self
            .dynamodb
            .get_item()
            .table_name(&self.table)
            .consistent_read(true)
            .set_key(Some(key(run_id, target_id)))
            .send()
            .await
            .map_err(|error| StoreError::call(&action, error))?;
        from_item(got.item.unwrap_or_default())
            .map_err(|error| StoreError::unreadable(action, error))
    }
}

/// The first start and the last end of calls, in microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct Window {
    first_us: i64,
    last_us: i64,
}

/// Adds the usage of calls to that of their target.
///
/// DynamoDB keeps no minimum and no maximum. So the write says when the window of
/// the calls begins and ends, and holds only where that narrows nothing.
#[derive(Debug, Clone)]
pub(crate) struct UsageUpdate {
    key: Item,
    usage: Usage,
    window: Window,
    is_widened: bool,
}

impl UsageUpdate {
    /// Of calls of one target; `None` where none of them was made.
    pub(crate) fn of(calls: &[Sample]) -> Option<Self> {
        let totals = calls.iter().filter_map(UsageTotals::of);
        let totals = totals.reduce(UsageTotals::plus)?;
        let first = calls.first()?;
        Some(Self::new(&first.run_id, &first.target_id, totals))
    }

    /// Adds the usage of some calls of a target.
    pub(crate) fn new(run_id: &str, target_id: &str, calls: UsageTotals) -> Self {
        Self {
            key: key(run_id, target_id),
            usage: calls.usage,
            window: Window {
                first_us: calls.first_us,
                last_us: calls.last_us,
            },
            is_widened: false,
        }
    }

    /// The same update of a target whose calls began and ended then.
    pub(crate) fn widened_to(mut self, stored: Window) -> Self {
        self.window.first_us = self.window.first_us.min(stored.first_us);
        self.window.last_us = self.window.last_us.max(stored.last_us);
        self.is_widened = true;
        self
    }

    pub(crate) fn write(&self, table: &str) -> TransactWriteItem {
        let number = |number: String| AttributeValue::N(number);
        let mut values = HashMap::from([
            (
                ":first".to_owned(),
                number(self.window.first_us.to_string()),
            ),
            (":last".to_owned(), number(self.window.last_us.to_string())),
        ]);
        let mut names = HashMap::new();
        let mut sums = Vec::new();
        for (name, count) in counts(&self.usage) {
            sums.push(format!("#{name} :{name}"));
            names.insert(format!("#{name}"), name.to_owned());
            values.insert(format!(":{name}"), number(count.to_string()));
        }
        let (first, condition) = if self.is_widened {
            (":first", "first_us >= :first AND last_us <= :last")
        } else {
            (
                "if_not_exists(first_us, :first)",
                "attribute_not_exists(first_us) OR (first_us <= :first AND last_us <= :last)",
            )
        };
        let update = Update::builder()
            .table_name(table)
            .set_key(Some(self.key.clone()))
            .update_expression(format!(
                "SET first_us = {first}, last_us = :last ADD {}",
                sums.join(", ")
            ))
            .condition_expression(condition)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .build()
            .expect("table, key and expression are set");
        TransactWriteItem::builder().update(update).build()
    }
}

fn key(run_id: &str, target_id: &str) -> Item {
    HashMap::from([
        ("pk".to_owned(), AttributeValue::S(keys::run(run_id))),
        ("sk".to_owned(), AttributeValue::S(keys::usage(target_id))),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(second: u32, latency_us: u64) -> UsageUpdate {
        let sample: Sample = serde_json::from_value(serde_json::json!({
            "run_id": "r", "target_id": "t", "prompt_id": "gsm8k/test/7", "prompt_index": 7,
            "phase": "measured", "repetition": 3, "attempt": 1, "outcome": "ok",
            "started_at": format!("2026-01-02T03:04:{second:02}Z"), "latency_us": latency_us,
            "prompt_chars": 40, "function_cold_start": false, "function_request_id": "q",
        }))
        .unwrap();
        UsageUpdate::of(&[sample]).unwrap()
    }

    #[test]
    fn a_call_that_began_first_and_is_stored_last_widens_the_window_to_both_sides_only() {
        let (early, late) = (update(5, 1_000_000), update(10, 2_000_000));
        let both = early.clone().widened_to(late.window);
        assert_eq!(both.window.last_us - both.window.first_us, 7_000_000);
        assert_eq!(late.widened_to(early.window).window, both.window);
        let around = update(1, 60_000_000);
        assert_eq!(both.widened_to(around.window).window, around.window);
    }

    #[test]
    fn a_window_is_never_narrowed() {
        let first = update(5, 1);
        let condition = |update: &UsageUpdate| {
            let write = update.write("table");
            let update = write.update.unwrap();
            (
                update.condition_expression.unwrap(),
                update.update_expression,
            )
        };
        let (holds, writes) = condition(&first);
        assert!(holds.contains("last_us <= :last") && holds.contains("first_us <= :first"));
        assert!(writes.starts_with("SET first_us = if_not_exists(first_us, :first), last_us"));
        let (holds, writes) = condition(&first.clone().widened_to(first.window));
        assert_eq!(holds, "first_us >= :first AND last_us <= :last");
        assert!(writes.starts_with("SET first_us = :first, last_us = :last"));
    }

    #[test]
    fn a_call_that_was_never_made_counts_nothing() {
        let not_made = Sample::default();
        assert!(UsageUpdate::of(&[not_made]).is_none());
    }
}
