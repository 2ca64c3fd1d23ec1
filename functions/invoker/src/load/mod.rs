//! One worker of a step of a load, or of a part of one: many calls of one target at a time, on
//! one thread.
//!
//! A worker waits for the start of its step, lets the load build up in the ramp, and makes
//! calls until the window or its part of the step ends. Every call is stored as it ends, and
//! what they add up to in the record of the worker. Invoked again, it makes no call: a record
//! says how it ended, and one that says that it runs was left by an invocation that was killed.

mod calls;
mod clock;
mod connections;
mod handover;
mod killed;
mod log;
mod loops;
mod spending;
mod stop;
#[cfg(test)]
mod tests;
mod writer;

use bench_core::{
    config::{Arrival, Load, Target},
    load::{StepPlan, StepTally, TallyBuilder, WorkerRecord, WorkerState},
    plan::Plan,
    prompt::Prompt,
};
use bench_store::Put;
use bench_targets::{Model, StallLog};
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::mpsc;
use tracing::{info, warn};

pub use self::log::LoadLog;
use self::{
    calls::Calls,
    clock::Clock,
    handover::{Handover, Takeover},
    spending::Spending,
    stop::{Halt, Stop},
};
use crate::{Error, Invocation, TimeLeft};

/// One worker of a step.
#[derive(Debug)]
pub struct LoadWork<'a> {
    /// The plan of the run.
    pub plan: &'a Plan,
    /// Its load, as [`RunConfig::measured_load`](bench_core::config::RunConfig::measured_load)
    /// has it.
    pub load: &'a Load,
    /// The target.
    pub target: &'a Target,
    /// The prompts of its calls, as they are sent.
    pub prompts: &'a [Prompt],
    /// The step.
    pub step: StepPlan,
    /// Number of the worker, from 1.
    pub worker: u32,
    /// The invocation that makes the calls.
    pub invocation: Invocation,
}

/// The result of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LoadReply {
    /// Whether it has ended; always.
    pub done: bool,
    /// Its calls that have a sample.
    pub calls: u64,
    /// How many calls of its window failed.
    pub failed: u64,
}

/// Makes the calls of a worker, or says what became of them where they were made. `now` is
/// the time on the wall clock.
///
/// # Errors
///
/// [`Error::Store`]; a call that fails is a sample.
pub async fn measure_load(
    model: &impl Model,
    log: &impl LoadLog,
    work: &LoadWork<'_>,
    time_left: &TimeLeft,
    now: Timestamp,
) -> Result<LoadReply, Error> {
    let clock = Clock::new(&work.step, work.worker, now);
    if let Some(record) = log.record().await? {
        return Box::pin(earlier(log, work, &clock, record)).await;
    }
    // Within the ramp there is time; what begins behind its part leaves a gap.
    let last_begin = match work.step.worker_before(work.worker) {
        None => work.step.window_start(),
        Some(_) => work.step.begins_at(work.worker),
    };
    let ended_at_once = if now >= last_begin {
        Some(WorkerState::Late)
    } else if log.is_spent().await? {
        Some(WorkerState::BudgetSpent)
    } else {
        None
    };
    let record = WorkerRecord {
        step: work.step.step,
        worker: work.worker,
        state: ended_at_once.unwrap_or(WorkerState::Running),
        tally: ended_at_once.map(|_| StepTally::default()),
        request_id: work.invocation.request_id.clone(),
        free_callers: Vec::new(),
    };
    if log.begin_worker(&record).await? == Put::AlreadyThere {
        let stored = log.record().await?;
        // A put whose answer was lost finds itself.
        if let Some(stored) = stored.filter(|stored| *stored != record) {
            return Box::pin(earlier(log, work, &clock, stored)).await;
        }
    }
    if ended_at_once.is_some() {
        warn!(state = ?record.state, "worker sent nothing");
        return Ok(reply(&record));
    }
    // Boxed, as what holds tallies is: they are large.
    let running = Box::pin(run(model, log, work, time_left, &clock, &record));
    let (state, tally) = running.await?;
    Box::pin(end(log, record, state, tally)).await
}

/// The state of a worker that has a record.
async fn earlier(
    log: &impl LoadLog,
    work: &LoadWork<'_>,
    clock: &Clock,
    record: WorkerRecord,
) -> Result<LoadReply, Error> {
    if record.state != WorkerState::Running {
        return Ok(reply(&record));
    }
    warn!(request = record.request_id, "worker was killed");
    killed::store_interrupted(log, work, clock, &record.request_id).await?;
    let tally = stored_tally(log, work).await?;
    end(log, record, WorkerState::Interrupted, tally).await
}

async fn end(
    log: &impl LoadLog,
    running: WorkerRecord,
    state: WorkerState,
    tally: StepTally,
) -> Result<LoadReply, Error> {
    let begun_by = running.request_id.clone();
    let record = WorkerRecord {
        state,
        tally: Some(tally),
        free_callers: Vec::new(),
        ..running
    };
    let record = match log.end_worker(&record, &begun_by).await? {
        Put::Stored => record,
        // Somebody else took this invocation for killed, or a put whose answer was lost.
        Put::AlreadyThere => log.record().await?.unwrap_or(record),
    };
    let reply = reply(&record);
    info!(
        state = ?record.state,
        calls = reply.calls,
        failed = reply.failed,
        "worker ended"
    );
    Ok(reply)
}

/// Makes the calls of the step, and stores them: how it ended, and what they add up to.
async fn run(
    model: &impl Model,
    log: &impl LoadLog,
    work: &LoadWork<'_>,
    time_left: &TimeLeft,
    clock: &Clock,
    record: &WorkerRecord,
) -> Result<(WorkerState, StepTally), Error> {
    let (stalls, stop) = (StallLog::new(), Stop::default());
    let spending = Spending::new(log, &stop);
    let handover = Handover::new(log, work, record);
    let is_taking_over =
        work.load.arrival == Arrival::Closed && work.step.worker_before(work.worker).is_some();
    let takeover = is_taking_over.then(|| Takeover::new(log, work, clock, &stop));
    let (sender, samples) = mpsc::channel(writer::QUEUE);
    let calls = Calls::new(model, log, work, time_left, clock, &stalls, &stop, sender);
    let all = async {
        let store = async {
            let tally = writer::store(log, work, &spending, &stop, samples).await;
            spending.end();
            tally
        };
        let send = async {
            tokio::select! {
                () = loops::send(calls, takeover.as_ref(), &handover) => handover.end(),
                never = connections::open_ahead(model, work, clock) => match never {},
            }
        };
        let watch_takeover = async {
            if let Some(takeover) = &takeover {
                takeover.watch().await;
            }
        };
        let publish_free = handover.publish();
        let (tally, ..) = tokio::join!(store, spending.count(), send, watch_takeover, publish_free);
        tally
    };
    let tally = tokio::select! {
        tally = all => tally,
        never = stalls.tick() => match never {},
    };
    let state = match stop.into_result()? {
        None => WorkerState::Done,
        Some(Halt::Budget) => WorkerState::BudgetSpent,
        // Its window is as incomplete as that of one that was killed.
        Some(Halt::Deadline) => WorkerState::Interrupted,
    };
    match tally {
        Some(tally) => Ok((state, tally)),
        None => Ok((state, stored_tally(log, work).await?)),
    }
}

/// The tally of the stored samples of the worker.
async fn stored_tally(log: &impl LoadLog, work: &LoadWork<'_>) -> Result<StepTally, Error> {
    let mut tally = TallyBuilder::new(work.step.clone(), work.load.objective);
    for sample in &log.samples().await? {
        tally.add(sample);
    }
    Ok(tally.finish())
}

fn reply(record: &WorkerRecord) -> LoadReply {
    let tally = record.tally.clone().unwrap_or_default();
    let window = tally.window();
    LoadReply {
        done: true,
        calls: tally.ramp + window.arrived,
        failed: window.failed + window.throttled,
    }
}
