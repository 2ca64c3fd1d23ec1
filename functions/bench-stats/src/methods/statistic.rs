//! The names of the figures of a summary, and how many prompts each takes.
//!
//! Prompts count, not calls: a repetition is evidence about its own prompt only.

use serde::{Deserialize, Serialize};

use crate::{Note, Unavailable};

/// A figure of a summary.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    /// Arithmetic mean.
    Mean,
    /// Median.
    P50,
    /// 90th percentile.
    P90,
    /// 95th percentile.
    P95,
    /// 99th percentile.
    P99,
    /// Least value.
    Min,
    /// Greatest value.
    Max,
    /// Sample standard deviation.
    Stddev,
    /// Standard deviation of one prompt's repetitions.
    WithinStddev,
    /// Coefficient of variation of one prompt's repetitions.
    WithinCv,
    /// Standard deviation of the prompts' own means.
    BetweenStddev,
    /// Share of the variance that prompts explain.
    Icc,
    /// How many independent calls these are worth.
    EffectiveN,
}

/// The percentiles of a summary.
pub const PERCENTILES: [Statistic; 4] = [
    Statistic::P50,
    Statistic::P90,
    Statistic::P95,
    Statistic::P99,
];

impl Statistic {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 13] = [
        Self::Mean,
        Self::P50,
        Self::P90,
        Self::P95,
        Self::P99,
        Self::Min,
        Self::Max,
        Self::Stddev,
        Self::WithinStddev,
        Self::WithinCv,
        Self::BetweenStddev,
        Self::Icc,
        Self::EffectiveN,
    ];

    /// Its name in `report.json`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P95 => "p95",
            Self::P99 => "p99",
            Self::Min => "min",
            Self::Max => "max",
            Self::Stddev => "stddev",
            Self::WithinStddev => "within_stddev",
            Self::WithinCv => "within_cv",
            Self::BetweenStddev => "between_stddev",
            Self::Icc => "icc",
            Self::EffectiveN => "effective_n",
        }
    }

    /// A percentile's rank in thousandths; 0 for what is no percentile.
    #[must_use]
    pub const fn per_mille(self) -> u32 {
        match self {
            Self::P50 => 500,
            Self::P90 => 900,
            Self::P95 => 950,
            Self::P99 => 990,
            _ => 0,
        }
    }

    /// Below how many prompts it is not published, and from how many on it is
    /// published without a note.
    ///
    /// The mean of one or two prompts is published with a note, since totals and
    /// costs are made of it.
    #[must_use]
    pub const fn prompts(self) -> (u64, u64) {
        match self {
            Self::Mean => (1, 20),
            Self::P50 => (3, 20),
            Self::P90 => (10, 40),
            Self::P95 => (20, 80),
            Self::P99 => (100, 400),
            _ => (1, 1),
        }
    }

    /// Whether it can be published from so many calls to so many prompts: with
    /// this note, or not at all for that reason.
    ///
    /// p99 of a hundred calls is one call, so it is not available even where they
    /// are a hundred prompts.
    ///
    /// # Errors
    ///
    /// The reason why it cannot be published.
    ///
    /// ```
    /// use bench_stats::{Note, Statistic, Unavailable};
    /// assert_eq!(Statistic::P95.supported(400, 80), Ok(None));
    /// let few = Note::FewPrompts { prompts: 20, steady_from: 80 };
    /// assert_eq!(Statistic::P95.supported(100, 20), Ok(Some(few)));
    /// let none = Unavailable::TooFewPrompts { prompts: 20, needed: 100 };
    /// assert_eq!(Statistic::P99.supported(100, 20), Err(none));
    /// ```
    pub fn supported(self, calls: u64, prompts: u64) -> Result<Option<Note>, Unavailable> {
        let (needed, steady_from) = self.prompts();
        if calls == 0 {
            Err(Unavailable::NoValues)
        } else if prompts < needed {
            Err(Unavailable::TooFewPrompts { prompts, needed })
        } else if self == Self::P99 && calls <= 100 {
            Err(Unavailable::TooFewCalls { calls, needed: 101 })
        } else {
            let few = prompts < steady_from;
            Ok(few.then_some(Note::FewPrompts {
                prompts,
                steady_from,
            }))
        }
    }
}

/// Whether the spread within prompts can be published: from how many repetitions
/// beyond the first of each prompt it comes.
///
/// # Errors
///
/// The reason why it cannot be published.
///
/// ```
/// use bench_stats::{Unavailable, support_within};
/// assert_eq!(support_within(100, 20), Ok(None));
/// assert_eq!(support_within(20, 20), Err(Unavailable::NoRepetition));
/// ```
pub fn support_within(calls: u64, prompts: u64) -> Result<Option<Note>, Unavailable> {
    match calls.saturating_sub(prompts) {
        0 => Err(Unavailable::NoRepetition),
        repetitions => Ok((repetitions < 20).then_some(Note::FewRepetitions {
            repetitions,
            steady_from: 20,
        })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_prompts_never_support_less() {
        let rank = |support| match support {
            Err(_) => 0,
            Ok(Some(_)) => 1,
            Ok(None) => 2,
        };
        for figure in [Statistic::Mean].into_iter().chain(PERCENTILES) {
            let ranks: Vec<i32> = (0..500).map(|n| rank(figure.supported(n, n))).collect();
            assert!(ranks.is_sorted(), "{figure:?}");
            assert_eq!((ranks[0], ranks[499]), (0, 2), "{figure:?}");
        }
    }

    #[test]
    fn p99_of_a_hundred_calls_is_not_available() {
        assert_eq!(
            Statistic::P99.supported(100, 100),
            Err(Unavailable::TooFewCalls {
                calls: 100,
                needed: 101
            })
        );
        assert!(Statistic::P99.supported(101, 100).is_ok());
    }
}
