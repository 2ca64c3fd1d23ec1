//! How latency goes with output tokens, tokens per second, and calls that kept
//! their limits.

use crate::{
    model::{Goodput, LogParts, Rates, Regression, Share},
    summary::{accuracy::ungraded_reason, tally::Tally},
};
use bench_core::{config::Target, plan::Plan};
use bench_stats::{Figure, FigureMethod, Unavailable, decode_tps, log_variance, system_output_tps};

pub(crate) fn regression(tally: &Tally) -> Figure<Regression> {
    let co_moments = tally.length.co_moments(1.0, 1_000.0);
    let calls = co_moments.x.n;
    match co_moments.line().filter(|_| calls > 2) {
        Some(line) => Figure::of(
            Regression {
                ms_per_token: line.slope,
                intercept_ms: line.intercept,
                r2: line.r2,
            },
            calls,
        )
        .by(FigureMethod::LeastSquares),
        None => Figure::unavailable(match calls {
            0 => Unavailable::TokensNotCounted,
            1 | 2 => Unavailable::TooFewCalls { calls, needed: 3 },
            _ => Unavailable::NoVariation,
        }),
    }
}

pub(crate) fn log_parts(tally: &Tally) -> Figure<LogParts> {
    let logs = tally.length_logs.logs();
    let calls = logs.x.n;
    match log_variance(&logs) {
        Some(parts) => Figure::of(
            LogParts {
                latency: parts.latency,
                output_tokens: parts.tokens,
                ms_per_output_token: parts.ms_per_token,
                twice_covariance: parts.twice_covariance,
            },
            calls,
        ),
        None => Figure::unavailable(match calls {
            0 => Unavailable::TokensNotCounted,
            _ => Unavailable::TooFewCalls { calls, needed: 2 },
        }),
    }
}

pub(crate) fn rates(tally: &Tally) -> Rates {
    let counted = tally.tokens.count();
    let produced = whole(tally.tokens.sum());
    let system = system_output_tps(produced, tally.window_ms()).filter(|_| counted > 0);
    let starts_unknown = tally.answered > 0 && tally.window_ms() <= 0.0;
    let decode = decode_tps(tally.gaps.0, tally.gaps.1 as f64 / 1_000.0);
    let rate = |rate: Option<f64>, n| match rate {
        Some(rate) => Figure::of(rate, n),
        None => Figure::unavailable(Unavailable::TokensNotCounted),
    };
    Rates {
        system_output_tps: if counted > 0 && starts_unknown {
            Figure::unavailable(Unavailable::StartsNotKnown)
        } else {
            rate(system, counted)
        },
        decode_tps: if tally.streamed == 0 && tally.without_gaps > 0 {
            Figure::unavailable(Unavailable::NoTokenGaps)
        } else if counted > 0 && tally.timings.ttft.is_empty() {
            Figure::unavailable(Unavailable::NotStreamed)
        } else {
            rate(decode, tally.streamed)
        },
    }
}

fn whole(sum: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a sum of counts"
    )]
    let whole = sum as u64;
    whole
}

/// `None` unless limits were asked for.
pub(crate) fn goodput(plan: &Plan, target: &Target, tally: &Tally) -> Option<Goodput> {
    if plan.config.limits.is_empty() {
        return None;
    }
    let (good, correct, unknown) = tally.good;
    if unknown > 0 {
        let reason = Unavailable::LimitNotKnown { calls: unknown };
        return Some(Goodput {
            share: Share::of(0, 0, reason),
            per_s: Figure::unavailable(reason),
            correct: Share::of(0, 0, reason),
        });
    }
    let attempts = tally.answered + tally.failed;
    let gradable = attempts - tally.grades.ungraded.0 - tally.failed_ungraded().attempts;
    let why_none = match attempts {
        0 => Unavailable::NoCalls,
        _ => ungraded_reason(target),
    };
    let window = tally.window_ms();
    let per_s = (window > 0.0).then(|| 1_000.0 * good as f64 / window);
    Some(Goodput {
        share: Share::of(good, attempts, Unavailable::NoCalls),
        per_s: Figure::or(per_s, || {
            if attempts > 0 {
                Unavailable::StartsNotKnown
            } else {
                Unavailable::NoCalls
            }
        }),
        correct: Share::of(correct, gradable, why_none),
    })
}
