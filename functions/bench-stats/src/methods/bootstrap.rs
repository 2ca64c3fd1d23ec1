//! Resampling.

use super::quantile;
use crate::SplitMix64;

/// The statistic of `replicates` resamples of whole groups: prompts are drawn
/// with replacement and keep their repetitions (Field and Welsh, *JRSS B* 69,
/// 2007). For any statistic that has no interval of its own.
///
/// ```
/// use bench_stats::resample_prompts;
/// let groups = [vec![1.0], vec![3.0]];
/// let sums = resample_prompts(&groups, 100, 42, |values| values.iter().sum());
/// assert!(sums.iter().all(|sum| [2.0, 4.0, 6.0].contains(sum)));
/// ```
pub fn resample_prompts(
    groups: &[Vec<f64>],
    replicates: usize,
    seed: u64,
    statistic: impl Fn(&mut Vec<f64>) -> f64,
) -> Vec<f64> {
    let mut random = SplitMix64::new(seed);
    let mut drawn = Vec::new();
    (0..replicates)
        .map(|_| {
            drawn.clear();
            for _ in groups {
                drawn.extend_from_slice(&groups[random.below(groups.len())]);
            }
            statistic(&mut drawn)
        })
        .collect()
}

/// The statistic of `replicates` resamples of repetitions inside each prompt:
/// for this very set of prompts. With R repetitions too narrow by about
/// `sqrt((R - 1)/R)`.
pub fn resample_repetitions(
    groups: &[Vec<f64>],
    replicates: usize,
    seed: u64,
    statistic: impl Fn(&mut Vec<f64>) -> f64,
) -> Vec<f64> {
    let mut random = SplitMix64::new(seed);
    let mut drawn = Vec::new();
    (0..replicates)
        .map(|_| {
            drawn.clear();
            for group in groups {
                drawn.extend(group.iter().map(|_| group[random.below(group.len())]));
            }
            statistic(&mut drawn)
        })
        .collect()
}

/// The 95 % limits of replicates: their percentiles 2.5 and 97.5, type 7. `None`
/// without replicates.
///
/// ```
/// use bench_stats::percentile_limits;
/// let replicates: Vec<f64> = (0..=1_000).map(f64::from).collect();
/// assert_eq!(percentile_limits(&replicates), Some((25.0, 975.0)));
/// ```
#[must_use]
pub fn percentile_limits(replicates: &[f64]) -> Option<(f64, f64)> {
    let mut sorted = replicates.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |p| quantile(sorted.as_slice(), p);
    Some((at(0.025)?, at(0.975)?))
}
