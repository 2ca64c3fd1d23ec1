//! Two targets on the same prompts, as data.

use serde::{Deserialize, Serialize};

use super::Share;
use bench_core::identity::TargetId;
use bench_stats::{Figure, Verdict};

/// Two targets on the same prompts; every ratio is first ÷ second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Comparison {
    /// The first target.
    pub first: TargetId,
    /// The second target.
    pub second: TargetId,
    /// Whether either is simulated: then nothing here is a finding.
    pub simulated: bool,
    /// Prompts that both answered.
    pub prompts: u64,
    /// Prompts that were asked of them and not answered by both.
    pub dropped: u64,
    /// Time in which both were measured ÷ measured time of the one that was measured for
    /// less; below a half they were not measured at the same time. `None` where no time
    /// was measured.
    #[serde(default)]
    pub time_overlap: Option<f64>,
    /// The first against the second, by latency.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Prompts with which a difference of the margin would be told apart; `None`
    /// where the verdict stands or the spread is not known.
    pub prompts_to_decide: Option<u64>,
    /// Latency: a primary figure.
    pub latency: RatioFigure,
    /// Output tokens: descriptive.
    pub output_tokens: RatioFigure,
    /// Latency ÷ output tokens: a primary figure.
    pub ms_per_output_token: RatioFigure,
    /// Time to the first token: descriptive.
    pub ttft: RatioFigure,
    /// Latency as answer length × time per token, exactly; `None` where tokens are
    /// not counted.
    pub split: Option<Split>,
    /// Sum over prompts of mean latency, first ÷ second: what one pass over all
    /// prompts takes.
    pub ratio_of_totals: Option<f64>,
    /// A middle of the ratios that outliers do not move; given where it differs from
    /// the geometric mean ratio by more than 2 %.
    pub hodges_lehmann_ratio: Option<f64>,
    /// On how many prompts each was faster.
    pub wins: Wins,
    /// Success rates: a primary figure.
    pub success: SuccessComparison,
    /// Do they give the same answers?
    pub same_model: SameModel,
}

/// Two targets that were measured together for less than this share of the shorter
/// measured time were not measured at the same time.
const MIN_TIME_OVERLAP: f64 = 0.5;

impl Comparison {
    /// Whether they were not measured at the same time, so that a difference may be one
    /// of the hour.
    #[must_use]
    pub fn is_apart(&self) -> bool {
        self.prompts > 0
            && self
                .time_overlap
                .is_some_and(|share| share < MIN_TIME_OVERLAP)
    }
}

/// A geometric mean ratio over prompts, first ÷ second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RatioFigure {
    /// The ratio with its interval, prompts taken as a sample of prompts like these.
    pub ratio: Figure<f64, RatioUnavailable>,
    /// The same ratio with its interval for this very set of prompts.
    pub ratio_of_these_prompts: Figure<f64, RatioUnavailable>,
    /// Prompts it rests on.
    pub prompts: u64,
    /// Standard deviation over prompts of log ratios; `None` below two prompts.
    pub sd_log_ratio: Option<f64>,
    /// Two-sided p of a ratio of 1, by the t of the interval.
    pub p: Option<f64>,
    /// p after Holm over all pairs of targets; primary figures only.
    pub p_holm: Option<f64>,
    /// q after Benjamini and Hochberg over all descriptive ratios; these only.
    pub q: Option<f64>,
}

/// Why a ratio is not available.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum RatioUnavailable {
    /// No prompt was answered by both.
    NoCommonPrompt,
    /// No prompt has counted output tokens at both.
    TokensNotCounted,
    /// No prompt was streamed by both.
    NotStreamed,
}

impl RatioFigure {
    /// The ratio with both limits of its interval.
    #[must_use]
    pub fn limits(&self) -> Option<[f64; 3]> {
        let interval = self.ratio.interval()?;
        Some([self.ratio.value()?, interval.low, interval.high?])
    }
}

/// Latency as answer length × time per token, over calls with a token count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Split {
    /// `output_tokens × ms_per_output_token`.
    pub latency: f64,
    /// Ratio of output tokens: answer length.
    pub output_tokens: f64,
    /// Ratio of latency ÷ output tokens: speed.
    pub ms_per_output_token: f64,
    /// Prompts it rests on.
    pub prompts: u64,
}

/// On how many prompts each was faster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Wins {
    /// The first was faster.
    pub first: u64,
    /// The second was faster.
    pub second: u64,
    /// Neither.
    pub ties: u64,
    /// Share of prompts on which the first was faster.
    pub share: Share,
    /// Two-sided sign test; `None` without prompts.
    pub sign_p: Option<f64>,
    /// Two-sided Wilcoxon signed-rank test of the log ratios; `None` without prompts.
    pub wilcoxon_p: Option<f64>,
    /// How it was made.
    pub wilcoxon_method: WilcoxonMethod,
}

/// How a signed-rank test was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WilcoxonMethod {
    /// From every assignment of signs.
    Exact,
    /// From the normal distribution, for more than 50 prompts.
    Normal,
}

/// Success rates of two targets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SuccessComparison {
    /// Of the first.
    pub first: Share,
    /// Of the second.
    pub second: Share,
    /// Whether their intervals overlap; where not, that is the finding.
    pub overlap: bool,
    /// Two-sided exact test of Fisher; `None` without calls.
    pub p: Option<f64>,
    /// p after Holm over all pairs of targets.
    pub p_holm: Option<f64>,
}

/// Do two targets give the same answers?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SameModel {
    /// Whether both name the same model.
    pub claimed: bool,
    /// Prompts that both answered.
    pub prompts: u64,
    /// Mean over prompts of the chance that one answer of each is the same number.
    pub agreement: Option<f64>,
    /// The same of two answers of one target: what chance alone leaves.
    pub self_agreement: Option<f64>,
    /// Self-agreement less agreement, over prompts that both answered twice: 0 for the
    /// same model.
    pub excess: Option<f64>,
    /// Lower limit of the excess.
    pub excess_low: Option<f64>,
    /// Upper limit of the excess.
    pub excess_high: Option<f64>,
    /// Prompts on which the first was right more often.
    pub first_better: u64,
    /// Prompts on which the second was right more often.
    pub second_better: u64,
    /// Two-sided sign test of that; `None` without prompts.
    pub better_p: Option<f64>,
    /// Geometric mean ratio of answer length.
    pub length: AnswerLength,
    /// Whether they disagree more than chance at the 5 % level; `None` without prompts.
    pub disagrees: Option<bool>,
}

/// Geometric mean ratio of answer length over prompts, first ÷ second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AnswerLength {
    /// In characters; `None` without prompts that both answered.
    pub characters: Option<f64>,
    /// In tokens as each service counts them; `None` where they are not counted.
    pub output_tokens: Option<f64>,
}
