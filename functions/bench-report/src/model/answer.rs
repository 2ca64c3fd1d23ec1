//! The answer of a run, as data.

use bench_core::{
    identity::TargetId,
    money::{Currency, Money},
    sample::Outcome,
};
use bench_load::Capacity;
use serde::{Deserialize, Serialize};

/// The answer about one topic. Simulated targets are ranked where every target is simulated,
/// and never against real ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "topic", content = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// Which target is fastest.
    Latency(LatencyAnswer),
    /// How much load targets sustain.
    Capacity {
        /// Every target that was under load, in the order of the configuration, simulated
        /// ones too.
        targets: Vec<TargetCapacity>,
    },
    /// Which target is cheapest per correct answer.
    Cost(CostAnswer),
    /// Which target is correct most often.
    Accuracy(AccuracyAnswer),
    /// Which targets failed.
    Failures {
        /// Those that failed, in the order of the configuration, simulated ones too.
        targets: Vec<TargetFailures>,
    },
    /// Whether the run is complete; why not, `run.incomplete_reasons` says.
    Completeness {
        /// Whether every planned call was made and every target answered.
        complete: bool,
        /// Measured calls that were made.
        measured: u64,
        /// Measured calls of the plan.
        planned: u64,
    },
}

/// How much load a target sustains.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TargetCapacity {
    /// The target.
    pub target_id: TargetId,
    /// Whether it is simulated.
    pub simulated: bool,
    /// The highest load under the objective; its unit is that of `load.configured`.
    pub capacity: Capacity,
}

/// Which target is fastest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LatencyAnswer {
    /// No ranked target answered.
    NoneAnswered,
    /// One ranked target answered, so there is nothing to compare it with.
    OnlyOne {
        /// That target.
        target_id: TargetId,
    },
    /// One target is faster than every other.
    Fastest {
        /// That target.
        target_id: TargetId,
        /// By how much it leads the closest of the others.
        lead: Lead,
        /// How many ranked targets it is faster than.
        others: u64,
        /// Pairs of targets that are not distinguishable.
        undecided: Vec<Pair>,
        /// Pairs of targets that were not measured at the same time.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        measured_apart: Vec<Pair>,
        /// Every ranked target with a latency.
        means: Vec<MeanLatency>,
    },
    /// No target is faster than every other.
    NoFastest {
        /// Those that no other is faster than.
        tied: Vec<TargetId>,
        /// Pairs of targets that were not measured at the same time.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        measured_apart: Vec<Pair>,
        /// Every ranked target with a latency.
        means: Vec<MeanLatency>,
    },
}

/// By how much one target is faster than another, on the same prompts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Lead {
    /// The slower one.
    pub over: TargetId,
    /// Latency of the faster ÷ latency of the slower, below 1.
    pub ratio: f64,
    /// Lower limit of the ratio.
    pub low: f64,
    /// Upper limit of the ratio.
    pub high: f64,
    /// Prompts that both answered.
    pub prompts: u64,
    /// Whether the difference may be below the margin.
    pub may_be_negligible: bool,
}

/// Two targets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Pair {
    /// The first.
    pub first: TargetId,
    /// The second.
    pub second: TargetId,
}

/// The mean latency of a target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct MeanLatency {
    /// The target.
    pub target_id: TargetId,
    /// Its mean latency.
    pub mean_ms: f64,
}

/// Which target is cheapest per correct answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CostAnswer {
    /// The run has no cost; `cost_reason` says why.
    NotAvailable,
    /// Targets by cost per correct answer, as measured.
    Ranked {
        /// Ranked targets with a cost per correct answer, the cheapest first.
        cheapest_first: Vec<CostPerCorrect>,
        /// Whether the first two can be told apart; `None` for fewer than two.
        separation: Option<Separation>,
        /// Ranked targets that were called and have no such cost.
        not_ranked: Vec<NotRanked>,
    },
    /// Targets are priced in different currencies, so none is compared with one of
    /// another.
    DifferentCurrencies {
        /// Targets by cost per correct answer in each currency, in the order of the
        /// configuration.
        currencies: Vec<CurrencyRanking>,
        /// Ranked targets that were called and have no such cost.
        not_ranked: Vec<NotRanked>,
    },
}

/// Targets of one currency by cost per correct answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CurrencyRanking {
    /// The currency.
    pub currency: Currency,
    /// Real targets with such a cost in it, or that are free, the cheapest first.
    pub cheapest_first: Vec<CostPerCorrect>,
    /// Whether the first two can be told apart; `None` for fewer than two.
    pub separation: Option<Separation>,
}

/// The cost per correct answer of a target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CostPerCorrect {
    /// The target.
    pub target_id: TargetId,
    /// Cost ÷ correct answers; the most that it can be where calls have no token count.
    pub cost: Money,
    /// The least that the cost can be, where a few answered calls have no token count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Money>,
    /// Lower limit of its interval, of the least cost where that differs; `None` where
    /// so few prompts give none.
    pub low: Option<Money>,
    /// Upper limit of its interval.
    pub high: Option<Money>,
}

/// A target without a cost per correct answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct NotRanked {
    /// The target.
    pub target_id: TargetId,
    /// A lower limit of the cost of its measured calls, where that alone is known.
    pub at_least: Option<Money>,
}

/// Whether the intervals of two figures keep them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Separation {
    /// They do not overlap, or the first is free and the other is not.
    Separate,
    /// They overlap, with each other or with the range of another target, so neither is
    /// ranked before the other.
    Overlapping,
    /// There are too few prompts for intervals.
    NoInterval,
}

/// Which target is correct most often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AccuracyAnswer {
    /// One ranked target has graded answers.
    OnlyOne {
        /// That target.
        target: TargetAccuracy,
    },
    /// The extremes of several.
    Extremes {
        /// The target with the highest accuracy.
        best: TargetAccuracy,
        /// The target with the lowest accuracy.
        worst: TargetAccuracy,
        /// Whether their intervals keep them apart.
        separation: Separation,
    },
}

/// The accuracy of a target: correct answers of all answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TargetAccuracy {
    /// The target.
    pub target_id: TargetId,
    /// The share.
    pub rate: f64,
    /// Lower limit of its interval.
    pub low: f64,
    /// Upper limit of its interval.
    pub high: f64,
}

/// How a target failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TargetFailures {
    /// Measured calls failed.
    CallsFailed {
        /// The target.
        target_id: TargetId,
        /// Whether it is simulated.
        simulated: bool,
        /// Measured calls that failed.
        failed: u64,
        /// Measured calls.
        measured: u64,
        /// How they ended, the most frequent first.
        outcomes: Vec<Outcome>,
    },
    /// No probe was answered, so no call was measured.
    NeverReady {
        /// The target.
        target_id: TargetId,
        /// Whether it is simulated.
        simulated: bool,
    },
}
