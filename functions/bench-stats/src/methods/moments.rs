//! Count, mean and sum of squared deviations of real numbers.

/// Count, mean and `Σ(x - mean)²` of some values.
///
/// Taken in two passes, the mean first: values far from 0 and close to each other
/// do not cancel, as they do in `Σx² - (Σx)²/n` with real numbers.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Moments {
    /// How many values.
    pub n: u64,
    /// Their arithmetic mean; 0 when there are none.
    pub mean: f64,
    /// `Σ(x - mean)²`.
    pub squares: f64,
}

impl Moments {
    /// The moments of some values, the mean first and the squares second.
    ///
    /// ```
    /// use bench_stats::Moments;
    /// let moments = Moments::of(&[1.0, 2.0, 6.0]);
    /// assert_eq!((moments.n, moments.mean, moments.squares), (3, 3.0, 14.0));
    /// ```
    #[must_use]
    pub fn of(values: &[f64]) -> Self {
        if values.is_empty() {
            return Self::default();
        }
        let n = values.len() as f64;
        let rough = values.iter().sum::<f64>() / n;
        let mean = rough + values.iter().map(|value| value - rough).sum::<f64>() / n;
        Self {
            n: values.len() as u64,
            mean,
            squares: values.iter().map(|value| (value - mean).powi(2)).sum(),
        }
    }

    /// `Σ(x - mean)² / (n - 1)`; `None` for fewer than two values.
    #[must_use]
    pub fn variance(&self) -> Option<f64> {
        (self.n > 1).then(|| self.squares / (self.n - 1) as f64)
    }

    /// The sample standard deviation, with n - 1; `None` for fewer than two
    /// values, never 0.
    ///
    /// ```
    /// use bench_stats::Moments;
    /// assert_eq!(Moments::of(&[10.0, 20.0, 30.0]).standard_deviation(), Some(10.0));
    /// assert_eq!(Moments::of(&[10.0]).standard_deviation(), None);
    /// ```
    #[must_use]
    pub fn standard_deviation(&self) -> Option<f64> {
        self.variance().map(f64::sqrt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_far_from_zero_keep_their_deviation() {
        let values = [1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0];
        assert_eq!(Moments::of(&values).variance(), Some(30.0));
    }

    #[test]
    fn no_values_have_no_variance() {
        assert_eq!(Moments::default().variance(), None);
    }
}
