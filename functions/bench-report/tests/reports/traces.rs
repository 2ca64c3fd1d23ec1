//! 2 × 1,319 real calls with published results. They are not part of the project:
//! `HOSTBENCH_TRACES` names their folder.

use std::{env, fs, path::PathBuf};

use bench_core::{
    config::{self, Overrides},
    grading,
    plan::Plan,
    sample::{Outcome, Sample},
};
use bench_report::{self, Report, TargetReport, build};
use bench_stats::{Figure, Summary};
use serde_json::Value;

use crate::making::{call, comparison, failure, plan};

const TARGETS: [&str; 2] = ["bedrock-medium", "openai-medium"];

/// The traces as samples; `None` where they are not at hand.
pub(crate) fn samples() -> Option<(Plan, Vec<Sample>)> {
    let folder = env::var_os("HOSTBENCH_TRACES").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/traces"),
        PathBuf::from,
    );
    let mut samples = Vec::new();
    for target in TARGETS {
        let path = folder.join(format!("{target}.jsonl"));
        let Ok(text) = fs::read_to_string(&path) else {
            eprintln!(
                "SKIPPED: `{}` is not there; name it in `HOSTBENCH_TRACES`",
                path.display()
            );
            return None;
        };
        samples.extend(text.lines().map(|line| converted(target, line)));
    }
    Some((priced(), samples))
}

/// The prices that the publishers state: $5 and $30 a million tokens.
fn priced() -> Plan {
    let mut plan = plan(&TARGETS, 1_319, 1);
    let text = r#"
        name = "traces"
        [[targets]]
        id = "a"
        kind = "http"
        url = "http://a"
        request = "openai-chat"
        pricing = { kind = "tokens", sku = "http:model", prices = { "1M input tokens" = "5", "1M output tokens" = "30" } }
    "#;
    let config = config::from_toml(text, &Overrides::default()).unwrap();
    for target in &mut plan.config.targets {
        target.pricing.clone_from(&config.targets[0].pricing);
    }
    plan
}

fn converted(target: &str, line: &str) -> Sample {
    let record: Value = serde_json::from_str(line).unwrap();
    let place = record["prompt_id"].as_str().unwrap().rsplit('-').next();
    let prompt: u32 = place.unwrap().parse().unwrap();
    let micros = |name: &str| -> Option<u64> {
        let ms = record[name].as_f64()?;
        format!("{:.0}", ms * 1_000.0).parse().ok()
    };
    let latency_us = micros("total_ms").unwrap();
    let (_, expected) = record["expected_answer"]
        .as_str()
        .unwrap()
        .rsplit_once("####")
        .unwrap();
    let expected = expected.trim();
    let mut sample = if record["ok"] == true {
        call(target, prompt, 1, latency_us)
    } else {
        failure(target, prompt, 1, Outcome::ServerError)
    };
    sample.expected_answer = Some(expected.into());
    let text = record["output_text"].as_str();
    sample.latency_us = latency_us;
    sample.started_at = record["started_at"].as_str().unwrap().parse().unwrap();
    // The traces know no reasoning token's time: theirs is that of the first answer.
    sample.ttft_us = None;
    sample.last_token_us = None;
    sample.ttfo_us = micros("ttft_ms");
    sample.input_tokens = record["input_tokens"].as_u64();
    sample.output_tokens = record["output_tokens"].as_u64();
    sample.reasoning_tokens = record["reasoning_tokens"].as_u64();
    sample.response_chars = text.map(|text| text.chars().count() as u64);
    sample.response_text = text.map(str::to_owned);
    if record["ok"] == true {
        sample.set_grade(&grading::grade(text.unwrap_or_default(), expected));
    }
    sample
}

/// A published figure with the digits it was published with.
fn rounded(figure: Option<f64>, digits: usize) -> String {
    format!("{:.digits$}", figure.unwrap())
}

fn seconds(figure: Option<f64>) -> String {
    rounded(figure.map(|ms| ms / 1_000.0), 3)
}

fn check(
    target: &TargetReport,
    calls: (u64, u64),
    right: (u64, &str),
    published: &[(&str, Option<f64>, &str)],
) {
    assert_eq!(
        (target.calls.ok, target.calls.failed),
        calls,
        "{}",
        target.id
    );
    assert_eq!(target.accuracy.correct, right.0, "{}", target.id);
    let accuracy = target
        .accuracy
        .of_attempts
        .rate
        .value()
        .map(|rate| rate * 100.0);
    assert_eq!(rounded(accuracy, 2), right.1, "{}", target.id);
    for (name, figure, expected) in published {
        assert_eq!(rounded(*figure, 2), *expected, "{} {name}", target.id);
    }
}

/// The publishers take the nearest rank; by interpolation the p95s are 4936.10 and
/// 5946.43.
fn nearest(summary: &Summary) -> [Option<f64>; 4] {
    let nearest = &summary.nearest_rank;
    [&nearest.p50, &nearest.p90, &nearest.p95, &nearest.p99].map(Figure::value)
}

fn published(report: &Report) {
    let [bedrock, openai] = report.targets.as_slice() else {
        panic!("two targets");
    };
    let l = &bedrock.timings.latency;
    let [p50, p90, p95, p99] = nearest(l);
    check(
        bedrock,
        (1_319, 0),
        (1_287, "97.57"),
        &[
            ("mean", l.mean.value(), "2968.44"),
            ("deviation", l.stddev.value(), "1641.38"),
            ("min", l.min.value(), "975.44"),
            ("p50", p50, "2880.85"),
            ("p90", p90, "4368.89"),
            ("p95", p95, "4976.11"),
            ("p99", p99, "9919.03"),
            ("max", l.max.value(), "20022.14"),
        ],
    );
    assert_eq!([p50, p90, p95].map(seconds), ["2.881", "4.369", "4.976"]);
    assert_eq!(
        nearest(&bedrock.timings.ttfo)[..2]
            .iter()
            .copied()
            .map(seconds)
            .collect::<Vec<_>>(),
        ["1.939", "3.782"]
    );
    let l = &openai.timings.latency;
    let [p50, p90, p95, p99] = nearest(l);
    check(
        openai,
        (1_317, 2),
        (1_285, "97.42"),
        &[
            ("mean", l.mean.value(), "3293.96"),
            ("deviation", l.stddev.value(), "1789.46"),
            ("p50", p50, "2858.67"),
            ("p90", p90, "4907.71"),
            ("p95", p95, "5965.45"),
            ("p99", p99, "10798.13"),
        ],
    );
    assert_eq!([p50, p90, p95].map(seconds), ["2.859", "4.908", "5.965"]);
    assert_eq!(
        nearest(&openai.timings.ttfo)[..2]
            .iter()
            .copied()
            .map(seconds)
            .collect::<Vec<_>>(),
        ["1.956", "3.509"]
    );
}

#[test]
fn the_traces_give_their_published_figures() {
    let Some((plan, samples)) = samples() else {
        return;
    };
    published(&build(&plan, &samples));
}

#[test]
fn the_traces_cost_what_they_cost() {
    let Some((plan, samples)) = samples() else {
        return;
    };
    let report = build(&plan, &samples);
    let spent = TARGETS.map(|id| {
        let spent = report
            .cost_of(id)
            .unwrap()
            .measured_at_least
            .value()
            .unwrap();
        spent.amount().to_string()
    });
    // The tokens of one answered call of the latter were not counted.
    assert_eq!(spent, ["5.86525", "5.720145"]);
    let answers = report.answer.iter();
    let cost = answers
        .filter(|answer| matches!(answer.finding, bench_report::Answer::Cost(_)))
        .map(|answer| answer.sentence.as_str());
    assert_eq!(
        cost.collect::<Vec<_>>(),
        [
            "Which target is cheapest is not settled. Cost per correct answer: openai-medium \
             $0.00445 to $0.00455 [$0.00432 to $0.00478], bedrock-medium $0.00456 [$0.00441 to $0.0047]. The cost of \
             openai-medium is a range: 1 of 1317 answered calls came without token counts, and \
             cost from nothing to their `max_tokens`. By mean cost, at every rate choose \
             `openai-medium`."
        ]
    );
}

#[test]
fn the_traces_compared_say_what_they_support() {
    let Some((plan, samples)) = samples() else {
        return;
    };
    let report = build(&plan, &samples);
    let found = comparison(&report, TARGETS[0], TARGETS[1]);
    assert_eq!((found.prompts, found.dropped), (1_317, 2));
    assert_eq!(
        found.sentence,
        "bedrock-medium was faster than openai-medium by 13.1\u{a0}% [10.8\u{a0}% to 15.3\u{a0}%] on 1317 prompts. \
         Answers of bedrock-medium were 1.9\u{a0}% longer, and each of its tokens took 14.7\u{a0}% less time. \
         bedrock-medium and openai-medium were not measured at the same time: their measured times overlap by \
         0\u{a0}% of the shorter, so a difference may be one of the hour."
    );
    assert_eq!((found.wins.first, found.wins.second), (743, 574));
    assert!(found.success.overlap && found.success.p > Some(0.05));
    let same = &found.same_model;
    assert!(
        same.agreement > Some(0.9) && same.disagrees == Some(false),
        "{same:?}"
    );
    assert_eq!(
        report.answer[0].sentence,
        "Fastest was bedrock-medium: faster than openai-medium by 13.1\u{a0}% [10.8\u{a0}% to \
         15.3\u{a0}%] on 1317 prompts. Not measured at the same time, so that a difference may be \
         one of the hour: bedrock-medium and openai-medium. Mean latency: bedrock-medium 2.97\u{a0}s, openai-medium \
         3.29\u{a0}s."
    );
}
