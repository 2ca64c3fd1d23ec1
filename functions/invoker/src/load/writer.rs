//! Storing the samples of a worker while it makes calls.

use bench_core::{
    load::{StepTally, TallyBuilder},
    sample::Sample,
};
use bench_store::{Put, StoreError};
use futures::{StreamExt as _, stream::FuturesUnordered};
use tokio::sync::mpsc;

use super::{LoadLog, LoadWork, spending::Spending, stop::Stop};

/// The samples that wait to be stored before a call waits for them: a minute of 256 streams
/// that are answered every second.
pub(super) const QUEUE: usize = 16_384;

/// Samples that are being stored at a time.
const CONCURRENT_PUTS: usize = 16;

/// Stores every sample until none can come any more: what they add up to, or `None` where
/// other samples of some of the calls were there.
///
/// Behind the first that cannot be stored no call is made. Those that are under way are
/// stored all the same, as far as they can be.
pub(super) async fn store<L: LoadLog>(
    log: &L,
    work: &LoadWork<'_>,
    spending: &Spending<'_, L>,
    stop: &Stop,
    mut samples: mpsc::Receiver<Sample>,
) -> Option<StepTally> {
    let mut tally = TallyBuilder::new(work.step.clone(), work.load.objective);
    let (mut others, mut ended) = (false, false);
    let mut puts = FuturesUnordered::new();
    while !ended || !puts.is_empty() {
        tokio::select! {
            sample = samples.recv(), if !ended && puts.len() < CONCURRENT_PUTS => match sample {
                Some(sample) => puts.push(put(log, sample)),
                None => ended = true,
            },
            Some((sample, put)) = puts.next(), if !puts.is_empty() => match put {
                Ok(Put::Stored) => {
                    spending.note(&sample);
                    tally.add(&sample);
                }
                Ok(Put::AlreadyThere) => others = true,
                Err(error) => stop.fail(error),
            },
        }
    }
    (!others).then(|| tally.finish())
}

async fn put(log: &impl LoadLog, sample: Sample) -> (Sample, Result<Put, StoreError>) {
    let put = log.put(&sample).await;
    (sample, put)
}
