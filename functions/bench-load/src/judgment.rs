//! The judgment of a step: whether it was steady and whether it kept the objective.

use bench_core::{config::Load, load::BLOCKS};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    criteria::{CriterionShare, ShareOutcome, criterion_shares},
    dynamics::Dynamics,
    steadiness::{Steadiness, TooShort, may_grow},
    step::DoneStep,
};

/// The judgment of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepJudgment {
    /// Whether it was steady.
    pub steadiness: Steadiness,
    /// How its window went.
    pub dynamics: Dynamics,
    /// The share of requests that kept each limit of the objective.
    pub criteria: Vec<CriterionShare>,
    /// Whether its level keeps the objective.
    pub outcome: LevelOutcome,
}

impl StepJudgment {
    /// Of the limits of the objective, the one that is kept least for what it has to be;
    /// `None` without an objective.
    #[must_use]
    pub fn worst(&self) -> Option<&CriterionShare> {
        let spare = |it: &CriterionShare| it.share.unwrap_or(0.0) - it.required;
        let shares = self.criteria.iter();
        shares.min_by(|a, b| spare(a).total_cmp(&spare(b)))
    }
}

/// Whether a level keeps the objective.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LevelOutcome {
    /// Every limit is kept, and the target was steady.
    Kept,
    /// A limit is broken, or the queue grew.
    Broken,
    /// The calls are too few to tell.
    Undecided,
    /// Too many responses lack the figure of a limit, whatever their number.
    Unmeasured,
    /// The step does not show how the target is at this level.
    NotUsable,
    /// There is no objective to keep.
    NoObjective,
}

impl LevelOutcome {
    /// The same, but undecided where it were kept while the queue may grow.
    pub(crate) fn unless_it_grows(self, may_grow: bool) -> Self {
        if may_grow && self == Self::Kept {
            Self::Undecided
        } else {
            self
        }
    }
}

/// The judgment of a step.
///
/// A 95th percentile within its limit is a share of at least 0.95 of the requests within it;
/// one that failed keeps none. A limit is kept where the whole interval of that share
/// ([`bench_stats::share_of_blocks`]) is at or above the required one, and broken where it
/// is below. The level keeps the objective where every limit is kept, and breaks it where
/// one is broken or the queue grows; where the queue may have grown, but not beyond chance, it
/// is undecided. A step that was client-limited, disturbed or too short
/// shows nothing, but for two: where response times still rose, a limit that is broken
/// already stays so; and where calls took too long for the window, one that is broken in its
/// later half too, such as by a target that no longer answers.
#[must_use]
pub fn judge(load: &Load, step: &DoneStep) -> StepJudgment {
    let dynamics = Dynamics::of(&step.plan, &step.tally);
    let interrupted = step.tally.interrupted;
    let steadiness = Steadiness::of(load.arrival, &dynamics, interrupted, step.lost_workers);
    let criteria = criterion_shares(&load.objective, &step.tally.blocks);
    StepJudgment {
        outcome: outcome(load, step, &steadiness, &criteria)
            .unless_it_grows(may_grow(load.arrival, dynamics.growth_share)),
        steadiness,
        dynamics,
        criteria,
    }
}

fn outcome(
    load: &Load,
    step: &DoneStep,
    steadiness: &Steadiness,
    criteria: &[CriterionShare],
) -> LevelOutcome {
    let of_limits = outcome_of_limits(criteria);
    let is_broken_late = || {
        let later = &step.tally.blocks[BLOCKS / 2..];
        let shares = criterion_shares(&load.objective, later);
        outcome_of_limits(&shares) == LevelOutcome::Broken
    };
    match steadiness {
        Steadiness::Saturated { .. } => LevelOutcome::Broken,
        Steadiness::Steady | Steadiness::Throttled { .. } => of_limits,
        Steadiness::TooShort {
            reason: TooShort::Drift { response, .. },
        } if response.is_some_and(|ratio| ratio.low > 1.0) && of_limits == LevelOutcome::Broken => {
            LevelOutcome::Broken
        }
        Steadiness::TooShort {
            reason: TooShort::Turnover { .. },
        } if of_limits == LevelOutcome::Broken && is_broken_late() => LevelOutcome::Broken,
        _ => LevelOutcome::NotUsable,
    }
}

/// Whether the limits are kept together, whatever else a step shows.
pub(crate) fn outcome_of_limits(criteria: &[CriterionShare]) -> LevelOutcome {
    let is = |outcome| move |share: &CriterionShare| share.outcome == outcome;
    if criteria.is_empty() {
        LevelOutcome::NoObjective
    } else if criteria.iter().any(is(ShareOutcome::Broken)) {
        LevelOutcome::Broken
    } else if criteria.iter().all(is(ShareOutcome::Kept)) {
        LevelOutcome::Kept
    } else if criteria.iter().any(CriterionShare::is_unmeasured) {
        LevelOutcome::Unmeasured
    } else {
        LevelOutcome::Undecided
    }
}
