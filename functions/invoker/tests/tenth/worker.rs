//! A worker of a load against a simulator in a process of its own, started from this program.

use std::{sync::Mutex, time::Duration};

use bench_core::{
    config::{self, Overrides},
    dataset::{self, sha256_hex},
    load::{StepPlan, WorkerRecord},
    plan::{DatasetRecord, Plan, SCHEMA_VERSION},
    sample::Sample,
    task::Task,
    usage::UsageTotals,
};
use bench_load::DoneStep;
use bench_store::{Put, StoreError};
use bench_targets::{
    AnyModel, CompletionRequest, Failure, Model, Reply, Stopwatch, TargetEnv, connect,
};
use invoker::{Invocation, LoadLog, LoadWork, TimeLeft, measure_load};
use jiff::{SignedDuration, Timestamp};
use tokio::runtime;

/// A step of one worker in a closed loop.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) callers: u32,
    pub(crate) ramp_s: u32,
    pub(crate) window_s: u32,
    /// The simulator's name of the pace of tokens.
    pub(crate) pace: &'static str,
}

/// A call by what the client itself saw of it.
pub(crate) struct SeenCall {
    pub(crate) prompt_sha256: String,
    pub(crate) ttft_us: Option<u64>,
}

/// The outcome of a step.
pub(crate) struct Seen {
    pub(crate) plan: Plan,
    pub(crate) step: DoneStep,
    pub(crate) samples: Vec<Sample>,
    pub(crate) calls: Vec<SeenCall>,
}

impl Step {
    /// Makes the step on this thread, as the Lambda does.
    pub(crate) fn run(self, url: &str) -> Seen {
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(self.measure(url))
    }

    async fn measure(self, url: &str) -> Seen {
        let plan = self.plan();
        let target = &plan.config.targets[0];
        let env = TargetEnv {
            simulator_url: Some(url.to_owned()),
            ..TargetEnv::default()
        };
        let model = Recording {
            inner: connect(target, &env, None).await.expect("a client"),
            calls: Mutex::default(),
        };
        let log = Log::default();
        let now = Timestamp::now();
        let step = StepPlan {
            step: 1,
            level: f64::from(self.callers),
            workers: 1,
            start_at: now + SignedDuration::from_millis(100),
            ramp_s: self.ramp_s,
            step_s: self.window_s,
            part_s: None,
        };
        let work = LoadWork {
            plan: &plan,
            load: plan.config.load.as_ref().expect("a load"),
            target,
            prompts: &plan.prompts,
            step: step.clone(),
            worker: 1,
            invocation: Invocation {
                request_id: "request".to_owned(),
                cold_start: false,
            },
        };
        let time_left = TimeLeft::from_now(Duration::from_mins(15));
        measure_load(&model, &log, &work, &time_left, now)
            .await
            .expect("a log that stores");
        let record = log.record.into_inner().expect("no panic");
        Seen {
            step: DoneStep::of(work.load, step, record.as_ref()),
            samples: log.samples.into_inner().expect("no panic"),
            calls: model.calls.into_inner().expect("no panic"),
            plan,
        }
    }

    /// The plan of a run with a load of this step alone. Every prompt is sent once.
    fn plan(self) -> Plan {
        let Self {
            callers,
            ramp_s,
            window_s,
            pace,
        } = self;
        let text = format!(
            r#"
            name = "streams"
            dataset = {{ source = "builtin", prompts = 20 }}
            method = {{ timeout_s = 60, cache = "cold" }}
            [[targets]]
            id = "http"
            kind = "http"
            url = "http://simulated/{pace}"
            request = "openai-chat"
            simulated = true
            [load]
            steps = [{callers}]
            ramp_s = {ramp_s}
            step_s = {window_s}
            search = false
            "#
        );
        let config = config::from_toml(&text, &Overrides::default()).expect("a configuration");
        let problems = dataset::parse("builtin", dataset::BUILTIN).expect("a dataset");
        let prompts = dataset::first("builtin", &problems, config.dataset.prompts);
        Plan {
            schema_version: SCHEMA_VERSION,
            run_id: "r".parse().expect("a run id"),
            created_at: Timestamp::UNIX_EPOCH,
            config,
            dataset: DatasetRecord {
                label: "builtin".into(),
                sha256: String::new(),
                problems: 20,
                task: Task::Gsm8k,
            },
            prompts: prompts.expect("as many prompts"),
            region: None,
            prices: None,
            deployment: None,
        }
    }
}

/// A client that notes which prompt took how long.
struct Recording {
    inner: AnyModel,
    calls: Mutex<Vec<SeenCall>>,
}

impl Model for Recording {
    async fn complete(
        &self,
        request: &CompletionRequest<'_>,
        watch: &mut Stopwatch,
    ) -> Result<Reply, Failure> {
        let reply = self.inner.complete(request, watch).await;
        let call = SeenCall {
            prompt_sha256: sha256_hex(request.prompt.as_bytes()),
            ttft_us: watch.ttft_us(),
        };
        self.calls.lock().expect("no panic").push(call);
        reply
    }
}

/// The table of the worker, in memory.
#[derive(Default)]
struct Log {
    samples: Mutex<Vec<Sample>>,
    record: Mutex<Option<WorkerRecord>>,
}

impl LoadLog for Log {
    async fn record(&self) -> Result<Option<WorkerRecord>, StoreError> {
        Ok(self.record.lock().expect("no panic").clone())
    }

    async fn record_before(&self) -> Result<Option<WorkerRecord>, StoreError> {
        Ok(None)
    }

    async fn begin_worker(&self, record: &WorkerRecord) -> Result<Put, StoreError> {
        *self.record.lock().expect("no panic") = Some(record.clone());
        Ok(Put::Stored)
    }

    async fn hand_over(&self, _: &WorkerRecord, _: &str) -> Result<Put, StoreError> {
        Ok(Put::Stored)
    }

    async fn end_worker(&self, record: &WorkerRecord, _: &str) -> Result<Put, StoreError> {
        *self.record.lock().expect("no panic") = Some(record.clone());
        Ok(Put::Stored)
    }

    async fn samples(&self) -> Result<Vec<Sample>, StoreError> {
        Ok(self.samples.lock().expect("no panic").clone())
    }

    fn begin(&self, _: &Sample) -> Result<(), StoreError> {
        Ok(())
    }

    async fn put(&self, sample: &Sample) -> Result<Put, StoreError> {
        self.samples.lock().expect("no panic").push(sample.clone());
        Ok(Put::Stored)
    }

    fn is_counted(&self) -> bool {
        false
    }

    async fn count(&self, _: UsageTotals) -> Result<(), StoreError> {
        Ok(())
    }

    async fn is_spent(&self) -> Result<bool, StoreError> {
        Ok(false)
    }
}
