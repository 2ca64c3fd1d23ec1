//! Runs in progress while another version is deployed.

use std::collections::BTreeSet;

use bench_core::config::RunConfig;

use crate::{error::Error, executions, pipeline::Pipeline};

/// The runs in progress, by their ids.
///
/// # Errors
///
/// [`Error::Aws`].
pub async fn runs(pipeline: &Pipeline) -> Result<Vec<String>, Error> {
    let machine = &pipeline.outputs.state_machine_arn;
    let running = executions::running(&pipeline.step_functions(), machine).await?;
    Ok(running.into_iter().map(|run| run.run_id).collect())
}

/// The configurations of the runs in progress, and of those that ended and whose machines
/// still run: what these may use is not taken from them.
///
/// # Errors
///
/// [`Error::Aws`] or [`Error::Store`].
pub async fn configurations(pipeline: &Pipeline) -> Result<Vec<RunConfig>, Error> {
    let store = pipeline.store();
    let mut needed: BTreeSet<String> = runs(pipeline).await?.into_iter().collect();
    let leases = store.leases().await?;
    needed.extend(leases.into_iter().map(|lease| lease.run_id));
    let mut configurations = Vec::new();
    for run in needed {
        // One that is not planned yet has no configuration, and checks its permissions.
        if let Some(plan) = store.get_plan(&run).await? {
            configurations.push(plan.config);
        }
    }
    Ok(configurations)
}

/// A note on what a deployment means for these runs; `None` where there are none.
#[must_use]
pub fn note(runs: &[String]) -> Option<String> {
    let (runs, verb, pronoun) = match runs {
        [] => return None,
        [one] => (format!("run `{one}`"), "is", "it keeps"),
        several => (
            format!("runs `{}`", several.join("`, `")),
            "are",
            "they keep",
        ),
    };
    Some(format!(
        "{runs} {verb} in progress: {pronoun} the functions and the definition of before; the next \
         run has those that are deployed now"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deployment_says_which_runs_keep_their_code() {
        assert_eq!(note(&[]), None);
        let one = note(&["nightly-1".to_owned()]).unwrap();
        assert!(
            one.starts_with("run `nightly-1` is in progress: it keeps the functions"),
            "{one}"
        );
        let two = note(&["a".to_owned(), "b".to_owned()]).unwrap();
        assert!(
            two.starts_with("runs `a`, `b` are in progress: they keep"),
            "{two}"
        );
    }
}
