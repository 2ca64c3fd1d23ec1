//! Simulated targets: figures in the time of the services that they stand for, made of samples
//! that are as measured.

use bench_core::{
    config::{self, Overrides},
    money::Money,
    plan::Plan,
    sample::Sample,
};
use bench_report::{
    Answer, LatencyAnswer, Report, TargetReport, Warning, artifacts, build, compare_runs,
    simulation_banner,
};
use bench_stats::Figure;

use crate::{
    load,
    making::{call, plan, plan_with},
};

/// How many times faster than their services simulated targets answer.
const TIME_SCALE: f64 = 400.0;

/// The plan with these targets simulated.
fn simulated(mut plan: Plan, targets: &[&str], time_scale: f64) -> Plan {
    for target in &mut plan.config.targets {
        target.simulated = targets.contains(&target.id.as_str());
    }
    plan.config.simulation.time_scale = time_scale;
    plan
}

/// Two calls of each of 20 prompts, one after another with pauses, the later ones longer.
fn calls(target: &str, base_us: u64) -> Vec<Sample> {
    let mut start: jiff::Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
    let mut samples = Vec::new();
    for prompt in 0..20 {
        for repetition in 1..=2 {
            let tokens = 50 + u64::from(prompt) * 20;
            let latency_us = base_us * tokens / 50 + u64::from(repetition * prompt % 7) * 10;
            samples.push(Sample {
                started_at: start,
                output_tokens: Some(tokens),
                server_latency_us: Some(latency_us - 500),
                stall_us: Some(if prompt == 3 { 25_000 } else { 10 }),
                ..call(target, prompt, repetition, latency_us)
            });
            start += jiff::SignedDuration::from_micros(latency_us.cast_signed() + 4_000);
        }
    }
    samples
}

fn two_targets() -> Vec<Sample> {
    [calls("a", 10_000), calls("b", 30_000)].concat()
}

fn target<'a>(report: &'a Report, id: &str) -> &'a TargetReport {
    let mut targets = report.targets.iter();
    targets.find(|target| target.id == *id).unwrap()
}

fn latency_answer(report: &Report) -> (&LatencyAnswer, &str) {
    let mut answers = report.answer.iter();
    answers
        .find_map(|answer| match &answer.finding {
            Answer::Latency(found) => Some((found, answer.sentence.as_str())),
            _ => None,
        })
        .unwrap()
}

/// Asserts that the first is so many times the second; both may be unknown.
fn assert_times(first: &Figure, second: &Figure, times: f64) {
    match (first.value(), second.value()) {
        (Some(first), Some(second)) => {
            assert!(
                (first / (second * times) - 1.0).abs() < 1e-7,
                "{first} {second}"
            );
        }
        (first, second) => assert_eq!(first, second),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "sums of a few thousand tokens and seconds"
)]
#[test]
fn times_are_those_of_the_service_and_what_is_the_clients_is_as_measured() {
    let samples = two_targets();
    let measured = build(&plan(&["a", "b"], 20, 2), &samples);
    let plan = simulated(plan(&["a", "b"], 20, 2), &["a", "b"], TIME_SCALE);
    let report = build(&plan, &samples);
    for (found, measured) in report.targets.iter().zip(&measured.targets) {
        assert_eq!(
            (found.time_scale, measured.time_scale),
            (Some(TIME_SCALE), None)
        );
        for (found, measured) in [
            (&found.timings.latency, &measured.timings.latency),
            (&found.timings.ttft, &measured.timings.ttft),
            (&found.timings.tpot, &measured.timings.tpot),
        ] {
            for figure in ["mean", "p50", "p95", "min", "max", "stddev"] {
                let of = |summary: &bench_stats::Summary| match figure {
                    "mean" => summary.mean.clone(),
                    "p50" => summary.p50.clone(),
                    "p95" => summary.p95.clone(),
                    "min" => summary.min.clone(),
                    "max" => summary.max.clone(),
                    _ => summary.stddev.clone(),
                };
                assert_times(&of(found), &of(measured), TIME_SCALE);
            }
        }
        let decode = |target: &TargetReport| target.rates.decode_tps.clone();
        assert_times(&decode(found), &decode(measured), 1.0 / TIME_SCALE);
        assert!(
            (found.latency_all_ms.limit_ms / measured.latency_all_ms.limit_ms - TIME_SCALE).abs()
                < 1e-9
        );
        assert_eq!(found.stalls, measured.stalls);
        assert_eq!(found.client_overhead_ms, measured.client_overhead_ms);
        assert_eq!(found.accuracy, measured.accuracy);
    }
    let ratio = |report: &Report| report.comparisons[0].latency.ratio.value().unwrap();
    assert!((ratio(&report) / ratio(&measured) - 1.0).abs() < 1e-6);
    // 20 · 2 pauses of 4 ms are nothing beside calls of seconds: all tokens by the time of all.
    let calls_us: u64 = calls("a", 10_000).iter().map(|call| call.latency_us).sum();
    let tokens: u64 = (0..20).map(|prompt| 2 * (50 + prompt * 20)).sum();
    let seconds = calls_us as f64 * TIME_SCALE / 1e6 + 39.0 * 0.004;
    let throughput = target(&report, "a")
        .rates
        .system_output_tps
        .value()
        .unwrap();
    assert!(
        (throughput / (tokens as f64 / seconds) - 1.0).abs() < 1e-9,
        "{throughput}"
    );
    assert_eq!(report.run.finished_at, measured.run.finished_at);
}

#[test]
fn the_order_of_samples_changes_nothing_at_any_time_scale() {
    for time_scale in [1.5, 3.0, TIME_SCALE] {
        let plan = simulated(plan(&["a", "b"], 20, 2), &["a"], time_scale);
        let mut samples = two_targets();
        let report = build(&plan, &samples);
        samples.reverse();
        assert_eq!(build(&plan, &samples), report);
    }
}

#[test]
fn runs_at_different_time_scales_are_compared_in_the_time_of_the_service() {
    let at = |time_scale| simulated(plan(&["a"], 20, 2), &["a"], time_scale);
    let (old, new) = (at(100.0), at(200.0));
    let slow: Vec<Sample> = calls("a", 10_000)
        .iter()
        .map(|sample| sample.in_service_time(2.0).into_owned())
        .collect();
    let found = compare_runs((&old, &slow), (&new, &calls("a", 10_000)));
    let compared = &found.targets[0];
    assert_eq!(compared.first_mean_ms, compared.second_mean_ms);
    let ratio = compared.comparison.latency.ratio.value().unwrap();
    assert!((ratio - 1.0).abs() < 1e-9, "{ratio}");
}

#[test]
fn the_published_mean_costs_what_it_costs_by_hand() {
    // 27.4375 ms at 400 times that, for $9.42 an hour: 10.975 · 9.42 / 3.6 for 1,000.
    let head = "requests_per_hour = 100";
    let mut plan = simulated(plan_with(&["a"], 2, 1, head), &["a"], TIME_SCALE);
    let priced = "name = 'x'\n[[targets]]\nid = 'a'\nkind = 'http'\nurl = 'http://a'\n\
                  request = 'tgi'\n\
                  pricing = { kind = 'hourly', sku = 'ec2:own', prices = { hour = '9.42' } }";
    let priced = config::from_toml(priced, &Overrides::default()).unwrap();
    plan.config.targets[0]
        .pricing
        .clone_from(&priced.targets[0].pricing);
    let samples = [call("a", 0, 1, 27_437), call("a", 1, 1, 27_438)];
    let report = build(&plan, &samples);
    assert_eq!(
        report.targets[0].timings.latency.mean.value(),
        Some(10_975.0)
    );
    let cost = &report.cost.as_ref().unwrap().targets[0];
    let per_1k = cost.per_1k_requests.value().unwrap();
    assert_eq!(per_1k.amount().round_dp(6).to_string(), "28.717917");
    assert_eq!(per_1k.currency(), Money::usd("1").unwrap().currency());
    let capacity = cost
        .cost_model
        .as_ref()
        .unwrap()
        .capacity_per_hour()
        .unwrap();
    assert_eq!(capacity.round_dp(3).to_string(), "328.018");
}

#[test]
fn simulated_targets_are_ranked_and_marked_where_there_is_no_other() {
    let plan = simulated(plan(&["a", "b"], 20, 2), &["a", "b"], TIME_SCALE);
    let report = build(&plan, &two_targets());
    let (answer, sentence) = latency_answer(&report);
    let LatencyAnswer::Fastest {
        target_id, means, ..
    } = answer
    else {
        panic!("{answer:?}");
    };
    assert_eq!((target_id.as_str(), means.len()), ("a", 2));
    assert!(
        sentence.starts_with("In this simulation, fastest was a: "),
        "{sentence}"
    );
    assert!(report.comparisons.iter().all(|compared| compared.simulated));
    let uses = report
        .use_cases
        .iter()
        .filter(|found| found.limits.not_measured.is_none());
    for found in uses {
        assert!(
            found.sentence.starts_with("In this simulation, "),
            "{}",
            found.sentence
        );
    }
    let said = simulation_banner(&report).unwrap();
    assert!(said.contains("multiplied by 400"), "{said}");
}

#[test]
fn simulated_targets_are_never_ranked_against_real_ones() {
    let plan = simulated(plan(&["a", "b"], 20, 2), &["a"], TIME_SCALE);
    let report = build(&plan, &two_targets());
    let (answer, _) = latency_answer(&report);
    let LatencyAnswer::OnlyOne { target_id } = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(target_id.as_str(), "b");
    let mean = |id: &str| target(&report, id).timings.latency.mean.value().unwrap();
    assert!(mean("a") > 100.0 * mean("b"));
    let time_scale = report
        .warnings
        .iter()
        .find_map(|warning| match &warning.finding {
            Warning::SimulatedTargets {
                target_ids,
                time_scale,
            } => {
                assert_eq!(target_ids.len(), 1);
                Some(*time_scale)
            }
            _ => None,
        });
    assert_eq!(time_scale, Some(TIME_SCALE));
}

/// The figure of every call as a dot, from its drawing on.
fn dots(report: &Report, samples: &[Sample]) -> String {
    let files = artifacts(report, samples);
    let page = files
        .iter()
        .find(|file| file.name == "report.html")
        .unwrap();
    let page = String::from_utf8(page.body.clone()).unwrap();
    let figures = page.split("<figure");
    let mut figures =
        figures.filter(|figure| figure.contains("Latency of every measured, successful call"));
    let figure = figures.next().unwrap();
    let drawing = figure.split("<path").skip(1);
    let drawing = drawing.map(|path| path.split("/>").next().unwrap());
    drawing.collect::<Vec<_>>().join("\n")
}

#[test]
fn calls_are_drawn_where_the_figures_beside_them_are() {
    let samples = two_targets();
    let slow: Vec<Sample> = samples
        .iter()
        .map(|sample| sample.in_service_time(TIME_SCALE).into_owned())
        .collect();
    let real = build(&plan(&["a", "b"], 20, 2), &slow);
    let plan = simulated(plan(&["a", "b"], 20, 2), &["a", "b"], TIME_SCALE);
    let report = build(&plan, &samples);
    let drawn = dots(&report, &samples);
    assert!(drawn.len() > 100);
    assert_eq!(drawn, dots(&real, &slow));
}

#[test]
fn a_load_is_judged_as_it_was_measured_and_shown_in_the_time_of_the_services() {
    let (real, samples) = load::run("latency_p95_ms = 3_500");
    let measured = build(&real, &samples);
    let ids = ["eight-slots", "two-slots"];
    let plan = simulated(load::plan("latency_p95_ms = 35_000"), &ids, 10.0);
    let report = build(&plan, &samples);
    let [found, measured] = [&report, &measured].map(|report| report.load.as_ref().unwrap());
    assert_eq!(found.rankings, measured.rankings);
    for (found, measured) in found.targets.iter().zip(&measured.targets) {
        assert_eq!(found.capacity, measured.capacity);
        assert!(found.capacity.low.is_some() && found.ended == measured.ended);
        for (found, measured) in found.steps.iter().zip(&measured.steps) {
            assert_eq!(found.judgment.outcome, measured.judgment.outcome);
            assert_eq!(found.judgment.criteria, measured.judgment.criteria);
            assert_eq!((found.plan.step_s, found.plan.ramp_s), (1_200, 100));
            assert_times(&found.response_ms.p95, &measured.response_ms.p95, 10.0);
            assert_times(&found.service_ms.mean, &measured.service_ms.mean, 10.0);
            assert_times(&found.tpot_ms.p50, &measured.tpot_ms.p50, 10.0);
            assert_times(&found.requests_per_s, &measured.requests_per_s, 0.1);
            assert_times(
                &found.output_tokens_per_s,
                &measured.output_tokens_per_s,
                0.1,
            );
            assert!(
                found
                    .queued_p99_ms
                    .total_cmp(&measured.queued_p99_ms)
                    .is_eq()
            );
        }
        let per_1k =
            |load: &bench_report::TargetLoad| load.at_capacity.cost_per_1k_requests.unwrap();
        let times = per_1k(found).low.ratio(per_1k(measured).low).unwrap();
        // One is paid by the hour, the other by the token.
        let expected = if found.target_id == "eight-slots" {
            10
        } else {
            1
        };
        assert_eq!(times.round_dp(9), expected.into());
    }
    assert_eq!(found.configured, plan.config.load.clone().unwrap());
}
