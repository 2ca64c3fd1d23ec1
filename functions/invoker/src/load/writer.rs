//! Storing the samples of a worker while it makes calls.

use std::time::Duration;

use bench_core::{
    load::{StepTally, TallyBuilder},
    sample::Sample,
};
use bench_store::{Put, StoreError};
use futures::{StreamExt as _, future::join_all, stream::FuturesUnordered};
use tokio::{sync::mpsc, time::sleep};

use super::{LoadLog, LoadWork, spending::Spending, stop::Stop};

/// The samples that wait to be stored before a call waits for them: a minute of 256 streams
/// that are answered every second.
pub(super) const QUEUE: usize = 16_384;

/// Samples that are being stored at a time.
const CONCURRENT_PUTS: usize = 16;

/// How long after the last call samples that could not be stored are tried once more: what
/// has none when the worker reports is taken for interrupted, although its end is known.
const LAST_TRY: Duration = Duration::from_millis(500);

/// Stores every sample until none can come any more: what they add up to, or `None` where
/// other samples of some of the calls were there.
///
/// Behind the first that cannot be stored no call is made. Those that are under way are
/// stored all the same, as far as they can be, and it is tried once more.
pub(super) async fn store<L: LoadLog>(
    log: &L,
    work: &LoadWork<'_>,
    spending: &Spending<'_, L>,
    stop: &Stop,
    mut samples: mpsc::Receiver<Sample>,
) -> Option<StepTally> {
    let mut tally = TallyBuilder::new(work.step.clone(), work.load.objective);
    let (mut others, mut ended) = (false, false);
    let mut failed = Vec::new();
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
                Err(error) => {
                    stop.fail(error);
                    failed.push(sample);
                }
            },
        }
    }
    if !failed.is_empty() {
        sleep(LAST_TRY).await;
        let puts = failed.into_iter().map(|sample| put(log, sample));
        for (sample, put) in join_all(puts).await {
            if matches!(put, Ok(Put::Stored)) {
                spending.note(&sample);
            }
        }
    }
    (!others).then(|| tally.finish())
}

async fn put(log: &impl LoadLog, sample: Sample) -> (Sample, Result<Put, StoreError>) {
    let put = log.put(&sample).await;
    (sample, put)
}
