//! Tests of paired differences that look at signs and ranks alone.

use statrs::function::beta::beta_reg;

use super::student_t::normal_two_sided;

/// Differences up to which Wilcoxon's test is enumerated exactly.
pub const EXACT_UP_TO: usize = 50;

/// Wilcoxon's signed-rank test (*Biometrics Bulletin* 1(6), 1945).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wilcoxon {
    /// Differences that are not 0.
    pub n: usize,
    /// Sum of the ranks of positive differences.
    pub plus: f64,
    /// Sum of the ranks of negative differences.
    pub minus: f64,
    ties: f64,
    exact: Option<f64>,
}

impl Wilcoxon {
    /// Ranks the sizes of the differences, mid-ranks for ties, zeros dropped.
    ///
    /// Up to [`EXACT_UP_TO`] differences the distribution of the rank sum over
    /// all signs is enumerated, ties and all.
    ///
    /// ```
    /// use bench_stats::Wilcoxon;
    /// let test = Wilcoxon::of(&[1.5, 2.5, 0.5, 3.5, 4.5, 5.5]);
    /// assert_eq!((test.plus, test.minus), (21.0, 0.0));
    /// assert_eq!(test.p(), 2.0 / 64.0);
    /// ```
    #[must_use]
    pub fn of(differences: &[f64]) -> Self {
        let mut sorted: Vec<f64> = differences
            .iter()
            .copied()
            .filter(|difference| *difference != 0.0)
            .collect();
        sorted.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
        // Twice the rank is whole even for mid-ranks.
        let mut doubled: Vec<usize> = Vec::with_capacity(sorted.len());
        let mut ties = 0.0;
        for tied in sorted.chunk_by(|a, b| a.abs().total_cmp(&b.abs()).is_eq()) {
            let first = doubled.len() + 1;
            doubled.extend(std::iter::repeat_n(2 * first + tied.len() - 1, tied.len()));
            ties += (tied.len() as f64).powi(3) - tied.len() as f64;
        }
        let plus: usize = sorted
            .iter()
            .zip(&doubled)
            .filter(|(difference, _)| **difference > 0.0)
            .map(|(_, rank)| rank)
            .sum();
        let minus = doubled.iter().sum::<usize>() - plus;
        Self {
            n: sorted.len(),
            plus: plus as f64 / 2.0,
            minus: minus as f64 / 2.0,
            ties,
            exact: (sorted.len() <= EXACT_UP_TO).then(|| enumerated(&doubled, plus.min(minus))),
        }
    }

    /// The lesser of the two rank sums.
    #[must_use]
    pub fn statistic(&self) -> f64 {
        self.plus.min(self.minus)
    }

    /// The two-sided p: exact up to [`EXACT_UP_TO`] differences, beyond from the
    /// normal distribution with corrections for ties and continuity. 1 without
    /// differences.
    #[must_use]
    pub fn p(&self) -> f64 {
        self.exact.unwrap_or_else(|| self.normal(true))
    }

    /// The two-sided p from the normal distribution, corrected for ties and, if
    /// asked, for continuity.
    #[must_use]
    pub fn normal(&self, continuity: bool) -> f64 {
        if self.n == 0 {
            return 1.0;
        }
        let n = self.n as f64;
        let mean = n * (n + 1.0) / 4.0;
        let variance = n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - self.ties / 48.0;
        let correction = if continuity { 0.5 } else { 0.0 };
        let away = ((mean - self.statistic()).abs() - correction).max(0.0);
        normal_two_sided(away / variance.sqrt())
    }
}

/// The share of all sign patterns whose rank sum is at most this, both sides.
fn enumerated(doubled: &[usize], least: usize) -> f64 {
    let total: usize = doubled.iter().sum();
    let mut ways = vec![0.0_f64; total + 1];
    ways[0] = 1.0;
    for rank in doubled {
        for sum in (*rank..=total).rev() {
            ways[sum] += ways[sum - rank];
        }
    }
    let below: f64 = ways[..=least].iter().sum();
    let all = 2_f64.powi(i32::try_from(doubled.len()).unwrap_or(i32::MAX));
    (2.0 * below / all).min(1.0)
}

/// The two-sided sign test: how likely at least so uneven a count is if either
/// sign is as likely. Ties are left out by the caller. 1 without counts.
///
/// `2 · P(X ≤ min(plus, minus))`, X binomial with p = 1/2.
///
/// ```
/// use bench_stats::sign_test;
/// assert_eq!(sign_test(3, 3), 1.0);
/// assert!((sign_test(20, 0) - 2.0 / f64::from(1 << 20)).abs() < 1e-15);
/// ```
#[must_use]
pub fn sign_test(plus: u64, minus: u64) -> f64 {
    let (few, many) = (plus.min(minus) as f64, plus.max(minus) as f64);
    if plus == minus {
        return 1.0;
    }
    // P(X ≤ k) = I_{1/2}(n - k, k + 1), the regularised incomplete beta function.
    (2.0 * beta_reg(many, few + 1.0, 0.5)).min(1.0)
}

/// The median of the pairwise means `(dᵢ + dⱼ)/2`, i ≤ j, after Hodges and
/// Lehmann (*Annals of Mathematical Statistics* 34(2), 1963): a middle that
/// single outliers do not move. `None` without differences.
///
/// ```
/// assert_eq!(bench_stats::hodges_lehmann(&[1.0, 2.0, 30.0]), Some(8.75));
/// ```
#[must_use]
pub fn hodges_lehmann(differences: &[f64]) -> Option<f64> {
    let mut ordered = differences.to_vec();
    ordered.sort_unstable_by(f64::total_cmp);
    let n = ordered.len();
    let count = n * (n + 1) / 2;
    let middle = count.checked_sub(1)? / 2;
    let lower = ranked_mean(&ordered, middle)?;
    Some(if count % 2 == 1 {
        lower
    } else {
        f64::midpoint(lower, ranked_mean(&ordered, middle + 1)?)
    })
}

/// The bit of a number that is its sign.
const SIGN: u64 = 1 << 63;

/// The mean of a pair, a value with itself included, that has so many below it.
///
/// All means of `n` values are `n²/2`; they are never made. Those at or below a limit
/// are counted in `n` steps, and the limit is found by halving the numbers between the
/// least value and the greatest, of which there are at most 2⁶⁴.
fn ranked_mean(ordered: &[f64], rank: usize) -> Option<f64> {
    let (mut low, mut high) = (order_key(*ordered.first()?), order_key(*ordered.last()?));
    while low < high {
        let middle = low.midpoint(high);
        if means_up_to(ordered, from_order_key(middle)) > rank {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(from_order_key(low))
}

/// How many means of a pair are at or below a limit: a greater partner is out sooner.
fn means_up_to(ordered: &[f64], limit: f64) -> usize {
    let mut partners = ordered.len();
    let mut count = 0;
    for (position, value) in ordered.iter().enumerate() {
        while partners > position
            && f64::midpoint(*value, ordered[partners - 1])
                .total_cmp(&limit)
                .is_gt()
        {
            partners -= 1;
        }
        if partners <= position {
            break;
        }
        count += partners - position;
    }
    count
}

/// Where a number stands among all numbers; [`from_order_key`] is the way back.
fn order_key(number: f64) -> u64 {
    let bits = number.to_bits();
    if number.is_sign_negative() {
        !bits
    } else {
        bits | SIGN
    }
}

fn from_order_key(key: u64) -> f64 {
    f64::from_bits(if key & SIGN == 0 { !key } else { key ^ SIGN })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_their_ranks_and_zeros_are_dropped() {
        let test = Wilcoxon::of(&[1.0, -1.0, 2.0, 0.0]);
        assert_eq!((test.n, test.plus, test.minus), (3, 4.5, 1.5));
        // Of the eight sign patterns, rank sums 0 and 1.5 (twice): 3 of 8, twice.
        assert_eq!(test.p(), 0.75);
    }

    #[test]
    fn no_difference_is_no_evidence() {
        assert_eq!(Wilcoxon::of(&[0.0, 0.0]).p(), 1.0);
        assert_eq!(sign_test(0, 0), 1.0);
        assert_eq!(hodges_lehmann(&[]), None);
    }

    /// All means of pairs, made and put in order.
    fn middle_of_all_means(differences: &[f64]) -> Option<f64> {
        let mut means: Vec<f64> = (0..differences.len())
            .flat_map(|a| (a..differences.len()).map(move |b| (a, b)))
            .map(|(a, b)| f64::midpoint(differences[a], differences[b]))
            .collect();
        means.sort_unstable_by(f64::total_cmp);
        let upper = *means.get(means.len() / 2)?;
        Some(if means.len() % 2 == 1 {
            upper
        } else {
            f64::midpoint(means[means.len() / 2 - 1], upper)
        })
    }

    #[test]
    fn the_middle_of_the_means_is_that_of_all_of_them_to_the_last_bit() {
        let mut random = crate::SplitMix64::new(7);
        for n in (1..40).chain([250, 251]) {
            for width in [3, 1_000_000] {
                let differences: Vec<f64> = (0..n)
                    .map(|_| (random.below(width) as f64 - width as f64 / 2.0) / 7.0)
                    .collect();
                assert_eq!(
                    hodges_lehmann(&differences).map(f64::to_bits),
                    middle_of_all_means(&differences).map(f64::to_bits),
                    "{differences:?}"
                );
            }
        }
        assert_eq!(hodges_lehmann(&[-1.0, 0.0, 1.0]), Some(0.0));
        assert_eq!(hodges_lehmann(&[f64::MAX, f64::MIN]), Some(0.0));
    }

    #[test]
    fn many_differences_are_compared_with_the_normal_distribution() {
        let differences: Vec<f64> = (1..=60)
            .map(|i| if i % 3 == 0 { -1.0 } else { 1.0 } * f64::from(i))
            .collect();
        let test = Wilcoxon::of(&differences);
        assert_eq!(test.exact, None);
        assert!(test.p() > 0.0 && test.p() < 0.05, "{}", test.p());
        assert!(test.normal(false) < test.p());
    }
}
