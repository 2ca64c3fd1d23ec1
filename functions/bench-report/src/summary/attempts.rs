//! Latency over all attempts, failed ones taken as longer than everything.

use crate::{model::AllAttempts, summary::tally::Tally};
use bench_core::plan::Plan;
use bench_stats::{Figure, Statistic, Unavailable, percentile_of_attempts, restricted_mean};

pub(crate) fn all(plan: &Plan, tally: &Tally) -> AllAttempts {
    let limit_ms = f64::from(plan.config.method.timeout_s) * 1_000.0 * tally.time_scale;
    let (attempts, failed) = (tally.answered + tally.failed, tally.failed);
    let ordered = tally.timings.latency.ordered();
    // Prompts whose every call failed have no latency and count all the same.
    let prompts = tally
        .cells
        .iter()
        .filter(|cell| cell.ok + cell.failed > 0)
        .count() as u64;
    let percentile = |statistic: Statistic| match statistic.supported(attempts, prompts) {
        Err(Unavailable::NoValues) => Figure::unavailable(Unavailable::NoCalls),
        Err(reason) => Figure::unavailable(reason),
        Ok(_) => match percentile_of_attempts(&ordered, failed, statistic.per_mille()) {
            Some(micros) => Figure::of(micros / 1_000.0, attempts),
            None => Figure::unavailable(Unavailable::AboveLimit {
                limit_ms,
                failed,
                attempts,
            }),
        },
    };
    let sum = tally.capped.scaled(1_000.0).mean * tally.answered as f64;
    AllAttempts {
        n: attempts,
        failed,
        p50: percentile(Statistic::P50),
        p90: percentile(Statistic::P90),
        p95: percentile(Statistic::P95),
        p99: percentile(Statistic::P99),
        restricted_mean: match restricted_mean(sum, tally.answered, failed, limit_ms) {
            Some(mean) => Figure::of(mean, attempts),
            None => Figure::unavailable(Unavailable::NoCalls),
        },
        limit_ms,
    }
}
