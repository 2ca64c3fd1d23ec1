//! The warm-up and measured calls of one prompt.

use std::time::Duration;

use bench_core::{
    config::{Method, Target},
    dataset::Prompt,
    grading,
    identity::RunId,
    sample::{Outcome, Phase, Sample, SampleKey},
};
use bench_store::{Put, StoreError, StoredCall};
use bench_targets::{CompletionRequest, Limit, Model, measure, requested};
use jiff::Timestamp;
use serde::Serialize;
use tracing::{debug, warn};

use crate::{
    Error, Invocation, TimeLeft,
    attempts::{self, Call, History},
};

/// Where the samples of one target of one run are kept.
pub trait SampleLog {
    /// The calls of one prompt that have their sample.
    fn of_prompt(
        &self,
        prompt_index: u32,
    ) -> impl Future<Output = Result<Vec<StoredCall>, StoreError>> + Send;
    /// The calls of all prompts that have their sample.
    fn of_target(&self) -> impl Future<Output = Result<Vec<StoredCall>, StoreError>> + Send;
    /// The samples of probes without their texts, in order.
    fn probes(&self) -> impl Future<Output = Result<Vec<Sample>, StoreError>> + Send;
    /// Whether the run may have spent its budget; never where it has none, or where that does
    /// not limit the target.
    fn is_spent(&self) -> impl Future<Output = Result<bool, StoreError>> + Send;
    /// Notes that a call is about to be sent, with what is known of it before. A call that
    /// was not noted must not be sent.
    fn begin(&self, call: &Sample) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// Stores a sample unless one of the same call is there.
    fn put(&self, sample: &Sample) -> impl Future<Output = Result<Put, StoreError>> + Send;
}

/// One prompt for one target.
#[derive(Debug)]
pub struct PromptWork<'a> {
    /// The run.
    pub run_id: &'a RunId,
    /// The target.
    pub target: &'a Target,
    /// The prompt.
    pub prompt: &'a Prompt,
    /// The method of the run.
    pub method: &'a Method,
    /// The invocation that makes the calls.
    pub invocation: Invocation,
}

/// The result of measuring a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PromptReply {
    /// Whether every call of the prompt has its sample; if not, invoke again.
    pub done: bool,
    /// Samples stored by this invocation.
    pub stored: u32,
    /// How many of them are failures.
    pub failed: u32,
}

/// Makes the calls of a prompt that are not settled yet, one after another.
///
/// Before each the budget of the run is looked at. Once it is spent no call is made:
/// the rest is stored as not made, so that nothing is missing without a reason.
///
/// # Errors
///
/// [`Error::Store`]; a call that fails is a sample.
pub async fn measure_prompt(
    model: &impl Model,
    log: &impl SampleLog,
    work: &PromptWork<'_>,
    time_left: &TimeLeft,
) -> Result<PromptReply, Error> {
    let mut history = History::of(log.of_prompt(work.prompt.index).await?);
    let timeout = Duration::from_secs(work.method.timeout_s.into());
    let mut reply = PromptReply {
        done: true,
        stored: 0,
        failed: 0,
    };
    let (mut spent, mut made) = (false, 0);
    for call in calls(work.method) {
        while let Some(attempt) = history.next_attempt(call, work.target.max_attempts) {
            let own = attempts::pause_before(attempt);
            let asked = history.retry_after(call);
            // A wait that not even a whole invocation has room for cannot be kept.
            let is_kept = asked > own && (made > 0 || time_left.covers(asked + timeout));
            let (pause, room) = if is_kept {
                (asked, asked + timeout)
            } else {
                (own, own)
            };
            if !spent && !pause.is_zero() {
                if !time_left.covers(room) {
                    reply.done = false;
                    return Ok(reply);
                }
                // Outside of every measured time.
                tokio::time::sleep(pause).await;
            }
            // What is spent stays spent.
            spent = spent || log.is_spent().await?;
            let sample = if spent {
                not_made(work, call, attempt)
            } else {
                let Some(limit) = time_left.limit(timeout, made) else {
                    reply.done = false;
                    return Ok(reply);
                };
                attempt_call(model, log, work, call, attempt, limit).await?
            };
            report(&sample);
            made += 1;
            match log.put(&sample).await? {
                Put::Stored => {
                    history.add(call, attempt, sample.outcome, sample.retry_after_s);
                    reply.stored += 1;
                    reply.failed += u32::from(!sample.is_ok());
                }
                // Somebody else's sample of the same call counts; ours does not.
                Put::AlreadyThere => {
                    history = History::of(log.of_prompt(work.prompt.index).await?);
                }
            }
        }
    }
    Ok(reply)
}

async fn attempt_call(
    model: &impl Model,
    log: &impl SampleLog,
    work: &PromptWork<'_>,
    (phase, repetition): Call,
    attempt: u32,
    limit: Limit,
) -> Result<Sample, StoreError> {
    let rendered = work
        .prompt
        .rendered(work.method, work.target, phase, repetition);
    let request = CompletionRequest::of(&rendered, work.target);
    let blank = not_made(work, (phase, repetition), attempt);
    let blank = requested(blank, &request);
    log.begin(&blank).await?;
    let mut sample = measure(model, &request, limit, blank).await;
    grade(&mut sample);
    Ok(sample)
}

/// The calls of one prompt in the order they are made.
fn calls(method: &Method) -> impl Iterator<Item = Call> {
    let warmups = (1..=method.warmup).map(|repetition| (Phase::Warmup, repetition));
    let measured = (1..=method.repetitions).map(|repetition| (Phase::Measured, repetition));
    warmups.chain(measured)
}

/// A call that has not been made, as it is stored where the budget left no money
/// for it.
fn not_made(work: &PromptWork<'_>, (phase, repetition): Call, attempt: u32) -> Sample {
    let key = SampleKey {
        target: work.target.id.clone(),
        step: 0,
        worker: 0,
        prompt: work.prompt.index,
        phase,
        repetition,
        attempt,
    };
    Sample {
        expected_answer: work.prompt.expected_answer.clone(),
        function_cold_start: Some(work.invocation.cold_start),
        function_request_id: work.invocation.request_id.clone(),
        ..Sample::new(
            work.run_id.clone(),
            work.prompt.id.as_str(),
            key,
            Outcome::Budget,
            Timestamp::now(),
        )
    }
}

/// Grades an answer against the reference of its prompt, where it has one.
pub(crate) fn grade(sample: &mut Sample) {
    let Some(expected) = sample.expected_answer.as_deref().filter(|_| sample.is_ok()) else {
        return;
    };
    let text = sample.response_text.as_deref().unwrap_or_default();
    sample.set_grade(&grading::grade(text, expected));
}

fn report(sample: &Sample) {
    let Sample {
        outcome,
        latency_us,
        error_code,
        ..
    } = sample;
    let (phase, repetition, attempt) = (sample.phase.as_str(), sample.repetition, sample.attempt);
    if sample.is_ok() {
        debug!(phase, repetition, attempt, latency_us, "call answered");
    } else {
        warn!(
            phase,
            repetition,
            attempt,
            latency_us,
            outcome = outcome.as_str(),
            error_code,
            "call failed"
        );
    }
}

#[cfg(test)]
mod tests;
