//! How long each simulated service takes: published figures turned into
//! quantile functions.
//!
//! A quantile function here is piecewise linear through a few knots, so its
//! mean, percentiles and standard deviation follow exactly from the knots and
//! can be compared with the published table.
//!
//! The published figures say more about the shapes than meets the eye. On
//! Bedrock Custom Model Import the mean is 4.8 s above the median while the
//! standard deviation is only 6.0 s: nearly the most that is possible at all.
//! That needs two clusters, one just below the median and one at 14 s to 17 s,
//! with hardly anything between; a smooth distribution cannot have these
//! numbers. With two clusters the whole row is met, the minimum and the maximum
//! included, the mean and the standard deviation within 1 %. The price is that
//! the median stands at the edge of a gap: the jitter between calls (see
//! [`crate::answer`]) lifts one answer in twelve from just below it to just above.

use std::time::Duration;

/// A service whose timing is imitated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// Bedrock Custom Model Import, 2 Custom Model Units, an 8B model.
    BedrockCmi,
    /// Bedrock on demand. Nothing is published for it: the figures are chosen
    /// to be somewhat faster and clearly steadier than Custom Model Import.
    BedrockServerless,
    /// A SageMaker real-time endpoint on one NVIDIA L4, an 8B model. No answer
    /// takes 60 s: the service would not let a plain invocation last longer.
    SageMaker,
    /// A text-generation server on inf2.8xlarge, an 8B model.
    Ec2Inf2,
}

/// The figures a profile's quantile function has to have, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    /// Mean.
    pub mean: f64,
    /// Median.
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
    /// Standard deviation.
    pub stddev: f64,
    /// Shortest and longest, where they are published.
    pub range: Option<(f64, f64)>,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 4] = [
        Self::BedrockCmi,
        Self::BedrockServerless,
        Self::SageMaker,
        Self::Ec2Inf2,
    ];

    /// The name in logs and seeds.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::BedrockCmi => "bedrock-cmi",
            Self::BedrockServerless => "bedrock-serverless",
            Self::SageMaker => "sagemaker",
            Self::Ec2Inf2 => "ec2-inf2",
        }
    }

    /// The published figures; our own choice for [`Profile::BedrockServerless`].
    #[must_use]
    pub fn figures(self) -> Figures {
        let (mean, p50, p95, stddev, range) = match self {
            Self::BedrockCmi => (
                10_975.0,
                6_137.0,
                21_904.0,
                5_971.0,
                Some((2_047.0, 41_984.0)),
            ),
            Self::BedrockServerless => (8_100.0, 7_000.0, 16_500.0, 4_550.0, None),
            Self::SageMaker => (32_339.0, 26_212.0, 55_800.0, 16_964.0, None),
            Self::Ec2Inf2 => (53_125.0, 59_882.0, 76_853.0, 18_867.0, None),
        };
        Figures {
            mean,
            p50,
            p95,
            stddev,
            range,
        }
    }

    /// Milliseconds one output token takes, which makes the answers of all
    /// profiles about 700 tokens long on average.
    #[must_use]
    pub fn ms_per_token(self) -> f64 {
        match self {
            Self::BedrockCmi => 15.0,
            Self::BedrockServerless => 11.0,
            Self::SageMaker => 45.0,
            Self::Ec2Inf2 => 75.0,
        }
    }

    /// Time to the first token: reading the prompt, whatever the answer's length.
    #[must_use]
    pub fn prefill(self) -> Duration {
        Duration::from_millis(match self {
            Self::BedrockCmi => 350,
            Self::BedrockServerless => 600,
            Self::SageMaker => 250,
            Self::Ec2Inf2 => 400,
        })
    }

    /// The service time below which a share `u` of all answers stays, in
    /// milliseconds; `u` outside 0 to 1 counts as the nearer end.
    #[must_use]
    pub fn quantile(self, u: f64) -> f64 {
        let knots = self.knots();
        let u = u.clamp(0.0, 1.0);
        let upper = knots
            .iter()
            .position(|&(at, _)| at >= u)
            .unwrap_or(knots.len() - 1)
            .max(1);
        let ((u0, q0), (u1, q1)) = (knots[upper - 1], knots[upper]);
        q0 + (q1 - q0) * (u - u0) / (u1 - u0)
    }

    /// Knots of the quantile function: share of answers, milliseconds.
    fn knots(self) -> &'static [(f64, f64)] {
        match self {
            Self::BedrockCmi => &[
                (0.0, 2_047.0),
                (0.04, 5_400.0),
                (0.5, 6_137.0),
                (0.55, 14_400.0),
                (0.9, 16_600.0),
                (0.95, 21_904.0),
                (0.99, 23_500.0),
                (1.0, 41_984.0),
            ],
            Self::BedrockServerless => &[
                (0.0, 1_800.0),
                (0.1, 3_400.0),
                (0.5, 7_000.0),
                (0.75, 10_000.0),
                (0.95, 16_500.0),
                (1.0, 24_000.0),
            ],
            Self::SageMaker => &[
                (0.0, 9_000.0),
                (0.2, 15_000.0),
                (0.45, 21_500.0),
                (0.5, 26_212.0),
                (0.55, 43_000.0),
                (0.8, 50_000.0),
                (0.95, 55_800.0),
                (1.0, 59_500.0),
            ],
            Self::Ec2Inf2 => &[
                (0.0, 12_000.0),
                (0.1, 24_000.0),
                (0.3, 43_000.0),
                (0.5, 59_882.0),
                (0.75, 67_000.0),
                (0.95, 76_853.0),
                (1.0, 86_000.0),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and standard deviation by exact integration of each linear piece:
    /// over a width `w` from `a` to `b`, the quantile function adds `w(a+b)/2`
    /// to the mean and `w(a²+ab+b²)/3` to the second moment.
    fn moments(profile: Profile) -> (f64, f64) {
        let (mut mean, mut second) = (0.0, 0.0);
        for pair in profile.knots().windows(2) {
            let ((u0, a), (u1, b)) = (pair[0], pair[1]);
            mean += (u1 - u0) * (a + b) / 2.0;
            second += (u1 - u0) * (a * a + a * b + b * b) / 3.0;
        }
        (mean, (second - mean * mean).sqrt())
    }

    fn close(actual: f64, wanted: f64, share: f64) -> bool {
        (actual / wanted - 1.0).abs() <= share
    }

    #[test]
    fn quantile_functions_have_the_published_figures() {
        for profile in Profile::ALL {
            let figures = profile.figures();
            let (mean, stddev) = moments(profile);
            assert!(
                close(profile.quantile(0.5), figures.p50, 1e-9),
                "{profile:?} p50"
            );
            assert!(
                close(profile.quantile(0.95), figures.p95, 1e-9),
                "{profile:?} p95"
            );
            assert!(close(mean, figures.mean, 0.02), "{profile:?} mean {mean}");
            assert!(
                close(stddev, figures.stddev, 0.05),
                "{profile:?} stddev {stddev}"
            );
            if let Some((min, max)) = figures.range {
                assert!(close(profile.quantile(0.0), min, 1e-9), "{profile:?} min");
                assert!(close(profile.quantile(1.0), max, 1e-9), "{profile:?} max");
            }
        }
    }

    #[test]
    fn quantile_functions_rise_from_zero_to_one() {
        for profile in Profile::ALL {
            let knots = profile.knots();
            assert!(
                knots
                    .windows(2)
                    .all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1)
            );
            assert_eq!((knots[0].0.to_bits(), knots[knots.len() - 1].0), (0, 1.0));
            assert!(profile.prefill().as_secs_f64() * 1e3 < profile.quantile(0.0) / 2.0);
        }
    }

    #[test]
    fn no_sagemaker_answer_takes_a_minute() {
        assert!(Profile::SageMaker.quantile(1.0) < 60_000.0);
    }
}
