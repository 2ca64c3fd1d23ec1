//! A straight line through pairs, and how much it explains.

use super::Moments;

/// Moments of pairs: of x, of y, and `Σ(x - x̄)(y - ȳ)`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CoMoments {
    /// Of x.
    pub x: Moments,
    /// Of y.
    pub y: Moments,
    /// `Σ(x - x̄)(y - ȳ)`.
    pub products: f64,
}

/// `y = intercept + slope · x` by ordinary least squares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// Where x is 0, in the unit of y.
    pub intercept: f64,
    /// Units of y per unit of x.
    pub slope: f64,
    /// The share of y's variance that the line explains; `None` when y does not vary.
    pub r2: Option<f64>,
}

impl CoMoments {
    /// The co-moments of some pairs.
    #[must_use]
    pub fn of(pairs: &[(f64, f64)]) -> Self {
        let (xs, ys): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        let (x, y) = (Moments::of(&xs), Moments::of(&ys));
        let products = pairs
            .iter()
            .map(|(at, value)| (at - x.mean) * (value - y.mean))
            .sum();
        Self { x, y, products }
    }

    /// The sample covariance, with n - 1; `None` for fewer than two pairs.
    ///
    /// ```
    /// use bench_stats::CoMoments;
    /// let pairs = CoMoments::of(&[(1.0, 2.0), (2.0, 4.0), (3.0, 6.0)]);
    /// assert_eq!(pairs.covariance(), Some(2.0));
    /// ```
    #[must_use]
    pub fn covariance(&self) -> Option<f64> {
        (self.x.n > 1).then(|| self.products / (self.x.n - 1) as f64)
    }

    /// The least-squares line; `None` when x does not vary.
    ///
    /// `slope = Σ(x - x̄)(y - ȳ) / Σ(x - x̄)²`, `intercept = ȳ - slope · x̄`,
    /// `R² = slope · Σ(x - x̄)(y - ȳ) / Σ(y - ȳ)²`.
    ///
    /// ```
    /// use bench_stats::CoMoments;
    /// let line = CoMoments::of(&[(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]).line().unwrap();
    /// assert_eq!((line.intercept, line.slope, line.r2), (1.0, 2.0, Some(1.0)));
    /// assert!(CoMoments::of(&[(1.0, 2.0), (1.0, 3.0)]).line().is_none());
    /// ```
    #[must_use]
    pub fn line(&self) -> Option<Line> {
        if self.x.squares <= 0.0 {
            return None;
        }
        let slope = self.products / self.x.squares;
        Some(Line {
            intercept: self.y.mean - slope * self.x.mean,
            slope,
            r2: (self.y.squares > 0.0).then(|| slope * self.products / self.y.squares),
        })
    }
}
