//! Count, mean and sum of squared deviations of real numbers, mergeable.

/// Count, mean and `Σ(x - mean)²` of some values.
///
/// Built value by value after Welford (*Technometrics* 4(3), 1962) and merged
/// after Chan, Golub and Leveque (*COMPSTAT*, 1982): values far from 0 and close
/// to each other do not cancel, as they do in `Σx² - (Σx)²/n` with real numbers.
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

    /// Adds one value.
    ///
    /// ```
    /// use bench_stats::Moments;
    /// let mut moments = Moments::default();
    /// for value in [1.0, 2.0, 6.0] {
    ///     moments.push(value);
    /// }
    /// assert_eq!((moments.mean, moments.variance()), (3.0, Some(7.0)));
    /// ```
    pub fn push(&mut self, value: f64) {
        self.n += 1;
        let before = value - self.mean;
        self.mean += before / self.n as f64;
        self.squares += before * (value - self.mean);
    }

    /// The moments of these values and those together.
    ///
    /// ```
    /// use bench_stats::Moments;
    /// let merged = Moments::of(&[1.0, 2.0]).merged(Moments::of(&[6.0]));
    /// assert_eq!((merged.n, merged.mean, merged.squares), (3, 3.0, 14.0));
    /// ```
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        if self.n == 0 || other.n == 0 {
            return if self.n == 0 { other } else { self };
        }
        let n = self.n + other.n;
        let apart = other.mean - self.mean;
        let share = other.n as f64 / n as f64;
        Self {
            n,
            mean: self.mean + apart * share,
            squares: self.squares + other.squares + apart * apart * self.n as f64 * share,
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
        let mut pushed = Moments::default();
        for value in values {
            pushed.push(value);
        }
        assert_eq!(Moments::of(&values).variance(), Some(30.0));
        assert!((pushed.variance().unwrap() - 30.0).abs() < 1e-12);
    }

    #[test]
    fn nothing_merged_changes_nothing() {
        let some = Moments::of(&[1.0, 5.0]);
        assert_eq!(some.merged(Moments::default()), some);
        assert_eq!(Moments::default().merged(some), some);
        assert_eq!(Moments::default().variance(), None);
    }
}
