//! The probe: calls to a target until it answers or its deadline is reached.

use std::{collections::HashSet, time::Duration};

use bench_core::{
    config::Target,
    plan::Plan,
    sample::{ErrorLayer, Outcome, Persistence, Phase, Sample, SampleKey},
    workflow::PROBE_INTERVAL_S,
};
use bench_targets::{CompletionRequest, ConnectError, Model, measure, requested};
use jiff::Timestamp;
use serde::Serialize;
use tracing::warn;

use crate::{Error, Invocation, SampleLog, TimeLeft, fit};

/// One look at a target.
#[derive(Debug)]
pub struct ProbeWork<'a> {
    /// The run.
    pub plan: &'a Plan,
    /// The target.
    pub target: &'a Target,
    /// When waiting for it began.
    pub since: Timestamp,
    /// The invocation that looks.
    pub invocation: Invocation,
}

/// Result of a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeStatus {
    /// It answered, or no call to it is missing.
    Ready,
    /// It did not answer; look again.
    Waiting,
    /// It refused for good, or its time is up.
    Unavailable,
}

/// The answer to the state machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProbeReply {
    /// Result of the probe.
    pub status: ProbeStatus,
    /// How many probes of this target are stored.
    pub probes: u32,
    /// The seconds to wait before the next probe, if there is one.
    pub wait_s: u32,
    /// Why the target is not ready, as text for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Probes a target once. The call is a sample like any other; a client that could not
/// be built is a refused request. Where no call to the target is missing, or the budget
/// is spent, no call is made: the prompts' invocations record why.
///
/// # Errors
///
/// [`Error::Store`].
pub async fn probe_target<M: Model>(
    model: Result<&M, &ConnectError>,
    log: &impl SampleLog,
    work: &ProbeWork<'_>,
    time_left: &TimeLeft,
    now: impl Fn() -> Timestamp,
) -> Result<ProbeReply, Error> {
    let earlier = log.probes().await?;
    let probes = u32::try_from(earlier.len()).unwrap_or(u32::MAX);
    if has_all_calls(log, work.plan).await? || log.is_spent().await? {
        return Ok(ProbeReply {
            status: ProbeStatus::Ready,
            probes,
            wait_s: PROBE_INTERVAL_S,
            reason: None,
        });
    }
    let blank = not_made(work, probes + 1, now());
    let sample = match model {
        Ok(model) => call(model, log, work, blank, time_left).await?,
        Err(error) => refused(error, blank),
    };
    let reason = (!sample.answers_probe()).then(|| reason_of(&sample));
    if let Some(reason) = &reason {
        warn!(outcome = sample.outcome.as_str(), reason, "probe failed");
    }
    log.put(&sample).await?;
    let waited = now().duration_since(work.since).as_secs();
    let left = i64::from(work.target.ready_within_s).saturating_sub(waited);
    let status = if sample.answers_probe() {
        ProbeStatus::Ready
    } else if left <= 0 || is_hopeless(work, &earlier, &sample) {
        ProbeStatus::Unavailable
    } else {
        ProbeStatus::Waiting
    };
    Ok(ProbeReply {
        status,
        probes: probes + 1,
        wait_s: pause(&sample, left),
        reason,
    })
}

/// The seconds to wait after a probe: what the service asks for, as far as the time for
/// the target has room for it.
fn pause(probe: &Sample, left_s: i64) -> u32 {
    let left = u32::try_from(left_s).unwrap_or_default();
    let asked = probe.retry_after_s.unwrap_or_default().min(left);
    asked.max(PROBE_INTERVAL_S)
}

/// Whether waiting for a target no longer helps after this failed probe. Only probes since
/// the run began to wait count: between two executions of a run somebody may have mended
/// what failed. What a run has started itself is given its whole time: its name may
/// resolve only later.
fn is_hopeless(work: &ProbeWork<'_>, earlier: &[Sample], latest: &Sample) -> bool {
    if work.target.lifecycle.is_some() && Persistence::of(latest) == Persistence::Lasting {
        return false;
    }
    let recent = earlier
        .iter()
        .filter(|probe| probe.started_at >= work.since);
    Persistence::ends_wait(recent.chain([latest]).collect::<Vec<_>>())
}

/// Whether every call of the target is stored: a run that is started again does not
/// probe such a target.
async fn has_all_calls(log: &impl SampleLog, plan: &Plan) -> Result<bool, Error> {
    let stored: HashSet<_> = log
        .of_target()
        .await?
        .into_iter()
        .map(|call| (call.prompt_index, call.phase, call.repetition))
        .collect();
    Ok(stored.len() >= plan.calls_per_target() as usize)
}

async fn call(
    model: &impl Model,
    log: &impl SampleLog,
    work: &ProbeWork<'_>,
    blank: Sample,
    time_left: &TimeLeft,
) -> Result<Sample, Error> {
    let probe = CompletionRequest::probe(&work.plan.config.method, work.target);
    let text = fit::probe_text(work.plan, work.target);
    let request = CompletionRequest {
        prompt: text.as_deref().unwrap_or(probe.prompt),
        ..probe
    };
    let timeout = Duration::from_secs(work.plan.config.method.timeout_s.into());
    let limit = time_left
        .limit(timeout, 0)
        .expect("the first call of an invocation is made");
    let blank = requested(blank, &request);
    log.begin(&blank).await?;
    Ok(measure(model, &request, limit, blank).await)
}

/// A target that no client can be made for.
fn refused(error: &ConnectError, blank: Sample) -> Sample {
    Sample {
        outcome: Outcome::ClientError,
        error_class: Some(ErrorLayer::Connect),
        error_code: error.code().map(str::to_owned),
        error_message: Some(error.to_string()),
        ..blank
    }
}

fn reason_of(sample: &Sample) -> String {
    let message = sample.error_message.as_deref();
    let code = sample.error_code.as_deref();
    [Some(sample.outcome.as_str()), code, message]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(": ")
}

/// A probe that has not been made.
pub(crate) fn not_made(work: &ProbeWork<'_>, attempt: u32, now: Timestamp) -> Sample {
    let key = SampleKey {
        target: work.target.id.clone(),
        step: 0,
        worker: 0,
        prompt: 0,
        phase: Phase::Probe,
        repetition: 1,
        attempt,
    };
    Sample {
        function_cold_start: Some(work.invocation.cold_start),
        function_request_id: work.invocation.request_id.clone(),
        ..Sample::new(work.plan.run_id.clone(), "probe", key, Outcome::Budget, now)
    }
}

#[cfg(test)]
mod tests;
