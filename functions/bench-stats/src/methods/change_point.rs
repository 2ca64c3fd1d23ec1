//! When did a series of runs change?

use super::{Moments, student_t::t_two_sided};

/// The likeliest change of level in a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChangePoint {
    /// Position of the first value after the change, from 0.
    pub at: usize,
    /// One past the last value that the change was judged by.
    pub until: usize,
    /// The divergence of the two parts.
    pub divergence: f64,
    /// Mean before.
    pub before: Moments,
    /// Mean after, up to `until`.
    pub after: Moments,
}

/// The split with the greatest divergence by energy distance (Matteson and
/// James, *JASA* 109, 2014, with exponent 1): over every split `at` and every
/// end `until`,
/// `Q = mn/(m+n) · (2·mean|x - y| - mean|x - x'| - mean|y - y'|)`.
/// `None` for fewer than four values, two on either side.
///
/// ```
/// use bench_stats::best_split;
/// let split = best_split(&[1.0, 1.0, 1.0, 5.0, 5.0, 5.0]).unwrap();
/// assert_eq!((split.at, split.until), (3, 6));
/// // mn/(m+n) · 2·4 = 9/6 · 8
/// assert_eq!(split.divergence, 12.0);
/// ```
#[must_use]
pub fn best_split(series: &[f64]) -> Option<ChangePoint> {
    let mut best: Option<ChangePoint> = None;
    for at in 2..series.len().saturating_sub(1) {
        for until in at + 2..=series.len() {
            let (x, y) = (&series[..at], &series[at..until]);
            let divergence = divergence(x, y);
            if best.is_none_or(|best| divergence > best.divergence) {
                best = Some(ChangePoint {
                    at,
                    until,
                    divergence,
                    before: Moments::of(x),
                    after: Moments::of(y),
                });
            }
        }
    }
    best
}

fn divergence(x: &[f64], y: &[f64]) -> f64 {
    let (n, m) = (x.len() as f64, y.len() as f64);
    let between: f64 = x
        .iter()
        .map(|a| y.iter().map(|b| (a - b).abs()).sum::<f64>())
        .sum();
    let inside = |part: &[f64]| {
        let sum: f64 = part
            .iter()
            .enumerate()
            .map(|(i, a)| part[..i].iter().map(|b| (a - b).abs()).sum::<f64>())
            .sum();
        let n = part.len() as f64;
        2.0 * sum / (n * (n - 1.0))
    };
    n * m / (n + m) * (2.0 * between / (n * m) - inside(x) - inside(y))
}

impl ChangePoint {
    /// The change of level as a share of the level before.
    #[must_use]
    pub fn relative_change(&self) -> f64 {
        self.after.mean / self.before.mean - 1.0
    }

    /// Two-sided p of Student's t with pooled variance. The split was chosen for
    /// being the best, so a p is only taken seriously far below 0.05: below 0.001.
    #[must_use]
    pub fn student_p(&self) -> Option<f64> {
        let (a, b) = (self.before, self.after);
        let df = (a.n + b.n).checked_sub(2).filter(|df| *df > 0)? as f64;
        let pooled = (a.squares + b.squares) / df;
        let se = (pooled * (1.0 / a.n as f64 + 1.0 / b.n as f64)).sqrt();
        t_two_sided((b.mean - a.mean) / se, df)
    }

    /// Two-sided p of Welch's t, for parts that differ in spread.
    #[must_use]
    pub fn welch_p(&self) -> Option<f64> {
        let part = |moments: Moments| Some(moments.variance()? / moments.n as f64);
        let (a, b) = (part(self.before)?, part(self.after)?);
        let freedom = |share: f64, n: u64| share * share / (n - 1) as f64;
        let df = (a + b).powi(2) / (freedom(a, self.before.n) + freedom(b, self.after.n));
        t_two_sided((self.after.mean - self.before.mean) / (a + b).sqrt(), df)
    }
}
