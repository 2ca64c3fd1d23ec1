//! Confidence intervals of means, percentiles and shares.
//!
//! Two questions have two intervals. "Prompts like these": prompts are a sample,
//! and how many there are decides. "This prompt set": prompts are fixed, and only
//! the noise of repetitions counts. Calls are never taken for independent.

use super::{Decomposition, Moments, Ranked, percentile_of, quantile, student_t::t_quantile};

/// `z` of a two-sided interval at [`LEVEL`](crate::LEVEL).
pub const Z: f64 = 1.959_963_984_540_054;

/// The share below the upper limit of a two-sided interval at [`LEVEL`](crate::LEVEL).
pub(super) const UPPER: f64 = 0.975;

/// An interval of a mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanInterval {
    /// Standard error, in the unit of the values.
    pub se: f64,
    /// Degrees of freedom.
    pub df: f64,
    /// Critical value of Student's t.
    pub t: f64,
    /// Lower limit.
    pub low: f64,
    /// Upper limit.
    pub high: f64,
}

impl MeanInterval {
    fn around(mean: f64, se: f64, df: f64) -> Option<Self> {
        let t = t_quantile(UPPER, df)?;
        Some(Self {
            se,
            df,
            t,
            low: mean - t * se,
            high: mean + t * se,
        })
    }
}

/// The mean, prompts taken as a sample of prompts like these: cluster-robust
/// standard error with Student's t (Miller, arXiv 2411.00640, argues the same
/// for evaluations).
///
/// `se² = N/(N-1) · Σ[nᵢ(x̄ᵢ - x̄)]² / n²`, `x̄ ± t(0.975, N-1) · se`. `None` with
/// fewer than two prompts.
///
/// ```
/// use bench_stats::{Moments, mean_of_prompts_like_these};
/// let groups = [Moments::of(&[1.0, 2.0, 3.0]), Moments::of(&[4.0, 5.0, 6.0])];
/// let interval = mean_of_prompts_like_these(&groups).unwrap();
/// // 2/1 · ((3·-1.5)² + (3·1.5)²) / 6² = 2.25
/// assert_eq!((interval.se, interval.df), (1.5, 1.0));
/// ```
#[must_use]
pub fn mean_of_prompts_like_these(groups: &[Moments]) -> Option<MeanInterval> {
    let parts = Decomposition::of(groups)?;
    let freedom = parts.prompts.checked_sub(1).filter(|df| *df > 0)? as f64;
    let squares: f64 = groups
        .iter()
        .map(|group| (group.n as f64 * (group.mean - parts.mean)).powi(2))
        .sum();
    let n = parts.n as f64;
    let se = (parts.prompts as f64 / freedom * squares / (n * n)).sqrt();
    MeanInterval::around(parts.mean, se, freedom)
}

/// The mean over this very set of prompts: `x̄ ± t(0.975, n-N) · sqrt(MSW/n)`.
/// `None` when no prompt has two values.
///
/// ```
/// use bench_stats::{Moments, mean_of_these_prompts};
/// let groups = [Moments::of(&[1.0, 2.0, 3.0]), Moments::of(&[4.0, 5.0, 6.0])];
/// let interval = mean_of_these_prompts(&groups).unwrap();
/// assert!((interval.se - (1.0_f64 / 6.0).sqrt()).abs() < 1e-12 && interval.df == 4.0);
/// ```
#[must_use]
pub fn mean_of_these_prompts(groups: &[Moments]) -> Option<MeanInterval> {
    let parts = Decomposition::of(groups)?;
    let se = (parts.within_mean_square? / parts.n as f64).sqrt();
    MeanInterval::around(parts.mean, se, (parts.n - parts.prompts) as f64)
}

/// An interval of a percentile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PercentileInterval {
    /// The percentile itself, type 7.
    pub estimate: f64,
    /// Cluster-robust standard error of the share of values at or below it.
    pub se_cluster: f64,
    /// `sqrt(p(1-p)/N)`: what independent prompts alone would leave.
    pub se_floor: f64,
    /// Half the interval's width as a share.
    pub half_width: f64,
    /// Lower limit.
    pub low: f64,
    /// Upper limit; `None` when so few prompts cannot give one.
    pub high: Option<f64>,
}

/// How many values a prompt has, and how many of them are at or below a percentile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AtOrBelow {
    /// Values of the prompt.
    pub n: u64,
    /// Those at or below the percentile.
    pub below: f64,
}

/// A percentile, prompts taken as a sample: Woodruff's inversion (*JASA* 47,
/// 1952) of a cluster-robust interval of the share at or below it, with a floor.
///
/// `φᵢ` = share of prompt i's values at or below `Q(p)`, `p̄ = Σnᵢφᵢ/n`,
/// `se² = N/(N-1) · Σ[nᵢ(φᵢ - p̄)]²/n²`, `se = max(se, sqrt(p(1-p)/N))`,
/// `h = t(0.975, N-1) · se`; limits `Q(max(p-h, 0))` and `Q(p+h)`. There is no
/// upper limit when `p + h ≥ 1`, and `None` with fewer than two prompts.
///
/// ```
/// use bench_stats::{AtOrBelow, percentile_of_prompts_like_these};
/// let sorted: Vec<f64> = (1..=100).map(f64::from).collect();
/// let half = |_: f64| vec![AtOrBelow { n: 10, below: 5.0 }; 10];
/// let interval = percentile_of_prompts_like_these(sorted.as_slice(), 500, half).unwrap();
/// // Every prompt has the same share, so the floor decides: sqrt(0.25 / 10).
/// assert_eq!((interval.se_cluster, interval.se_floor), (0.0, 0.025_f64.sqrt()));
/// ```
pub fn percentile_of_prompts_like_these<R: Ranked + ?Sized>(
    values: &R,
    per_mille: u32,
    shares: impl Fn(f64) -> Vec<AtOrBelow>,
) -> Option<PercentileInterval> {
    woodruff(values, per_mille, shares, |groups, _| groups)
}

/// A percentile of calls under load, blocks of time taken as groups of calls that are alike:
/// [`percentile_of_prompts_like_these`] with the floor `sqrt(p(1-p)/n)` of n calls, since
/// calls of one block differ as much as those of two.
///
/// ```
/// use bench_stats::{AtOrBelow, percentile_in_blocks};
/// let sorted: Vec<f64> = (1..=100).map(f64::from).collect();
/// let half = |_: f64| vec![AtOrBelow { n: 10, below: 5.0 }; 10];
/// let interval = percentile_in_blocks(sorted.as_slice(), 500, half).unwrap();
/// assert_eq!((interval.se_cluster, interval.se_floor), (0.0, 0.05));
/// ```
pub fn percentile_in_blocks<R: Ranked + ?Sized>(
    values: &R,
    per_mille: u32,
    shares: impl Fn(f64) -> Vec<AtOrBelow>,
) -> Option<PercentileInterval> {
    woodruff(values, per_mille, shares, |_, calls| calls)
}

/// `independent` chooses what a floor takes for independent: groups or calls.
fn woodruff<R: Ranked + ?Sized>(
    values: &R,
    per_mille: u32,
    shares: impl Fn(f64) -> Vec<AtOrBelow>,
    independent: impl Fn(f64, f64) -> f64,
) -> Option<PercentileInterval> {
    let estimate = percentile_of(values, per_mille)?;
    let p = f64::from(per_mille) / 1_000.0;
    let shares = shares(estimate);
    let groups = shares.iter().filter(|share| share.n > 0).count() as f64;
    if groups < 2.0 {
        return None;
    }
    let n: f64 = shares.iter().map(|share| share.n as f64).sum();
    let mean = shares.iter().map(|share| share.below).sum::<f64>() / n;
    let squares: f64 = shares
        .iter()
        .map(|share| (share.below - share.n as f64 * mean).powi(2))
        .sum();
    let se_cluster = (groups / (groups - 1.0) * squares / (n * n)).sqrt();
    let se_floor = (p * (1.0 - p) / independent(groups, n)).sqrt();
    let half_width = t_quantile(UPPER, groups - 1.0)? * se_cluster.max(se_floor);
    Some(PercentileInterval {
        estimate,
        se_cluster,
        se_floor,
        half_width,
        low: quantile(values, (p - half_width).max(0.0))?,
        high: (p + half_width < 1.0)
            .then(|| quantile(values, p + half_width))
            .flatten(),
    })
}

/// The fewest prompts with which a percentile can have an upper limit at all,
/// from the floor of its standard error alone.
///
/// ```
/// use bench_stats::prompts_for_upper_limit;
/// assert_eq!([900, 950, 990].map(prompts_for_upper_limit), [38, 76, 383]);
/// ```
#[must_use]
pub fn prompts_for_upper_limit(per_mille: u32) -> u64 {
    let p = f64::from(per_mille.min(999)) / 1_000.0;
    let reaches = |prompts: u64| {
        let t = t_quantile(UPPER, (prompts - 1) as f64).unwrap_or(f64::INFINITY);
        p + t * (p * (1.0 - p) / prompts as f64).sqrt() < 1.0
    };
    (2..=u64::from(u32::MAX))
        .find(|prompts| reaches(*prompts))
        .unwrap_or(u64::MAX)
}

/// The interval of a share after Wilson (*JASA* 22, 1927), which stays within
/// 0 and 1 and has a width even where all or none of the calls succeeded.
/// `None` without trials.
///
/// `(k + z²/2 ± z·sqrt(k(n-k)/n + z²/4)) / (n + z²)`
///
/// ```
/// use bench_stats::wilson;
/// let (low, high) = wilson(100, 100).unwrap();
/// assert!((low - 0.963).abs() < 1e-4 && high == 1.0);
/// assert_eq!(wilson(0, 0), None);
/// ```
#[must_use]
pub fn wilson(successes: u64, trials: u64) -> Option<(f64, f64)> {
    wilson_at(Z, successes, trials)
}

/// [`wilson`] at another level, given by its `z`.
#[must_use]
pub fn wilson_at(z: f64, successes: u64, trials: u64) -> Option<(f64, f64)> {
    if trials == 0 || successes > trials {
        return None;
    }
    let (k, n) = (successes as f64, trials as f64);
    let middle = k + z * z / 2.0;
    let half = z * (k * (n - k) / n + z * z / 4.0).sqrt();
    let low = if successes == 0 {
        0.0
    } else {
        (middle - half) / (n + z * z)
    };
    let high = if successes == trials {
        1.0
    } else {
        (middle + half) / (n + z * z)
    };
    Some((low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_prompt_says_nothing_of_prompts_like_it() {
        let one = [Moments::of(&[1.0, 2.0])];
        assert_eq!(mean_of_prompts_like_these(&one), None);
        assert!(mean_of_these_prompts(&one).is_some());
        let alone = |_: f64| vec![AtOrBelow { n: 2, below: 1.0 }];
        let sorted = [1.0, 2.0];
        assert_eq!(
            percentile_of_prompts_like_these(sorted.as_slice(), 500, alone),
            None
        );
    }

    #[test]
    fn shares_stay_within_zero_and_one() {
        for trials in 1..40 {
            for successes in 0..=trials {
                let (low, high) = wilson(successes, trials).unwrap();
                let share = successes as f64 / trials as f64;
                assert!(0.0 <= low && low <= share && share <= high && high <= 1.0);
            }
        }
    }
}
