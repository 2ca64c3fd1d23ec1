//! The warm-up and measured calls of one prompt.

use std::{collections::HashSet, time::Duration};

use bench_core::{
    config::{Method, Target},
    dataset::Prompt,
    grading,
    sample::{Measurement, Phase, Sample},
};
use bench_store::{Put, StoreError, StoredCall};
use bench_targets::{Model, Question, measure};
use serde::Serialize;
use tracing::{debug, warn};

use crate::{Error, Invocation, TimeLeft};

/// Where the samples of one target of one run are kept.
pub trait SampleLog {
    /// The calls of one prompt that have their sample.
    fn of_prompt(
        &self,
        prompt_index: u32,
    ) -> impl Future<Output = Result<Vec<StoredCall>, StoreError>> + Send;
    /// The calls of all prompts that have their sample.
    fn of_target(&self) -> impl Future<Output = Result<Vec<StoredCall>, StoreError>> + Send;
    /// The probes that have their sample.
    fn probes(&self) -> impl Future<Output = Result<Vec<StoredCall>, StoreError>> + Send;
    /// Stores a sample unless one of the same call is there.
    fn put(&self, sample: &Sample) -> impl Future<Output = Result<Put, StoreError>> + Send;
}

/// One prompt for one target.
#[derive(Debug)]
pub struct PromptWork<'a> {
    /// The run.
    pub run_id: &'a str,
    /// The target.
    pub target: &'a Target,
    /// The prompt.
    pub prompt: &'a Prompt,
    /// How it is asked.
    pub method: &'a Method,
    /// The invocation that asks.
    pub invocation: Invocation,
}

/// What became of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PromptReply {
    /// Whether every call of the prompt has its sample; if not, ask again.
    pub done: bool,
    /// Samples stored by this invocation.
    pub stored: u32,
    /// How many of them are failures.
    pub failed: u32,
}

/// Makes the calls of a prompt that have no sample yet, one after another.
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
    let stored: HashSet<_> = log
        .of_prompt(work.prompt.index)
        .await?
        .into_iter()
        .map(|call| (call.phase, call.repetition))
        .collect();
    let timeout = Duration::from_secs(work.method.timeout_s.into());
    let mut reply = PromptReply { done: true, stored: 0, failed: 0 };
    for (phase, repetition) in calls(work.method).filter(|call| !stored.contains(call)) {
        let Some(limit) = time_left.limit(timeout, reply.stored) else {
            reply.done = false;
            break;
        };
        let text = work.prompt.asked(work.method, phase, repetition);
        let question = Question {
            prompt: &text,
            max_tokens: work.target.max_tokens,
            temperature: work.target.temperature,
            top_p: work.target.top_p,
        };
        let measurement = measure(model, &question, limit).await;
        let sample = sample_of(work, phase, repetition, measurement);
        report(&sample);
        // Somebody else's sample of the same call counts; ours does not.
        if log.put(&sample).await? == Put::Stored {
            reply.failed += u32::from(!sample.is_ok());
        }
        reply.stored += 1;
    }
    Ok(reply)
}

/// The calls of one prompt in the order they are made.
fn calls(method: &Method) -> impl Iterator<Item = (Phase, u32)> {
    let warmups = (1..=method.warmup).map(|repetition| (Phase::Warmup, repetition));
    let measured = (1..=method.repetitions).map(|repetition| (Phase::Measured, repetition));
    warmups.chain(measured)
}

fn sample_of(
    work: &PromptWork<'_>,
    phase: Phase,
    repetition: u32,
    measurement: Measurement,
) -> Sample {
    let mut sample = Sample {
        run_id: work.run_id.to_owned(),
        target_id: work.target.id.clone(),
        prompt_id: work.prompt.id.clone(),
        prompt_index: work.prompt.index,
        phase,
        repetition,
        attempt: 1,
        measurement,
        answer: None,
        answer_rule: None,
        expected_answer: Some(work.prompt.expected_answer.clone()),
        correct: None,
        function_cold_start: work.invocation.cold_start,
        function_request_id: work.invocation.request_id.clone(),
    };
    if sample.is_ok() {
        let text = sample.measurement.response_text.as_deref().unwrap_or_default();
        let grade = grading::grade(text, &work.prompt.expected_answer);
        sample.answer = grade.answer.map(|answer| answer.number.to_string());
        sample.answer_rule = grade.answer.map(|answer| answer.rule.as_str().to_owned());
        sample.correct = Some(grade.correct);
    }
    sample
}

fn report(sample: &Sample) {
    let Measurement { outcome, latency_us, error_code, .. } = &sample.measurement;
    let (phase, repetition) = (sample.phase.as_str(), sample.repetition);
    if sample.is_ok() {
        debug!(phase, repetition, latency_us, "call answered");
    } else {
        warn!(phase, repetition, latency_us, outcome = outcome.as_str(), error_code, "call failed");
    }
}
