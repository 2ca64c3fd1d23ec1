//! From what a target's calls added up to, to its part of the report.

use crate::{
    model::{Attempts, Calls, Connections, Readiness, Share, Stalls, TargetReport},
    summary::{
        accuracy, attempts, lengths, repetition, speed,
        tally::{PromptTally, Tally},
    },
};
use bench_core::{
    config::{Service, Target},
    plan::Plan,
    sample::CLIENT_LIMITED_US,
};
use bench_stats::{ExactMoments, Figure, Invariant, Ordered, Unavailable, percentile_of};

/// A target's part of the report, and invariants that its figures break.
pub(crate) struct Built {
    pub(crate) report: TargetReport,
    pub(crate) inconsistencies: Vec<(&'static str, Invariant)>,
}

pub(crate) fn build(plan: &Plan, target: &Target, tally: &Tally, runs: usize) -> Built {
    let mut inconsistencies = Vec::new();
    let timings = tally
        .timings
        .summaries(tally.without_gaps > 0, |name, broken| {
            inconsistencies.extend(broken.into_iter().map(|law| (name, law)));
        });
    let calls = count(plan, target, tally, runs);
    let simulated = target.simulated;
    let report = TargetReport {
        id: target.id.clone(),
        kind: target.service.kind().to_owned(),
        request: target.service.request().to_owned(),
        api: target.service.compatible_api().map(str::to_owned),
        address: address(&target.service).to_owned(),
        stream: target.stream,
        concurrency: target.concurrency,
        simulated,
        time_scale: simulated.then_some(tally.time_scale),
        model_name: target.model_name.clone(),
        tier: target.tier,
        instance: target.instance.clone(),
        pricing: target.pricing.clone(),
        success: Share::of(calls.ok, calls.measured, Unavailable::NoCalls),
        readiness: readiness(tally),
        timings,
        latency_all_ms: attempts::all(plan, tally),
        regression: speed::regression(tally),
        log_variance: speed::log_parts(tally),
        rates: speed::rates(tally),
        goodput: speed::goodput(plan, target, tally),
        warm_up: repetition::warm_up(tally),
        attempts: Attempts {
            made: tally.call_stats.attempts.0,
            repeated: tally.call_stats.attempts.1,
        },
        connections: Connections {
            new: Share::of(
                tally.call_stats.connections.1,
                tally.call_stats.connections.0,
                Unavailable::NotReported,
            ),
            connect_ms: median_ms(
                &tally.call_stats.connecting.ordered(),
                Unavailable::NoValues,
            ),
        },
        cached_calls: tally.call_stats.cached,
        calls_over_limit: tally.call_stats.too_long,
        unknown_finish_reasons: tally
            .call_stats
            .unknown_reasons
            .iter()
            .map(|(reason, calls)| (reason.to_string(), calls))
            .collect(),
        calls_with_contradicting_counts: tally.call_stats.counts_disagree,
        stalls: Stalls {
            above_ms: CLIENT_LIMITED_US as f64 / 1_000.0,
            share: Share::of(tally.stalls.1, tally.stalls.0, Unavailable::NotReported),
        },
        client_overhead_ms: median_ms(&tally.overhead.ordered(), Unavailable::NotReported),
        mean_output_tokens: mean(&tally.tokens, Unavailable::TokensNotCounted),
        lengths: lengths::build(tally),
        mean_prompt_chars: mean(&tally.prompt_chars, not_stated(tally)),
        mean_response_chars: mean(&tally.response_chars, not_stated(tally)),
        accuracy: accuracy::accuracy(target, tally, &calls),
        truncated: tally.grades.truncated.1,
        repeats: repetition::repeats(tally),
        failures: tally.failures(),
        calls,
    };
    Built {
        report,
        inconsistencies,
    }
}

fn address(service: &Service) -> &str {
    if service.is_external() {
        return "";
    }
    match service {
        Service::Bedrock(target) => &target.model,
        Service::SageMaker(target) => &target.endpoint,
        Service::Http(target) => &target.url,
    }
}

/// Why no call states a value that calls of the pipeline always state.
fn not_stated(tally: &Tally) -> Unavailable {
    if tally.answered > 0 {
        Unavailable::NotReported
    } else {
        Unavailable::NoAnswers
    }
}

fn mean(moments: &ExactMoments, of_nothing: Unavailable) -> Figure {
    match moments.count() {
        0 => Figure::unavailable(of_nothing),
        n => Figure::of(moments.moments().mean, n),
    }
}

/// The median of microseconds.
fn median_ms(ordered: &Ordered, of_nothing: Unavailable) -> Figure {
    let median = percentile_of(ordered, 500).map(|micros| micros / 1_000.0);
    Figure::or(median, || of_nothing)
}

/// A call is made when any attempt at it was; it is answered when any attempt was.
/// A call that the pipeline has no result of is missing.
fn count(plan: &Plan, target: &Target, tally: &Tally, runs: usize) -> Calls {
    let (measured, ok) = tally
        .cells
        .iter()
        .map(PromptTally::calls)
        .fold((0, 0), |(made, answered), (more_made, more_answered)| {
            (made + more_made, answered + more_answered)
        });
    let planned = if target.service.is_external() {
        // What another program was to measure is not known.
        measured
    } else {
        u64::from(plan.measured_per_target()) * runs.max(1) as u64
    };
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
        refusals: tally.call_stats.refusals.clone(),
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
