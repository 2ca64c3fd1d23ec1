//! Means and ratios of blocks in time.

use serde::{Deserialize, Serialize};

use super::t::t_975;

/// A value of blocks with its interval at [`LEVEL`](crate::LEVEL).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct BlockEstimate {
    /// The value.
    pub value: f64,
    /// Lower limit.
    pub low: f64,
    /// Upper limit.
    pub high: f64,
}

/// The mean of a value of each block, `x̄ ± t(0.975, m-1) · s/√m`; `None` with fewer than
/// two blocks.
///
/// ```
/// use bench_stats::mean_of_blocks;
/// let found = mean_of_blocks(&[1.0, 3.0]).unwrap();
/// // s = √2, so s/√m = 1, and t = 12.706205 with 1 degree of freedom.
/// assert_eq!(found.value, 2.0);
/// assert!((found.high - 14.706205).abs() < 1e-9 && (found.low + 10.706205).abs() < 1e-9);
/// ```
#[must_use]
pub fn mean_of_blocks(values: &[f64]) -> Option<BlockEstimate> {
    let m = values.len();
    if m < 2 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / m as f64;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let half = t_975(m - 1) * (squares / (m * (m - 1)) as f64).sqrt();
    Some(BlockEstimate {
        value: mean,
        low: mean - half,
        high: mean + half,
    })
}

/// A ratio of two sums in the later half of the blocks, as a multiple of that in the earlier
/// half; the middle one of an odd number is in neither.
///
/// Of each half, `R = Σxᵢ/Σnᵢ` with the ratio estimator's variance
/// `v = m/(m-1) · Σ(xᵢ - R·nᵢ)²/(Σnᵢ)²` (Cochran, §6.4); the logarithm of the quotient has
/// the variance `v₁/R₁² + v₂/R₂²` (delta method), and an interval of Student's t with the
/// degrees of freedom of both halves. Blocks without an `n` are none. `None` where a half has
/// fewer than two blocks or no sum.
///
/// ```
/// use bench_stats::late_to_early;
/// let found = late_to_early(&[(10.0, 1.0), (10.0, 1.0), (12.0, 1.0), (12.0, 1.0)]).unwrap();
/// assert!((found.value - 1.2).abs() < 1e-12 && (found.high - 1.2).abs() < 1e-12);
/// assert_eq!(late_to_early(&[(10.0, 1.0), (12.0, 1.0)]), None);
/// ```
#[must_use]
pub fn late_to_early(blocks: &[(f64, f64)]) -> Option<BlockEstimate> {
    let half = blocks.len() / 2;
    let early = HalfRatio::of(&blocks[..half])?;
    let late = HalfRatio::of(&blocks[blocks.len() - half..])?;
    let quotient = (late.ratio / early.ratio).ln();
    let spread = (early.relative_variance + late.relative_variance).sqrt();
    let reach = t_975(early.blocks + late.blocks - 2) * spread;
    Some(BlockEstimate {
        value: quotient.exp(),
        low: (quotient - reach).exp(),
        high: (quotient + reach).exp(),
    })
}

/// A ratio of sums over half of a window.
struct HalfRatio {
    ratio: f64,
    relative_variance: f64,
    blocks: usize,
}

impl HalfRatio {
    fn of(blocks: &[(f64, f64)]) -> Option<Self> {
        let counted = || blocks.iter().filter(|(_, n)| *n > 0.0);
        let m = counted().count();
        let n: f64 = counted().map(|(_, n)| n).sum();
        let sum: f64 = counted().map(|(x, _)| x).sum();
        if m < 2 || sum <= 0.0 {
            return None;
        }
        let ratio = sum / n;
        let squares: f64 = counted().map(|(x, n)| (x - ratio * n).powi(2)).sum();
        let m_blocks = m as f64;
        let variance = m_blocks / (m_blocks - 1.0) * squares / (n * n);
        Some(Self {
            ratio,
            relative_variance: variance / (ratio * ratio),
            blocks: m,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SplitMix64;

    #[test]
    fn a_change_within_the_noise_has_one_inside_its_interval() {
        let mut random = SplitMix64::new(3);
        let runs = 2_000;
        let hits = (0..runs)
            .filter(|_| {
                let blocks: Vec<(f64, f64)> = (0..10)
                    .map(|_| {
                        let n = 10 + random.below(20);
                        let sum: f64 = (0..n).map(|_| -(1.0 - random.unit()).ln()).sum();
                        (sum, n as f64)
                    })
                    .collect();
                let found = late_to_early(&blocks).unwrap();
                (found.low..=found.high).contains(&1.0)
            })
            .count();
        let coverage = hits as f64 / f64::from(runs);
        assert!((0.93..=0.97).contains(&coverage), "{coverage}");
    }

    #[test]
    fn a_change_beyond_the_noise_has_not() {
        let blocks: Vec<(f64, f64)> = (0..10)
            .map(|place| (f64::from(100 + 10 * place), 10.0))
            .collect();
        let found = late_to_early(&blocks).unwrap();
        assert!(found.low > 1.15 && found.high < 1.75, "{found:?}");
    }

    #[test]
    fn blocks_without_calls_are_left_out() {
        let blocks = [
            (0.0, 0.0),
            (1.0, 1.0),
            (1.0, 1.0),
            (2.0, 1.0),
            (0.0, 0.0),
            (2.0, 1.0),
        ];
        let found = late_to_early(&blocks).unwrap();
        assert!((found.value - 2.0).abs() < 1e-12, "{found:?}");
        assert_eq!(late_to_early(&[(0.0, 0.0); 10]), None);
    }
}
