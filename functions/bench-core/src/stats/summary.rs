//! The figures of one group of durations, as they are published.
//!
//! A figure that the data cannot support is `None`, and [`Summary::withheld`]
//! says why: unknown is never 0.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Decomposition, Distribution, ExactMoments, Figures, Moments, Ordered, Support, cv_within,
    inconsistencies,
    intervals::{
        LEVEL, MeanInterval, mean_of_prompts_like_these, mean_of_these_prompts,
        percentile_of_prompts_like_these, prompts_for_upper_limit,
    },
    percentile_of,
    support::{counted, support, support_within},
};

/// The percentiles that are published, as per mille, with their names.
pub const PERCENTILES: [(&str, u32); 4] = [("p50", 500), ("p90", 900), ("p95", 950), ("p99", 990)];

/// The figures of one group of durations, in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// How many values.
    pub n: u64,
    /// From how many prompts.
    pub prompts: u64,
    /// Arithmetic mean of all values.
    pub mean: Option<f64>,
    /// Median of all values, type 7.
    pub p50: Option<f64>,
    /// 90th percentile of all values, type 7.
    pub p90: Option<f64>,
    /// 95th percentile of all values, type 7.
    pub p95: Option<f64>,
    /// 99th percentile of all values, type 7.
    pub p99: Option<f64>,
    /// Least.
    pub min: Option<f64>,
    /// Greatest.
    pub max: Option<f64>,
    /// Sample standard deviation of all values together, n - 1: it mixes the
    /// length of answers with the jitter of the service.
    pub stddev: Option<f64>,
    /// Geometric mean of all values.
    pub geometric_mean: Option<f64>,
    /// Pooled standard deviation of one prompt's repetitions: jitter.
    pub within_stddev: Option<f64>,
    /// Standard deviation of the prompts' own means: length, mostly.
    pub between_stddev: Option<f64>,
    /// Share of the variance that prompts explain, ICC(1).
    pub icc: Option<f64>,
    /// How many independent calls these are worth.
    pub effective_n: Option<f64>,
    /// Pooled within-prompt coefficient of variation, from logarithms.
    pub within_cv: Option<f64>,
    /// `type7` of all values, or `type7_hdr3` of a histogram of three figures.
    pub quantile_method: String,
    /// 95 % intervals by figure: `mean` and the percentiles for prompts like
    /// these, `mean_of_these_prompts` for this very set. `null` has its reason
    /// under `interval of …` in `withheld`.
    pub intervals: BTreeMap<String, Option<Interval>>,
    /// Every figure that is `None`, with the reason.
    pub withheld: BTreeMap<String, String>,
    /// What to bear in mind about figures that are there.
    pub notes: BTreeMap<String, String>,
}

/// A confidence interval with what it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower limit.
    pub low: f64,
    /// Upper limit; `None` when so few prompts cannot give one.
    pub high: Option<f64>,
    /// Confidence, 0.95.
    pub level: f64,
    /// How it was made.
    pub method: String,
    /// Values it rests on.
    pub n: u64,
    /// Prompts they came from.
    pub prompts: u64,
}

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
    pub inconsistencies: Vec<String>,
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
    /// use bench_core::stats::{Group, fixed_log};
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

impl Summary {
    fn empty(method: &str) -> Self {
        Self {
            n: 0,
            prompts: 0,
            mean: None,
            p50: None,
            p90: None,
            p95: None,
            p99: None,
            min: None,
            max: None,
            stddev: None,
            geometric_mean: None,
            within_stddev: None,
            between_stddev: None,
            icc: None,
            effective_n: None,
            within_cv: None,
            quantile_method: method.to_owned(),
            intervals: BTreeMap::new(),
            withheld: BTreeMap::new(),
            notes: BTreeMap::new(),
        }
    }

    fn withhold_all(&mut self, reason: &str) {
        let figures = [
            "mean",
            "p50",
            "p90",
            "p95",
            "p99",
            "min",
            "max",
            "stddev",
            "geometric_mean",
            "within_stddev",
            "between_stddev",
            "icc",
            "effective_n",
            "within_cv",
        ];
        for figure in figures {
            self.withhold(figure, reason.to_owned());
        }
        for figure in ["mean", "mean_of_these_prompts", "p50", "p90", "p95", "p99"] {
            self.no_interval(figure, reason.to_owned());
        }
    }

    fn withhold(&mut self, figure: &str, reason: String) {
        self.withheld.insert(figure.to_owned(), reason);
    }

    fn no_interval(&mut self, figure: &str, reason: String) {
        self.intervals.insert(figure.to_owned(), None);
        self.withhold(&format!("interval of {figure}"), reason);
    }

    fn spread(&mut self, parts: &Decomposition, logs: &[Moments]) {
        self.within_stddev = parts.within_deviation();
        self.between_stddev = parts.between_deviation();
        self.icc = parts.icc();
        self.effective_n = parts.effective_n();
        self.within_cv = cv_within(logs);
        if self.stddev.is_none() {
            self.withhold("stddev", "one value does not spread".to_owned());
        }
        let figures = [
            "within_stddev",
            "within_cv",
            "between_stddev",
            "icc",
            "effective_n",
        ];
        match support_within(parts.n, parts.prompts) {
            Support::Withheld(reason) => {
                for figure in figures {
                    self.withhold(figure, reason.clone());
                }
                return;
            }
            Support::LowN(remark) => {
                for figure in ["within_stddev", "within_cv"] {
                    self.notes.insert(figure.to_owned(), remark.clone());
                }
            }
            Support::Plain => {}
        }
        let why = if parts.prompts < 2 {
            "one prompt has nothing to differ from"
        } else {
            "the values do not vary"
        };
        let missing = [
            ("between_stddev", self.between_stddev),
            ("icc", self.icc),
            ("effective_n", self.effective_n),
        ];
        for (figure, _) in missing.into_iter().filter(|(_, value)| value.is_none()) {
            self.withhold(figure, why.to_owned());
        }
    }

    fn mean_intervals(&mut self, groups: &[Moments]) {
        let of = |summary: &Self, interval: MeanInterval, method: &str| Interval {
            low: interval.low,
            high: Some(interval.high),
            level: LEVEL,
            method: method.to_owned(),
            n: summary.n,
            prompts: summary.prompts,
        };
        match mean_of_prompts_like_these(groups) {
            Some(interval) => {
                let interval = of(self, interval, "cluster-t over prompts");
                self.intervals.insert("mean".to_owned(), Some(interval));
            }
            None => self.no_interval("mean", "one prompt says nothing of others".to_owned()),
        }
        match mean_of_these_prompts(groups) {
            Some(interval) => {
                let interval = of(self, interval, "t over repetitions, prompts fixed");
                self.intervals
                    .insert("mean_of_these_prompts".to_owned(), Some(interval));
            }
            None => self.no_interval(
                "mean_of_these_prompts",
                "no prompt was answered twice".to_owned(),
            ),
        }
    }

    fn percentile_interval(&mut self, name: &str, per_mille: u32, steps: f64, ordered: &Ordered) {
        if let Support::Withheld(reason) = support(name, self.n, self.prompts) {
            return self.no_interval(name, reason);
        }
        let shares = |limit| ordered.at_or_below(limit);
        let Some(found) = percentile_of_prompts_like_these(ordered, per_mille, shares) else {
            return self.no_interval(name, "one prompt says nothing of others".to_owned());
        };
        if found.high.is_none() {
            let least = prompts_for_upper_limit(per_mille).max(self.prompts + 1);
            let asked = counted(self.prompts, "prompt");
            self.withhold(
                &format!("upper limit of {name}"),
                format!("not estimable with {asked}; it needs {least} or more"),
            );
        }
        let interval = Interval {
            low: found.low / steps,
            high: found.high.map(|high| high / steps),
            level: LEVEL,
            method: "Woodruff over prompts, with a floor".to_owned(),
            n: self.n,
            prompts: self.prompts,
        };
        self.intervals.insert(name.to_owned(), Some(interval));
    }

    fn withhold_unsupported(&mut self) {
        for figure in ["mean", "p50", "p90", "p95", "p99"] {
            match support(figure, self.n, self.prompts) {
                Support::Plain => {}
                Support::LowN(remark) => {
                    self.notes.insert(figure.to_owned(), remark);
                }
                Support::Withheld(reason) => {
                    match figure {
                        "mean" => self.mean = None,
                        "p50" => self.p50 = None,
                        "p90" => self.p90 = None,
                        "p95" => self.p95 = None,
                        _ => self.p99 = None,
                    }
                    self.withhold(figure, reason);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::fixed_log;

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
