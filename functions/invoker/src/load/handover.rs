//! Callers of a closed loop that go on in the invocation of the next part.
//!
//! A worker whose part is over writes which of its callers were answered, and the next one
//! reads it: so no caller has two calls under way, and none is without one for longer than
//! twice [`INTERVAL`] and what the table takes.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bench_core::{load::WorkerRecord, workflow::INVOCATION_MARGIN_S};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep, sleep_until},
};
use tracing::warn;

use super::{LoadLog, LoadWork, clock::Clock, stop::Stop};

/// How often free callers are written, and read.
const INTERVAL: Duration = Duration::from_millis(100);

/// The callers that a worker hands over at the end of its part.
pub(super) struct Handover<'a, L> {
    log: &'a L,
    running: &'a WorkerRecord,
    /// Whether a worker takes over.
    has_next: bool,
    free: Mutex<Vec<u32>>,
    changed: Notify,
    has_ended: AtomicBool,
}

impl<'a, L: LoadLog> Handover<'a, L> {
    /// None is free yet; `running` is the record that says that the worker runs.
    pub(super) fn new(log: &'a L, work: &LoadWork<'_>, running: &'a WorkerRecord) -> Self {
        Self {
            log,
            running,
            has_next: !work.step.is_last(work.worker),
            free: Mutex::default(),
            changed: Notify::new(),
            has_ended: AtomicBool::new(false),
        }
    }

    /// A caller was answered, and its next call is of the next part.
    pub(super) fn free(&self, caller: u32) {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        free.push(caller);
        self.changed.notify_one();
    }

    /// No call is under way any more: that the worker has ended tells the rest.
    pub(super) fn end(&self) {
        self.has_ended.store(true, Ordering::Relaxed);
        self.changed.notify_one();
    }

    /// Writes free callers until the end.
    pub(super) async fn publish(&self) {
        loop {
            self.changed.notified().await;
            if self.has_ended.load(Ordering::Relaxed) {
                return;
            }
            if self.has_next {
                self.publish_once().await;
                sleep(INTERVAL).await;
            }
        }
    }

    async fn publish_once(&self) {
        let free_callers = {
            let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
            free.clone()
        };
        let record = WorkerRecord {
            free_callers,
            ..self.running.clone()
        };
        let request_id = &self.running.request_id;
        if let Err(error) = self.log.hand_over(&record, request_id).await {
            warn!(%error, "callers are handed over later");
            self.changed.notify_one();
        }
    }
}

/// The callers that a worker takes over from the one of the part before.
pub(super) struct Takeover<'a, L> {
    log: &'a L,
    clock: &'a Clock,
    stop: &'a Stop,
    /// Until when the worker before awaits answers.
    last: Instant,
    /// All of the worker.
    callers: BTreeSet<u32>,
    /// Those whose former call has ended.
    free: watch::Sender<BTreeSet<u32>>,
}

impl<'a, L: LoadLog> Takeover<'a, L> {
    /// None is free yet.
    pub(super) fn new(log: &'a L, work: &LoadWork<'_>, clock: &'a Clock, stop: &'a Stop) -> Self {
        let longest = work.plan.config.method.timeout_s + INVOCATION_MARGIN_S;
        Self {
            log,
            clock,
            stop,
            last: clock.begin() + Duration::from_secs(longest.into()),
            callers: (1..=work.step.callers_of(work.worker)).collect(),
            free: watch::Sender::default(),
        }
    }

    /// Waits until a caller is free, or the worker stops, and gives the time.
    pub(super) async fn caller(&self, caller: u32) -> Instant {
        let mut free = self.free.subscribe();
        // There is a sender as long as there is this.
        let _ = free.wait_for(|free| free.contains(&caller)).await;
        self.clock.whole(Instant::now())
    }

    /// Reads which callers are free until all are.
    pub(super) async fn watch(&self) {
        sleep_until(self.clock.begin()).await;
        loop {
            let free = self.read().await;
            let are_all = free.len() == self.callers.len();
            self.free.send_replace(free);
            if are_all {
                return;
            }
            sleep(INTERVAL).await;
        }
    }

    async fn read(&self) -> BTreeSet<u32> {
        let record = match self.log.record_before().await {
            Ok(record) => record,
            Err(error) => {
                self.stop.fail(error);
                None
            }
        };
        let is_over = Instant::now() >= self.last || self.stop.is_set();
        // A worker that never began has no caller under way.
        match record.filter(|_| !is_over) {
            Some(record) => {
                let callers = self.callers.iter().copied();
                callers.filter(|caller| record.has_freed(*caller)).collect()
            }
            None => self.callers.clone(),
        }
    }
}
