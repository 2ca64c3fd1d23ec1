//! Sums of whole numbers that do not depend on the order of what is summed.
//!
//! Times are whole microseconds and counts are whole, so their sums and sums of
//! squares can be kept without any rounding. Logarithms are taken once per value
//! and rounded to a fixed point; their sums are exact from there on. Merging is
//! addition: associative, commutative, and the same to the last bit in any order.

use super::{CoMoments, Moments};

/// Values above this are taken as this: 142 years in microseconds.
const MAX_VALUE: u64 = 1 << 52;

/// Logarithms are kept in steps of 2⁻⁴⁰, about 10⁻¹².
const LOG_STEPS: f64 = (1_u64 << 40) as f64;

/// Count, sum and sum of squares of whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExactMoments {
    n: u64,
    sum: i128,
    squares: u128,
}

impl ExactMoments {
    /// Adds one value.
    ///
    /// ```
    /// use bench_stats::ExactMoments;
    /// let mut moments = ExactMoments::default();
    /// [1_000_000_004, 1_000_000_007, 1_000_000_013, 1_000_000_016]
    ///     .into_iter()
    ///     .for_each(|value| moments.push(value));
    /// assert_eq!(moments.moments().variance(), Some(30.0));
    /// ```
    pub fn push(&mut self, value: u64) {
        self.add(value.min(MAX_VALUE).cast_signed());
    }

    /// Adds one fixed-point logarithm, as [`fixed_log`] gives it.
    pub fn push_log(&mut self, log: i64) {
        self.add(log);
    }

    fn add(&mut self, value: i64) {
        self.n += 1;
        self.sum += i128::from(value);
        let size = u128::from(value.unsigned_abs());
        self.squares = self.squares.saturating_add(size * size);
    }

    /// Adds all of another's values.
    pub fn merge(&mut self, other: &Self) {
        self.n += other.n;
        self.sum += other.sum;
        self.squares = self.squares.saturating_add(other.squares);
    }

    /// How many values.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.n
    }

    /// Their sum.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.sum as f64
    }

    /// The moments as real numbers, in the unit of the values.
    #[must_use]
    pub fn moments(&self) -> Moments {
        self.scaled(1.0)
    }

    /// The moments of values divided by `steps`: of microseconds by 1,000 in
    /// milliseconds.
    #[must_use]
    pub fn scaled(&self, steps: f64) -> Moments {
        if self.n == 0 {
            return Moments::default();
        }
        let squares = deviation(self.n, self.sum, self.squares);
        Moments {
            n: self.n,
            mean: quotient(self.sum, self.n) / steps,
            squares: squares / (steps * steps),
        }
    }

    /// The moments of fixed-point logarithms, as natural logarithms.
    #[must_use]
    pub fn logs(&self) -> Moments {
        self.scaled(LOG_STEPS)
    }
}

/// The natural logarithm in whole steps of 2⁻⁴⁰; of 0 as of 1, the clock's step, and of what
/// is above 2⁵² as of that, so that no variance of logarithms is beyond a number.
#[must_use]
pub fn fixed_log(value: u64) -> i64 {
    let log = (value.clamp(1, MAX_VALUE) as f64).ln() * LOG_STEPS;
    // Rounds, since no logarithm here is negative; `round` is a call on some machines.
    #[expect(clippy::cast_possible_truncation, reason = "ln of 52 bits is below 37")]
    let steps = (log + 0.5) as i64;
    steps
}

/// Count, sums and sums of products of pairs of whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExactCoMoments {
    x: ExactMoments,
    y: ExactMoments,
    products: i128,
}

impl ExactCoMoments {
    /// Adds one pair of counts or times.
    ///
    /// ```
    /// use bench_stats::ExactCoMoments;
    /// let mut pairs = ExactCoMoments::default();
    /// [(1, 12), (2, 14), (3, 16)].into_iter().for_each(|(x, y)| pairs.push(x, y));
    /// let line = pairs.co_moments(1.0, 1.0).line().unwrap();
    /// assert_eq!((line.intercept, line.slope), (10.0, 2.0));
    /// ```
    pub fn push(&mut self, x: u64, y: u64) {
        let (x, y) = (
            x.min(MAX_VALUE).cast_signed(),
            y.min(MAX_VALUE).cast_signed(),
        );
        self.push_signed(x, y);
    }

    /// Adds one pair of fixed-point logarithms.
    pub fn push_logs(&mut self, x: i64, y: i64) {
        self.push_signed(x, y);
    }

    fn push_signed(&mut self, x: i64, y: i64) {
        self.x.add(x);
        self.y.add(y);
        self.products = self.products.saturating_add(i128::from(x) * i128::from(y));
    }

    /// Adds all of another's pairs.
    pub fn merge(&mut self, other: &Self) {
        self.x.merge(&other.x);
        self.y.merge(&other.y);
        self.products = self.products.saturating_add(other.products);
    }

    /// The co-moments as real numbers, x and y divided by their steps.
    #[must_use]
    pub fn co_moments(&self, x_steps: f64, y_steps: f64) -> CoMoments {
        let (x, y) = (self.x.scaled(x_steps), self.y.scaled(y_steps));
        // Σ(x - x̄)(y - ȳ) = Σxy - x̄·Σy, taken apart into whole quotient and rest
        // of x̄ so that the greatest parts cancel in whole numbers.
        let n = i128::from(self.x.n.max(1));
        let (quotient, rest) = (self.x.sum.div_euclid(n), self.x.sum.rem_euclid(n));
        let whole = self.products - quotient * self.y.sum;
        let products = whole as f64 - rest as f64 * (self.y.sum as f64 / n as f64);
        CoMoments {
            x,
            y,
            products: products / (x_steps * y_steps),
        }
    }

    /// The co-moments of fixed-point logarithms.
    #[must_use]
    pub fn logs(&self) -> CoMoments {
        self.co_moments(LOG_STEPS, LOG_STEPS)
    }
}

/// `Σx² - (Σx)²/n`, the greatest parts taken from each other in whole numbers.
fn deviation(n: u64, sum: i128, squares: u128) -> f64 {
    let n = u128::from(n);
    let sum = sum.unsigned_abs();
    // With sum = q·n + r: (Σx)²/n = q²n + 2qr + r²/n, and no part exceeds Σx².
    let (q, r) = (sum / n, sum % n);
    let whole = squares.saturating_sub(q * q * n + 2 * q * r);
    match whole.checked_mul(n) {
        Some(scaled) => scaled.saturating_sub(r * r) as f64 / n as f64,
        None => whole as f64 - (r * r) as f64 / n as f64,
    }
}

/// `sum / n` without losing the small part beside a great one.
fn quotient(sum: i128, n: u64) -> f64 {
    let n = i128::from(n);
    let (whole, rest) = (sum.div_euclid(n), sum.rem_euclid(n));
    whole as f64 + rest as f64 / n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[u64]) -> ExactMoments {
        let mut moments = ExactMoments::default();
        for value in values {
            moments.push(*value);
        }
        moments
    }

    #[test]
    fn merging_is_the_same_to_the_last_bit_in_any_order() {
        let values: Vec<u64> = (1..1_000_u64).map(|i| (i * 7_919) % 100_003).collect();
        let (left, right) = values.split_at(137);
        let (mut a, mut b) = (of(left), of(right));
        let (first, second) = (a, b);
        a.merge(&second);
        b.merge(&first);
        assert_eq!((a, b), (of(&values), of(&values)));
    }

    #[test]
    fn equal_values_do_not_spread_and_great_ones_do_not_overflow() {
        let equal = of(&[6_137_001; 1_000]).moments();
        assert!(equal.squares.abs() <= 0.0, "{equal:?}");
        let great = of(&[u64::MAX, u64::MAX, 0]).moments();
        assert!(great.squares > 0.0 && great.squares.is_finite());
    }

    #[test]
    fn logarithms_agree_with_real_numbers() {
        let values = [6_544_000, 6_631_000, 7_580_000, 8_123_000, 6_890_000];
        let mut logs = ExactMoments::default();
        for value in values {
            logs.push_log(fixed_log(value));
        }
        let real: Vec<f64> = values.iter().map(|value| (*value as f64).ln()).collect();
        let (fixed, real) = (logs.logs(), Moments::of(&real));
        assert!((fixed.mean - real.mean).abs() < 1e-12);
        assert!((fixed.squares / real.squares - 1.0).abs() < 1e-10);
    }
}
