//! The type of a target's metric.

use crate::model::{Share, TargetReport};
use bench_stats::{Figure, Statistic, Summary};

/// One metric of a target.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Its name in `summary.csv` and on the dashboard, less statistic and unit.
    pub key: &'static str,
    /// Its name where people read it.
    pub label: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// Which values are better.
    pub better: Better,
    /// Its definition, in a sentence.
    pub definition: &'static str,
    /// How it is read from a summary.
    pub source: Source,
    /// Where it is shown besides `summary.csv`.
    pub(super) shown_in: ShownIn,
}

/// The unit of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Milliseconds.
    Ms,
    /// A share of 1.
    Share,
    /// A mean of counts.
    Count,
    /// So many a second.
    PerSecond,
    /// A number without a unit.
    Number,
}

/// Which values of a metric are better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// Low ones.
    Lower,
    /// High ones.
    Higher,
    /// It is not for better or worse.
    Neither,
}

/// How a metric is read from a target's report. How many prompts a figure takes
/// is said by its [`Statistic`].
#[derive(Debug, Clone, Copy)]
pub enum Source {
    /// Statistics of a duration.
    Summary(fn(&TargetReport) -> &Summary, &'static [Statistic]),
    /// One figure.
    Figure(fn(&TargetReport) -> &Figure),
    /// A share with its interval; `None` where it was not asked for.
    Share(fn(&TargetReport) -> Option<&Share>),
    /// A part of a figure.
    Part(fn(&TargetReport) -> Option<f64>),
}

/// Where a metric is shown besides `summary.csv`; of a summary, which statistics.
#[derive(Debug, Clone, Copy)]
pub(super) struct ShownIn {
    /// On the page, among tokens and throughput.
    pub(super) tokens: &'static [Statistic],
    /// On the dashboard of the stack.
    pub(super) dashboard: &'static [Statistic],
}

/// A place where metrics are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    /// `summary.csv`.
    Csv,
    /// The page's table of tokens and throughput.
    Tokens,
    /// The stack's dashboard.
    Dashboard,
}
