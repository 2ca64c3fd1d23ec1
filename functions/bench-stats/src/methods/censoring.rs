//! Percentiles that failed calls belong to.
//!
//! A call that timed out was among the slowest, so percentiles of answered calls
//! alone flatter a target that fails. A throttled call comes back fast; counted
//! as a fast call it would make a target look better. Every failure therefore
//! counts as longer than everything.

use super::percentile::{Ranked, percentile_of, rank};

/// The percentile over all attempts, failures taken as +∞: the type 7 percentile
/// of the answered ones' values followed by as many infinities. `None` when
/// either neighbor that has a weight is infinite, or without attempts.
///
/// ```
/// use bench_stats::percentile_of_attempts;
/// // 1, 2, 3, 4, ∞: the median is 3, and from 750 ‰ on ∞ has a weight.
/// let answered = [1_u64, 2, 3, 4];
/// assert_eq!(percentile_of_attempts(answered.as_slice(), 1, 500), Some(3.0));
/// assert_eq!(percentile_of_attempts(answered.as_slice(), 1, 750), Some(4.0));
/// assert_eq!(percentile_of_attempts(answered.as_slice(), 1, 751), None);
/// ```
#[must_use]
pub fn percentile_of_attempts<R: Ranked + ?Sized>(
    answered: &R,
    failures: u64,
    per_mille: u32,
) -> Option<f64> {
    if failures == 0 {
        return percentile_of(answered, per_mille);
    }
    let finite = answered.count();
    let (low, thousandths) = rank(finite + failures, per_mille)?;
    let highest = low + u64::from(thousandths > 0);
    if highest >= finite {
        return None;
    }
    let below = answered.at(low);
    let fraction = f64::from(thousandths) / 1_000.0;
    Some(below + fraction * (answered.at(highest) - below))
}

/// `mean(min(x, T))` with failures as T: what a caller waits on average who gives
/// up at T. In the unit of T. `None` without attempts.
///
/// ```
/// use bench_stats::restricted_mean;
/// // (2 + 4 + 60) / 3
/// assert_eq!(restricted_mean(6.0, 2, 1, 60.0), Some(22.0));
/// ```
#[must_use]
pub fn restricted_mean(sum: f64, answered: u64, failures: u64, limit: f64) -> Option<f64> {
    let attempts = answered + failures;
    (attempts > 0).then(|| (sum + failures as f64 * limit) / attempts as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_alone_have_no_percentile() {
        assert_eq!(percentile_of_attempts([].as_slice() as &[u64], 3, 0), None);
        assert_eq!(
            percentile_of_attempts([].as_slice() as &[u64], 0, 500),
            None
        );
        assert_eq!(restricted_mean(0.0, 0, 0, 60.0), None);
    }
}
