//! The figures of one group of durations, as they are published.
//!
//! A figure that the data cannot support is `None`, and [`Summary::withheld`]
//! says why: unknown is never 0.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Decomposition, Moments, Ordered, Support, cv_within,
    intervals::{
        LEVEL, MeanInterval, mean_of_prompts_like_these, mean_of_these_prompts,
        percentile_of_prompts_like_these, prompts_for_upper_limit,
    },
    support::{counted, support, support_within},
};

/// The percentiles that are published, as per mille, with their names.
pub const PERCENTILES: [(&str, u32); 4] = [("p50", 500), ("p90", 900), ("p95", 950), ("p99", 990)];

/// The figures of one group of durations, in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
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
    /// The same percentiles as values that were seen, nearest rank, for comparing
    /// with tools that do not interpolate; `null` for the reason of the percentile.
    pub nearest_rank: BTreeMap<String, Option<f64>>,
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
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

impl Summary {
    pub(super) fn empty(method: &str) -> Self {
        Self {
            n: 0,
            prompts: 0,
            mean: None,
            p50: None,
            p90: None,
            p95: None,
            p99: None,
            nearest_rank: BTreeMap::new(),
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

    pub(super) fn withhold_all(&mut self, reason: &str) {
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
        for (figure, _) in PERCENTILES {
            self.nearest_rank.insert(figure.to_owned(), None);
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

    pub(super) fn spread(&mut self, parts: &Decomposition, logs: &[Moments]) {
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

    pub(super) fn mean_intervals(&mut self, groups: &[Moments]) {
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

    pub(super) fn percentile_interval(
        &mut self,
        name: &str,
        per_mille: u32,
        steps: f64,
        ordered: &Ordered,
    ) {
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

    pub(super) fn withhold_unsupported(&mut self) {
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
                    if let Some(nearest) = self.nearest_rank.get_mut(figure) {
                        *nearest = None;
                    }
                    self.withhold(figure, reason);
                }
            }
        }
    }
}
