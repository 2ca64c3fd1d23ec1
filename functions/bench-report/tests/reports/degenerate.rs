//! Runs that hardly are one: every report is right and readable.

use bench_core::sample::{Outcome, Phase, Sample};
use bench_report::{Answer, LatencyAnswer, Report, WarmUpVerdict, artifacts, build};
use bench_stats::{Doubt, Unavailable, Verdict};
use serde_json::Value;

use crate::making::{call, failure, plan};

/// Builds everything; no figure may be one that JSON cannot hold.
pub(crate) fn whole(
    plan: &bench_core::plan::Plan,
    samples: &[Sample],
) -> (Report, Vec<(String, String)>) {
    let report = build(plan, samples);
    let files: Vec<(String, String)> = artifacts(&report, samples)
        .into_iter()
        .map(|file| (file.name.to_owned(), String::from_utf8(file.body).unwrap()))
        .collect();
    let json: Value = serde_json::from_str(&files[0].1).unwrap();
    assert_reasons("report", &json);
    for (name, text) in &files {
        for word in ["NaN", "inf ", "Infinity", "None", "null"] {
            let page = !name.contains("json");
            assert!(!page || !text.contains(word), "{name} says {word}");
        }
    }
    let again: Report = serde_json::from_str(&files[0].1).unwrap();
    assert_eq!(again.targets.len(), report.targets.len());
    (report, files)
}

/// A figure without a value has a reason, and one with a value has none.
fn assert_reasons(path: &str, value: &Value) {
    match value {
        Value::Object(fields) => {
            if let Some(figure) = fields.get("value") {
                let reason = fields.get("reason").is_some_and(Value::is_string);
                assert_eq!(figure.is_null(), reason, "{path}: {value}");
            }
            for (name, field) in fields {
                assert_reasons(&format!("{path}.{name}"), field);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| assert_reasons(path, item)),
        _ => {}
    }
}

#[test]
fn one_target_one_prompt_one_call_is_a_report() {
    let plan = plan(&["only"], 1, 1);
    let (report, _) = whole(&plan, &[call("only", 0, 1, 1_500_000)]);
    let target = &report.targets[0];
    let l = &target.timings.latency;
    assert!(report.run.complete && report.comparisons.is_empty());
    assert_eq!(
        (l.mean.value(), l.min.value(), l.max.value()),
        (Some(1_500.0), Some(1_500.0), Some(1_500.0))
    );
    assert_eq!(
        (
            l.p95.value(),
            l.stddev.value(),
            l.within_stddev.value(),
            l.icc.value()
        ),
        (None, None, None, None)
    );
    assert_eq!(target.warm_up.verdict, WarmUpVerdict::Unknown);
    assert_eq!(
        target.regression.reason(),
        Some(&Unavailable::TooFewCalls {
            calls: 1,
            needed: 3
        })
    );
    let success = &target.success;
    assert!(
        success.rate.value() == Some(1.0) && success.low().unwrap() < 0.3,
        "{success:?}"
    );
}

#[test]
fn a_run_without_a_success_is_a_report_without_figures() {
    let plan = plan(&["a", "b"], 6, 2);
    let samples: Vec<Sample> = ["a", "b"]
        .into_iter()
        .flat_map(|target| {
            (0..6).flat_map(move |prompt| {
                (1..=2).map(move |r| failure(target, prompt, r, Outcome::Timeout))
            })
        })
        .collect();
    let (report, files) = whole(&plan, &samples);
    for target in &report.targets {
        assert_eq!(
            (target.success.rate.value(), target.success.low()),
            (Some(0.0), Some(0.0))
        );
        assert!(target.success.high().unwrap() > 0.0);
        assert_eq!(
            (
                target.timings.latency.n,
                target.timings.latency.mean.value(),
                target.timings.latency.min.value()
            ),
            (0, None, None)
        );
        assert_eq!(
            (
                target.accuracy.rate.value(),
                target.timings.latency_per_token.mean.value()
            ),
            (None, None)
        );
        assert_eq!(target.latency_all_ms.p50.value(), None);
        assert_eq!(
            target.latency_all_ms.restricted_mean.value(),
            Some(60_000.0)
        );
        assert_eq!(
            target.latency_all_ms.p50.reason(),
            Some(&Unavailable::AboveLimit {
                limit_ms: 60_000.0,
                failed: 12,
                attempts: 12
            })
        );
    }
    let compared = &report.comparisons[0];
    assert_eq!(
        (compared.prompts, compared.latency.ratio.value()),
        (0, None)
    );
    let doubt = Doubt::FewPrompts;
    assert_eq!(compared.verdict, Verdict::NotDistinguishable { doubt });
    assert!(!files.iter().any(|(_, text)| text.contains("Fastest was")));
    assert!(!report.run.complete);
}

#[test]
fn a_run_without_a_sample_is_a_report_that_says_so() {
    let (report, _) = whole(&plan(&["a", "b"], 3, 1), &[]);
    assert_eq!(
        (
            report.run.started_at,
            report.targets[0].success.rate.value()
        ),
        (None, None)
    );
    assert_eq!(report.comparisons[0].success.p, None);
}

#[test]
fn eight_targets_are_compared_each_with_each() {
    let ids = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let plan = plan(&ids, 20, 2);
    let mut samples = Vec::new();
    for (step, id) in (0_u64..).zip(ids) {
        for prompt in 0..20 {
            for repetition in 1..=2 {
                let own = 1_000_000 + u64::from(prompt) * 50_000;
                let noise = (u64::from(prompt) * 7 + u64::from(repetition) * 3 + step) % 11 * 1_000;
                samples.push(call(id, prompt, repetition, own * (10 + step) / 10 + noise));
            }
        }
    }
    let (report, files) = whole(&plan, &samples);
    assert_eq!(report.comparisons.len(), 28);
    assert!(
        report
            .comparisons
            .iter()
            .all(|compared| compared.verdict == Verdict::Faster)
    );
    assert!(
        report
            .comparisons
            .iter()
            .all(|compared| compared.latency.p_holm < Some(0.05))
    );
    let Answer::Latency(LatencyAnswer::Fastest {
        target_id, others, ..
    }) = &report.answer[0].finding
    else {
        panic!("{:?}", report.answer[0]);
    };
    assert_eq!((target_id.as_str(), *others), ("a", 7));
    for id in ids {
        assert!(files[1].1.contains(&format!("{id} was faster than")) || id == "h");
    }
}

#[test]
fn probes_and_warm_ups_are_in_no_figure() {
    let plan = plan(&["only"], 3, 1);
    let measured: Vec<Sample> = (0..3)
        .map(|prompt| call("only", prompt, 1, 1_000_000))
        .collect();
    let mut all = measured.clone();
    for phase in [Phase::Warmup, Phase::Probe] {
        let mut sample = call("only", 0, 1, 99_000_000);
        sample.phase = phase;
        all.push(sample);
    }
    let (with, without) = (build(&plan, &all), build(&plan, &measured));
    assert_eq!(
        with.targets[0].timings.latency,
        without.targets[0].timings.latency
    );
    assert_eq!(with.targets[0].rates, without.targets[0].rates);
    assert_eq!(
        (with.targets[0].calls.warmup, with.targets[0].calls.probe),
        (1, 1)
    );
}
