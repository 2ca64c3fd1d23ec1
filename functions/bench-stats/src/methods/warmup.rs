//! The test of whether the warm-up was long enough.

use super::{Moments, intervals::UPPER, student_t::t_quantile};

/// The least relative change that is reported.
pub const MIN_CHANGE: f64 = 0.02;

/// Early repetitions compared with later ones, as the ratio early ÷ late.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EarlyAgainstLate {
    /// Prompts that have both.
    pub prompts: u64,
    /// `exp` of the mean over prompts of `ln early - mean ln late`.
    pub ratio: f64,
    /// Its 95 % interval, prompts a sample.
    pub interval: (f64, f64),
    /// Whether the early ones are slower: the interval lies above 1 and the
    /// ratio above 1.02.
    pub slower: bool,
}

/// Tests log differences, one a prompt: `uᵢ = ln xᵢ₁ - mean ln xᵢⱼ, j ≥ 2`, by
/// Student's t over prompts. `None` with fewer than two prompts.
///
/// ```
/// use bench_stats::early_against_late;
/// let warm = early_against_late(&[0.05, 0.06, 0.05, 0.06]).unwrap();
/// assert!(warm.slower && (warm.ratio - 0.055_f64.exp()).abs() < 1e-12);
/// assert!(!early_against_late(&[0.05, -0.05]).unwrap().slower);
/// ```
#[must_use]
pub fn early_against_late(differences: &[f64]) -> Option<EarlyAgainstLate> {
    let moments = Moments::of(differences);
    let n = moments.n as f64;
    let half = t_quantile(UPPER, n - 1.0)? * moments.standard_deviation()? / n.sqrt();
    let (low, high) = ((moments.mean - half).exp(), (moments.mean + half).exp());
    let ratio = moments.mean.exp();
    Some(EarlyAgainstLate {
        prompts: moments.n,
        ratio,
        interval: (low, high),
        slower: low > 1.0 && ratio > 1.0 + MIN_CHANGE,
    })
}
