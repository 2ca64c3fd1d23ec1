//! The share of calls that kept a limit, with an interval that allows for blocks.

use serde::{Deserialize, Serialize};

use super::t::t_975;

/// How many times as far from the share as Wilson's the lower limit is at most.
const MAX_REACH: f64 = 2.0;

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
/// variance `v = m/(m-1) · Σ(kᵢ - p·nᵢ)² / n²` (Cochran, §6.4), or that of neighboring blocks
/// joined in pairs where it is larger, since congestion may last for longer than a block; and
/// the design effect `d = max(v / (p(1-p)/n), 1)` (Kish, *Survey Sampling*, 1965, §8.2). The
/// design effect is at least 1, since of ten blocks a smaller one is chance; where all or no
/// calls count it is not known, and 1.
///
/// The upper limit is Wilson's of `p` in `n/d` calls with Student's t of `m - 1` degrees of
/// freedom in place of `z`, as for complex samples (Korn and Graubard, *Survey Methodology* 24,
/// 1998). So is the lower one where `d` is 1. Else it is lower: calls of a target break a limit
/// in episodes, and blocks that had few of them spread less than the next will. With the share
/// of broken ones `q = 1-p`, it is where `(q'-q)² = t²·(q'(1-q')/n + (v - q(1-q)/n)·(q'/q)²)`:
/// the spread between blocks grows with the share that is tried, as chance within them does in
/// Wilson's; and at most twice as far from the share as Wilson's. One block alone tells nothing
/// about others: its interval is 0 to 1.
///
/// ```
/// use bench_stats::{BlockShare, share_of_blocks};
/// let block = |kept| BlockShare { kept, n: 100 };
/// let found = share_of_blocks(&[98, 92, 98, 92, 98, 92, 98, 92, 98, 92].map(block)).unwrap();
/// // p = 0.95; deviations 3 and -3; v = 10/9 · 90 / 1000² = 0.0001; p(1-p)/n = 0.0000475.
/// assert!((found.design_effect - 0.0001 / 0.0000475).abs() < 1e-9);
/// // t = 2.262157; of n/d = 475 calls Wilson's upper limit is
/// // (451.25 + 2.558677 + 2.262157 · √(22.5625 + 1.279339)) / (475 + 5.117354) = 0.968210.
/// assert!((found.high - 0.968210).abs() < 1e-6);
/// // 0.897653·q'² - 0.105117·q' + 0.0025 = 0 has the upper root 0.083913.
/// assert!((found.low - 0.916087).abs() < 1e-6);
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
    let between = |size: usize| {
        let joined = joined(blocks, size);
        let m = joined.len() as f64;
        let squares: f64 = joined
            .iter()
            .map(|block| (block.kept as f64 - p * block.n as f64).powi(2))
            .sum();
        m / (m - 1.0).max(1.0) * squares / (calls * calls)
    };
    let between = between(1).max(between(2));
    let independent = p * (1.0 - p) / calls;
    let design_effect = if independent > 0.0 {
        (between / independent).max(1.0)
    } else {
        1.0
    };
    let t = t_975(m - 1);
    let (wilson_low, high) = wilson(p, calls / design_effect, t);
    let low = if design_effect > 1.0 {
        let farthest = p - MAX_REACH * (p - wilson_low);
        lower(p, calls, between - independent, t).max(farthest.max(0.0))
    } else {
        wilson_low
    };
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

/// Blocks that have calls, so many neighboring ones of all taken together.
fn joined(blocks: &[BlockShare], size: usize) -> Vec<BlockShare> {
    let sum = |part: &[BlockShare]| BlockShare {
        kept: part.iter().map(|block| block.kept).sum(),
        n: part.iter().map(|block| block.n).sum(),
    };
    let with_calls: Vec<BlockShare> = blocks.iter().copied().filter(|block| block.n > 0).collect();
    with_calls.chunks(size).map(sum).collect()
}

/// The lower limit of a share whose blocks spread by the variance `excess` beyond chance: with
/// the share of broken ones `q`, one less the upper root of `q'²·(1+a-b) - q'·(2q+a) + q²`,
/// where `a = t²/n` and `b = t²·excess/q²`.
fn lower(p: f64, n: f64, excess: f64, t: f64) -> f64 {
    let broken = 1.0 - p;
    let chance = t * t / n;
    let square = 1.0 + chance - t * t * excess / (broken * broken);
    if !square.is_finite() || square <= 0.0 {
        return 0.0;
    }
    let linear = 2.0 * broken + chance;
    let root = (linear * linear - 4.0 * square * broken * broken)
        .max(0.0)
        .sqrt();
    (1.0 - (linear + root) / (2.0 * square)).clamp(0.0, p)
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
            let blocks: Vec<BlockShare> = (0..=random.below(12))
                .map(|_| {
                    let n = random.below(30);
                    block(random.below(n + 1) as u64, n as u64)
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
            assert!(found >= 0.93, "{n} calls, p {p}, alike {alike}: {found}");
        }
    }
}
