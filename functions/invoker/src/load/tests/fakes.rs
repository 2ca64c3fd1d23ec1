//! A service that answers by its own clock, and the table of one worker in memory.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bench_core::{
    load::{WorkerRecord, WorkerState},
    sample::{ErrorLayer, Outcome, Sample},
    usage::UsageTotals,
};
use bench_store::{Put, StoreError};
use bench_targets::{CompletionRequest, Failure, Kind, Model, Reply, Stopwatch};
use tokio::time::{Instant, sleep};

use crate::LoadLog;

/// Answers every call after the same time, or fails it.
#[derive(Debug)]
pub(super) struct FakeService {
    after: Duration,
    failure: Option<Outcome>,
    pub(super) text: &'static str,
    in_flight: AtomicUsize,
    /// Every request: its prompt, when it came, and how many were then in flight with it.
    received: Mutex<Vec<(String, Instant, usize)>>,
}

impl FakeService {
    pub(super) fn answering_after(after: Duration) -> Self {
        Self {
            after,
            failure: None,
            text: "#### 1",
            in_flight: AtomicUsize::new(0),
            received: Mutex::default(),
        }
    }

    pub(super) fn failing_after(after: Duration, outcome: Outcome) -> Self {
        Self {
            failure: Some(outcome),
            ..Self::answering_after(after)
        }
    }

    /// Never answers.
    pub(super) fn silent() -> Self {
        Self::answering_after(Duration::from_hours(1))
    }

    pub(super) fn received(&self) -> Vec<(String, Instant, usize)> {
        self.received.lock().unwrap().clone()
    }
}

/// Counts a call as in flight for as long as it is there.
struct InFlight<'a>(&'a AtomicUsize);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Model for FakeService {
    async fn complete(
        &self,
        request: &CompletionRequest<'_>,
        watch: &mut Stopwatch,
    ) -> Result<Reply, Failure> {
        let in_flight = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        let _in_flight = InFlight(&self.in_flight);
        let request = (request.prompt.to_owned(), Instant::now(), in_flight);
        self.received.lock().unwrap().push(request);
        watch.start();
        sleep(self.after).await;
        if let Some(outcome) = self.failure {
            watch.whole(Kind::Visible, "half of it")?;
            watch.end();
            return Err(Failure {
                outcome,
                http_status: Some(500),
                class: ErrorLayer::Service,
                code: None,
                message: "as told".to_owned(),
                retry_after: None,
            });
        }
        watch.token(Kind::Visible, self.text)?;
        watch.end();
        Ok(Reply {
            http_status: Some(200),
            input_tokens: Some(10),
            output_tokens: Some(5),
            ..Reply::default()
        })
    }
}

/// The table of one worker, in memory.
#[derive(Debug, Default)]
pub(super) struct LoadMemory {
    pub(super) samples: Mutex<Vec<Sample>>,
    pub(super) record: Mutex<Option<WorkerRecord>>,
    pub(super) usage: Mutex<Option<UsageTotals>>,
    /// That of the worker before.
    pub(super) before: Option<Arc<LoadMemory>>,
    /// Attempts that the budget has money for, where there is one.
    pub(super) attempts: Option<u64>,
    /// How long it takes to store a sample.
    pub(super) slowness: Duration,
    /// Whether no further call may be begun.
    pub(super) closed: AtomicBool,
    /// Whether no further sample can be stored.
    pub(super) broken: AtomicBool,
}

impl LoadMemory {
    pub(super) fn stored(&self) -> Vec<Sample> {
        self.samples.lock().unwrap().clone()
    }

    pub(super) fn worker(&self) -> Option<WorkerRecord> {
        self.record.lock().unwrap().clone()
    }

    pub(super) fn usage(&self) -> Option<UsageTotals> {
        *self.usage.lock().unwrap()
    }

    fn refuse(action: &str) -> StoreError {
        StoreError::Call {
            action: action.to_owned(),
            reason: "as told".to_owned(),
        }
    }
}

impl LoadLog for LoadMemory {
    async fn record(&self) -> Result<Option<WorkerRecord>, StoreError> {
        Ok(self.worker())
    }

    async fn record_before(&self) -> Result<Option<WorkerRecord>, StoreError> {
        Ok(self.before.as_ref().and_then(|before| before.worker()))
    }

    async fn begin_worker(&self, record: &WorkerRecord) -> Result<Put, StoreError> {
        let mut stored = self.record.lock().unwrap();
        if stored.is_some() {
            return Ok(Put::AlreadyThere);
        }
        *stored = Some(record.clone());
        Ok(Put::Stored)
    }

    async fn hand_over(&self, record: &WorkerRecord, begun_by: &str) -> Result<Put, StoreError> {
        let mut stored = self.record.lock().unwrap();
        let is_running = |stored: &WorkerRecord| {
            stored.state == WorkerState::Running && stored.request_id == begun_by
        };
        if !stored.as_ref().is_some_and(is_running) {
            return Ok(Put::AlreadyThere);
        }
        *stored = Some(record.clone());
        Ok(Put::Stored)
    }

    async fn end_worker(&self, record: &WorkerRecord, begun_by: &str) -> Result<Put, StoreError> {
        self.hand_over(record, begun_by).await
    }

    async fn samples(&self) -> Result<Vec<Sample>, StoreError> {
        Ok(self.stored())
    }

    fn begin(&self, _: &Sample) -> Result<(), StoreError> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(Self::refuse("begin a call"));
        }
        Ok(())
    }

    async fn put(&self, sample: &Sample) -> Result<Put, StoreError> {
        sleep(self.slowness).await;
        if self.broken.load(Ordering::SeqCst) {
            return Err(Self::refuse("store a sample"));
        }
        let mut samples = self.samples.lock().unwrap();
        let is_same = |stored: &Sample| stored.repetition == sample.repetition;
        if samples.iter().any(is_same) {
            return Ok(Put::AlreadyThere);
        }
        samples.push(sample.clone());
        Ok(Put::Stored)
    }

    fn is_counted(&self) -> bool {
        self.attempts.is_some()
    }

    async fn count(&self, calls: UsageTotals) -> Result<(), StoreError> {
        let mut usage = self.usage.lock().unwrap();
        *usage = Some(usage.map_or(calls, |before| before.plus(calls)));
        Ok(())
    }

    async fn is_spent(&self) -> Result<bool, StoreError> {
        let used = self.usage().map_or(0, |usage| usage.usage.attempts);
        Ok(self.attempts.is_some_and(|attempts| used >= attempts))
    }
}
