//! Two targets on the same prompts.
//!
//! The effect of a prompt cancels in the ratio of one prompt's two latencies.
//! Ratios are symmetric on logarithms, where length × time per token is exact.

use super::{
    Moments, Wilcoxon, hodges_lehmann,
    intervals::UPPER,
    ranks::sign_test,
    student_t::{t_quantile, t_two_sided},
};

/// One prompt at two targets: moments of the logarithms and the plain means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedPrompt {
    /// Moments of `ln x` at the first target.
    pub a: Moments,
    /// Moments of `ln x` at the second target.
    pub b: Moments,
    /// Arithmetic mean at the first target.
    pub a_mean: f64,
    /// Arithmetic mean at the second target.
    pub b_mean: f64,
}

impl PairedPrompt {
    /// A prompt from its values at both targets.
    #[must_use]
    pub fn of(a: &[f64], b: &[f64]) -> Self {
        let logs = |values: &[f64]| {
            Moments::of(&values.iter().map(|value| value.ln()).collect::<Vec<_>>())
        };
        Self {
            a: logs(a),
            b: logs(b),
            a_mean: Moments::of(a).mean,
            b_mean: Moments::of(b).mean,
        }
    }

    /// `d = mean ln a - mean ln b`.
    #[must_use]
    pub fn log_ratio(&self) -> f64 {
        self.a.mean - self.b.mean
    }
}

/// How one target compares with another, as the ratio first ÷ second.
#[derive(Debug, Clone, PartialEq)]
pub struct Paired {
    /// Prompts that both targets answered.
    pub prompts: u64,
    /// Standard deviation of the log ratios; `None` with one prompt.
    pub sd_log_ratio: Option<f64>,
    /// Geometric mean ratio, `exp` of the mean log ratio.
    pub gmr: f64,
    /// Its 95 % interval, prompts a sample: `exp(d̄ ± t(0.975, N-1) · s/√N)`.
    pub interval: Option<(f64, f64)>,
    /// `d̄ / (s/√N)`; infinite when all log ratios are the same and not 0.
    pub t: Option<f64>,
    /// Two-sided p of the same t; 1 when all log ratios are 0.
    pub p: Option<f64>,
    /// The interval for this very set of prompts.
    pub fixed: Option<FixedPrompts>,
    /// `Σā / Σb̄`: what one pass over all prompts takes; not finite where the second took no
    /// time.
    pub ratio_of_totals: f64,
    /// `exp` of the Hodges–Lehmann middle of the log ratios.
    pub hodges_lehmann: f64,
    /// Wilcoxon's signed-rank test of the log ratios.
    pub wilcoxon: Wilcoxon,
    /// On how many prompts the first was faster.
    pub wins: u64,
    /// On how many prompts the second was faster.
    pub losses: u64,
    /// Two-sided sign test of wins against losses.
    pub sign_p: f64,
}

/// The interval of a geometric mean ratio for fixed prompts:
/// `se² = Σ(v_A/n_Ai + v_B/n_Bi) / N²`, v the pooled within-prompt variance of
/// logarithms, `df = (n_A - N) + (n_B - N)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FixedPrompts {
    /// Standard error of the mean log ratio.
    pub se: f64,
    /// Degrees of freedom.
    pub df: f64,
    /// 95 % limits of the ratio.
    pub interval: (f64, f64),
}

impl Paired {
    /// Compares two targets; prompts that either did not answer are passed over.
    /// `None` when none is left.
    ///
    /// ```
    /// use bench_stats::{Paired, PairedPrompt};
    /// let prompts = [(100.0, 200.0), (200.0, 200.0), (400.0, 100.0)]
    ///     .map(|(a, b)| PairedPrompt::of(&[a], &[b]));
    /// let paired = Paired::of(&prompts).unwrap();
    /// // Ratios 1/2, 1 and 4: the cube root of 2.
    /// assert!((paired.gmr - 2_f64.cbrt()).abs() < 1e-12);
    /// assert_eq!(paired.ratio_of_totals, 1.4);
    /// assert_eq!((paired.wins, paired.losses), (1, 1));
    /// ```
    #[must_use]
    pub fn of(prompts: &[PairedPrompt]) -> Option<Self> {
        let both: Vec<&PairedPrompt> = prompts
            .iter()
            .filter(|prompt| prompt.a.n > 0 && prompt.b.n > 0)
            .collect();
        if both.is_empty() {
            return None;
        }
        let ratios: Vec<f64> = both.iter().map(|prompt| prompt.log_ratio()).collect();
        let moments = Moments::of(&ratios);
        let n = both.len() as f64;
        let sum = |value: fn(&PairedPrompt) -> f64| both.iter().map(|p| value(p)).sum::<f64>();
        let count = |faster: fn(f64) -> bool| ratios.iter().filter(|d| faster(**d)).count() as u64;
        let (wins, losses) = (count(|d| d < 0.0), count(|d| d > 0.0));
        let sd = moments.standard_deviation();
        let t = sd.map(|sd| student(moments.mean, sd / n.sqrt()));
        Some(Self {
            prompts: moments.n,
            sd_log_ratio: sd,
            gmr: moments.mean.exp(),
            interval: sd.and_then(|sd| limits(moments.mean, sd / n.sqrt(), n - 1.0)),
            t,
            p: t.and_then(|t| t_two_sided(t, n - 1.0)),
            fixed: fixed_prompts(&both, moments.mean),
            ratio_of_totals: sum(|p| p.a_mean) / sum(|p| p.b_mean),
            hodges_lehmann: hodges_lehmann(&ratios).unwrap_or(moments.mean).exp(),
            wilcoxon: Wilcoxon::of(&ratios),
            wins,
            losses,
            sign_p: sign_test(wins, losses),
        })
    }
}

fn student(mean: f64, se: f64) -> f64 {
    if mean == 0.0 { 0.0 } else { mean / se }
}

fn limits(mean: f64, se: f64, df: f64) -> Option<(f64, f64)> {
    let half = t_quantile(UPPER, df)? * se;
    Some(((mean - half).exp(), (mean + half).exp()))
}

fn fixed_prompts(both: &[&PairedPrompt], mean: f64) -> Option<FixedPrompts> {
    let n = both.len() as f64;
    let pooled = |side: fn(&PairedPrompt) -> Moments| {
        let squares: f64 = both.iter().map(|prompt| side(prompt).squares).sum();
        let freedom: u64 = both.iter().map(|prompt| side(prompt).n - 1).sum();
        let repetitions: f64 = both.iter().map(|prompt| 1.0 / side(prompt).n as f64).sum();
        (freedom > 0).then(|| (squares / freedom as f64 * repetitions, freedom as f64))
    };
    let ((a, a_df), (b, b_df)) = (pooled(|p| p.a)?, pooled(|p| p.b)?);
    let se = (a + b).sqrt() / n;
    Some(FixedPrompts {
        se,
        df: a_df + b_df,
        interval: limits(mean, se, a_df + b_df)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_targets_are_a_ratio_of_one_and_no_evidence() {
        let prompts = [PairedPrompt::of(&[5.0], &[5.0]); 8];
        let paired = Paired::of(&prompts).unwrap();
        assert_eq!((paired.gmr, paired.p, paired.sign_p), (1.0, Some(1.0), 1.0));
        assert_eq!(paired.interval, Some((1.0, 1.0)));
    }

    #[test]
    fn one_prompt_is_a_ratio_without_an_interval() {
        let paired = Paired::of(&[PairedPrompt::of(&[6.0], &[3.0])]).unwrap();
        assert_eq!((paired.interval, paired.p), (None, None));
        assert!((paired.gmr - 2.0).abs() < 1e-12 && paired.fixed.is_none());
        assert!(Paired::of(&[PairedPrompt::of(&[6.0], &[])]).is_none());
    }
}
