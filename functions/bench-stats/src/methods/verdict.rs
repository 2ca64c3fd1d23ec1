//! Verdicts on the ratio of two targets.

use serde::{Deserialize, Serialize};

use super::prompts_needed;

/// Ratios up to this far from 1 make no difference to anybody.
pub const MARGIN: f64 = 0.05;

/// Prompts below which nothing is distinguishable: with five, the least p of
/// Wilcoxon's test is 0.0625.
pub const MIN_PROMPTS: u64 = 6;

/// The greatest share of prompts that may be missing from a pairing.
pub const MAX_DROPPED: f64 = 0.1;

/// The verdict of a comparison, on the first of two targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// Slower, by more than the margin.
    Slower,
    /// Faster, by more than the margin.
    Faster,
    /// Slower, possibly by a negligible amount.
    MaybeSlower,
    /// Faster, possibly by a negligible amount.
    MaybeFaster,
    /// Within the margin.
    Equivalent,
    /// The data do not tell.
    NotDistinguishable {
        /// Why not.
        doubt: Doubt,
    },
}

/// The reason why two targets are not distinguishable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// The interval holds 1 and reaches beyond the margin.
    Noise,
    /// The interval excludes 1, but not once all comparisons are counted.
    ManyComparisons,
    /// Too few prompts.
    FewPrompts,
    /// Too many prompts without an answer from both.
    Unpaired,
    /// They answer different shares of calls, and that is the finding.
    SuccessRates,
}

/// The evidence that a verdict is derived from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// 95 % interval of the ratio first ÷ second.
    pub interval: Option<(f64, f64)>,
    /// p after Holm over all comparisons of the family.
    pub adjusted_p: Option<f64>,
    /// Prompts that both answered.
    pub prompts: u64,
    /// Prompts that one of them was asked and not both answered.
    pub dropped: u64,
    /// Whether the intervals of their success rates overlap.
    pub success_overlaps: bool,
}

impl Verdict {
    /// Judges a ratio with a margin such as [`MARGIN`].
    ///
    /// ```
    /// use bench_stats::{Evidence, Verdict};
    /// let judge = |low, high| Verdict::of(&Evidence {
    ///     interval: Some((low, high)),
    ///     adjusted_p: Some(if low > 1.0 || high < 1.0 { 0.01 } else { 0.5 }),
    ///     prompts: 20,
    ///     dropped: 0,
    ///     success_overlaps: true,
    /// }, 0.05);
    /// assert_eq!(judge(1.06, 1.20), Verdict::Slower);
    /// assert_eq!(judge(0.80, 0.90), Verdict::Faster);
    /// assert_eq!(judge(1.01, 1.20), Verdict::MaybeSlower);
    /// assert_eq!(judge(0.97, 1.04), Verdict::Equivalent);
    /// assert!(matches!(judge(0.90, 1.20), Verdict::NotDistinguishable { .. }));
    /// ```
    #[must_use]
    pub fn of(evidence: &Evidence, margin: f64) -> Self {
        let all = evidence.prompts + evidence.dropped;
        if !evidence.success_overlaps {
            return Self::undecided(Doubt::SuccessRates);
        }
        if evidence.prompts < MIN_PROMPTS {
            return Self::undecided(Doubt::FewPrompts);
        }
        if evidence.dropped as f64 > MAX_DROPPED * all as f64 {
            return Self::undecided(Doubt::Unpaired);
        }
        let Some((low, high)) = evidence.interval else {
            return Self::undecided(Doubt::FewPrompts);
        };
        let (least, most) = (1.0 / (1.0 + margin), 1.0 + margin);
        if least <= low && high <= most {
            return Self::Equivalent;
        }
        if low <= 1.0 && 1.0 <= high {
            return Self::undecided(Doubt::Noise);
        }
        if evidence.adjusted_p.is_none_or(|p| p >= 0.05) {
            return Self::undecided(Doubt::ManyComparisons);
        }
        match (low > 1.0, low > most, high < least) {
            (_, true, _) => Self::Slower,
            (_, _, true) => Self::Faster,
            (true, ..) => Self::MaybeSlower,
            (false, ..) => Self::MaybeFaster,
        }
    }

    const fn undecided(doubt: Doubt) -> Self {
        Self::NotDistinguishable { doubt }
    }

    /// Whether one of the two is, or may be, faster.
    #[must_use]
    pub fn is_difference(self) -> bool {
        !matches!(self, Self::Equivalent | Self::NotDistinguishable { .. })
    }

    /// Whether the first is, or may be, faster.
    #[must_use]
    pub fn first_is_faster(self) -> bool {
        matches!(self, Self::Faster | Self::MaybeFaster)
    }

    /// Whether the first is, or may be, slower.
    #[must_use]
    pub fn first_is_slower(self) -> bool {
        matches!(self, Self::Slower | Self::MaybeSlower)
    }

    /// Whether the difference that is said to be there may be below the margin.
    #[must_use]
    pub fn may_be_negligible(self) -> bool {
        matches!(self, Self::MaybeFaster | Self::MaybeSlower)
    }
}

/// How many prompts would tell a change of the margin apart, with two more below
/// 30 for Student's t.
///
/// ```
/// assert_eq!(bench_stats::prompts_to_decide(0.10, 0.05), Some(33));
/// assert_eq!(bench_stats::prompts_to_decide(0.10, 0.10), Some(11));
/// ```
#[must_use]
pub fn prompts_to_decide(sd_log_ratio: f64, margin: f64) -> Option<u64> {
    let prompts = prompts_needed(sd_log_ratio, margin)?;
    let prompts = if prompts < 30 { prompts + 2 } else { prompts };
    Some(prompts.max(MIN_PROMPTS))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLEAR: Evidence = Evidence {
        interval: Some((1.5, 2.0)),
        adjusted_p: Some(0.001),
        prompts: 20,
        dropped: 0,
        success_overlaps: true,
    };

    #[test]
    fn what_the_pairing_lacks_comes_before_what_it_shows() {
        let doubt = |evidence| match Verdict::of(&evidence, MARGIN) {
            Verdict::NotDistinguishable { doubt } => doubt,
            other => panic!("{other:?}"),
        };
        assert_eq!(Verdict::of(&CLEAR, MARGIN), Verdict::Slower);
        assert_eq!(
            doubt(Evidence {
                prompts: 5,
                ..CLEAR
            }),
            Doubt::FewPrompts
        );
        assert_eq!(
            doubt(Evidence {
                dropped: 3,
                ..CLEAR
            }),
            Doubt::Unpaired
        );
        assert_eq!(
            doubt(Evidence {
                success_overlaps: false,
                ..CLEAR
            }),
            Doubt::SuccessRates
        );
        let adjusted_p = Some(0.06);
        assert_eq!(
            doubt(Evidence {
                adjusted_p,
                ..CLEAR
            }),
            Doubt::ManyComparisons
        );
        let interval = None;
        assert_eq!(doubt(Evidence { interval, ..CLEAR }), Doubt::FewPrompts);
    }

    #[test]
    fn two_of_twenty_prompts_may_be_missing() {
        let evidence = Evidence {
            prompts: 18,
            dropped: 2,
            ..CLEAR
        };
        assert_eq!(Verdict::of(&evidence, MARGIN), Verdict::Slower);
    }
}
