//! Is this run slower than the runs before it?
//!
//! Runs drift from day to day, so the run is the unit of replication: a new one
//! is compared with the spread of its predecessors.

use super::{
    Moments,
    student_t::{t_quantile, t_two_sided},
};

/// Runs before there is a verdict.
pub const MIN_HISTORY: usize = 5;

/// A run against the runs before it, on log indices.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// Runs before it.
    pub runs: u64,
    /// Mean of their log indices.
    pub mean: f64,
    /// Their standard deviation.
    pub sd: f64,
    /// Critical value of Student's t.
    pub t_critical: f64,
    /// Lower limit of where the next run is expected.
    pub low: f64,
    /// Upper limit.
    pub high: f64,
    /// The run as a ratio to the mean of those before it.
    pub ratio: f64,
    /// How far it is from the mean, in standard deviations of a prediction.
    pub t: f64,
    /// Two-sided p of that.
    pub p: f64,
    /// Whether it lies outside of the limits.
    pub outside: bool,
}

/// The prediction interval of one more run: `ȳ ± t(1-α/2, K-1) · s · sqrt(1 + 1/K)`.
/// `None` with fewer than two runs before it.
///
/// ```
/// use bench_stats::predict;
/// let prediction = predict(&[0.01, -0.01, 0.02, -0.02, 0.0], 0.5, 0.01).unwrap();
/// assert!(prediction.outside && prediction.mean.abs() < 1e-12);
/// assert!(predict(&[0.0], 0.5, 0.01).is_none());
/// ```
#[must_use]
pub fn predict(history: &[f64], new: f64, alpha: f64) -> Option<Prediction> {
    let moments = Moments::of(history);
    let runs = moments.n as f64;
    let sd = moments.standard_deviation()?;
    let spread = sd * (1.0 + 1.0 / runs).sqrt();
    let t_critical = t_quantile(1.0 - alpha / 2.0, runs - 1.0)?;
    let (low, high) = (
        moments.mean - t_critical * spread,
        moments.mean + t_critical * spread,
    );
    let away = new - moments.mean;
    let t = if away == 0.0 { 0.0 } else { away / spread };
    Some(Prediction {
        runs: moments.n,
        mean: moments.mean,
        sd,
        t_critical,
        low,
        high,
        ratio: away.exp(),
        t,
        p: t_two_sided(t, runs - 1.0)?,
        outside: new < low || new > high,
    })
}
