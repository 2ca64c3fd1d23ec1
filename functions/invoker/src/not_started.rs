//! A target whose machine or endpoint was not started: a probe that was not answered
//! says why.

use bench_core::sample::{ErrorLayer, Outcome, Sample};
use bench_targets::Failure;
use jiff::Timestamp;
use serde::Serialize;
use tracing::warn;

use crate::{Error, ProbeWork, SampleLog, probe::not_made};

/// Why a target was not started, as the state machine has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotStarted {
    /// The error's name, such as `EndpointExists`.
    pub error: String,
    /// Its cause, a text for a person.
    pub cause: String,
}

/// The answer to the state machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NotStartedReply {
    /// How many probes of this target are stored.
    pub probes: u32,
}

/// Stores why a target was not started. No call was made: the sample has no latency.
///
/// # Errors
///
/// [`Error::Store`].
pub async fn record_not_started(
    log: &impl SampleLog,
    work: &ProbeWork<'_>,
    fault: NotStarted,
    now: Timestamp,
) -> Result<NotStartedReply, Error> {
    let probes = u32::try_from(log.probes().await?.len() + 1).unwrap_or(u32::MAX);
    let failure = Failure::new(Outcome::NotReady, ErrorLayer::Connect, &fault.cause);
    warn!(
        error = fault.error,
        cause = failure.message,
        "target not started"
    );
    let sample = Sample {
        outcome: failure.outcome,
        error_class: Some(failure.class),
        error_code: Some(fault.error),
        error_message: Some(failure.message),
        ..not_made(work, probes, now)
    };
    log.put(&sample).await?;
    Ok(NotStartedReply { probes })
}

#[cfg(test)]
mod tests {
    use bench_core::sample::Phase;

    use super::*;
    use crate::fakes::{MemoryLog, invocation, plan};

    #[tokio::test]
    async fn the_last_probe_of_a_target_that_was_not_started_says_why() {
        let (plan, log) = (plan(), MemoryLog::default());
        let work = ProbeWork {
            plan: &plan,
            target: &plan.config.targets[0],
            since: Timestamp::UNIX_EPOCH,
            invocation: invocation(),
        };
        let fault = NotStarted {
            error: "EndpointExists".to_owned(),
            cause: format!("endpoint `a` exists {}", "x".repeat(2_000)),
        };
        for probes in 1..=2 {
            let reply = record_not_started(&log, &work, fault.clone(), Timestamp::UNIX_EPOCH)
                .await
                .unwrap();
            assert_eq!(reply.probes, probes);
        }
        let samples = log.samples();
        let sample = &samples[1];
        assert_eq!((sample.phase, sample.attempt), (Phase::Probe, 2));
        assert_eq!((sample.outcome, sample.latency_us), (Outcome::NotReady, 0));
        assert_eq!(sample.error_code.as_deref(), Some("EndpointExists"));
        let message = sample.error_message.as_deref().unwrap();
        assert!(message.starts_with("endpoint `a` exists"), "{message}");
        assert_eq!(message.chars().count(), 1_000);
    }
}
