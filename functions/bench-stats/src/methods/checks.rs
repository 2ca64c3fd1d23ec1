//! Invariants of the figures of every group.

use serde::{Deserialize, Serialize};

/// The figures of one group, before any is withheld.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    /// Least, p50, p90, p95, p99 and greatest value.
    pub ordered: [f64; 6],
    /// Arithmetic mean.
    pub mean: f64,
    /// Geometric mean.
    pub geometric_mean: f64,
    /// `Σ(x - mean)²`, from all values together.
    pub squares: f64,
    /// `SSB + SSW`, from the values by prompt.
    pub parts: f64,
    /// How many values.
    pub n: u64,
}

/// An invariant of the figures of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Invariant {
    /// min ≤ p50 ≤ p90 ≤ p95 ≤ p99 ≤ max.
    PercentilesInOrder,
    /// min ≤ mean ≤ max.
    MeanWithinRange,
    /// |mean - p50| ≤ σ.
    MeanNearMedian,
    /// σ² ≤ (max - mean)(mean - min).
    DeviationWithinRange,
    /// Geometric mean ≤ mean.
    GeometricMeanBelowMean,
    /// SSB + SSW = SST.
    SquaresAddUp,
}

/// The invariants that the figures break; none unless the software is wrong.
///
/// min ≤ p50 ≤ p90 ≤ p95 ≤ p99 ≤ max; min ≤ mean ≤ max; |mean - p50| ≤ σ;
/// σ² ≤ (max - mean)(mean - min) (Bhatia and Davis, *American Mathematical
/// Monthly* 107, 2000); geometric mean ≤ mean; SSB + SSW = SST. σ is of the
/// population. A thousandth is allowed for, the resolution of a histogram.
///
/// ```
/// use bench_stats::{Figures, inconsistencies};
/// let mut figures = Figures {
///     ordered: [1.0, 2.0, 3.0, 3.0, 3.0, 3.0],
///     mean: 2.0,
///     geometric_mean: 6_f64.cbrt(),
///     squares: 2.0,
///     parts: 2.0,
///     n: 3,
/// };
/// assert!(inconsistencies(&figures).is_empty());
/// figures.mean = 3.5;
/// assert_eq!(inconsistencies(&figures).len(), 3);
/// ```
#[must_use]
pub fn inconsistencies(figures: &Figures) -> Vec<Invariant> {
    let [min, p50, .., max] = figures.ordered;
    let mean = figures.mean;
    let variance = figures.squares / figures.n as f64;
    let slack = 1e-3 * max.abs();
    let square_slack = 1e-6 * max * max;
    let laws = [
        (
            figures
                .ordered
                .is_sorted_by(|a, b| *a <= *b + 1e-9 * b.abs()),
            Invariant::PercentilesInOrder,
        ),
        (
            min <= mean + slack * 1e-6 && mean <= max + slack * 1e-6,
            Invariant::MeanWithinRange,
        ),
        (
            (mean - p50).abs() <= variance.sqrt() + slack,
            Invariant::MeanNearMedian,
        ),
        (
            variance <= (max - mean) * (mean - min) + square_slack,
            Invariant::DeviationWithinRange,
        ),
        (
            figures.geometric_mean <= mean * (1.0 + 1e-9),
            Invariant::GeometricMeanBelowMean,
        ),
        (
            (figures.parts - figures.squares).abs()
                <= 1e-6 * figures.squares + 1e-12 * max * max * figures.n as f64,
            Invariant::SquaresAddUp,
        ),
    ];
    laws.into_iter()
        .filter(|(holds, _)| !holds)
        .map(|(_, broken)| broken)
        .collect()
}
