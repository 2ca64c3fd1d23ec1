//! The share of calls that kept a limit, with an interval that allows for blocks.

use serde::{Deserialize, Serialize};

use super::t::t_975;

/// The calls of a block, and those of them that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BlockShare {
    /// Calls that count.
    pub kept: u64,
    /// All calls.
    pub n: u64,
}

/// A share with its interval at [`LEVEL`](crate::LEVEL).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ShareInterval {
    /// Calls that count, of all calls.
    pub share: f64,
    /// Lower limit.
    pub low: f64,
    /// Upper limit.
    pub high: f64,
    /// All calls.
    pub n: u64,
    /// Blocks that have calls.
    pub blocks: u64,
    /// How many times as uncertain it is as of independent calls; at least 1.
    pub design_effect: f64,
}

/// The share of all calls that count, with an interval that allows for calls of one block
/// being alike; `None` without calls.
///
/// With `m` blocks that have calls, `n` calls and the share `p`: the ratio estimator's
/// variance `v = m/(m-1) · Σ(kᵢ - p·nᵢ)² / n²` (Cochran, §6.4), the design effect
/// `d = max(v / (p(1-p)/n), 1)` (Kish, *Survey Sampling*, 1965, §8.2), and Wilson's
/// interval of `p` in `n/d` calls with Student's t of `m - 1` in place of `z`, as for
/// complex samples (Korn and Graubard, 1998; Franco et al., *J. Surv. Stat. Methodol.* 7,
/// 2019). The design effect is at least 1, since of ten blocks a smaller one is chance;
/// where all or no calls count it is not known, and 1. One block alone says nothing of
/// others: its interval is 0 to 1.
///
/// ```
/// use bench_stats::{BlockShare, share_of_blocks};
/// let block = |kept| BlockShare { kept, n: 10 };
/// let found = share_of_blocks(&[block(10), block(10), block(10), block(6)]).unwrap();
/// // p = 0.9; deviations 1, 1, 1, -3; v = 4/3 · 12 / 40² = 0.01; p(1-p)/n = 0.00225.
/// assert!((found.design_effect - 0.01 / 0.00225).abs() < 1e-12);
/// // n/d = 9 and t = 3.182446 with 3 degrees of freedom.
/// let (k, n, t2) = (8.1, 9.0, 3.182446_f64.powi(2));
/// let half = (t2 * (k * (n - k) / n + t2 / 4.0)).sqrt();
/// assert!((found.low - (k + t2 / 2.0 - half) / (n + t2)).abs() < 1e-9);
/// assert!((found.high - (k + t2 / 2.0 + half) / (n + t2)).abs() < 1e-9);
/// assert_eq!(share_of_blocks(&[]), None);
/// ```
#[must_use]
pub fn share_of_blocks(blocks: &[BlockShare]) -> Option<ShareInterval> {
    let with_calls = || blocks.iter().filter(|block| block.n > 0);
    let m = with_calls().count();
    let n: u64 = with_calls().map(|block| block.n).sum();
    let kept: u64 = with_calls().map(|block| block.kept.min(block.n)).sum();
    if m == 0 {
        return None;
    }
    let calls = n as f64;
    let p = kept as f64 / calls;
    let squares: f64 = with_calls()
        .map(|block| (block.kept as f64 - p * block.n as f64).powi(2))
        .sum();
    let between = m as f64 / (m.max(2) - 1) as f64 * squares / (calls * calls);
    let independent = p * (1.0 - p) / calls;
    let design_effect = if independent > 0.0 {
        (between / independent).max(1.0)
    } else {
        1.0
    };
    let (low, high) = wilson(p, calls / design_effect, t_975(m - 1));
    Some(ShareInterval {
        share: p,
        low,
        high,
        n,
        blocks: m as u64,
        design_effect,
    })
}

/// The fewest calls of so many blocks, all of which count, whose interval lies at or above
/// a share; `None` where no number of calls is enough.
///
/// ```
/// use bench_stats::calls_needed;
/// assert_eq!(calls_needed(0.95, 10), Some(98));
/// assert_eq!(calls_needed(0.99, 10), Some(507));
/// assert_eq!(calls_needed(1.0, 10), None);
/// ```
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of calls is at least 0 and far below 2^53"
)]
pub fn calls_needed(share: f64, blocks: usize) -> Option<u64> {
    let t = t_975(blocks.checked_sub(1)?);
    let needed = t * t * share / (1.0 - share);
    needed
        .is_finite()
        .then(|| needed.ceil().max(blocks as f64) as u64)
}

/// Wilson's interval of a share `p` of `n` calls, at `t` standard errors.
fn wilson(p: f64, n: f64, t: f64) -> (f64, f64) {
    if !t.is_finite() {
        return (0.0, 1.0);
    }
    let t2 = t * t;
    let middle = p * n + t2 / 2.0;
    let half = t * (p * (1.0 - p) * n + t2 / 4.0).sqrt();
    let low = if p <= 0.0 {
        0.0
    } else {
        (middle - half) / (n + t2)
    };
    let high = if p >= 1.0 {
        1.0
    } else {
        (middle + half) / (n + t2)
    };
    (low.clamp(0.0, p), high.clamp(p, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SplitMix64;

    fn block(kept: u64, n: u64) -> BlockShare {
        BlockShare { kept, n }
    }

    #[test]
    fn blocks_without_calls_are_no_blocks() {
        let some = [block(9, 10), block(8, 10), block(10, 10)];
        let with_empty = [some[0], block(0, 0), some[1], some[2], block(0, 0)];
        assert_eq!(share_of_blocks(&some), share_of_blocks(&with_empty));
        assert_eq!(share_of_blocks(&[block(0, 0)]), None);
    }

    #[test]
    fn one_block_says_nothing_of_others() {
        let found = share_of_blocks(&[block(400, 400)]).unwrap();
        assert_eq!((found.share, found.low, found.high), (1.0, 0.0, 1.0));
    }

    #[test]
    fn limits_enclose_the_share_and_touch_it_only_at_the_ends() {
        let mut random = SplitMix64::new(5);
        for _ in 0..2_000 {
            let blocks: Vec<BlockShare> = (0..1 + random.below(12))
                .map(|_| {
                    let n = random.below(30) as u64;
                    block(random.below(n as usize + 1) as u64, n)
                })
                .collect();
            let Some(found) = share_of_blocks(&blocks) else {
                continue;
            };
            assert!(0.0 <= found.low && found.low <= found.share, "{found:?}");
            assert!(found.share <= found.high && found.high <= 1.0, "{found:?}");
            assert!(found.low < found.high, "{found:?}");
            assert!(found.design_effect >= 1.0, "{found:?}");
        }
    }

    #[test]
    fn so_many_calls_are_needed_and_one_fewer_is_not_enough() {
        for share in [0.5, 0.9, 0.95, 0.99, 0.999] {
            let needed = calls_needed(share, 10).unwrap();
            let low = |n: u64| {
                let mut blocks = vec![block(1, 1); 9];
                blocks.push(block(n - 9, n - 9));
                share_of_blocks(&blocks).unwrap().low
            };
            assert!(low(needed) >= share);
            if needed > 10 {
                assert!(low(needed - 1) < share);
            }
        }
    }

    /// A number of calls that keep their limit in a block whose own share is drawn around
    /// `p`: with probability `alike` a call does as the block's first one.
    fn drawn(random: &mut SplitMix64, n: u64, p: f64, alike: f64) -> BlockShare {
        let first = random.unit() < p;
        let kept = (0..n)
            .filter(|_| {
                if random.unit() < alike {
                    first
                } else {
                    random.unit() < p
                }
            })
            .count() as u64;
        block(kept, n)
    }

    /// How often the interval contains the truth.
    fn coverage(blocks: usize, n: u64, p: f64, alike: f64) -> f64 {
        let mut random = SplitMix64::new(11);
        let runs = 4_000;
        let hits = (0..runs)
            .filter(|_| {
                let drawn: Vec<BlockShare> = (0..blocks)
                    .map(|_| drawn(&mut random, n, p, alike))
                    .collect();
                let found = share_of_blocks(&drawn).unwrap();
                (found.low..=found.high).contains(&p)
            })
            .count();
        hits as f64 / f64::from(runs)
    }

    #[test]
    fn the_interval_contains_the_truth_as_often_as_it_says() {
        for (n, p, alike) in [
            (20, 0.95, 0.0),
            (100, 0.95, 0.0),
            (100, 0.99, 0.0),
            (20, 0.8, 0.2),
            (100, 0.9, 0.1),
            (100, 0.95, 0.1),
            (40, 0.95, 0.2),
            (200, 0.5, 0.5),
        ] {
            let found = coverage(10, n, p, alike);
            println!("{n} calls, p {p}, alike {alike}: {found}");
            assert!(found >= 0.93, "{n} calls, p {p}, alike {alike}: {found}");
        }
    }
}
