//! One small call to each target from this machine.

use std::{env, fmt, path::Path, time::Duration};

use bench_core::{
    config::{HttpTarget, KeyVariables, Method, Remedy, RunConfig, Service, Target},
    identity::TargetId,
    sample::{ErrorLayer, Outcome, Persistence, Sample},
    workflow::PROBE_INTERVAL_S,
};
use bench_targets::{CompletionRequest, ConnectError, Limit, TargetEnv, connect, measure};
use futures::future::join_all;
use serde::Serialize;
use tokio::time::{Instant, sleep};

use crate::{access, error::Error, hint::Hint, progress::Console, readiness, upload::LocalFile};

/// The longest time that a probe waits for its answer.
const MAX_WAIT: Duration = Duration::from_mins(1);

/// The time in which a target that asks to wait is probed again.
const MAX_RETRY_AFTER: Duration = Duration::from_mins(2);

/// The result of one call to a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProbeResult {
    /// The target.
    pub target_id: TargetId,
    /// Whether it answered; `None` for a simulated target, which is not called.
    pub answered: Option<bool>,
    /// How the call ended; `None` where none was made.
    pub outcome: Option<Outcome>,
    /// Why it did not answer.
    pub reason: Option<String>,
    /// The setting that helps, where the target refused a field.
    #[serde(flatten)]
    pub remedy: Option<Remedy>,
    /// What helps against another failure of a server.
    pub hint: Option<Hint>,
    /// The remedy, where access is denied.
    pub access_remedy: Option<&'static str>,
}

impl fmt::Display for ProbeResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "probe of `{}`: ", self.target_id)?;
        match (self.answered, &self.reason) {
            (None, _) => f.write_str("not made, the target is simulated"),
            (Some(_), None) => f.write_str("answered"),
            (Some(_), Some(reason)) => {
                let hint = self.hint.filter(|_| self.access_remedy.is_none());
                let advice = readiness::advice(self.remedy.as_ref(), hint);
                let state = match self.outcome {
                    Some(Outcome::Throttled) => "throttled",
                    _ if self.access_remedy.is_some() => "access denied",
                    _ => "no answer",
                };
                write!(f, "{state}: {reason}{advice}")?;
                match self.access_remedy {
                    Some(remedy) => write!(f, "; {remedy}"),
                    None => Ok(()),
                }
            }
        }
    }
}

/// Calls every target of a run that is not simulated, all at the same time: once, or
/// again for two minutes where access is denied or the target asks to wait.
///
/// # Errors
///
/// [`Error::InvalidInput`] naming a missing certificate file, [`Error::File`].
pub async fn probe(
    run: &RunConfig,
    config_folder: &Path,
    console: &Console,
) -> Result<Vec<ProbeResult>, Error> {
    let certificates = access::certificates(run, config_folder)?;
    let env = TargetEnv {
        key_variables: KeyVariables::of(run),
        ..TargetEnv::from_env(|name| env::var(name).ok())
    };
    let calls = run.targets.iter().map(|target| {
        let limit = MAX_WAIT.min(Duration::from_secs(run.method.timeout_s.into()));
        probe_target(&run.method, target, &env, &certificates, limit, console)
    });
    join_all(calls).await.into_iter().collect()
}

async fn probe_target(
    method: &Method,
    target: &Target,
    env: &TargetEnv,
    certificates: &[LocalFile],
    limit: Duration,
    console: &Console,
) -> Result<ProbeResult, Error> {
    let blank = ProbeResult {
        target_id: target.id.clone(),
        answered: None,
        outcome: None,
        reason: None,
        remedy: None,
        hint: None,
        access_remedy: None,
    };
    if target.simulated {
        return Ok(blank);
    }
    let pem = certificate(target, certificates)?;
    let request = CompletionRequest::probe(method, target);
    let pem = pem.as_deref();
    let call = async || match connect(target, env, pem).await {
        Ok(model) => {
            Attempt::Made(measure(&model, &request, Limit::timeout(limit), Sample::default()).await)
        }
        Err(error) => Attempt::not_made(&error),
    };
    let tell = |sample: &Sample, wait: Duration| {
        let (id, reason) = (&target.id, readiness::reason(sample));
        let seconds = wait.as_secs();
        console.note(format!("  `{id}` is probed again in {seconds} s: {reason}"));
    };
    let last = until_settled(call, tell).await;
    let sample = last.sample();
    let answered = sample.answers_probe();
    let reason = match &last {
        Attempt::Made(sample) => readiness::reason(sample),
        Attempt::NotMade(sample) => sample.error_message.clone().unwrap_or_default(),
    };
    Ok(ProbeResult {
        answered: Some(answered),
        outcome: matches!(last, Attempt::Made(_)).then_some(sample.outcome),
        reason: (!answered).then_some(reason),
        remedy: readiness::remedy(sample, target),
        hint: Hint::of(sample, target).filter(|_| !answered),
        access_remedy: sample.is_denied().then(|| readiness::access_remedy(target)),
        ..blank
    })
}

/// One try to call a target.
#[derive(Debug)]
enum Attempt {
    /// The call.
    Made(Sample),
    /// A call for which no client could be built.
    NotMade(Sample),
}

impl Attempt {
    fn not_made(error: &ConnectError) -> Self {
        Self::NotMade(Sample {
            outcome: Outcome::ClientError,
            error_class: Some(ErrorLayer::Connect),
            error_code: error.code().map(str::to_owned),
            error_message: Some(error.to_string()),
            ..Sample::default()
        })
    }

    fn sample(&self) -> &Sample {
        match self {
            Self::Made(sample) | Self::NotMade(sample) => sample,
        }
    }
}

/// The last of the attempts until one is answered or waiting no longer helps.
async fn until_settled(
    mut call: impl AsyncFnMut() -> Attempt,
    tell: impl Fn(&Sample, Duration),
) -> Attempt {
    let started = Instant::now();
    let mut failed: Vec<Sample> = Vec::new();
    loop {
        let attempt = call().await;
        failed.push(attempt.sample().clone());
        let Some(wait) = next_wait(&failed, started.elapsed()) else {
            return attempt;
        };
        tell(attempt.sample(), wait);
        sleep(wait).await;
    }
}

/// The time to wait before a further probe; `None` where the last one settles it.
fn next_wait(probes: &[Sample], elapsed: Duration) -> Option<Duration> {
    let interval = Duration::from_secs(PROBE_INTERVAL_S.into());
    let last = probes.last().filter(|last| !last.answers_probe())?;
    if Persistence::of(last) == Persistence::Denied {
        return (!Persistence::ends_wait(probes)).then_some(interval);
    }
    let asked = Duration::from_secs(last.retry_after_s?.into()).max(interval);
    (elapsed + asked <= MAX_RETRY_AFTER).then_some(asked)
}

fn certificate(target: &Target, files: &[LocalFile]) -> Result<Option<Vec<u8>>, Error> {
    let Service::Http(HttpTarget { ca: Some(key), .. }) = &target.service else {
        return Ok(None);
    };
    let file = files.iter().find(|file| file.key == *key);
    file.map(|file| std::fs::read(&file.path).map_err(Error::file("read", &file.path)))
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(outcome: Outcome, retry_after_s: Option<u32>) -> Sample {
        Sample {
            outcome,
            error_class: Some(ErrorLayer::Service),
            retry_after_s,
            ..Sample::default()
        }
    }

    fn denied() -> Sample {
        Sample {
            error_code: Some("AccessDeniedException".to_owned()),
            ..failed(Outcome::ClientError, None)
        }
    }

    fn answered() -> Sample {
        Sample {
            outcome: Outcome::Ok,
            ..Sample::default()
        }
    }

    /// The calls that were made of a target that plays these, and the seconds they took.
    async fn calls_until_settled(mut plays: Vec<Sample>) -> (usize, u64) {
        let all = plays.len();
        let started = Instant::now();
        plays.reverse();
        let call = async || {
            let sample = if plays.len() > 1 {
                plays.pop()
            } else {
                plays.last().cloned()
            };
            Attempt::Made(sample.expect("a play"))
        };
        until_settled(call, |_, _| ()).await;
        (all - plays.len(), started.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn access_that_is_denied_is_probed_for_two_minutes_and_access_that_comes_is_seen() {
        let (_, seconds) = calls_until_settled(vec![denied()]).await;
        assert_eq!(seconds, 120);
        let opened = calls_until_settled(vec![denied(), denied(), answered(), denied()]).await;
        assert_eq!(opened, (3, 30));
    }

    #[tokio::test(start_paused = true)]
    async fn a_target_that_asks_to_wait_is_waited_for_within_two_minutes() {
        let throttled = |seconds| failed(Outcome::Throttled, Some(seconds));
        let then_answers = calls_until_settled(vec![throttled(40), answered(), denied()]);
        assert_eq!(then_answers.await, (2, 40));
        let (_, seconds) = calls_until_settled(vec![throttled(50)]).await;
        assert_eq!(seconds, 100);
        let too_long = calls_until_settled(vec![throttled(600), denied()]);
        assert_eq!(too_long.await, (1, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn any_other_failure_is_told_at_once() {
        for outcome in [Outcome::ClientError, Outcome::NotReady, Outcome::Throttled] {
            let settled = calls_until_settled(vec![failed(outcome, None), denied()]);
            assert_eq!(settled.await, (1, 0), "{outcome:?}");
        }
    }
}
