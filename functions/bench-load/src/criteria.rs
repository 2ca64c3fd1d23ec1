//! The share of requests that kept each limit of an objective.

use bench_core::{
    config::Objective,
    load::{BlockTally, Criterion},
};
use bench_stats::{BlockShare, calls_needed, share_of_blocks};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many requests of a window kept a limit of the objective.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CriterionShare {
    /// The limit.
    pub criterion: Criterion,
    /// The share that has to keep it.
    pub required: f64,
    /// Requests that kept it.
    pub kept: u64,
    /// Requests of which that is not known.
    pub unknown: u64,
    /// All requests of the window.
    pub n: u64,
    /// The share that kept it, of those of which it is known; `None` without any.
    pub share: Option<f64>,
    /// Lower limit of the share at 95 %, unknown ones taken for broken.
    pub low: f64,
    /// Upper limit, unknown ones taken for kept.
    pub high: f64,
    /// How many times as uncertain the share is as of independent requests.
    pub design_effect: f64,
    /// Requests that it takes to show that the limit is kept, where every one keeps it;
    /// `None` where no number is enough.
    pub needed: Option<u64>,
    /// The conclusion from the interval.
    pub outcome: ShareOutcome,
}

impl CriterionShare {
    /// Whether more requests lack the figure than may break the limit, so that no number of
    /// them shows that it is kept.
    #[must_use]
    pub fn is_unmeasured(&self) -> bool {
        let may_break = (1.0 - self.required) * self.n as f64;
        self.outcome == ShareOutcome::Undecided && self.unknown as f64 > may_break
    }
}

/// The conclusion from the interval of a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShareOutcome {
    /// The whole interval is at or above the required share.
    Kept,
    /// The whole interval is below it.
    Broken,
    /// It is inside the interval.
    Undecided,
}

/// The shares of all limits that an objective sets, over blocks of one window or of several
/// at the same level.
#[must_use]
pub fn criterion_shares(objective: &Objective, blocks: &[BlockTally]) -> Vec<CriterionShare> {
    let limits = Criterion::ALL.into_iter().enumerate();
    limits
        .filter_map(|(place, criterion)| {
            let required = criterion.required(objective)?;
            Some(criterion_share(criterion, required, place, blocks))
        })
        .collect()
}

fn criterion_share(
    criterion: Criterion,
    required: f64,
    place: usize,
    blocks: &[BlockTally],
) -> CriterionShare {
    let shares = |with_unknown: bool| -> Vec<BlockShare> {
        let kept =
            |block: &BlockTally| block.kept[place] + u64::from(with_unknown) * block.unknown[place];
        let share = |block: &BlockTally| BlockShare {
            kept: kept(block),
            n: block.arrived,
        };
        blocks.iter().map(share).collect()
    };
    let pessimist = share_of_blocks(&shares(false));
    let optimist = share_of_blocks(&shares(true));
    let (low, high) = (
        pessimist.map_or(0.0, |found| found.low),
        optimist.map_or(1.0, |found| found.high),
    );
    let sum = |count: &dyn Fn(&BlockTally) -> u64| blocks.iter().map(count).sum::<u64>();
    let (kept, unknown) = (
        sum(&|block| block.kept[place]),
        sum(&|block| block.unknown[place]),
    );
    let n = sum(&|block| block.arrived);
    let known = n.saturating_sub(unknown);
    CriterionShare {
        criterion,
        required,
        kept,
        unknown,
        n,
        share: (known > 0).then(|| kept as f64 / known as f64),
        low,
        high,
        design_effect: pessimist.map_or(1.0, |found| found.design_effect),
        needed: calls_needed(required, blocks.len()),
        outcome: if low >= required {
            ShareOutcome::Kept
        } else if high < required {
            ShareOutcome::Broken
        } else {
            ShareOutcome::Undecided
        },
    }
}
