//! The methods: one idea a module, each function with its definition and its source.

#![cfg_attr(
    test,
    expect(clippy::float_cmp, reason = "what is exact is asserted exactly")
)]

mod agreement;
mod bootstrap;
mod censoring;
mod change_point;
mod checks;
mod distribution;
mod exact;
mod fisher;
mod group;
mod intervals;
mod moments;
mod multiple;
mod paired;
mod percentile;
mod ranks;
mod regression;
mod sample_size;
mod statistic;
mod student_t;
mod summary;
mod tokens;
mod trend;
mod variance;
mod verdict;
mod warmup;

pub use agreement::{Agreement, Answers};
pub use bootstrap::{percentile_limits, resample_prompts, resample_repetitions};
pub use censoring::{percentile_of_attempts, restricted_mean};
pub use change_point::{ChangePoint, best_split};
pub use checks::{Figures, Invariant, inconsistencies};
pub use distribution::{Distribution, EXACT_UP_TO, Ordered};
pub use exact::{ExactCoMoments, ExactMoments, fixed_log};
pub use fisher::fisher_exact;
pub use group::{Group, Summed};
pub use intervals::{
    AtOrBelow, MeanInterval, PercentileInterval, Z, mean_of_prompts_like_these,
    mean_of_these_prompts, percentile_in_blocks, percentile_of_prompts_like_these,
    prompts_for_upper_limit, wilson, wilson_at,
};
pub use moments::Moments;
pub use multiple::{benjamini_hochberg, holm};
pub use paired::{FixedPrompts, Paired, PairedPrompt};
pub use percentile::{Ranked, nearest_rank, percentile, percentile_of, quantile};
pub use ranks::{EXACT_UP_TO as WILCOXON_EXACT_UP_TO, Wilcoxon, hodges_lehmann, sign_test};
pub use regression::{CoMoments, Line};
pub use sample_size::prompts_needed;
pub use statistic::{PERCENTILES, Statistic, support_within};
pub use student_t::{normal_quantile, normal_two_sided, t_quantile, t_two_sided};
pub use summary::{NearestRank, Summary};
pub use tokens::{
    LogVariance, decode_tps, log_variance, ms_per_output_token, system_output_tps, tpot_ms,
};
pub use trend::{MIN_HISTORY, Prediction, predict};
pub use variance::{Decomposition, cv_within};
pub use verdict::{Doubt, Evidence, MARGIN, MAX_DROPPED, MIN_PROMPTS, Verdict, prompts_to_decide};
pub use warmup::{EarlyAgainstLate, MIN_CHANGE, early_against_late};
