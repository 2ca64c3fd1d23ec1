//! Resampling with a generator whose stream is fixed for ever.

use super::quantile;

/// `SplitMix64` (Steele, Lea and Flood, OOPSLA 2014): ten lines that give the
/// same numbers in every version and language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// A generator that begins at this seed.
    ///
    /// ```
    /// use bench_stats::SplitMix64;
    /// assert_eq!(SplitMix64::new(1234567).next_u64(), 6457827717110365317);
    /// ```
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A whole number below `n`: `(u64 · n) >> 64`. 0 when `n` is 0.
    ///
    /// ```
    /// use bench_stats::SplitMix64;
    /// let mut random = SplitMix64::new(42);
    /// let drawn: Vec<usize> = (0..4).map(|_| random.below(20)).collect();
    /// assert_eq!(drawn, [14, 3, 5, 6]);
    /// ```
    pub fn below(&mut self, n: usize) -> usize {
        let scaled = (u128::from(self.next_u64()) * n as u128) >> 64;
        usize::try_from(scaled).unwrap_or(0)
    }

    /// Shuffles in place, Fisher and Yates from the top.
    ///
    /// ```
    /// use bench_stats::SplitMix64;
    /// let mut order: Vec<usize> = (0..10).collect();
    /// SplitMix64::new(7).shuffle(&mut order);
    /// assert_eq!(order, [9, 5, 8, 6, 1, 2, 4, 7, 0, 3]);
    /// ```
    pub fn shuffle<T>(&mut self, values: &mut [T]) {
        for i in (1..values.len()).rev() {
            let j = self.below(i + 1);
            values.swap(i, j);
        }
    }
}

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
