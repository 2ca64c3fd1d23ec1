//! One metric of one target as it grows: exact sums per prompt, and all values in
//! bounded memory.

use super::{
    Decomposition, Distribution, ExactMoments, Figures, Invariant, Moments, Ordered, PERCENTILES,
    Summary, inconsistencies, percentile_of, summary::Values,
};
use crate::Unavailable;

/// A group of durations as it grows: exact sums per prompt, and all values in
/// bounded memory. The order of the values does not matter.
#[derive(Debug, Clone, Default)]
pub struct Group {
    values: Distribution,
    prompts: Vec<(ExactMoments, ExactMoments)>,
}

/// A summary, and what is wrong with it should the software be.
#[derive(Debug, Clone, PartialEq)]
pub struct Summed {
    /// The figures.
    pub summary: Summary,
    /// Laws that the figures break.
    pub inconsistencies: Vec<Invariant>,
}

impl Group {
    /// Adds a value of the prompt at that position, with its fixed-point
    /// logarithm as [`super::fixed_log`] gives it.
    pub fn push(&mut self, prompt: u32, value: u64, log: i64) {
        self.values.push(value, prompt);
        let position = prompt as usize;
        if self.prompts.len() <= position {
            self.prompts.resize_with(position + 1, Default::default);
        }
        let (plain, logs) = &mut self.prompts[position];
        plain.push(value);
        logs.push_log(log);
    }

    /// The moments of a prompt's values, divided by `steps`, and of their
    /// logarithms.
    #[must_use]
    pub fn prompt(&self, position: usize, steps: f64) -> (Moments, Moments) {
        self.prompts
            .get(position)
            .map_or_else(Default::default, |(plain, logs)| {
                (plain.scaled(steps), logs.logs())
            })
    }

    /// Whether it has no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.prompts.is_empty()
    }

    /// All values in order.
    #[must_use]
    pub fn ordered(&self) -> Ordered<'_> {
        self.values.ordered()
    }

    /// The moments of all values, divided by `steps`.
    #[must_use]
    pub fn total(&self, steps: f64) -> Moments {
        self.sums(|(plain, _)| plain).scaled(steps)
    }

    fn sums(&self, side: impl Fn(&(ExactMoments, ExactMoments)) -> &ExactMoments) -> ExactMoments {
        let mut all = ExactMoments::default();
        self.prompts
            .iter()
            .for_each(|prompt| all.merge(side(prompt)));
        all
    }

    /// The figures, every value divided by `steps`: 1,000 for microseconds. Without
    /// any value every figure has that reason.
    ///
    /// ```
    /// use bench_stats::{Group, Unavailable, fixed_log};
    /// let mut group = Group::default();
    /// for (prompt, micros) in [(0, 1_000), (1, 2_000), (2, 3_000)] {
    ///     group.push(prompt, micros, fixed_log(micros));
    /// }
    /// let summary = group.summed(1_000.0, Unavailable::NoValues).summary;
    /// assert_eq!([summary.mean, summary.p50, summary.stddev].map(|f| f.value()), [Some(2.0), Some(2.0), Some(1.0)]);
    /// assert_eq!(summary.p99.reason(), Some(&Unavailable::TooFewPrompts { prompts: 3, needed: 100 }));
    /// ```
    #[must_use]
    pub fn summed(&self, steps: f64, if_none: Unavailable) -> Summed {
        let groups: Vec<Moments> = self.prompts.iter().map(|(p, _)| p.scaled(steps)).collect();
        let logs: Vec<Moments> = self.prompts.iter().map(|(_, logs)| logs.logs()).collect();
        let ordered = self.values.ordered();
        let Some(parts) = Decomposition::of(&groups) else {
            return Summed {
                summary: Summary::empty(ordered.method(), if_none),
                inconsistencies: Vec::new(),
            };
        };
        let total = self.total(steps);
        let (min, max) = self.values.range().unwrap_or_default();
        let (min, max) = (min as f64 / steps, max as f64 / steps);
        let geometric_mean = self.sums(|(_, logs)| logs).logs().mean.exp() / steps;
        let [p50, p90, p95, p99] = PERCENTILES.map(|percentile| {
            percentile_of(&ordered, percentile.per_mille()).unwrap_or_default() / steps
        });
        Summed {
            inconsistencies: inconsistencies(&Figures {
                ordered: [min, p50, p90, p95, p99, max],
                mean: total.mean,
                geometric_mean,
                squares: total.squares,
                parts: parts.total_squares(),
                n: parts.n,
            }),
            summary: Summary::of(&Values {
                steps,
                ordered: &ordered,
                total: &total,
                range: (min, max),
                geometric_mean,
                groups: &groups,
                logs: &logs,
                parts: &parts,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Note, Statistic, fixed_log};

    fn summed(values: &[(u32, u64)]) -> Summed {
        let mut group = Group::default();
        for (prompt, value) in values {
            group.push(*prompt, *value, fixed_log(*value));
        }
        group.summed(1_000.0, Unavailable::NoValues)
    }

    #[test]
    fn one_value_is_its_mean_and_its_range_and_nothing_else() {
        let Summed {
            summary,
            inconsistencies,
        } = summed(&[(0, 42_000)]);
        for figure in [&summary.mean, &summary.min, &summary.max] {
            assert_eq!(figure.value(), Some(42.0));
        }
        let mean = summary.mean.estimate().unwrap();
        let prompts = 1;
        assert_eq!(
            mean.no_interval,
            Some(Unavailable::TooFewPrompts { prompts, needed: 2 })
        );
        assert_eq!(
            summary.p50.reason(),
            Some(&Unavailable::TooFewPrompts { prompts, needed: 3 })
        );
        let calls = 1;
        assert_eq!(
            summary.stddev.reason(),
            Some(&Unavailable::TooFewCalls { calls, needed: 2 })
        );
        for figure in [&summary.within_stddev, &summary.within_cv, &summary.icc] {
            assert_eq!(figure.reason(), Some(&Unavailable::NoRepetition));
        }
        assert!(inconsistencies.is_empty());
    }

    #[test]
    fn a_mean_of_two_prompts_that_differ_has_no_limit_below_zero() {
        let summary = summed(&[(0, 1_000), (0, 1_000), (1, 9_000), (1, 15_000)]).summary;
        for mean in [&summary.mean, &summary.mean_of_these_prompts] {
            let interval = mean.interval().unwrap();
            assert!((0.0..1.0).contains(&interval.low), "{interval:?}");
            assert!(interval.high.unwrap() > 6.5, "{interval:?}");
        }
    }

    #[test]
    fn no_value_is_no_figure_and_every_reason() {
        let summary = summed(&[]).summary;
        assert_eq!(summary.n, 0);
        for statistic in Statistic::ALL {
            let reason = summary.figure(statistic).reason();
            assert_eq!(reason, Some(&Unavailable::NoValues), "{statistic:?}");
        }
    }

    #[test]
    fn the_published_method_has_its_six_figures_and_no_upper_limit_of_p95() {
        let values: Vec<(u32, u64)> = (0..20)
            .flat_map(|prompt| (1..=5).map(move |r| (prompt, u64::from(prompt + 1) * 100_000 + r)))
            .collect();
        let summary = summed(&values).summary;
        let p95 = summary.p95.estimate().unwrap();
        let (prompts, steady_from) = (20, 80);
        assert_eq!(
            p95.note,
            Some(Note::FewPrompts {
                prompts,
                steady_from
            })
        );
        assert_eq!(
            summary.p99.reason(),
            Some(&Unavailable::TooFewPrompts {
                prompts,
                needed: 100
            })
        );
        let interval = p95.interval.as_ref().unwrap();
        assert_eq!((p95.n, interval.prompts), (Some(100), Some(20)));
        assert_eq!((interval.high, interval.high_needs), (None, Some(76)));
        assert!(summary.effective_n.value().unwrap() < 20.1);
        assert!(summary.within_stddev.value() < summary.between_stddev.value());
    }
}
