//! The figures of one group of durations, as they are published.

use serde::{Deserialize, Serialize};

use super::{
    intervals::{
        MeanInterval, mean_of_prompts_like_these, mean_of_these_prompts,
        percentile_of_prompts_like_these, prompts_for_upper_limit,
    },
    statistic::support_within,
};
use crate::{
    Decomposition, Figure, FigureMethod, Interval, LEVEL, Moments, Ordered, Statistic, Unavailable,
    cv_within, nearest_rank, percentile_of,
};

/// The figures of one group of durations, in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Summary {
    /// How many values.
    pub n: u64,
    /// From how many prompts.
    pub prompts: u64,
    /// Arithmetic mean of all values, with its interval for prompts like these.
    pub mean: Figure,
    /// The same mean, with its interval for this very set of prompts.
    pub mean_of_these_prompts: Figure,
    /// Median of all values, type 7.
    pub p50: Figure,
    /// 90th percentile of all values, type 7.
    pub p90: Figure,
    /// 95th percentile of all values, type 7.
    pub p95: Figure,
    /// 99th percentile of all values, type 7.
    pub p99: Figure,
    /// The same percentiles as values that were seen, nearest rank, for comparing
    /// with tools that do not interpolate.
    pub nearest_rank: NearestRank,
    /// Least value.
    pub min: Figure,
    /// Greatest value.
    pub max: Figure,
    /// Sample standard deviation of all values together, n - 1: it mixes the
    /// length of answers with the jitter of the service.
    pub stddev: Figure,
    /// Geometric mean of all values.
    pub geometric_mean: Figure,
    /// Pooled standard deviation of one prompt's repetitions: jitter.
    pub within_stddev: Figure,
    /// Standard deviation of the prompts' own means: length, mostly.
    pub between_stddev: Figure,
    /// Share of the variance that prompts explain, ICC(1).
    pub icc: Figure,
    /// How many independent calls these are worth.
    pub effective_n: Figure,
    /// Pooled within-prompt coefficient of variation, from logarithms.
    pub within_cv: Figure,
    /// [`FigureMethod::Type7`] of all values, or [`FigureMethod::Type7Hdr3`] of a histogram of
    /// three significant figures.
    pub quantile_method: FigureMethod,
}

/// Percentiles by nearest rank: values that were seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct NearestRank {
    /// Median.
    pub p50: Figure,
    /// 90th percentile.
    pub p90: Figure,
    /// 95th percentile.
    pub p95: Figure,
    /// 99th percentile.
    pub p99: Figure,
}

/// The values of a group, as a summary is made of them.
pub(super) struct Values<'a> {
    /// Each value is divided by this.
    pub(super) steps: f64,
    /// All values.
    pub(super) ordered: &'a Ordered<'a>,
    /// Their moments.
    pub(super) total: &'a Moments,
    /// Least and greatest.
    pub(super) range: (f64, f64),
    /// Geometric mean.
    pub(super) geometric_mean: f64,
    /// Moments by prompt.
    pub(super) groups: &'a [Moments],
    /// Moments of logarithms by prompt.
    pub(super) logs: &'a [Moments],
    /// The parts of the variance.
    pub(super) parts: &'a Decomposition,
}

impl Summary {
    /// The figure of that name.
    #[must_use]
    pub const fn figure(&self, statistic: Statistic) -> &Figure {
        match statistic {
            Statistic::Mean => &self.mean,
            Statistic::P50 => &self.p50,
            Statistic::P90 => &self.p90,
            Statistic::P95 => &self.p95,
            Statistic::P99 => &self.p99,
            Statistic::Min => &self.min,
            Statistic::Max => &self.max,
            Statistic::Stddev => &self.stddev,
            Statistic::WithinStddev => &self.within_stddev,
            Statistic::WithinCv => &self.within_cv,
            Statistic::BetweenStddev => &self.between_stddev,
            Statistic::Icc => &self.icc,
            Statistic::EffectiveN => &self.effective_n,
        }
    }

    /// A summary of nothing, every figure with that reason.
    pub(super) fn empty(method: FigureMethod, reason: Unavailable) -> Self {
        let none = || Figure::unavailable(reason);
        Self {
            n: 0,
            prompts: 0,
            mean: none(),
            mean_of_these_prompts: none(),
            p50: none(),
            p90: none(),
            p95: none(),
            p99: none(),
            nearest_rank: NearestRank {
                p50: none(),
                p90: none(),
                p95: none(),
                p99: none(),
            },
            min: none(),
            max: none(),
            stddev: none(),
            geometric_mean: none(),
            within_stddev: none(),
            between_stddev: none(),
            icc: none(),
            effective_n: none(),
            within_cv: none(),
            quantile_method: method,
        }
    }

    pub(super) fn of(values: &Values) -> Self {
        let Decomposition { n, prompts, .. } = *values.parts;
        let nearest = |statistic: Statistic| {
            let value = nearest_rank(values.ordered, statistic.per_mille());
            values.supported(statistic, value.map(|x| x / values.steps))
        };
        Self {
            n,
            prompts,
            mean: values.mean(),
            mean_of_these_prompts: values.mean_of_these_prompts(),
            p50: values.percentile(Statistic::P50),
            p90: values.percentile(Statistic::P90),
            p95: values.percentile(Statistic::P95),
            p99: values.percentile(Statistic::P99),
            nearest_rank: NearestRank {
                p50: nearest(Statistic::P50),
                p90: nearest(Statistic::P90),
                p95: nearest(Statistic::P95),
                p99: nearest(Statistic::P99),
            },
            min: Figure::of(values.range.0, n),
            max: Figure::of(values.range.1, n),
            stddev: or_few_calls(values.total.standard_deviation(), n),
            geometric_mean: Figure::of(values.geometric_mean, n),
            within_stddev: values.within(values.parts.within_deviation()),
            between_stddev: values.between(values.parts.between_deviation()),
            icc: values.between(values.parts.icc()),
            effective_n: values.between(values.parts.effective_n()),
            within_cv: values.within(cv_within(values.logs)),
            quantile_method: values.ordered.method(),
        }
    }
}

/// A deviation: of one value there is none.
fn or_few_calls(value: Option<f64>, calls: u64) -> Figure {
    match value {
        Some(value) => Figure::of(value, calls),
        None => Figure::unavailable(Unavailable::TooFewCalls { calls, needed: 2 }),
    }
}

impl Values<'_> {
    fn few_prompts(&self) -> Unavailable {
        Unavailable::TooFewPrompts {
            prompts: self.parts.prompts,
            needed: 2,
        }
    }

    /// The value with its note, or the reason why so few prompts cannot give it.
    fn supported(&self, statistic: Statistic, value: Option<f64>) -> Figure {
        let Decomposition { n, prompts, .. } = *self.parts;
        match (statistic.supported(n, prompts), value) {
            (Ok(note), Some(value)) => Figure::of(value, n).noted(note),
            (Ok(_), None) => Figure::unavailable(Unavailable::NoValues),
            (Err(reason), _) => Figure::unavailable(reason),
        }
    }

    fn mean(&self) -> Figure {
        let interval = mean_of_prompts_like_these(self.groups);
        self.supported(Statistic::Mean, Some(self.total.mean))
            .with_interval_or(
                interval.map(|interval| self.interval(interval, FigureMethod::ClusterT)),
                self.few_prompts(),
            )
    }

    fn mean_of_these_prompts(&self) -> Figure {
        let interval = mean_of_these_prompts(self.groups);
        Figure::of(self.total.mean, self.parts.n).with_interval_or(
            interval.map(|interval| self.interval(interval, FigureMethod::FixedPromptsT)),
            Unavailable::NoRepetition,
        )
    }

    /// The interval of a mean. No duration is below 0, so that its lower limit is not either,
    /// as it would be of two prompts that differ.
    fn interval(&self, interval: MeanInterval, method: FigureMethod) -> Interval {
        Interval {
            prompts: Some(self.parts.prompts),
            ..Interval::between(interval.low.max(0.0), interval.high, method)
        }
    }

    fn percentile(&self, statistic: Statistic) -> Figure {
        let per_mille = statistic.per_mille();
        let value = percentile_of(self.ordered, per_mille).map(|x| x / self.steps);
        let figure = self.supported(statistic, value);
        if !figure.is_known() {
            return figure;
        }
        let shares = |limit| self.ordered.at_or_below(limit);
        let found = percentile_of_prompts_like_these(self.ordered, per_mille, shares);
        let prompts = self.parts.prompts;
        let interval = found.map(|found| Interval {
            low: found.low / self.steps,
            high: found.high.map(|high| high / self.steps),
            high_needs: found
                .high
                .is_none()
                .then(|| prompts_for_upper_limit(per_mille).max(prompts + 1)),
            level: LEVEL,
            method: FigureMethod::Woodruff,
            prompts: Some(prompts),
        });
        figure.with_interval_or(interval, self.few_prompts())
    }

    /// A figure of the spread within prompts.
    fn within(&self, value: Option<f64>) -> Figure {
        let Decomposition { n, prompts, .. } = *self.parts;
        match (support_within(n, prompts), value) {
            (Ok(note), Some(value)) => Figure::of(value, n).noted(note),
            (Ok(_), None) => Figure::unavailable(Unavailable::NoVariation),
            (Err(reason), _) => Figure::unavailable(reason),
        }
    }

    /// A figure of the spread between prompts.
    fn between(&self, value: Option<f64>) -> Figure {
        let Decomposition { n, prompts, .. } = *self.parts;
        let reason = || match support_within(n, prompts) {
            Err(reason) => reason,
            Ok(_) if prompts < 2 => self.few_prompts(),
            Ok(_) => Unavailable::NoVariation,
        };
        value.map_or_else(
            || Figure::unavailable(reason()),
            |value| Figure::of(value, n),
        )
    }
}
