//! What the calls of a run have used so far, an item a target: what its budget is
//! kept with.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use bench_core::sample::Sample;
use bench_cost::{Tokens, Usage, UsageTotals};
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
    fn used(&self) -> UsageTotals {
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
    /// What the calls of every target of a run have used so far, those in flight
    /// apart; every call that was counted a moment ago is in it.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn used(&self, run_id: &str) -> Result<BTreeMap<String, UsageTotals>, StoreError> {
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
        let used = UsageTotals::of(sample)?;
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
    use std::{
        io::{BufRead, BufReader, Read, Write},
        net::TcpListener,
        thread,
    };

    use aws_config::{BehaviorVersion, Region, SdkConfig};
    use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};

    use super::*;
    use crate::Put;

    /// A table that refuses as many transactions as there are reasons, then takes one.
    fn table(reasons: &'static [&'static str]) -> (Store, thread::JoinHandle<usize>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = thread::spawn(move || {
            let mut reasons = reasons.iter();
            for asked in 1.. {
                let (mut stream, _) = listener.accept().unwrap();
                let mut reader = BufReader::new(&stream);
                let (mut length, mut line) = (0, String::new());
                while reader.read_line(&mut line).unwrap() > 2 {
                    if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                    line.clear();
                }
                reader.read_exact(&mut vec![0; length]).unwrap();
                let reason = reasons.next();
                let (status, body) = match reason {
                    Some(reason) => (
                        400,
                        serde_json::json!({
                            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
                            "CancellationReasons": [{"Code": "None"}, {"Code": reason}],
                        }),
                    ),
                    None => (200, serde_json::json!({})),
                };
                let body = body.to_string();
                let head = format!(
                    "HTTP/1.1 {status} X\r\ncontent-type: application/x-amz-json-1.0\r\n\
                     content-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                stream
                    .write_all(format!("{head}{body}").as_bytes())
                    .unwrap();
                let told = reason.is_none_or(|reason| *reason == "ConditionalCheckFailed");
                if told {
                    return asked;
                }
            }
            0
        });
        let credentials = Credentials::new("test", "test", None, None, "test");
        let aws = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .endpoint_url(url)
            .build();
        (Store::connect(&aws, "table", "bucket"), asked)
    }

    fn sample() -> Sample {
        serde_json::from_value(serde_json::json!({
            "run_id": "r", "target_id": "t", "prompt_id": "gsm8k/test/7", "prompt_index": 7,
            "phase": "measured", "repetition": 3, "attempt": 1, "outcome": "ok",
            "started_at": "2026-01-02T03:04:05Z", "latency_us": 1_000_000, "prompt_chars": 40,
            "function_cold_start": false, "function_request_id": "q",
        }))
        .unwrap()
    }

    #[tokio::test]
    async fn a_worker_that_counts_at_the_same_moment_is_waited_for() {
        let (store, asked) = table(&["TransactionConflict", "TransactionConflict"]);
        let put = store.put_counted_sample(&sample()).await.unwrap();
        assert_eq!((put, asked.join().unwrap()), (Put::Stored, 3));
    }

    #[tokio::test]
    async fn a_call_that_is_stored_already_is_not_counted_again() {
        let (store, asked) = table(&["ConditionalCheckFailed"]);
        let put = store.put_counted_sample(&sample()).await.unwrap();
        assert_eq!((put, asked.join().unwrap()), (Put::AlreadyThere, 1));
    }

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
        let expected = UsageTotals {
            usage,
            first_us: -10,
            last_us: 11,
        };
        assert_eq!(row.used(), expected);
    }
}
