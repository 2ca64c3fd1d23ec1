//! From what a target's calls added up to, to its part of the report.

use std::collections::BTreeMap;

use crate::{
    model::{
        Accuracy, AllAttempts, Attempts, Calls, Connections, Goodput, LogParts, Rates, Readiness,
        Regression, Share, Stalls, TargetReport,
    },
    summary::{
        repetition,
        tally::{Cell, PICOS_PER_MS, Tally},
    },
};
use bench_core::{
    config::{Service, Target},
    plan::Plan,
    sample::CLIENT_LIMITED_US,
};
use bench_stats::{
    ExactMoments, Group, LEVEL, Law, PERCENTILES, Summary, Support, decode_tps, log_variance,
    percentile_of, percentile_of_attempts, restricted_mean, support, system_output_tps, wilson,
};

/// A target's part of the report, and laws that its figures break.
pub(crate) struct Built {
    pub(crate) report: TargetReport,
    pub(crate) inconsistencies: Vec<(&'static str, Law)>,
}

pub(crate) fn build(plan: &Plan, target: &Target, tally: &Tally, runs: usize) -> Built {
    let mut withheld = BTreeMap::new();
    let mut inconsistencies = Vec::new();
    let mut summary = |name: &'static str, group: &Group, steps: f64| -> Summary {
        let summed = group.summed(steps);
        let broken = summed.inconsistencies.into_iter();
        inconsistencies.extend(broken.map(|law| (name, law)));
        summed.summary
    };
    let latency_ms = summary("latency_ms", &tally.latency, 1_000.0);
    let ttft_ms = summary("ttft_ms", &tally.ttft, 1_000.0);
    let first_output = summary("ttfo_ms", &tally.ttfo, 1_000.0);
    let time_per_token = summary("tpot_ms", &tally.tpot, PICOS_PER_MS);
    let latency_per_token_ms = summary("latency_per_token_ms", &tally.per_token, PICOS_PER_MS);
    let calls = count(plan, tally, runs);
    let correct = tally.correct();
    let simulated = target.simulated;
    let report = TargetReport {
        id: target.id.clone(),
        kind: target.service.kind().to_owned(),
        request: target.service.request().to_owned(),
        place: place(&target.service).to_owned(),
        stream: target.stream,
        concurrency: target.concurrency,
        simulated,
        time_scale: simulated.then_some(plan.config.simulation.time_scale),
        model_name: target.model_name.clone(),
        tier: target.tier,
        instance: target.instance.clone(),
        pricing: target.pricing.clone(),
        calls,
        success_rate: ratio(calls.ok, calls.measured),
        success: share(calls.ok, calls.measured),
        readiness: readiness(tally),
        latency_all_ms: all_attempts(plan, tally),
        ms_per_output_token: latency_per_token_ms.mean,
        regression: regression(tally, &mut withheld),
        log_variance: log_parts(tally, &mut withheld),
        rates: rates(tally, &mut withheld),
        goodput: goodput(plan, tally),
        warm_up: repetition::warm_up(tally),
        attempts: Attempts {
            made: tally.conduct.attempts.0,
            repeated: tally.conduct.attempts.1,
        },
        connections: Connections {
            new: share(tally.conduct.connections.1, tally.conduct.connections.0),
            connect_ms: percentile_of(&tally.conduct.connecting.ordered(), 500)
                .map(|micros| micros / 1_000.0),
        },
        cached_calls: tally.conduct.cached,
        calls_over_limit: tally.conduct.too_long,
        stalls: Stalls {
            above_ms: CLIENT_LIMITED_US as f64 / 1_000.0,
            share: share(tally.stalls.1, tally.stalls.0),
        },
        client_overhead_ms: percentile_of(&tally.overhead.ordered(), 500)
            .map(|micros| micros / 1_000.0),
        mean_output_tokens: mean(&tally.tokens),
        mean_prompt_chars: mean(&tally.prompt_chars),
        mean_response_chars: mean(&tally.response_chars),
        accuracy: Accuracy {
            correct,
            graded: calls.ok,
            rate: ratio(correct, calls.ok),
            of_attempts: share(correct, calls.measured.max(tally.answered)),
            flexible: share(correct, tally.answered),
            strict: share(tally.strictly_correct, tally.answered),
            truncated: share(tally.truncated.0, tally.truncated.1),
            rules: tally.rules.clone(),
        },
        truncated: tally.truncated.1,
        repeats: repetition::repeats(tally),
        failures: tally.failures(),
        latency_ms,
        ttft_ms,
        ttfo_ms: first_output,
        tpot_ms: time_per_token,
        latency_per_token_ms,
        withheld,
    };
    Built {
        report: with_reasons(report),
        inconsistencies,
    }
}

fn place(service: &Service) -> &str {
    match service {
        Service::Bedrock { model, .. } => model,
        Service::SageMaker { endpoint, .. } => endpoint,
        Service::Http { url, .. } => url,
    }
}

pub(crate) fn share(count: u64, n: u64) -> Share {
    let interval = wilson(count, n);
    Share {
        count,
        n,
        rate: ratio(count, n),
        low: interval.map(|(low, _)| low),
        high: interval.map(|(_, high)| high),
        level: LEVEL,
        method: "Wilson".to_owned(),
    }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn mean(moments: &ExactMoments) -> Option<f64> {
    (moments.count() > 0).then(|| moments.moments().mean)
}

/// A call is made when any attempt at it was; it is answered when any attempt
/// was. What the pipeline did not get to, for want of time or budget, is missing.
fn count(plan: &Plan, tally: &Tally, runs: usize) -> Calls {
    let planned = u64::from(plan.measured_per_target()) * runs.max(1) as u64;
    let (measured, ok) = tally
        .cells
        .iter()
        .map(Cell::calls)
        .fold((0, 0), |(made, answered), (more_made, more_answered)| {
            (made + more_made, answered + more_answered)
        });
    Calls {
        planned,
        measured,
        ok,
        failed: measured.saturating_sub(ok),
        missing: planned.saturating_sub(measured),
        warmup: tally.warmup,
        probe: tally.probe,
    }
}

fn readiness(tally: &Tally) -> Readiness {
    let (first, ready) = (tally.probes.first, tally.probes.ready);
    Readiness {
        ready: ready.is_some(),
        probes: tally.probe,
        refusals: tally.conduct.refusals.clone(),
        first_answer_ms: tally
            .probes
            .first_answer_us()
            .map(|micros| micros as f64 / 1_000.0),
        time_to_ready_ms: first
            .zip(ready)
            .map(|(first, ready)| ready.duration_since(first).as_secs_f64() * 1_000.0),
        last_error: tally.probes.last_error(),
    }
}

fn all_attempts(plan: &Plan, tally: &Tally) -> AllAttempts {
    let limit_ms = f64::from(plan.config.method.timeout_s) * 1_000.0;
    let (n, failed) = (tally.answered + tally.failed, tally.failed);
    let ordered = tally.latency.ordered();
    let mut withheld = BTreeMap::new();
    // Prompts whose every call failed have no latency and count all the same.
    let prompts = tally
        .cells
        .iter()
        .filter(|cell| cell.ok + cell.failed > 0)
        .count() as u64;
    let percentiles = PERCENTILES.map(|(name, per_mille)| {
        if let Support::Withheld(reason) = support(name, n, prompts) {
            withheld.insert(name.to_owned(), reason);
            return None;
        }
        let found = percentile_of_attempts(&ordered, failed, per_mille);
        if found.is_none() {
            let reason = format!("above {limit_ms:.0} ms: {failed} of {n} attempts failed");
            withheld.insert(name.to_owned(), reason);
        }
        found.map(|micros| micros / 1_000.0)
    });
    let sum = tally.capped.scaled(1_000.0).mean * tally.answered as f64;
    let restricted_mean = restricted_mean(sum, tally.answered, failed, limit_ms);
    if restricted_mean.is_none() {
        let reason = "no measured call was made".to_owned();
        withheld.insert("restricted_mean".to_owned(), reason);
    }
    let [p50, p90, p95, p99] = percentiles;
    AllAttempts {
        n,
        failed,
        p50,
        p90,
        p95,
        p99,
        restricted_mean,
        limit_ms,
        withheld,
    }
}

type Reasons = BTreeMap<String, String>;

fn regression(tally: &Tally, withheld: &mut Reasons) -> Option<Regression> {
    let co_moments = tally.length.co_moments(1.0, 1_000.0);
    let line = co_moments.line().filter(|_| co_moments.x.n > 2);
    if line.is_none() {
        let reason = if co_moments.x.n == 0 {
            "output tokens are not counted"
        } else {
            "it needs three calls whose answers differ in length"
        };
        withheld.insert("regression".to_owned(), reason.to_owned());
    }
    line.map(|line| Regression {
        ms_per_token: line.slope,
        intercept_ms: line.intercept,
        r2: line.r2,
        n: co_moments.x.n,
        method: "ordinary least squares over calls".to_owned(),
    })
}

fn log_parts(tally: &Tally, withheld: &mut Reasons) -> Option<LogParts> {
    let logs = tally.length_logs.logs();
    let parts = log_variance(&logs);
    if parts.is_none() {
        let reason = "it needs two calls with a token count".to_owned();
        withheld.insert("log_variance".to_owned(), reason);
    }
    parts.map(|parts| LogParts {
        latency: parts.latency,
        output_tokens: parts.tokens,
        ms_per_output_token: parts.ms_per_token,
        twice_covariance: parts.twice_covariance,
        n: logs.x.n,
    })
}

fn rates(tally: &Tally, withheld: &mut Reasons) -> Rates {
    let counted = tally.tokens.count();
    let produced = whole(tally.tokens.sum());
    let system = system_output_tps(produced, tally.window_ms()).filter(|_| counted > 0);
    let decode = decode_tps(tally.gaps.0, tally.gaps.1 as f64 / 1_000.0);
    if system.is_none() {
        let reason = "output tokens are not counted".to_owned();
        withheld.insert("rates.system_output_tps".to_owned(), reason);
    }
    if decode.is_none() {
        let reason = "no streamed answer has two counted tokens".to_owned();
        withheld.insert("rates.decode_tps".to_owned(), reason);
    }
    Rates {
        system_output_tps: system,
        decode_tps: decode,
        n: counted,
        streamed: tally.streamed,
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

fn goodput(plan: &Plan, tally: &Tally) -> Option<Goodput> {
    if plan.config.limits.is_empty() {
        return None;
    }
    let (good, correct, unknown) = tally.good;
    let attempts = tally.answered + tally.failed;
    if unknown > 0 {
        let reason = format!(
            "of {unknown} answered calls the limited time is not known: they were not streamed, \
             or their tokens were not counted"
        );
        return Some(Goodput {
            share: share(0, 0),
            per_s: None,
            correct: share(0, 0),
            reason: Some(reason),
        });
    }
    let window = tally.window_ms();
    let reason = (attempts == 0).then(|| "no measured call was made".to_owned());
    Some(Goodput {
        share: share(good, attempts),
        per_s: (window > 0.0).then(|| 1_000.0 * good as f64 / window),
        correct: share(correct, attempts),
        reason,
    })
}

/// Gives the reason of every figure that is missing and has none yet.
fn with_reasons(mut target: TargetReport) -> TargetReport {
    let none_answered = "no measured call was answered";
    let reasons = [
        (
            "success_rate",
            target.success_rate.is_none(),
            "no measured call was made",
        ),
        (
            "ms_per_output_token",
            target.ms_per_output_token.is_none(),
            "output tokens are not counted",
        ),
        (
            "mean_output_tokens",
            target.mean_output_tokens.is_none(),
            "output tokens are not counted",
        ),
        (
            "mean_prompt_chars",
            target.mean_prompt_chars.is_none(),
            none_answered,
        ),
        (
            "mean_response_chars",
            target.mean_response_chars.is_none(),
            none_answered,
        ),
        (
            "accuracy.rate",
            target.accuracy.rate.is_none(),
            none_answered,
        ),
        (
            "client_overhead_ms",
            target.client_overhead_ms.is_none(),
            "the service does not report its own latency",
        ),
        (
            "repeats.distinct_responses",
            target.repeats.distinct_responses.is_none(),
            "no prompt was answered twice",
        ),
        (
            "repeats.output_tokens_within_cv",
            target.repeats.output_tokens_within_cv.is_none(),
            "no prompt has two answers with a token count",
        ),
    ];
    for (figure, _, reason) in reasons.into_iter().filter(|(_, missing, _)| *missing) {
        target.withheld.insert(figure.to_owned(), reason.to_owned());
    }
    let streamed = [
        ("ttft_ms", &mut target.ttft_ms),
        ("tpot_ms", &mut target.tpot_ms),
    ];
    for (_, summary) in streamed.into_iter().filter(|(_, summary)| summary.n == 0) {
        for reason in summary.withheld.values_mut() {
            "no measured, answered call was streamed".clone_into(reason);
        }
    }
    target
}
