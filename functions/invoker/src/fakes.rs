//! A scripted model and a log in memory, for the tests of this crate.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bench_core::usage::UsageTotals;
use bench_core::{
    config::{self, Overrides},
    dataset,
    plan::{DatasetRecord, Plan, SCHEMA_VERSION},
    sample::{ErrorLayer, Outcome, Phase, Sample},
};
use bench_cost::RunBudget;
use bench_store::{Put, StoreError, StoredCall};
use bench_targets::{CompletionRequest, Failure, Kind, Model, Reply, Stopwatch};
use jiff::Timestamp;

use crate::{Invocation, SampleLog};

/// Behavior of a fake model in one call.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Answers after so many milliseconds.
    Answer(u64, &'static str),
    /// Fails at once.
    Fail(Outcome),
    /// Fails at once, in this layer.
    FailIn(Outcome, ErrorLayer),
    /// Fails at once and asks to wait so many seconds.
    RetryAfter(u64, Outcome),
    /// Denies access.
    Deny,
    /// Fails after so many milliseconds.
    FailAfter(u64, Outcome),
}

/// Plays its acts in order, then repeats the last one.
#[derive(Debug)]
pub(crate) struct FakeModel {
    acts: Vec<Act>,
    prompts: Mutex<Vec<String>>,
}

impl FakeModel {
    pub(crate) fn new(acts: &[Act]) -> Self {
        Self {
            acts: acts.to_vec(),
            prompts: Mutex::default(),
        }
    }

    /// Every prompt it received, in order.
    pub(crate) fn prompts(&self) -> Vec<String> {
        self.prompts.lock().unwrap().clone()
    }
}

impl Model for FakeModel {
    async fn complete(
        &self,
        request: &CompletionRequest<'_>,
        watch: &mut Stopwatch,
    ) -> Result<Reply, Failure> {
        let act = {
            let mut prompts = self.prompts.lock().unwrap();
            prompts.push(request.prompt.to_owned());
            self.acts[(prompts.len() - 1).min(self.acts.len() - 1)].clone()
        };
        watch.start();
        match act {
            Act::Answer(after, text) => {
                tokio::time::sleep(Duration::from_millis(after)).await;
                watch.token(Kind::Visible, text)?;
                watch.end();
                Ok(Reply {
                    http_status: Some(200),
                    ..Reply::default()
                })
            }
            Act::Fail(outcome) => {
                watch.end();
                Err(failure(outcome))
            }
            Act::FailIn(outcome, class) => {
                watch.end();
                Err(Failure {
                    class,
                    ..failure(outcome)
                })
            }
            Act::Deny => {
                watch.end();
                Err(Failure {
                    code: Some("AccessDeniedException".to_owned()),
                    ..failure(Outcome::ClientError)
                })
            }
            Act::RetryAfter(seconds, outcome) => {
                watch.end();
                let wait = Some(Duration::from_secs(seconds));
                Err(Failure {
                    retry_after: wait,
                    ..failure(outcome)
                })
            }
            Act::FailAfter(after, outcome) => {
                tokio::time::sleep(Duration::from_millis(after)).await;
                watch.end();
                Err(failure(outcome))
            }
        }
    }
}

fn failure(outcome: Outcome) -> Failure {
    Failure {
        outcome,
        http_status: Some(500),
        class: ErrorLayer::Service,
        code: Some("FakeException".to_owned()),
        message: "as told".to_owned(),
        retry_after: None,
    }
}

/// The table, in memory: it keeps the first sample of a call, and the budget.
#[derive(Debug, Default)]
pub(crate) struct MemoryLog {
    samples: Mutex<Vec<Sample>>,
    begun: Mutex<Vec<Sample>>,
    closed: AtomicBool,
    budget: Option<RunBudget>,
}

impl MemoryLog {
    pub(crate) fn with_budget(budget: RunBudget) -> Self {
        Self {
            budget: Some(budget),
            ..Self::default()
        }
    }

    pub(crate) fn samples(&self) -> Vec<Sample> {
        self.samples.lock().unwrap().clone()
    }

    /// Every call that was noted before it was sent, in order.
    pub(crate) fn begun(&self) -> Vec<Sample> {
        self.begun.lock().unwrap().clone()
    }

    /// Takes note of no further call.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    fn calls(&self, wanted: impl Fn(&Sample) -> bool) -> Vec<StoredCall> {
        self.samples()
            .iter()
            .filter(|sample| wanted(sample))
            .map(|sample| StoredCall {
                retry_after_s: sample.retry_after_s,
                prompt_index: sample.prompt_index,
                phase: sample.phase,
                repetition: sample.repetition,
                attempt: sample.attempt,
                outcome: sample.outcome,
                error_class: sample.error_class,
            })
            .collect()
    }
}

impl SampleLog for MemoryLog {
    async fn of_prompt(&self, prompt_index: u32) -> Result<Vec<StoredCall>, StoreError> {
        Ok(self.calls(|s| s.phase != Phase::Probe && s.prompt_index == prompt_index))
    }

    async fn of_target(&self) -> Result<Vec<StoredCall>, StoreError> {
        Ok(self.calls(|sample| sample.phase != Phase::Probe))
    }

    async fn probes(&self) -> Result<Vec<Sample>, StoreError> {
        let mut probes = self.samples();
        probes.retain(|sample| sample.phase == Phase::Probe);
        Ok(probes)
    }

    async fn is_spent(&self) -> Result<bool, StoreError> {
        let mut used: BTreeMap<String, UsageTotals> = BTreeMap::new();
        for sample in self.samples() {
            if let Some(call) = UsageTotals::of(&sample) {
                let before = used.remove(sample.target_id.as_str());
                let all = before.map_or(call, |before| before.plus(call));
                used.insert(sample.target_id.into(), all);
            }
        }
        let is_spent = |budget: &RunBudget| budget.limits("t") && budget.is_spent(&used);
        Ok(self.budget.as_ref().is_some_and(is_spent))
    }

    async fn begin(&self, call: &Sample) -> Result<(), StoreError> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(StoreError::Call {
                action: "begin a call".to_owned(),
                reason: "as told".to_owned(),
            });
        }
        self.begun.lock().unwrap().push(call.clone());
        Ok(())
    }

    async fn put(&self, sample: &Sample) -> Result<Put, StoreError> {
        let mut samples = self.samples.lock().unwrap();
        let key = sample.key();
        if samples.iter().any(|stored| stored.key() == key) {
            return Ok(Put::AlreadyThere);
        }
        samples.push(sample.clone());
        Ok(Put::Stored)
    }
}

/// One target, two built-in prompts, 1 warm-up and 2 repetitions, 30 s and one
/// attempt a call.
pub(crate) fn plan() -> Plan {
    plan_of(
        r#"
        name = "fake"
        dataset = { source = "builtin", prompts = 2 }
        method = { warmup = 1, repetitions = 2, timeout_s = 30 }
        [[targets]]
        id = "t"
        kind = "http"
        url = "http://10.0.0.1:8080"
        request = "tgi"
        ready_within_s = 60
        max_attempts = 1
        "#,
    )
}

/// The plan of a configuration on built-in prompts.
pub(crate) fn plan_of(config: &str) -> Plan {
    let config = config::from_toml(config, &Overrides::default()).unwrap();
    let problems = dataset::parse("builtin", dataset::BUILTIN).unwrap();
    let prompts = config.dataset.prompts;
    let prompts = dataset::first("builtin", &problems, prompts).unwrap();
    Plan {
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
    }
}

pub(crate) fn invocation() -> Invocation {
    Invocation {
        request_id: "request".to_owned(),
        cold_start: false,
    }
}
