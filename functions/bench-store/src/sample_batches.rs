//! Many samples at a time, for a table that is filled again.

use bench_core::sample::Sample;

use crate::{Put, Store, StoreError, usage::UsageUpdate};

/// The most samples of a transaction: it has up to 100 writes, two for a sample with its
/// text and one for the usage of the target.
const MAX_SAMPLES: usize = 49;
/// The most bytes of texts in a transaction, which may have 4 MB in all: the rest of so many
/// samples has less than half of them.
const MAX_TEXT_BYTES: usize = 2_000_000;

impl Store {
    /// As [`Store::put_sample`] for each, many of them in one transaction.
    ///
    /// # Errors
    ///
    /// [`StoreError::Call`]; samples before the one that failed are stored.
    pub async fn put_samples(&self, samples: &[Sample]) -> Result<(), StoreError> {
        self.put_batches(samples, |_| None).await
    }

    /// As [`Store::put_counted_sample`] for each, many of them in one transaction.
    ///
    /// # Errors
    ///
    /// [`StoreError::Call`]; samples before the one that failed are stored.
    pub async fn put_counted_samples(&self, samples: &[Sample]) -> Result<(), StoreError> {
        self.put_batches(samples, UsageUpdate::of).await
    }

    async fn put_batches(
        &self,
        samples: &[Sample],
        usage: fn(&[Sample]) -> Option<UsageUpdate>,
    ) -> Result<(), StoreError> {
        for batch in batches(samples) {
            if self.put_with(batch, usage(batch)).await? == Put::Stored {
                continue;
            }
            for sample in batch.chunks(1) {
                self.put_with(sample, usage(sample)).await?;
            }
        }
        Ok(())
    }
}

/// The same samples in pieces that a transaction has room for, each of one target.
fn batches(samples: &[Sample]) -> Vec<&[Sample]> {
    let mut batches = Vec::new();
    for mut rest in samples.chunk_by(|a, b| (&a.run_id, &a.target_id) == (&b.run_id, &b.target_id))
    {
        while !rest.is_empty() {
            let mut bytes = 0;
            let fitting = rest.iter().take(MAX_SAMPLES).take_while(|sample| {
                bytes += sample.response_text.as_ref().map_or(0, String::len);
                bytes <= MAX_TEXT_BYTES
            });
            // A text that is too long is cut when it is stored.
            let (batch, others) = rest.split_at(fitting.count().max(1));
            batches.push(batch);
            rest = others;
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(count: usize, target: &str, text_bytes: usize) -> Vec<Sample> {
        let sample = Sample {
            target_id: target.parse().unwrap(),
            response_text: Some("x".repeat(text_bytes)),
            ..Sample::default()
        };
        vec![sample; count]
    }

    #[test]
    fn a_batch_is_of_one_target_and_fits_into_a_transaction() {
        let all = [
            samples(100, "a", 10),
            samples(3, "b", 10),
            samples(7, "c", 350_000),
            samples(2, "d", 3_000_000),
        ]
        .concat();
        let batches = batches(&all);
        let sizes: Vec<_> = batches
            .iter()
            .map(|batch| (batch[0].target_id.as_str(), batch.len()))
            .collect();
        let expected = [
            ("a", 49),
            ("a", 49),
            ("a", 2),
            ("b", 3),
            ("c", 5),
            ("c", 2),
            ("d", 1),
            ("d", 1),
        ];
        assert_eq!(sizes, expected);
        assert_eq!(batches.concat(), all);
        assert!(super::batches(&[]).is_empty());
    }
}
