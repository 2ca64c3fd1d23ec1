//! A run's samples, added up one by one.
//!
//! Each sample is read once and dropped. Memory grows with prompts and targets, not
//! with calls, and the result is the same whatever the order of the samples.

mod bounded;
mod call_stats;
mod failure;
mod grades;
mod lengths;
mod prompt_tally;
mod strict;
mod target;

use std::collections::HashMap;

use jiff::Timestamp;

use self::{lengths::AskedLengths, target::TallyContext};
pub(crate) use self::{
    lengths::LengthTally,
    prompt_tally::PromptTally,
    target::{Tally, ended_at},
};
use crate::{Report, build, summary::load::LoadTally};
use bench_core::{
    config::{Load, MAX_PROMPTS, RunConfig, Target},
    identity::{RunId, TargetId},
    plan::Plan,
    sample::Sample,
};
use bench_cost::PipelineTally;
use bench_load::EndReason;

/// Samples of one or several runs of a configuration, added up.
///
/// ```
/// # use bench_core::{config, plan::{DatasetRecord, Plan}, task::Task};
/// # use bench_report::Accumulator;
/// # let text = "name = 'a'\n[[targets]]\nid = 'a'\nkind = 'http'\nurl = 'http://a'\nrequest = 'tgi'";
/// # let config = config::from_toml(text, &config::Overrides::default()).unwrap();
/// # let plan = Plan {
/// #     schema_version: 1,
/// #     run_id: "a".parse().unwrap(),
/// #     created_at: "2026-01-02T03:04:05Z".parse().unwrap(),
/// #     dataset: DatasetRecord { label: "builtin".into(), sha256: "0".into(), problems: 20, task: Task::Gsm8k },
/// #     prompts: vec![],
/// #     region: None,
/// #     prices: None,
/// #     deployment: None,
/// #     config,
/// # };
/// let accumulator = Accumulator::new(&plan.config);
/// // for sample in samples { accumulator.add(&sample); }
/// let report = accumulator.report(&plan);
/// assert_eq!(report.targets[0].timings.latency.mean.value(), None);
/// ```
#[derive(Debug, Clone)]
pub struct Accumulator {
    ids: Vec<TargetId>,
    last_target: usize,
    simulated: Vec<bool>,
    tallies: Vec<Tally>,
    loads: Vec<Option<LoadTally>>,
    load_ends: HashMap<TargetId, EndReason>,
    pub(crate) pipeline: PipelineTally,
    context: TallyContext,
    runs: HashMap<RunId, u32>,
    last_run: Option<(RunId, u32)>,
    stopped_by: Option<String>,
    pub(crate) window: Option<(Timestamp, Timestamp)>,
}

impl Accumulator {
    /// Nothing added up yet, for the targets of a configuration.
    #[must_use]
    pub fn new(config: &RunConfig) -> Self {
        let mut accumulator = Self {
            ids: Vec::new(),
            last_target: 0,
            simulated: Vec::new(),
            tallies: Vec::new(),
            loads: Vec::new(),
            load_ends: HashMap::new(),
            pipeline: PipelineTally::new(config.budget_usd.is_some()),
            context: TallyContext {
                repetitions: config.method.repetitions,
                limits: config.limits,
                timeout_us: u64::from(config.method.timeout_s) * 1_000_000,
                prompt_style: config.method.prompt_style,
                asked: AskedLengths::of(config),
                window: None,
            },
            runs: HashMap::new(),
            last_run: None,
            stopped_by: None,
            window: None,
        };
        for target in &config.targets {
            let time_scale = config.time_scale_of(target);
            accumulator.add_target(target, time_scale, config.measured_load(target));
        }
        accumulator
    }

    /// Adds a target, of which samples may follow, with its load as its client meets it.
    pub(crate) fn add_target(&mut self, target: &Target, time_scale: f64, load: Option<Load>) {
        self.ids.push(target.id.clone());
        self.simulated.push(target.simulated);
        self.tallies
            .push(Tally::new(target.concurrency, time_scale));
        self.loads
            .push(load.map(|load| LoadTally::new(load, time_scale)));
    }

    /// Sets the time scale of a target that no sample was added of.
    pub(crate) fn set_time_scale(&mut self, id: &TargetId, target: &Target, time_scale: f64) {
        if let Some(position) = self.position(id) {
            self.tallies[position] = Tally::new(target.concurrency, time_scale);
        }
    }

    /// Adds a sample, in measured time. One of a target that is not configured, or of a prompt beyond
    /// what a run can have, belongs to another run and is passed over.
    pub fn add(&mut self, sample: &Sample) {
        let position = self.position(&sample.target_id);
        let Some(position) = position.filter(|_| sample.prompt_index < MAX_PROMPTS) else {
            return;
        };
        self.last_target = position;
        let run = self.run(&sample.run_id);
        let window = sample.start().map(|start| (start, ended_at(sample)));
        if let Some((start, end)) = window {
            let (first, last) = self.window.unwrap_or((start, end));
            self.window = Some((first.min(start), last.max(end)));
        }
        let context = TallyContext {
            window,
            ..self.context
        };
        if sample.is_under_load() {
            if let Some(load) = &mut self.loads[position] {
                load.add(run, sample);
            }
            self.tallies[position].usage.add(run, sample);
            self.pipeline.add(sample);
            return;
        }
        let simulated = self.simulated[position];
        self.tallies[position].add(run, sample, &context, simulated);
        self.pipeline.add(sample);
    }

    /// The report is of a run that this signal stopped, such as `SIGINT`: it is partial,
    /// whatever the samples say.
    pub fn stop_by(&mut self, signal: &str) {
        self.stopped_by = Some(signal.to_owned());
    }

    /// The load of a target ended for that reason, as its planner decided: samples do not
    /// tell when time or budget were used up.
    pub fn end_load(&mut self, target_id: &TargetId, reason: EndReason) {
        self.load_ends.insert(target_id.clone(), reason);
    }

    /// Why the load of a target ended, where that was said.
    pub(crate) fn load_end(&self, target_id: &TargetId) -> Option<EndReason> {
        self.load_ends.get(target_id).copied()
    }

    pub(crate) fn stopped_by(&self) -> Option<&str> {
        self.stopped_by.as_deref()
    }

    /// Where a target stands; most samples are of the same one as those before.
    fn position(&self, target_id: &str) -> Option<usize> {
        let same = self
            .ids
            .get(self.last_target)
            .is_some_and(|id| id == target_id);
        if same {
            return Some(self.last_target);
        }
        self.ids.iter().position(|id| id == target_id)
    }

    /// The report of what was added: a pure function of it and of the plan.
    #[must_use]
    pub fn report(&self, plan: &Plan) -> Report {
        build::report(plan, self)
    }

    /// The runs that samples were of, by name.
    #[must_use]
    pub fn runs(&self) -> Vec<RunId> {
        let mut runs: Vec<RunId> = self.runs.keys().cloned().collect();
        runs.sort_unstable();
        runs
    }

    pub(crate) fn tally(&self, target_id: &str) -> Option<&Tally> {
        self.position(target_id)
            .map(|position| &self.tallies[position])
    }

    /// The load of a target; `None` where none was configured.
    pub(crate) fn load(&self, target_id: &str) -> Option<&LoadTally> {
        self.loads[self.position(target_id)?].as_ref()
    }

    fn run(&mut self, run_id: &RunId) -> u32 {
        if let Some((last, number)) = &self.last_run
            && last == run_id
        {
            return *number;
        }
        let next = u32::try_from(self.runs.len()).unwrap_or(u32::MAX);
        let number = *self.runs.entry(run_id.clone()).or_insert(next);
        self.last_run = Some((run_id.clone(), number));
        number
    }
}
