//! From a plan and its samples to the report.

#![expect(
    clippy::cast_precision_loss,
    reason = "2^53 microseconds are 285 years, and no run has 2^53 calls"
)]

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::{
    model::{
        Accuracy, Calls, FailureClass, MethodFacts, Readiness, Report, RunFacts, SCHEMA_VERSION,
        TargetReport,
    },
    prompts, words,
};
use crate::{
    config::{Service, Target},
    plan::Plan,
    sample::{FinishReason, Outcome, Phase, Sample},
    stats::{ExactMoments, Group, Summary, fixed_log},
};

/// Builds the report of a run: a pure function of its arguments, whatever the
/// order of the samples.
#[must_use]
pub fn build(plan: &Plan, samples: &[Sample]) -> Report {
    let samples = in_order(samples);
    let targets: Vec<TargetReport> = plan
        .config
        .targets
        .iter()
        .map(|target| {
            let own: Vec<&Sample> = samples
                .iter()
                .copied()
                .filter(|sample| sample.target_id == target.id)
                .collect();
            target_report(plan, target, &own)
        })
        .collect();
    let incomplete_reasons = words::incomplete_reasons(&targets);
    let run = RunFacts {
        run_id: plan.run_id.clone(),
        name: plan.config.name.clone(),
        created_at: plan.created_at,
        started_at: samples
            .iter()
            .map(|sample| sample.measurement.started_at)
            .min(),
        finished_at: samples.iter().map(|sample| ended_at(sample)).max(),
        complete: incomplete_reasons.is_empty(),
        incomplete_reasons,
        simulated: targets.iter().any(|target| target.simulated),
        dataset: plan.dataset.clone(),
        prompts: plan.prompts.len(),
        hostbench_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    Report {
        schema_version: SCHEMA_VERSION,
        warnings: words::warnings(plan, &targets, &samples),
        method: MethodFacts {
            configured: plan.config.method.clone(),
            quantile_method: "type7".to_owned(),
            stddev: "sample, n - 1".to_owned(),
            mode: "closed loop: a call begins when the one before it has ended".to_owned(),
        },
        prompts: prompts::build(plan, &samples),
        run,
        targets,
        definitions: words::definitions(),
    }
}

/// Samples by target, prompt, phase, repetition and attempt.
pub(super) fn in_order(samples: &[Sample]) -> Vec<&Sample> {
    let mut ordered: Vec<&Sample> = samples.iter().collect();
    ordered.sort_by_key(|sample| {
        let Sample {
            target_id,
            prompt_index,
            phase,
            repetition,
            attempt,
            ..
        } = sample;
        (target_id, *phase, *prompt_index, *repetition, *attempt)
    });
    ordered
}

fn ended_at(sample: &Sample) -> jiff::Timestamp {
    let micros = i64::try_from(sample.measurement.latency_us).unwrap_or(i64::MAX);
    let started = sample.measurement.started_at;
    started
        .checked_add(SignedDuration::from_micros(micros))
        .unwrap_or(started)
}

fn target_report(plan: &Plan, target: &Target, samples: &[&Sample]) -> TargetReport {
    let of_phase = |phase| {
        samples
            .iter()
            .copied()
            .filter(move |sample| sample.phase == phase)
    };
    let ok: Vec<&Sample> = samples
        .iter()
        .copied()
        .filter(|s| s.is_measured_ok())
        .collect();
    let calls = count(plan, samples);
    let correct = ok
        .iter()
        .filter(|sample| sample.correct == Some(true))
        .count() as u64;
    let probes: Vec<&Sample> = of_phase(Phase::Probe).collect();
    let (place, simulated) = (place(&target.service).to_owned(), target.simulated);
    TargetReport {
        id: target.id.clone(),
        kind: target.service.kind().to_owned(),
        request: target.service.request().to_owned(),
        place,
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
        readiness: readiness(&probes),
        latency_ms: summary(&ok, |sample| Some(sample.measurement.latency_us)),
        ttft_ms: summary(&ok, |sample| sample.measurement.ttft_us),
        ttfo_ms: summary(&ok, |sample| sample.measurement.ttfo_us),
        ms_per_output_token: ms_per_output_token(&ok),
        mean_output_tokens: mean_of(&ok, |sample| sample.measurement.output_tokens),
        mean_prompt_chars: mean_of(&ok, |sample| Some(sample.measurement.prompt_chars)),
        mean_response_chars: mean_of(&ok, |sample| sample.measurement.response_chars),
        accuracy: Accuracy {
            correct,
            graded: calls.ok,
            rate: ratio(correct, calls.ok),
        },
        truncated: ok
            .iter()
            .filter(|sample| sample.measurement.finish_reason == Some(FinishReason::Length))
            .count() as u64,
        failures: failures(samples),
    }
}

fn place(service: &Service) -> &str {
    match service {
        Service::Bedrock { model, .. } => model,
        Service::SageMaker { endpoint, .. } => endpoint,
        Service::Http { url, .. } => url,
    }
}

/// A call is made when any attempt at it was; it is answered when any attempt
/// was. What the pipeline did not get to, for want of time or budget, is missing.
fn count(plan: &Plan, samples: &[&Sample]) -> Calls {
    let mut made = BTreeSet::new();
    let mut answered = BTreeSet::new();
    for sample in samples
        .iter()
        .filter(|sample| sample.phase == Phase::Measured)
    {
        let call = (sample.prompt_index, sample.repetition);
        if !matches!(
            sample.measurement.outcome,
            Outcome::Deadline | Outcome::Budget
        ) {
            made.insert(call);
        }
        if sample.is_ok() {
            answered.insert(call);
        }
    }
    let planned = u64::from(plan.measured_per_target());
    let (measured, ok) = (made.len() as u64, answered.len() as u64);
    let of_phase = |phase| {
        samples
            .iter()
            .filter(|sample| sample.phase == phase)
            .count() as u64
    };
    Calls {
        planned,
        measured,
        ok,
        failed: measured - ok,
        missing: planned.saturating_sub(measured),
        warmup: of_phase(Phase::Warmup),
        probe: of_phase(Phase::Probe),
    }
}

fn readiness(probes: &[&Sample]) -> Readiness {
    let first = probes
        .iter()
        .map(|probe| probe.measurement.started_at)
        .min();
    let ready = probes.iter().find(|probe| probe.is_ok());
    let failed = probes.iter().rev().find(|probe| !probe.is_ok());
    Readiness {
        ready: ready.is_some(),
        probes: probes.len() as u64,
        time_to_ready_ms: first
            .zip(ready)
            .map(|(first, ready)| ended_at(ready).duration_since(first).as_secs_f64() * 1_000.0),
        last_error: failed.map(|probe| words::failure(probe)),
    }
}

fn summary(ok: &[&Sample], value: impl Fn(&Sample) -> Option<u64>) -> Summary {
    let mut group = Group::default();
    for sample in ok {
        if let Some(value) = value(sample) {
            group.push(sample.prompt_index, value, fixed_log(value));
        }
    }
    group.summed(1_000.0).summary
}

fn mean_of(ok: &[&Sample], value: impl Fn(&Sample) -> Option<u64>) -> Option<f64> {
    let mut moments = ExactMoments::default();
    ok.iter()
        .filter_map(|sample| value(sample))
        .for_each(|value| moments.push(value));
    (moments.count() > 0).then(|| moments.moments().mean)
}

fn ms_per_output_token(ok: &[&Sample]) -> Option<f64> {
    let each: Vec<f64> = ok
        .iter()
        .filter_map(|sample| {
            let tokens = sample
                .measurement
                .output_tokens
                .filter(|tokens| *tokens > 0)?;
            Some(sample.measurement.latency_us as f64 / 1_000.0 / tokens as f64)
        })
        .collect();
    (!each.is_empty()).then(|| each.iter().sum::<f64>() / each.len() as f64)
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn failures(samples: &[&Sample]) -> Vec<FailureClass> {
    let mut classes: BTreeMap<_, FailureClass> = BTreeMap::new();
    for sample in samples.iter().filter(|sample| !sample.is_ok()) {
        let m = &sample.measurement;
        let key = (sample.phase, m.outcome, m.error_code.clone(), m.http_status);
        classes
            .entry(key)
            .or_insert_with(|| FailureClass {
                phase: sample.phase,
                outcome: m.outcome,
                error_code: m.error_code.clone(),
                http_status: m.http_status,
                count: 0,
                message: m.error_message.clone(),
            })
            .count += 1;
    }
    classes.into_values().collect()
}
