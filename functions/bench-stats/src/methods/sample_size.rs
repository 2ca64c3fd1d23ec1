//! How many prompts would decide.

use super::student_t::normal_quantile;

/// The prompts with which a paired comparison finds a relative change of `change`
/// with 80 % power at the two-sided 5 % level:
/// `N = ceil(((z₀.₉₇₅ + z₀.₈₀) · s / ln(1 + change))²)`, s the standard deviation
/// of log ratios over prompts. Below 30 add two for Student's t.
///
/// ```
/// use bench_stats::prompts_needed;
/// assert_eq!(prompts_needed(0.10, 0.05), Some(33));
/// assert_eq!(prompts_needed(0.10, 0.10), Some(9));
/// assert_eq!(prompts_needed(0.10, 0.0), None);
/// ```
#[must_use]
pub fn prompts_needed(sd_log_ratio: f64, change: f64) -> Option<u64> {
    let z = normal_quantile(0.975)? + normal_quantile(0.8)?;
    let prompts = (z * sd_log_ratio / change.ln_1p()).powi(2).ceil();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a square within bounds"
    )]
    let whole = (prompts.is_finite() && prompts < 1e15).then_some(prompts as u64);
    whole
}
