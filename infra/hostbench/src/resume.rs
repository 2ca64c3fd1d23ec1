//! Continuing a run on this machine from its journal.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use bench_core::{
    config::RunConfig,
    identity::TargetId,
    load::WorkerRecord,
    plan::Plan,
    sample::{Phase, Sample},
};
use bench_store::{Journal, JournalSamples, RunRecord, RunStatus, Store, StoreError};
use serde::Serialize;
use serde_json::Value;

use crate::{difference, error::Error, progress::Console, restored_load::RestoredLoad};

/// The longest wait for processes of a command that was killed: they end with it.
const MAX_WAIT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);
/// Samples that are in memory at a time while a run is restored.
const RESTORED_AT_ONCE: usize = 196;
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
    pub samples: JournalSamples,
    /// The workers of its load that have ended.
    pub ended_workers: Vec<(TargetId, WorkerRecord)>,
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
        Ok(Some(Self {
            plan,
            samples: journal.samples()?,
            ended_workers: journal.ended_workers()?,
        }))
    }

    /// Planned calls of all targets, and how many of them have a sample.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        let calls = self
            .samples
            .keys()
            .filter(|key| key.phase != Phase::Probe && key.step == 0);
        let made: BTreeSet<_> = calls
            .map(|key| (&key.target, key.prompt, key.phase, key.repetition))
            .collect();
        let planned = self.plan.config.targets.len() * self.plan.calls_per_target() as usize;
        (planned, made.len())
    }

    /// Calls of the load that have a sample.
    #[must_use]
    pub fn calls_under_load(&self) -> usize {
        self.samples.keys().filter(|key| key.step > 0).count()
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
        let mut load = RestoredLoad::new(&plan.config, &self.ended_workers);
        let mut samples = self.samples.iter();
        let mut restored = 0;
        loop {
            let next = samples.by_ref().take(RESTORED_AT_ONCE);
            let next = next.collect::<Result<Vec<Sample>, StoreError>>()?;
            if next.is_empty() {
                break;
            }
            if plan.config.budget_usd.is_some() {
                store.put_counted_samples(&next).await?;
            } else {
                store.put_samples(&next).await?;
            }
            for sample in &next {
                load.add(sample);
            }
            restored += next.len();
            step.detail(&format!("{restored} of {}", self.samples.len()));
        }
        load.put(store, &plan.run_id).await?;
        let (planned, made) = self.progress();
        let interrupted = match self.samples.interrupted() {
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
        sample::{Outcome, SampleKey},
    };
    use bench_store::JournalWriter;
    use jiff::Timestamp;
    use tempfile::TempDir;

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

    fn stored(calls: &[(Phase, u32, u32, Outcome)]) -> StoredRun {
        let config = config(&[]);
        let problems = dataset::parse("builtin", dataset::BUILTIN).unwrap();
        let prompts = dataset::first("builtin", &problems, 2).unwrap();
        let folder = TempDir::new().unwrap();
        let journal = Journal::open(folder.path()).unwrap().unwrap();
        let writer = JournalWriter::new(folder.path());
        for &(phase, repetition, attempt, outcome) in calls {
            let key = SampleKey {
                target: "t".parse().unwrap(),
                step: 0,
                worker: 0,
                prompt: 0,
                phase,
                repetition,
                attempt,
            };
            let run = "r".parse().unwrap();
            let sample = Sample::new(run, "builtin/0", key, outcome, Timestamp::UNIX_EPOCH);
            writer.put_sample(&sample).unwrap();
        }
        StoredRun {
            samples: journal.samples().unwrap(),
            ended_workers: Vec::new(),
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
        let run = stored(&[
            (Phase::Probe, 1, 1, Outcome::Ok),
            (Phase::Warmup, 1, 1, Outcome::Ok),
            (Phase::Measured, 1, 1, Outcome::Throttled),
            (Phase::Measured, 2, 1, Outcome::Interrupted),
            (Phase::Measured, 1, 2, Outcome::Throttled),
        ]);
        assert_eq!((run.progress(), run.samples.interrupted()), ((6, 3), 1));
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
