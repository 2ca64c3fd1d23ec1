//! Quantiles of the calls of a window, with intervals that take blocks of time as groups.

use bench_stats::{
    Distribution, ExactMoments, Figure, FigureMethod, Interval, LEVEL, Unavailable,
    percentile_in_blocks,
};

use crate::model::StepTimes;

/// Values of a step that are kept exactly: the steps of a run are many.
const EXACT_UP_TO: usize = 10_000;

/// Durations of the answered calls of a window, in whole steps of a unit.
#[derive(Debug, Clone)]
pub(super) struct BlockTimes {
    values: Distribution,
    sum: ExactMoments,
}

impl Default for BlockTimes {
    fn default() -> Self {
        Self {
            values: Distribution::exact_up_to(EXACT_UP_TO),
            sum: ExactMoments::default(),
        }
    }
}

impl BlockTimes {
    pub(super) fn push(&mut self, block: u32, value: u64) {
        self.values.push(value, block);
        self.sum.push(value);
    }

    /// The figures, every value divided by `steps`; without any they have that reason.
    pub(super) fn figures(&self, steps: f64, lacking: Unavailable) -> StepTimes {
        StepTimes {
            mean: match self.sum.count() {
                0 => Figure::unavailable(lacking),
                n => Figure::of(self.sum.scaled(steps).mean, n),
            },
            p50: self.percentile(500, steps, lacking),
            p95: self.percentile(950, steps, lacking),
            p99: self.percentile(990, steps, lacking),
        }
    }

    /// A percentile that has at least one value above it, as far as counts tell.
    pub(super) fn percentile(&self, per_mille: u32, steps: f64, lacking: Unavailable) -> Figure {
        let calls = self.sum.count();
        let needed = 1_000 / (1_000 - u64::from(per_mille.min(999)));
        if calls == 0 {
            return Figure::unavailable(lacking);
        }
        if calls < needed {
            return Figure::unavailable(Unavailable::TooFewCalls { calls, needed });
        }
        let ordered = self.values.ordered();
        let blocks = |limit| ordered.at_or_below(limit);
        let Some(found) = percentile_in_blocks(&ordered, per_mille, blocks) else {
            let value = bench_stats::percentile_of(&ordered, per_mille);
            return Figure::or(value.map(|value| value / steps), || lacking);
        };
        let interval = Interval {
            low: found.low / steps,
            high: found.high.map(|high| high / steps),
            high_needs: None,
            level: LEVEL,
            method: FigureMethod::Woodruff,
            prompts: None,
        };
        Figure::of(found.estimate / steps, calls)
            .by(ordered.method())
            .with_interval(Some(interval))
    }
}
