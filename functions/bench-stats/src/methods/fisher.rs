//! Do two shares differ?

use statrs::function::gamma::ln_gamma;

/// The two-sided exact test of Fisher (*JRSS* 85(1), 1922) for successes of two
/// groups of trials: the chance of a table at most as likely as this one, all
/// sums given. 1 where a group has no trial.
///
/// ```
/// use bench_stats::fisher_exact;
/// // Of the tables with these sums, 3+0 and 0+3 alone: 2 / C(6, 3).
/// assert!((fisher_exact((3, 3), (0, 3)) - 0.1).abs() < 1e-9);
/// assert_eq!(fisher_exact((5, 5), (7, 7)), 1.0);
/// ```
#[must_use]
pub fn fisher_exact(first: (u64, u64), second: (u64, u64)) -> f64 {
    let ((a, n), (b, m)) = (first, second);
    let successes = a + b;
    if n == 0 || m == 0 || successes == 0 || successes == n + m {
        return 1.0;
    }
    let choices = |n: u64, k: u64| {
        let factorial = |n: u64| ln_gamma(n as f64 + 1.0);
        factorial(n) - factorial(k) - factorial(n - k)
    };
    let all = choices(n + m, successes);
    let chance = |k: u64| (choices(n, k) + choices(m, successes - k) - all).exp();
    let seen = chance(a) * (1.0 + 1e-7);
    let likely: f64 = (successes.saturating_sub(m)..=successes.min(n))
        .map(chance)
        .filter(|chance| *chance <= seen)
        .sum();
    likely.min(1.0)
}
