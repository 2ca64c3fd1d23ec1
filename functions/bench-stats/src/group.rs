//! One metric of one target as it grows: exact sums per prompt, and all values in
//! bounded memory.

use super::{
    Decomposition, Distribution, ExactMoments, Figures, Law, Moments, Ordered, PERCENTILES,
    Summary, inconsistencies, nearest_rank, percentile_of,
};

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
    pub inconsistencies: Vec<Law>,
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

    /// The figures, every value divided by `steps`: 1,000 for microseconds.
    ///
    /// ```
    /// use bench_stats::{Group, fixed_log};
    /// let mut group = Group::default();
    /// for (prompt, micros) in [(0, 1_000), (1, 2_000), (2, 3_000)] {
    ///     group.push(prompt, micros, fixed_log(micros));
    /// }
    /// let summary = group.summed(1_000.0).summary;
    /// assert_eq!((summary.mean, summary.p50, summary.stddev), (Some(2.0), Some(2.0), Some(1.0)));
    /// assert!(summary.p99.is_none() && summary.withheld.contains_key("p99"));
    /// ```
    #[must_use]
    pub fn summed(&self, steps: f64) -> Summed {
        let groups: Vec<Moments> = self.prompts.iter().map(|(p, _)| p.scaled(steps)).collect();
        let logs: Vec<Moments> = self.prompts.iter().map(|(_, logs)| logs.logs()).collect();
        let ordered = self.values.ordered();
        let mut summary = Summary::empty(ordered.method());
        let Some(parts) = Decomposition::of(&groups) else {
            summary.withhold_all("no measured call gave this value");
            return Summed {
                summary,
                inconsistencies: Vec::new(),
            };
        };
        let total = self.total(steps);
        let (min, max) = self.values.range().unwrap_or_default();
        let (min, max) = (min as f64 / steps, max as f64 / steps);
        let geometric_mean = self.sums(|(_, logs)| logs).logs().mean.exp() / steps;
        let percentile = |per_mille| percentile_of(&ordered, per_mille).map(|x| x / steps);
        let percentiles = PERCENTILES.map(|(_, per_mille)| percentile(per_mille));
        summary.n = parts.n;
        summary.prompts = parts.prompts;
        summary.min = Some(min);
        summary.max = Some(max);
        summary.mean = Some(total.mean);
        summary.geometric_mean = Some(geometric_mean);
        summary.stddev = total.standard_deviation();
        [summary.p50, summary.p90, summary.p95, summary.p99] = percentiles;
        for (name, per_mille) in PERCENTILES {
            let nearest = nearest_rank(&ordered, per_mille).map(|x| x / steps);
            summary.nearest_rank.insert(name.to_owned(), nearest);
        }
        summary.spread(&parts, &logs);
        summary.mean_intervals(&groups);
        for (name, per_mille) in PERCENTILES {
            summary.percentile_interval(name, per_mille, steps, &ordered);
        }
        summary.withhold_unsupported();
        let [p50, p90, p95, p99] = percentiles.map(Option::unwrap_or_default);
        Summed {
            inconsistencies: inconsistencies(&Figures {
                ordered: [min, p50, p90, p95, p99, max],
                mean: total.mean,
                geometric_mean,
                squares: total.squares,
                parts: parts.total_squares(),
                n: parts.n,
            }),
            summary,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixed_log;

    fn summed(values: &[(u32, u64)]) -> Summed {
        let mut group = Group::default();
        for (prompt, value) in values {
            group.push(*prompt, *value, fixed_log(*value));
        }
        group.summed(1_000.0)
    }

    #[test]
    fn one_value_is_its_mean_and_its_range_and_nothing_else() {
        let Summed {
            summary,
            inconsistencies,
        } = summed(&[(0, 42_000)]);
        assert_eq!(
            (summary.mean, summary.min, summary.max),
            (Some(42.0), Some(42.0), Some(42.0))
        );
        for figure in ["p50", "p90", "p95", "p99", "stddev", "within_stddev", "icc"] {
            assert!(summary.withheld.contains_key(figure), "{figure}");
        }
        assert_eq!((summary.stddev, summary.p50), (None, None));
        assert!(summary.intervals.values().all(Option::is_none));
        assert_eq!(summary.intervals.len(), 6);
        assert!(inconsistencies.is_empty());
    }

    #[test]
    fn no_value_is_no_figure_and_every_reason() {
        let summary = summed(&[]).summary;
        assert_eq!((summary.n, summary.mean, summary.min), (0, None, None));
        assert_eq!(summary.withheld.len(), 20);
        assert!(summary.intervals.values().all(Option::is_none));
    }

    #[test]
    fn the_published_method_has_its_six_figures_and_no_upper_limit_of_p95() {
        let values: Vec<(u32, u64)> = (0..20)
            .flat_map(|prompt| (1..=5).map(move |r| (prompt, u64::from(prompt + 1) * 100_000 + r)))
            .collect();
        let summary = summed(&values).summary;
        assert!(summary.p95.is_some() && summary.notes.contains_key("p95"));
        assert_eq!(summary.p99, None);
        assert_eq!(
            summary.withheld["p99"],
            "20 prompts cannot bear p99; it needs 100"
        );
        let p95 = summary.intervals["p95"].clone().unwrap();
        assert_eq!((p95.high, p95.prompts, p95.n), (None, 20, 100));
        let why = &summary.withheld["upper limit of p95"];
        assert_eq!(why, "not estimable with 20 prompts; it needs 76 or more");
        assert!(summary.effective_n.unwrap() < 20.1);
        assert!(summary.within_stddev < summary.between_stddev);
    }
}
