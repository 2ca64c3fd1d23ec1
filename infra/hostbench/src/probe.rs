//! One small call to each target from this machine.

use std::{env, fmt, path::Path, time::Duration};

use bench_core::{
    config::{HttpTarget, KeyVariables, Remedy, RunConfig, Service, Target},
    identity::TargetId,
    sample::{Outcome, Sample},
};
use bench_targets::{CompletionRequest, Limit, TargetEnv, connect, measure};
use futures::future::join_all;
use serde::Serialize;

use crate::{access, error::Error, readiness, upload::LocalFile};

/// The longest time that a probe waits for its answer.
const MAX_WAIT: Duration = Duration::from_mins(1);

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
}

impl fmt::Display for ProbeResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "probe of `{}`: ", self.target_id)?;
        match (self.answered, &self.reason) {
            (None, _) => f.write_str("not made, the target is simulated"),
            (Some(_), None) => f.write_str("answered"),
            (Some(_), Some(reason)) => {
                let advice = readiness::advice(self.remedy.as_ref());
                write!(f, "no answer: {reason}{advice}")
            }
        }
    }
}

/// Calls every target of a run that is not simulated once, all at the same time.
///
/// # Errors
///
/// [`Error::InvalidInput`] naming a missing certificate file, [`Error::File`].
pub async fn probe(run: &RunConfig, config_folder: &Path) -> Result<Vec<ProbeResult>, Error> {
    let certificates = access::certificates(run, config_folder)?;
    let env = TargetEnv {
        key_variables: KeyVariables::of(run),
        ..TargetEnv::from_env(|name| env::var(name).ok())
    };
    let calls = run.targets.iter().map(|target| {
        let limit = MAX_WAIT.min(Duration::from_secs(run.method.timeout_s.into()));
        probe_target(target, &env, &certificates, limit)
    });
    join_all(calls).await.into_iter().collect()
}

async fn probe_target(
    target: &Target,
    env: &TargetEnv,
    certificates: &[LocalFile],
    limit: Duration,
) -> Result<ProbeResult, Error> {
    let blank = ProbeResult {
        target_id: target.id.clone(),
        answered: None,
        outcome: None,
        reason: None,
        remedy: None,
    };
    if target.simulated {
        return Ok(blank);
    }
    let pem = certificate(target, certificates)?;
    let model = match connect(target, env, pem.as_deref()).await {
        Ok(model) => model,
        Err(error) => {
            return Ok(ProbeResult {
                answered: Some(false),
                reason: Some(error.to_string()),
                ..blank
            });
        }
    };
    let request = CompletionRequest::probe(target);
    let sample = measure(&model, &request, Limit::timeout(limit), Sample::default()).await;
    let answered = sample.answers_probe();
    Ok(ProbeResult {
        answered: Some(answered),
        outcome: Some(sample.outcome),
        reason: (!answered).then(|| readiness::reason(&sample)),
        remedy: readiness::remedy(&sample, target),
        ..blank
    })
}

fn certificate(target: &Target, files: &[LocalFile]) -> Result<Option<Vec<u8>>, Error> {
    let Service::Http(HttpTarget { ca: Some(key), .. }) = &target.service else {
        return Ok(None);
    };
    let file = files.iter().find(|file| file.key == *key);
    file.map(|file| std::fs::read(&file.path).map_err(Error::file("read", &file.path)))
        .transpose()
}
