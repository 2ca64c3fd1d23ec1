//! The report as data: `report.json`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

mod accuracy;
mod answer;
mod comparison;
mod cost;
mod incomplete;
mod lengths;
mod load;
mod method;
mod run_comparison;
mod share;
mod target;
pub(crate) mod timings;
mod use_cases;
mod warning;
mod with_sentence;

pub use accuracy::{Accuracy, GradingDisagreement, MAX_DISAGREEMENTS};
pub use answer::{
    AccuracyAnswer, Answer, CostAnswer, CostPerCorrect, CurrencyRanking, LatencyAnswer, Lead,
    MeanLatency, NotRanked, Pair, Separation, TargetAccuracy, TargetCapacity, TargetFailures,
};
pub use comparison::{
    AnswerLength, Comparison, RatioFigure, RatioUnavailable, SameModel, Split, SuccessComparison,
    WilcoxonMethod, Wins,
};
pub use cost::CostReport;
pub use incomplete::Incomplete;
pub use lengths::{LengthNotKept, LengthOf, TokenLengths};
pub use load::{
    AtCapacity, Ends, LoadFailure, LoadRanking, LoadReport, LoadStep, StepTimes, TargetLoad,
};
pub use method::{LoadModel, MethodFacts, StddevMethod};
pub use run_comparison::{RunComparison, RunDifference, RunSide, TargetComparison, WhichRun};
pub use share::Share;
pub use target::{
    AllAttempts, Attempts, Calls, Connections, FailureClass, Goodput, LogParts, Rates, Readiness,
    Regression, Repeats, Stalls, TargetReport, WarmUp, WarmUpFigure, WarmUpVerdict,
};
pub use use_cases::{Check, Fit, NotKnown, UseCaseLimit, UseCaseReport};
pub use warning::{ApartPair, DifferentLength, LengthUnit, Warning};
pub use with_sentence::WithSentence;

pub use timings::Timings;

use bench_core::{
    identity::{RunId, TargetId},
    plan::DatasetRecord,
    sample::{Outcome, Phase},
};
use bench_cost::{CostReason, TargetCost};

/// The version of `report.json` that this code writes.
pub const SCHEMA_VERSION: u32 = 4;

/// The most failed calls that a report lists one by one.
pub const MAX_FAILED_CALLS: usize = 200;

/// The report of a run: `report.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Report {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The run as a whole.
    pub run: RunFacts,
    /// The answer, the most important topic first. Simulated targets are never
    /// ranked.
    #[serde(default)]
    pub answer: Vec<WithSentence<Answer>>,
    /// How it was measured.
    pub method: MethodFacts,
    /// One entry a target, in the order of the configuration.
    pub targets: Vec<TargetReport>,
    /// The load that targets were put under; `None` without `[load]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<LoadReport>,
    /// One entry for every two targets, in the order of the configuration.
    pub comparisons: Vec<WithSentence<Comparison>>,
    /// One entry a use of the configuration: which targets fit it.
    #[serde(default)]
    pub use_cases: Vec<WithSentence<UseCaseReport>>,
    /// The cost of the run; `None` with its reason in `cost_reason`.
    pub cost: Option<CostReport>,
    /// Why there is no cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_reason: Option<CostReason>,
    /// One entry a prompt, in the order of the dataset.
    pub prompts: Vec<PromptReport>,
    /// Calls that failed, the first [`MAX_FAILED_CALLS`] of them.
    pub failed_calls: Vec<FailedCall>,
    /// Warnings about the figures; those about cost stand in `cost`.
    pub warnings: Vec<WithSentence<Warning>>,
    /// Every term of this report with its definition.
    pub definitions: BTreeMap<String, String>,
}

impl Report {
    /// Whether the samples came without plan and configuration, so that neither the
    /// method nor the settings of targets are known.
    #[must_use]
    pub fn is_external(&self) -> bool {
        self.targets.iter().any(TargetReport::is_external)
    }

    /// Whether a target is the simulator.
    #[must_use]
    pub fn is_simulated(&self, target_id: &str) -> bool {
        let mut targets = self.targets.iter();
        targets.any(|target| target.id == *target_id && target.simulated)
    }

    /// Whether every target is the simulator: then they are ranked among themselves.
    #[must_use]
    pub fn is_simulation(&self) -> bool {
        !self.targets.is_empty() && self.targets.iter().all(|target| target.simulated)
    }

    /// Whether any measured call was answered.
    #[must_use]
    pub fn has_answers(&self) -> bool {
        self.targets.iter().any(|target| target.calls.ok > 0)
    }

    /// The cost of a target; `None` where the run has no cost.
    #[must_use]
    pub fn cost_of(&self, target_id: &str) -> Option<&TargetCost> {
        let mut targets = self.cost.as_ref()?.targets.iter();
        targets.find(|target| target.target_id == target_id)
    }
}

/// The run as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RunFacts {
    /// The run.
    pub run_id: RunId,
    /// The configuration's name.
    pub name: String,
    /// When it was asked for.
    #[schemars(with = "String")]
    pub created_at: Timestamp,
    /// When its first call was made; `None` without calls.
    #[schemars(with = "Option<String>")]
    pub started_at: Option<Timestamp>,
    /// When its last call ended; `None` without calls.
    #[schemars(with = "Option<String>")]
    pub finished_at: Option<Timestamp>,
    /// Whether every planned call was made and every target answered.
    pub complete: bool,
    /// Why not: one for a target at most, and one for the run.
    pub incomplete_reasons: Vec<WithSentence<Incomplete>>,
    /// Whether any target is simulated.
    pub simulated: bool,
    /// The runs whose samples these are; more than one when they were pooled.
    pub runs: Vec<RunId>,
    /// Where the prompts came from.
    pub dataset: DatasetFacts,
    /// How many prompts were asked.
    pub prompts: usize,
    /// The version of hostbench that wrote the report.
    pub hostbench_version: String,
    /// The published versions of the functions that measured, such as `12`, by `planner`,
    /// `invoker`, `vpc_invoker` and `aggregator`, in their order: several where the run was
    /// resumed under others. Empty where they are not known or several runs were pooled.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub function_versions: BTreeMap<String, Vec<String>>,
}

/// Where the prompts of a run came from, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct DatasetFacts {
    /// `gsm8k/test`, `builtin`, or the S3 key.
    pub label: String,
    /// SHA-256 of the whole file; `None` where the file is not at hand.
    pub sha256: Option<String>,
    /// How many problems the whole file has; `None` where it is not at hand.
    pub problems: Option<usize>,
}

impl From<&DatasetRecord> for DatasetFacts {
    fn from(record: &DatasetRecord) -> Self {
        let known = !record.sha256.is_empty();
        Self {
            label: record.label.clone(),
            sha256: known.then(|| record.sha256.clone()),
            problems: known.then_some(record.problems),
        }
    }
}

/// One call that failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FailedCall {
    /// The target.
    pub target_id: TargetId,
    /// Whether the target is simulated.
    pub simulated: bool,
    /// The prompt, or `probe`.
    pub prompt_id: SmolStr,
    /// The phase that the call belongs to.
    pub phase: Phase,
    /// Which repetition, from 1.
    pub repetition: u32,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took to fail.
    pub after_ms: f64,
    /// The failure as text.
    pub message: Option<String>,
}

/// One prompt across all targets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PromptReport {
    /// Dataset label and position.
    pub id: SmolStr,
    /// Position in the dataset.
    pub index: u32,
    /// The question, or the messages as one text; `None` where the dataset is not at hand.
    pub question: Option<String>,
    /// The reference answer; `None` where the prompt has none, or where neither dataset nor
    /// samples tell.
    pub expected_answer: Option<SmolStr>,
    /// One entry a target, in the order of the configuration.
    pub targets: Vec<PromptAtTarget>,
}

/// One prompt at one target: its measured calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PromptAtTarget {
    /// The target.
    pub target_id: TargetId,
    /// Whether the target is simulated.
    pub simulated: bool,
    /// Calls answered.
    pub ok: u64,
    /// Calls failed.
    pub failed: u64,
    /// Answers that are right.
    pub correct: u64,
    /// Answers that were graded; fewer than `ok` of prompts without a reference answer, and of
    /// samples of other programs.
    #[serde(default)]
    pub graded: u64,
    /// Distinct final answers with their counts, most frequent first; of very
    /// many the right one and 64 others.
    pub answers: Vec<AnswerCount>,
    /// How many responses differ in their text; `None` without texts.
    pub distinct_responses: Option<u64>,
    /// Mean latency; `None` without an answered call.
    pub mean_latency_ms: Option<f64>,
    /// Least latency.
    pub min_latency_ms: Option<f64>,
    /// Greatest latency.
    pub max_latency_ms: Option<f64>,
    /// Mean output tokens; `None` where no call has a count.
    pub mean_output_tokens: Option<f64>,
    /// The first answered repetition's text, cut when long.
    pub example: Option<String>,
}

/// A final answer and how often it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AnswerCount {
    /// The number; `None` when no answer was found in the text.
    pub answer: Option<SmolStr>,
    /// How often.
    pub count: u64,
    /// Whether it is right.
    pub correct: bool,
}
