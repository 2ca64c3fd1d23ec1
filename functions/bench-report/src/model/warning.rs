//! Warnings about the figures of a run, as data.

use bench_core::{config::Remedy, identity::TargetId, money::Money};
use bench_stats::Invariant;
use serde::{Deserialize, Serialize};

use super::{LengthNotKept, LengthOf};

/// One thing that may mislead a reader of the figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Warning {
    /// The budget was spent before every planned call was made.
    BudgetSpent {
        /// The budget of the run.
        budget: Money,
        /// Calls that were not made for it, warm-up included.
        not_made: u64,
    },
    /// Calls were in flight when the pipeline was killed.
    InterruptedCalls {
        /// How many, probes and warm-up included.
        calls: u64,
    },
    /// Simulated targets are test equipment.
    SimulatedTargets {
        /// Their ids.
        target_ids: Vec<TargetId>,
        /// Their times are measured ones multiplied by it.
        time_scale: f64,
    },
    /// Measured calls failed, and latency is of the others.
    FailedCalls {
        /// The target.
        target_id: TargetId,
        /// Measured calls that failed.
        failed: u64,
        /// Measured calls.
        measured: u64,
    },
    /// A service refused a field of requests; the configuration can leave it out.
    RefusedField {
        /// The target.
        target_id: TargetId,
        /// The change of its configuration.
        #[serde(flatten)]
        remedy: Remedy,
        /// Failures of that kind, probes and warm-up included.
        failures: u64,
    },
    /// A service denied access.
    AccessDenied {
        /// The target.
        target_id: TargetId,
        /// Whether it is a model of Amazon Bedrock, which an account subscribes to.
        on_bedrock: bool,
        /// Failures of that kind, probes and warm-up included.
        failures: u64,
    },
    /// So many attempts failed that percentiles over all of them are not finite.
    InfinitePercentiles {
        /// The target.
        target_id: TargetId,
        /// Their names, such as `p95`.
        percentiles: Vec<String>,
    },
    /// The token limit cut answers off.
    TruncatedAnswers {
        /// The target.
        target_id: TargetId,
        /// Answers that were cut off.
        truncated: u64,
        /// Measured calls that were answered.
        answered: u64,
    },
    /// Attempts followed refused or failed ones.
    RepeatedAttempts {
        /// The target.
        target_id: TargetId,
        /// Attempts that followed another.
        repeated: u64,
        /// All attempts.
        made: u64,
    },
    /// A prefix cache served calls although a cold one was asked for.
    CachedCalls {
        /// The target.
        target_id: TargetId,
        /// Calls with cached input.
        calls: u64,
    },
    /// Prompts or answers have another length than was asked for.
    LengthNotKept(LengthNotKept),
    /// A length was asked for and the service counts no such tokens.
    LengthNotCounted {
        /// The target.
        target_id: TargetId,
        /// Which length.
        of: LengthOf,
    },
    /// Answers are longer than the token limit that was sent.
    AnswersOverLimit {
        /// The target.
        target_id: TargetId,
        /// Answered calls with more output tokens than were asked for.
        calls: u64,
    },
    /// Answers ended for reasons that are not known: whether they are whole is open.
    UnknownFinishReasons {
        /// The target.
        target_id: TargetId,
        /// The reasons, in the words of the service.
        reasons: Vec<String>,
        /// Answered calls that gave them.
        calls: u64,
    },
    /// Token counts of a service contradict each other.
    CountsDisagree {
        /// The target.
        target_id: TargetId,
        /// Answered calls with such counts.
        calls: u64,
        /// Measured calls that were answered.
        answered: u64,
    },
    /// The first measured repetition was still slower than the later ones.
    WarmUpTooShort {
        /// The target.
        target_id: TargetId,
        /// First repetition ÷ later ones.
        ratio: f64,
    },
    /// With so few prompts p95 is decided by the prompts with the longest answers.
    FewPrompts {
        /// Prompts of the run.
        prompts: u64,
    },
    /// Prompts are repeated as they are, so that a prefix cache may serve them.
    PrefixCache,
    /// Targets were not measured at the same time: differences may be those of the hour.
    MeasuredApart {
        /// Every pair of compared targets.
        pairs: Vec<ApartPair>,
    },
    /// Two targets claim to be the same model and do not answer alike.
    DifferentModels {
        /// The first target.
        first: TargetId,
        /// The second target.
        second: TargetId,
        /// Whether either is simulated.
        simulated: bool,
        /// Share in which one answer of each is the same number, where they differ
        /// more often than chance.
        agreement: Option<f64>,
        /// Their length, where it differs by more than a tenth.
        length: Option<DifferentLength>,
    },
    /// The measuring client itself was held up.
    ClientStalled {
        /// For longer than this.
        above_ms: f64,
        /// During so many measured calls.
        calls: u64,
    },
    /// Samples have the identity of another sample and were counted again.
    DuplicateSamples {
        /// How many.
        samples: u64,
    },
    /// Figures of one group contradict each other: a fault of the software.
    Inconsistent {
        /// The target.
        target_id: TargetId,
        /// The group, by its name in `report.json`.
        figures: String,
        /// The invariant that they break.
        law: Invariant,
    },
    /// The samples show another value than the configuration has; the report is of
    /// the samples.
    ConfigurationDiffers {
        /// The field, by its path.
        field: String,
        /// Its value in the configuration.
        configured: u32,
        /// The value that the samples show.
        found: u32,
    },
    /// Configured targets have no sample; the report is without them.
    TargetsWithoutSamples {
        /// Their ids.
        target_ids: Vec<TargetId>,
    },
}

/// Two targets that were not measured at the same time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ApartPair {
    /// The first target.
    pub first: TargetId,
    /// The second target.
    pub second: TargetId,
    /// Time in which both were measured ÷ measured time of the one that was measured for
    /// less.
    pub time_overlap: f64,
}

/// Answers of two targets that differ in length.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct DifferentLength {
    /// Geometric mean ratio, first ÷ second.
    pub ratio: f64,
    /// Of what.
    pub unit: LengthUnit,
}

/// In what the length of an answer is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LengthUnit {
    /// Characters.
    Characters,
    /// Tokens, as each service counts them.
    OutputTokens,
}
