//! Continuing a run on this machine from its journal.

use std::{
    collections::BTreeSet,
    pin::pin,
    time::{Duration, Instant},
};

use bench_core::{
    config::RunConfig,
    plan::Plan,
    sample::{Outcome, Phase, Sample},
};
use bench_store::{Journal, RunRecord, RunStatus, Store};
use futures::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use serde_json::Value;

use crate::{difference, error::Error, progress::Console};

/// The longest wait for processes of a command that was killed: they end with it.
const MAX_WAIT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);
/// Samples that are stored at once. Those of a run with a budget are added up one by one.
const MAX_CONCURRENT_PUTS: usize = 8;
/// Differences that a refusal names.
const MAX_DIFFERENCES: usize = 5;
/// Characters of a value that a refusal names.
const MAX_VALUE: usize = 60;

/// A run as its journal has it.
#[derive(Debug, Clone)]
pub struct StoredRun {
    /// Its plan.
    pub plan: Plan,
    /// A sample for every call that was begun.
    pub samples: Vec<Sample>,
}

impl StoredRun {
    /// Reads a journal once nobody writes to it; `None` before the first call.
    ///
    /// # Errors
    ///
    /// [`Error::Store`], and [`Error::Program`] when a process goes on writing.
    pub async fn read(journal: &Journal) -> Result<Option<Self>, Error> {
        let start = Instant::now();
        while journal.writers()? > 0 {
            if start.elapsed() > MAX_WAIT {
                return Err(Error::Program(format!(
                    "a process still makes calls for `{}`; end it, and try again",
                    journal.folder().display()
                )));
            }
            tokio::time::sleep(POLL).await;
        }
        let Some(plan) = journal.plan()? else {
            return Ok(None);
        };
        let samples = journal.samples()?;
        Ok(Some(Self { plan, samples }))
    }

    /// Planned calls of all targets, and how many of them have a sample.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        let calls = self.samples.iter().filter(|s| s.phase != Phase::Probe);
        let made: BTreeSet<_> = calls
            .map(|sample| {
                let call = (sample.prompt_index, sample.phase, sample.repetition);
                (&sample.target_id, call)
            })
            .collect();
        let planned = self.plan.config.targets.len() * self.plan.calls_per_target() as usize;
        (planned, made.len())
    }

    /// Calls of which nothing is known but that they were sent.
    #[must_use]
    pub fn interrupted(&self) -> usize {
        let outcomes = self.samples.iter().map(|sample| sample.outcome);
        outcomes
            .filter(|outcome| *outcome == Outcome::Interrupted)
            .count()
    }

    /// Refuses to continue the run with another configuration: a run is made with one.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] naming the fields that differ.
    pub fn refuse_other_configuration(&self, run: &RunConfig) -> Result<(), Error> {
        // The plan has the configuration as the run of its dataset has it.
        let run = self.plan.dataset.task.resolve(run.clone());
        let differences = difference::between(&value(&self.plan.config), &value(&run));
        if differences.is_empty() {
            return Ok(());
        }
        let named = differences.iter().take(MAX_DIFFERENCES).map(|found| {
            let (field, now, before) = (&found.field, told(&found.now), told(&found.before));
            format!("\n  `{field}` is {now}, in the run {before}")
        });
        let more = match differences.len().saturating_sub(MAX_DIFFERENCES) {
            0 => String::new(),
            more => format!("\n  and {more} more"),
        };
        Err(Error::InvalidInput(format!(
            "run `{}` was begun with another configuration:{}{more}\nresume it with the same \
             file and the same `--set`, or start another run",
            self.plan.run_id,
            named.collect::<String>()
        )))
    }

    /// Puts the run into the table and the bucket of an embedded AWS that is new.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn restore(&self, store: &Store, console: &Console) -> Result<(), Error> {
        let mut step = console.step("restoring the samples");
        let plan = &self.plan;
        store.put_plan(plan).await?;
        let record = RunRecord {
            run_id: plan.run_id.clone(),
            config_name: plan.config.name.clone(),
            started_at: plan.created_at,
            status: RunStatus::Planned,
            execution: plan.run_id.to_string(),
            entry: None,
            report_failure: None,
        };
        store.put_run(&record).await?;
        let is_counted = plan.config.budget_usd.is_some();
        let put = async |sample| {
            if is_counted {
                store.put_counted_sample(sample).await
            } else {
                store.put_sample(sample).await
            }
        };
        let concurrent = if is_counted { 1 } else { MAX_CONCURRENT_PUTS };
        let puts = stream::iter(&self.samples).map(put);
        let mut puts = pin!(puts.buffer_unordered(concurrent));
        let mut restored = 0;
        while puts.try_next().await?.is_some() {
            restored += 1;
            step.detail(&format!("{restored} of {}", self.samples.len()));
        }
        let (planned, made) = self.progress();
        let interrupted = match self.interrupted() {
            0 => String::new(),
            1 => "; 1 call was interrupted, and is not made again".to_owned(),
            calls => format!("; {calls} calls were interrupted, and are not made again"),
        };
        step.done(&format!("{made} of {planned} calls{interrupted}"));
        Ok(())
    }
}

fn value(of: &impl Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}

/// A value as a message names it.
fn told(value: &Value) -> String {
    if value.is_null() {
        return "not set".to_owned();
    }
    let text = value.to_string();
    match text.char_indices().nth(MAX_VALUE) {
        None => format!("`{text}`"),
        Some((end, _)) => format!("`{}…`", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use bench_core::{
        config::{self, Overrides},
        dataset,
        plan::{DatasetRecord, SCHEMA_VERSION},
        sample::SampleKey,
    };
    use jiff::Timestamp;

    use super::*;

    const CONFIG: &str = r#"
        name = "a"
        dataset = { source = "builtin", prompts = 2 }
        method = { warmup = 1, repetitions = 2 }
        [[targets]]
        id = "t"
        kind = "http"
        url = "http://127.0.0.1:9"
        request = "tgi"
    "#;

    fn config(changes: &[String]) -> RunConfig {
        config::from_toml(CONFIG, &Overrides::parse(changes).unwrap()).unwrap()
    }

    fn stored(calls: &[(Phase, u32, Outcome)]) -> StoredRun {
        let config = config(&[]);
        let problems = dataset::parse("builtin", dataset::BUILTIN).unwrap();
        let prompts = dataset::first("builtin", &problems, 2).unwrap();
        let sample = |(phase, repetition, outcome): &(Phase, u32, Outcome)| {
            let key = SampleKey {
                target: "t".parse().unwrap(),
                step: 0,
                worker: 0,
                prompt: 0,
                phase: *phase,
                repetition: *repetition,
                attempt: 1,
            };
            let run = "r".parse().unwrap();
            Sample::new(run, "builtin/0", key, *outcome, Timestamp::UNIX_EPOCH)
        };
        StoredRun {
            samples: calls.iter().map(sample).collect(),
            plan: Plan {
                schema_version: SCHEMA_VERSION,
                run_id: "r".parse().unwrap(),
                created_at: Timestamp::UNIX_EPOCH,
                config,
                dataset: DatasetRecord {
                    label: "builtin".into(),
                    sha256: String::new(),
                    problems: 20,
                    task: bench_core::task::Task::Gsm8k,
                },
                prompts,
                region: None,
                prices: None,
                deployment: None,
            },
        }
    }

    #[test]
    fn progress_is_in_calls_and_not_in_attempts_or_probes() {
        let mut run = stored(&[
            (Phase::Probe, 1, Outcome::Ok),
            (Phase::Warmup, 1, Outcome::Ok),
            (Phase::Measured, 1, Outcome::Throttled),
            (Phase::Measured, 2, Outcome::Interrupted),
        ]);
        let mut retried = run.samples[2].clone();
        retried.attempt = 2;
        run.samples.push(retried);
        assert_eq!((run.progress(), run.interrupted()), ((6, 3), 1));
    }

    #[test]
    fn another_configuration_is_refused_with_what_differs() {
        let run = stored(&[]);
        assert!(run.refuse_other_configuration(&config(&[])).is_ok());
        let other = config(&["prompts=3".into(), "targets.t.model_name=m".into()]);
        let error = run.refuse_other_configuration(&other).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        let error = error.to_string();
        for said in [
            "`dataset.prompts` is `3`, in the run `2`",
            "`targets.t.model_name` is `\"m\"`, in the run not set",
            "resume it with the same file",
        ] {
            assert!(error.contains(said), "{error}");
        }
    }
}
