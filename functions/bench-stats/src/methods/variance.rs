//! How much of the spread lies within a prompt and how much between prompts.
//!
//! One-way analysis of variance with unequal numbers of repetitions, prompts as
//! the groups. The standard deviation of all calls together mixes two things: a
//! service that is unsteady and prompts that ask for longer answers.

use super::Moments;

/// The spread of values in groups, one group a prompt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decomposition {
    /// Values in all.
    pub n: u64,
    /// Prompts with at least one value.
    pub prompts: u64,
    /// Mean of all values.
    pub mean: f64,
    /// `SSB = Σ nᵢ(x̄ᵢ - x̄)²`.
    pub between_squares: f64,
    /// `SSW = ΣΣ (xᵢⱼ - x̄ᵢ)²`.
    pub within_squares: f64,
    /// `MSB = SSB / (N - 1)`; `None` with one prompt.
    pub between_mean_square: Option<f64>,
    /// `MSW = SSW / (n - N)`; `None` when no prompt has two values.
    pub within_mean_square: Option<f64>,
    /// `n₀ = (n - Σnᵢ²/n) / (N - 1)`: repetitions of a prompt on average, as the
    /// analysis of variance weighs them.
    pub repetitions: Option<f64>,
}

impl Decomposition {
    /// Takes the spread of groups apart; `None` when no group has a value.
    ///
    /// ```
    /// use bench_stats::{Decomposition, Moments};
    /// let groups = [Moments::of(&[1.0, 2.0, 3.0]), Moments::of(&[4.0, 5.0, 6.0])];
    /// let parts = Decomposition::of(&groups).unwrap();
    /// assert_eq!((parts.between_squares, parts.within_squares), (13.5, 4.0));
    /// assert_eq!(parts.within_deviation(), Some(1.0));
    /// // σ²_b = (13.5 - 1) / 3 = 25/6, ICC = (25/6) / (25/6 + 1) = 25/31.
    /// assert!((parts.icc().unwrap() - 25.0 / 31.0).abs() < 1e-12);
    /// ```
    #[must_use]
    pub fn of(groups: &[Moments]) -> Option<Self> {
        let groups = || groups.iter().filter(|group| group.n > 0);
        let n: u64 = groups().map(|group| group.n).sum();
        let prompts = groups().count() as u64;
        if n == 0 {
            return None;
        }
        let mean = groups()
            .map(|group| group.n as f64 * group.mean)
            .sum::<f64>()
            / n as f64;
        let between_squares = groups()
            .map(|group| group.n as f64 * (group.mean - mean).powi(2))
            .sum();
        let within_squares = groups().map(|group| group.squares).sum();
        let sizes: f64 = groups().map(|group| (group.n as f64).powi(2)).sum();
        let between = (prompts > 1).then(|| (prompts - 1) as f64);
        Some(Self {
            n,
            prompts,
            mean,
            between_squares,
            within_squares,
            between_mean_square: between.map(|df| between_squares / df),
            within_mean_square: (n > prompts).then(|| within_squares / (n - prompts) as f64),
            repetitions: between.map(|df| (n as f64 - sizes / n as f64) / df),
        })
    }

    /// `SST = SSB + SSW`.
    #[must_use]
    pub fn total_squares(&self) -> f64 {
        self.between_squares + self.within_squares
    }

    /// `s_w = sqrt(MSW)`: jitter, the spread of one prompt's repetitions.
    #[must_use]
    pub fn within_deviation(&self) -> Option<f64> {
        self.within_mean_square.map(f64::sqrt)
    }

    /// `s_b = sqrt(max(0, (MSB - MSW) / n₀))`: the spread of prompts' own means.
    #[must_use]
    pub fn between_deviation(&self) -> Option<f64> {
        let (between, within) = (self.between_mean_square?, self.within_mean_square?);
        Some(((between - within) / self.repetitions?).max(0.0).sqrt())
    }

    /// `ICC(1) = s_b² / (s_b² + s_w²)`: the share of variance that prompts
    /// explain. `None` when nothing varies.
    #[must_use]
    pub fn icc(&self) -> Option<f64> {
        let between = self.between_deviation()?.powi(2);
        let all = between + self.within_mean_square?;
        (all > 0.0).then(|| between / all)
    }

    /// `DEFF = 1 + (n₀ - 1) · ICC`: how many calls weigh as much as one
    /// independent one.
    #[must_use]
    pub fn design_effect(&self) -> Option<f64> {
        Some(1.0 + (self.repetitions? - 1.0) * self.icc()?)
    }

    /// `n_eff = n / DEFF`: how many independent calls these are worth.
    #[must_use]
    pub fn effective_n(&self) -> Option<f64> {
        self.design_effect().map(|effect| self.n as f64 / effect)
    }
}

/// The pooled within-prompt coefficient of variation from the logarithms' moments:
/// `CV_w = sqrt(exp(s_wl²) - 1)` with `s_wl² = ΣΣ(ln x - mean ln xᵢ)² / (n - N)`.
/// Free of scale, so prompts of different length are comparable. `None` when no
/// prompt has two values.
///
/// ```
/// use bench_stats::{Moments, cv_within};
/// let (low, high) = (100_f64.ln(), 200_f64.ln());
/// let cv = cv_within(&[Moments::of(&[low, high])]).unwrap();
/// assert!((cv - ((2_f64.ln().powi(2) / 2.0).exp() - 1.0).sqrt()).abs() < 1e-12);
/// ```
#[must_use]
pub fn cv_within(logs: &[Moments]) -> Option<f64> {
    let within = Decomposition::of(logs)?.within_mean_square?;
    // Of times from a microsecond to years it is beyond a number.
    Some(within.exp_m1().min(f64::MAX).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_prompt_has_no_between_and_single_calls_have_no_within() {
        let one = Decomposition::of(&[Moments::of(&[1.0, 3.0])]).unwrap();
        assert_eq!((one.between_deviation(), one.icc()), (None, None));
        assert_eq!(one.within_deviation(), Some(2_f64.sqrt()));
        let single = [Moments::of(&[1.0]), Moments::of(&[3.0])];
        let single = Decomposition::of(&single).unwrap();
        assert_eq!(
            (single.within_deviation(), single.effective_n()),
            (None, None)
        );
        assert_eq!(single.total_squares(), 2.0);
        assert!(Decomposition::of(&[Moments::default()]).is_none());
    }

    #[test]
    fn equal_values_have_no_icc_rather_than_a_zero() {
        let equal = [Moments::of(&[5.0, 5.0]), Moments::of(&[5.0, 5.0])];
        assert_eq!(Decomposition::of(&equal).unwrap().icc(), None);
    }
}
