//! Percentiles: Hyndman and Fan's type 7, at every size.

/// Values in ascending order, read by their rank.
///
/// A slice has them all; a histogram knows them to its resolution. Either way
/// the percentile is the same function of the two nearest ranks.
pub trait Ranked {
    /// How many values there are.
    fn count(&self) -> u64;

    /// The value of a rank from 0 to `count() - 1`.
    fn at(&self, rank: u64) -> f64;
}

impl Ranked for [u64] {
    fn count(&self) -> u64 {
        self.len() as u64
    }

    fn at(&self, rank: u64) -> f64 {
        usize::try_from(rank).map_or(f64::NAN, |rank| self[rank] as f64)
    }
}

impl Ranked for [f64] {
    fn count(&self) -> u64 {
        self.len() as u64
    }

    fn at(&self, rank: u64) -> f64 {
        usize::try_from(rank).map_or(f64::NAN, |rank| self[rank])
    }
}

/// The percentile of sorted values by linear interpolation between the two
/// nearest ranks: Hyndman and Fan's type 7 (*The American Statistician* 50(4),
/// 1996), the default of numpy, R and Excel.
///
/// `h = (n - 1) · p`, `k = floor(h)`, `Q = x[k] + (h - k) · (x[k + 1] - x[k])`,
/// counted from 0. The rank is computed in whole numbers, so that no rounding of
/// `p · n` can move it.
///
/// `None` when there are no values, or when `per_mille` is above 1,000.
///
/// ```
/// use bench_stats::percentile;
/// let sorted = [1, 2, 3, 4, 5];
/// assert_eq!(percentile(&sorted, 500), Some(3.0));
/// assert_eq!(percentile(&sorted, 900), Some(4.6));
/// assert_eq!(percentile(&sorted, 950), Some(4.8));
/// ```
#[must_use]
pub fn percentile(sorted: &[u64], per_mille: u32) -> Option<f64> {
    percentile_of(sorted, per_mille)
}

/// [`percentile`] of anything that is read by rank.
///
/// ```
/// use bench_stats::percentile_of;
/// assert_eq!(percentile_of([0.5, 1.5].as_slice(), 500), Some(1.0));
/// ```
#[must_use]
pub fn percentile_of<R: Ranked + ?Sized>(values: &R, per_mille: u32) -> Option<f64> {
    let (low, thousandths) = rank(values.count(), per_mille)?;
    Some(between(values, low, f64::from(thousandths) / 1_000.0))
}

/// The same definition at any share `p` from 0 to 1, for interval limits that
/// are no round percentile. `None` without values or outside of that range.
///
/// ```
/// use bench_stats::quantile;
/// assert_eq!(quantile([10.0, 20.0].as_slice(), 0.025), Some(10.25));
/// assert_eq!(quantile([10.0, 20.0].as_slice(), 1.5), None);
/// ```
#[must_use]
pub fn quantile<R: Ranked + ?Sized>(values: &R, p: f64) -> Option<f64> {
    let last = values.count().checked_sub(1)?;
    if !(0.0..=1.0).contains(&p) {
        return None;
    }
    let h = last as f64 * p;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 ≤ h ≤ n - 1"
    )]
    let low = h.floor() as u64;
    Some(between(values, low.min(last), h - h.floor()))
}

/// The percentile as a value that was seen: the least value with at least that
/// share of all values at or below it (Hyndman and Fan's type 1, nearest rank).
/// Tools that take no interpolation publish this one; with few values it differs
/// from [`percentile`] by as much as neighbors in the tail do.
///
/// `Q = x[ceil(p · n) - 1]`, counted from 0, the rank in whole numbers.
///
/// ```
/// use bench_stats::nearest_rank;
/// let sorted: Vec<u64> = (1..=100).collect();
/// assert_eq!(nearest_rank(sorted.as_slice(), 950), Some(95.0));
/// assert_eq!(nearest_rank([10_u64, 20].as_slice(), 501), Some(20.0));
/// ```
#[must_use]
pub fn nearest_rank<R: Ranked + ?Sized>(values: &R, per_mille: u32) -> Option<f64> {
    let count = values.count();
    if count == 0 || per_mille > 1_000 {
        return None;
    }
    let rank = (u128::from(count) * u128::from(per_mille)).div_ceil(1_000);
    Some(values.at(u64::try_from(rank).ok()?.max(1) - 1))
}

/// The rank below a percentile, from 0, and how many thousandths of the way to
/// the next one it lies.
pub(super) fn rank(count: u64, per_mille: u32) -> Option<(u64, u32)> {
    let last = count.checked_sub(1)?;
    if per_mille > 1_000 {
        return None;
    }
    let rank = u128::from(last) * u128::from(per_mille);
    let low = u64::try_from(rank / 1_000).ok()?;
    let thousandths = u32::try_from(rank % 1_000).ok()?;
    Some((low, thousandths))
}

fn between<R: Ranked + ?Sized>(values: &R, low: u64, fraction: f64) -> f64 {
    let below = values.at(low);
    if fraction == 0.0 {
        return below;
    }
    let above = values.at((low + 1).min(values.count() - 1));
    below + fraction * (above - below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_values_have_no_percentile_and_one_value_is_all_of_them() {
        assert_eq!(percentile(&[], 500), None);
        assert_eq!(percentile(&[7], 0), Some(7.0));
        assert_eq!(percentile(&[7], 1_000), Some(7.0));
        assert_eq!(percentile(&[7], 1_001), None);
    }

    #[test]
    fn whole_number_ranks_are_hit_exactly() {
        let values: Vec<u64> = (0..=1_000).collect();
        for per_mille in 0..=1_000 {
            assert_eq!(percentile(&values, per_mille), Some(f64::from(per_mille)));
        }
    }
}
